# The screen attached to processes, by -p and by F: they end, and their pids are given away.

load tmux.bash

# Python that holds a pipe, and ends with the status that it is told by a line.
holder() {
	mkfifo end
	/usr/bin/python3 -c '
import os, sys
os.closerange(3, 1024)
r, w = os.pipe()
os.write(w, b"waiting")
sys.exit(int(open("end").readline()))' </dev/null >/dev/null 2>&1 3>&- &
	scene=$!
	until ls -l "/proc/$scene/fd" 2>/dev/null | grep -q 'pipe:'; do sleep 0.02; done
}

teardown() {
	tmux kill-server 2>/dev/null || true
	if [ -n "${scene:-}" ]; then
		kill -KILL "$scene" 2>/dev/null || true
		wait "$scene" 2>/dev/null || true
	fi
}

# How it ended, where the kernel tells.
ended() { # HOW
	sees "python3[$scene] ended "
	if [ "$(id -u)" -eq 0 ]; then sees "$1"; fi
}

@test "-p: the end of a process is told, with its status, and stays" {
	holder
	open 110x30 -d 0.2 -p "$scene"
	sees '1 of 1 attached'
	sees '7/65536'
	echo 3 >end
	ended ', status 3; 0 of 1 attached'
	wait "$scene" || true
	sees 'Pipes 0'
	keys r
	sees "python3[$scene] ended "
}

@test "-p: the signal that killed it, beside one that lives on" {
	holder
	open 110x30 -d 0.2 -p "$scene,$$"
	sees '2 of 2 attached'
	kill -KILL "$scene"
	ended ', killed by signal 9 (Killed); 1 of 2 attached'
}

@test "-p: who is not there" {
	/bin/true 3>&- &
	wait $!
	open 80x24 -p $!
	sees "pipetop: no such process: $!"
	sees '[exit 2]'
}

@test "F: the end of the followed one stays, until F shows all again" {
	holder
	open 150x30 -d 0.2 --all
	sees VERDICT
	keys '\'
	types "[$scene]"
	keys Enter
	sees '7/65536'
	keys F
	sees "Following python3[$scene] (F: all)"
	until grep -qs "^Pid:[[:blank:]]*$scene\$" "/proc/$(pgrep -x pipetop -P "$(tmux display-message -p '#{pane_pid}')")"/fdinfo/*; do
		sleep 0.05
	done
	kill -TERM "$scene"
	sees "Following process $scene, which is gone (F: all)"
	ended ', killed by signal 15 (Terminated)'
	wait "$scene" || true
	keys F
	misses "[$scene] ended"
}

# In a PID namespace of its own; 500 is "right" until pipetop holds it, then "wrong".
reuse() { # ARGUMENT...
	[ "$(id -u)" -eq 0 ] || skip "needs root: a PID namespace"
	unshare --pid --fork --mount-proc true || skip "no PID namespaces here"
	session 150x30 "exec 3>&-; ASAN_OPTIONS=detect_leaks=0 TERM=tmux-256color exec unshare --pid --fork --kill-child --mount-proc '${pipetop%/src/pipetop}/tests/watch/reuse' '' '$pipetop' -d 0.2 $*"
}

@test "-p: a pid that was given to somebody else is not taken for the one it was" {
	reuse -p 500
	sees 'right[500] ended '
	sees '0 of 1 attached'
	keys r
	sees 'Pipes 0'
	if screen | grep -q wrong; then return 1; fi
}

@test "F: nor there" {
	reuse --all
	sees 'right[500]'
	keys F
	sees 'Following process 500, which is gone (F: all)'
	sees 'right[500] ended '
	sees 'Pipes 0'
	if screen | grep -q wrong; then return 1; fi
	keys F
	sees 'wrong[500]'
}
