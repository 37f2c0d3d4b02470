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

# A new terminal. A server that is just ending may still refuse.
session() { # COLUMNSxROWS COMMAND
	for _ in $(seq 800); do
		if tmux new-session -d -x "${1%x*}" -y "${1#*x}" "$2"; then break; fi
		sleep 0.05
	done
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

# Waits for a text on the screen.
sees() { # TEXT
	for _ in $(seq 800); do
		if screen | grep -qF -- "$1"; then return 0; fi
		sleep 0.05
	done
	echo "never seen: $1"
	screen
	return 1
}

# Waits until a text is gone.
misses() { # TEXT
	for _ in $(seq 800); do
		if ! screen | grep -qF -- "$1"; then return 0; fi
		sleep 0.05
	done
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

# Compares the screen, once it has settled, with what is expected (UPDATE=1 writes it down).
shows() { # NAME
	local expected=$here/screens/$1.txt
	if [ "${UPDATE:-}" ]; then
		sleep 1
		screen >"$expected"
		return
	fi
	for _ in $(seq 800); do
		screen >"$1.txt"
		if cmp -s "$1.txt" "$expected"; then return 0; fi
		sleep 0.05
	done
	diff -u "$expected" "$1.txt"
}

teardown() {
	tmux kill-server 2>/dev/null || true
	if [ -n "${scene:-}" ]; then
		kill -KILL -- "-$scene" 2>/dev/null || true
		wait "$scene" 2>/dev/null || true
	fi
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
	for _ in $(seq 800); do
		child=$(ps -o pid= --ppid "$scene" | tr -d ' ') || true
		if [ -n "$child" ] && grep -q '^1 ' "/proc/$child/syscall"; then return 0; fi
		sleep 0.05
	done
	return 1
}
