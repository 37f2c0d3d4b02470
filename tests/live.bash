# Real programs for the tests from end to end, and how to wait for what becomes of them.

python=/usr/bin/python3

started=()

# Ends all that start() has started, and what these have started.
end_all() {
	for pid in "${started[@]}"; do
		for descendant in $(descendants "$pid") "$pid"; do
			kill -KILL "$descendant" 2>/dev/null || true
		done
		wait "$pid" 2>/dev/null || true
	done
}

descendants() { # PID
	for child in $(pgrep -P "$1"); do
		descendants "$child"
		echo "$child"
	done
}

# Starts a program; its pid in $pid. Until it is the program it is a copy of this shell, which a
# signal would make end this test, too.
start() { # COMMAND...
	"$@" 3>&- &
	pid=$!
	started+=("$pid")
	while cmp -s "/proc/$$/cmdline" "/proc/$pid/cmdline"; do :; done
}

# Waits until a command succeeds.
until_true() { # COMMAND...
	until "$@"; do sleep 0.02; done
}

child_of() { # PID: waits until it has one
	until pgrep -P "$1"; do sleep 0.01; done
}

blocked() { # PID WCHAN: waits until it sleeps there
	until grep -q "$2" "/proc/$1/wchan"; do sleep 0.01; done
}

# A pair that is stuck: a parent that waits for its child, which writes to it until it can't.
# With a file it waits until that is there.
# shellcheck disable=SC2034 # for those who load this
stuck_pair='
import os, sys, time
while len(sys.argv) > 1 and not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
r, w = os.pipe()
child = os.fork()
if child == 0:
    os.close(r)
    os.write(w, bytes(100000))
    os._exit(0)
os.close(w)
os.waitpid(child, 0)
while os.read(r, 65536):
    pass
while len(sys.argv) > 2 and not os.path.exists(sys.argv[2]):
    time.sleep(0.01)
'
