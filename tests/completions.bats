# The completions in the shells that they are for.

root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
load cli.bash
PATH=$(dirname "$pipetop"):$PATH

setup() {
	scene=
}

teardown() {
	[ -z "$scene" ] || kill "$scene"
}

offer_bash() { # LINE: what is offered behind it, one a line
	bash --norc "$root/tests/completions/complete.bash" "$root/assets/completions/bash/pipetop" "$1"
}

offer_zsh() { # LINE
	zsh -f "$root/tests/completions/complete.zsh" "$root/assets/completions/zsh" "$1"
}

# Only the words, without descriptions and without what stands before them in the line.
offer_fish() { # LINE
	fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
		"$root/assets/completions/fish/pipetop.fish" "$1" | cut -f1 | sed 's/^--[a-z-]*=//; s/^.*,//; s/^+//'
}

# The words of bash have what is before the last comma.
offer() { # SHELL LINE
	"offer_$1" "$2" | sed 's/^.*,//; s/^+//' | sort -u >offered
}

offers() { # SHELL LINE WORD...: these and no others
	offer "$1" "$2"
	printf '%s\n' "${@:3}" | sort -u | diff - offered
}

needs() { # SHELL
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

each_option() { # SHELL
	needs "$1"
	"$pipetop" --help | grep -oE '^ +(-[[:alnum:]], )?--[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u >known
	[ "$(wc -l <known)" -gt 30 ]
	offer "$1" 'pipetop --'
	sed 's/=$//' offered | sort -u | diff known -
}

each_letter() { # SHELL
	needs "$1"
	"$pipetop" --help | sed -n 's/^  -\(.\),.*/-\1/p' | sort -u >known
	[ "$(wc -l <known)" -gt 8 ]
	offer "$1" 'pipetop -'
	grep -x -e '-[[:alnum:]]' offered | diff known -
}

words() { # SHELL
	needs "$1"
	offers "$1" 'pipetop --fail-on=' never proved deadlock stall
	offers "$1" 'pipetop --fail-on st' stall
	offers "$1" 'pipetop --color=a' auto always
	offers "$1" 'pipetop --where=deadlock,st' stalled starved
	mapfile -t formats < <("$pipetop" --help | sed -n 's/^ \{31\}\([a-z]*\).*/\1/p')
	[ "${#formats[@]}" -ge 2 ]
	offers "$1" 'pipetop --format=' "${formats[@]}"
	# The metrics have each, be it there or not.
	mapfile -t verdicts < <("$pipetop" --format=openmetrics --fail-on=never $$ 2>/dev/null |
		sed -n 's/^pipetop_pipes{verdict="\(.*\)"}.*/\1/p')
	[ "${#verdicts[@]}" -ge 8 ]
	offers "$1" 'pipetop --where=' "${verdicts[@]}"
	mapfile -t scenes < <("$pipetop" --demo=list | cut -d' ' -f1)
	offers "$1" 'pipetop --demo=' list "${scenes[@]}"
	mapfile -t columns < <("$pipetop" -H | cut -d' ' -f1)
	offers "$1" 'pipetop -o ' "${columns[@]}"
	offers "$1" 'pipetop --columns=+verd' verdict
	offers "$1" 'pipetop -o pipe,writer-' writer-command writer-pid
}

# The number of a pipe that is there now, and stays.
pipes() { # SHELL
	needs "$1"
	/usr/bin/python3 -c '
import os, time
print(os.fstat(os.pipe()[0]).st_ino, flush=True)
time.sleep(1000)' >said 3>&- &
	scene=$!
	until inode=$(cat said) && [ "$inode" ]; do sleep 0.02; done
	for option in --peek= --grow= --drain=; do
		offer "$1" "pipetop $option${inode%?}"
		grep -qx "$inode" offered
		refute grep -vx "${inode%?}.*" offered
	done
	mkfifo -- some.fifo
	offers "$1" 'pipetop --grow=some.f' some.fifo
}

processes() { # SHELL
	needs "$1"
	offer "$1" "pipetop $$"
	grep -qx $$ offered
	offer "$1" "pipetop -p 1,$$"
	grep -qx $$ offered
	offer "$1" "pipetop --backtrace=$$"
	grep -qx $$ offered
}

files() { # SHELL
	needs "$1"
	touch stuck.json
	offers "$1" 'pipetop --replay=stu' stuck.json
	offers "$1" 'pipetop --output stu' stuck.json
}

# What follows "--" is completed as the command that it is.
commands() { # SHELL
	needs "$1"
	mkdir bin
	ln -s /bin/true bin/pipetop-test-command
	PATH=$PWD/bin:$PATH
	offers "$1" 'pipetop --report -- pipetop-test-c' pipetop-test-command
}

@test "bash: every long option, and no other" { each_option bash; }
@test "bash: every letter" { each_letter bash; }
@test "bash: words" { words bash; }
@test "bash: pipes that are there" { pipes bash; }
@test "bash: processes" { processes bash; }
@test "bash: files" { files bash; }
@test "bash: a command" { commands bash; }

@test "zsh: every long option, and no other" { each_option zsh; }
@test "zsh: every letter" { each_letter zsh; }
@test "zsh: words" { words zsh; }
@test "zsh: pipes that are there" { pipes zsh; }
@test "zsh: processes" { processes zsh; }
@test "zsh: files" { files zsh; }
@test "zsh: a command" { commands zsh; }

@test "fish: every long option, and no other" { each_option fish; }
@test "fish: every letter" { each_letter fish; }
@test "fish: words" { words fish; }
@test "fish: pipes that are there" { pipes fish; }
@test "fish: processes" { processes fish; }
@test "fish: files" { files fish; }
@test "fish: a command" { commands fish; }

@test "installed where man and the shells look" {
	MAKEFLAGS='' "${MAKE:-make}" -s -C "$(dirname "$pipetop")/.." install-data \
		DESTDIR="$PWD/to" prefix=/usr >said 2>&1 || { cat said; false; }
	cd to/usr/share
	cmp man/man1/pipetop.1 "$root/assets/pipetop.1"
	cmp bash-completion/completions/pipetop "$root/assets/completions/bash/pipetop"
	cmp zsh/site-functions/_pipetop "$root/assets/completions/zsh/_pipetop"
	cmp fish/vendor_completions.d/pipetop.fish "$root/assets/completions/fish/pipetop.fish"
}
