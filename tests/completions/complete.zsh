# What zsh offers behind a line, one a line: zsh -f complete.zsh DIRECTORY-OF-_pipetop LINE
# A shell of its own is typed to on a terminal; its compadd tells what it is given.

zmodload zsh/zpty || exit 1
zpty shell zsh -f -i

send() { zpty -w shell "$1"; }
wait_for() { # TEXT
	local line
	while zpty -r shell line; do
		[[ $line == *$1* ]] && return
	done
	exit 1
}

send 'PS1= PS2= RPS1=; stty -echo; unsetopt prompt_cr prompt_sp zle_bracketed_paste 2>/dev/null; print re''ady'
wait_for ready
send "fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D"
send '
compadd() {
	local -a given
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
		builtin compadd "$@"
		return
	fi
	builtin compadd -A given "$@"
	print -rl -- "<"$^given">"
	builtin compadd "$@"
}
before() { print "(begin)" }
after() { print "(end)" }
compprefuncs=(before) comppostfuncs=(after exit)
bindkey "^I" complete-word
zstyle ":completion:*" insert-tab false
zstyle ":completion:*" menu no
print loa""ded'
wait_for loaded
zpty -n -w shell "$2"$'\t'
text=
while zpty -r shell line; do
	text+=$line
	[[ $text == *'(end)'* ]] && break
done
print -r -- ${${text#*\(begin\)}%%\(end\)*} | tr -d '\r' | sed -n 's/^<\(.*\)>$/\1/p'
zpty -d shell
