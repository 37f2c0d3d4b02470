# What bash offers behind a line, one a line: bash complete.bash FILE LINE
# The function that the file has registered is called as readline(3) would call it.

shopt -u sourcepath
# shellcheck disable=SC1090
source "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
read -ra COMP_WORDS < <(sed 's/[=:]/ & /g' <<<"$COMP_LINE")
[[ $COMP_LINE != *[[:space:]=:] ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; } # there is no completion that it could be about
registered=$(complete -p pipetop)
[[ $registered =~ -F\ ([^ ]+) ]] || exit 1
"${BASH_REMATCH[1]}" pipetop "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
