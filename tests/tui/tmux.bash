# A pipetop in a terminal of its own (tmux), to be typed into and looked at. Every test has its own
# server, which ends with it. They run in the build directory.

export LC_ALL=C.UTF-8 TZ=UTC HOME=/nonexistent
unset NO_COLOR COLUMNS LINES TMUX
pipetop=${PIPETOP:-$PWD/src/pipetop}
key_list=${KEY_LIST:-$PWD/tests/tui/key_list}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$BATS_TEST_TMPDIR" || exit 1
export XDG_CONFIG_HOME=$PWD/config

tmux() {
	command tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@"
}

# Starts pipetop in COLUMNSxROWS with the arguments. Its exit status is shown when it ends.
# ENVIRONMENT may hold words for env(1).
open() { # COLUMNSxROWS ARGUMENT...
	local size=$1 command
	shift
	# A build with sanitizers on a busy machine would not look as often as the tests ask.
	printf -v command ' %q' "$pipetop" --cpu-budget=100 "$@"
	# A leak of ncurses itself, when TERM is unknown, is none of ours.
	session "$size" "exec 3>&-; export ASAN_OPTIONS=detect_leaks=0; env ${ENVIRONMENT:-TERM=tmux-256color} $command; echo \"[exit \$?]\"; exec cat"
}

# Tries a command until it succeeds; fails when it has not for long.
patiently() { # COMMAND...
	for _ in $(seq 800); do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	return 1
}

# A new terminal. A server that is just ending may still refuse.
session() { # COLUMNSxROWS COMMAND
	patiently tmux new-session -d -x "${1%x*}" -y "${1#*x}" "$2"
	tmux set-option -g status off
}

# Ends the terminal.
shut() {
	tmux kill-server
	while tmux list-sessions >list 2>&1; do sleep 0.05; done
}

screen() {
	tmux capture-pane -p
}

has() { # TEXT
	screen | grep -qF -- "$1"
}

lacks() { # TEXT
	! has "$1"
}

# Waits for a text on the screen.
sees() { # TEXT
	if patiently has "$1"; then return 0; fi
	echo "never seen: $1"
	screen
	return 1
}

# Waits until a text is gone.
misses() { # TEXT
	if patiently lacks "$1"; then return 0; fi
	echo "still there: $1"
	screen
	return 1
}

# Types keys as tmux names them.
keys() { # KEY...
	tmux send-keys "$@"
}

# Types text as it is.
types() { # TEXT
	tmux send-keys -l -- "$1"
}

record() { # NAME
	/usr/bin/python3 "$here/records.py" "$1" >"$1.json"
}

is_as_expected() { # NAME EXPECTED
	screen >"$1.txt"
	cmp -s "$1.txt" "$2"
}

# Compares the screen, once it has settled, with what is expected (UPDATE=1 writes it down).
shows() { # NAME
	local expected=$here/screens/$1.txt
	if [ "${UPDATE:-}" ]; then
		sleep 1
		screen >"$expected"
		return
	fi
	if patiently is_as_expected "$1" "$expected"; then return 0; fi
	diff -u "$expected" "$1.txt"
}

teardown() {
	tmux kill-server 2>/dev/null || true
	if [ -n "${scene:-}" ]; then
		kill -KILL -- "-$scene" 2>/dev/null || true
		wait "$scene" 2>/dev/null || true
	fi
}

# Whether the child of the scene is blocked in write; its pid in $child.
scene_is_stuck() {
	child=$(ps -o pid= --ppid "$scene" | tr -d ' ') || true
	[ -n "$child" ] && grep -q '^1 ' "/proc/$child/syscall"
}

# The article's pair, for real: python3 waits for a child that fills its stderr. Its pid in $scene,
# which leads a process group of its own.
article() {
	set -m
	/usr/bin/python3 -c '
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import sys\nfor _ in range(6000): sys.stderr.write(\"Hello stderr\\n\")"],
                         stderr=subprocess.PIPE)
child.wait()
sys.stdout.write(str(len(child.stderr.read())))
' >article.out 3>&- &
	scene=$!
	set +m
	patiently scene_is_stuck
}
