# Processes and mounts of /proc that make looking hard: a look ends in time, tells what it could not see, and
# invents nothing.

load cli.bash
load live.bash

teardown() {
	end_all
}

needs_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unshare -m --propagation private true 2>/dev/null || skip "no mount namespaces here"
}

# Runs in a mount namespace where /proc is mounted with these options, or not at all.
with_proc() { # OPTIONS COMMAND...
	local options=$1
	shift
	unshare -m --propagation private sh -c '
		umount -l /proc
		[ "$1" = none ] || mount -t proc -o "$1" proc /proc || exit 99
		shift
		exec "$@"' sh "$options" "$@"
}

user=(setpriv --reuid 64998 --regid 64998 --clear-groups)

# What it says, within a time that is bounded whatever there is to look at.
limited=(timeout 60 "$pipetop")
timely() { # COMMAND...
	status=0
	ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" "$@" >out 2>err || status=$?
	echo "status $status: $(head -c 400 err)"
	[ "$status" -lt 3 ]
}

stuck_scene() { # COMMAND PREFIX...: its script in $pid, its writer in $writer
	start "$@" $python -c "$stuck_pair"
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
}

@test "no /proc: one line" {
	needs_root
	for words in --report --watch '--peek 1' '--grow-all-stuck'; do
		# shellcheck disable=SC2086
		timely with_proc none "${limited[@]}" $words
		# The sanitizers need /proc, too, to be told that they are not to look for leaks.
		[ "$status" -eq 2 ] || grep -q LeakSanitizer err
		[ ! -s out ]
		grep -v -E '^(==|False positive|For details)' err >own
		mv own err
		complains "cannot read /proc: *"
	done
}

@test "hidepid: root sees all; a user sees his own, is told so, and nothing is proved" {
	needs_root
	stuck_scene "${user[@]}"
	timely with_proc hidepid=2 "${limited[@]}" --report --json -p "$pid"
	[ "$status" -eq 1 ]
	check 'assert report["deadlocks"][0]["certainty"] == "proved", report["deadlocks"]'
	for hidden in 1 2; do
		timely with_proc hidepid=$hidden "${user[@]}" "${limited[@]}" --report --json -p "$pid"
		[ "$status" -le 1 ]
		check '
assert not report["view"]["complete"], report["view"]
assert all(d["certainty"] == "likely" for d in report["deadlocks"])'
	done
	check 'assert "hidepid" in report["view"]["limits"], report["view"]'
}

@test "subset=pid: the deadlock is found without the rest of /proc" {
	needs_root
	stuck_scene
	timely with_proc subset=pid "${limited[@]}" --report --json -p "$pid"
	[ "$status" -eq 1 ]
	check '
deadlock, = report["deadlocks"]
assert deadlock["kind"] == "write-wait", deadlock
assert report["limits"]["pipe_max_size"] is None, report["limits"]'
}

@test "16 descriptors for us: a report, or one line" {
	stuck_scene
	for many in 16 14 12 10; do
		timely timeout 60 bash -c 'ulimit -n "$1" && shift && exec "$@"' sh $many \
			"$pipetop" --report --json -p "$pid"
		[ "$status" -ne 0 ]
		[ "$status" -ne 2 ] || complains "*: Too many open files"
		[ "$status" -ne 1 ] || check 'assert report["deadlocks"]'
	done
}

@test "20000 descriptors of a pipe in one process" {
	many=$(($(ulimit -Hn) > 20100 ? 20000 : $(ulimit -Hn) - 100))
	cat >holder.py <<-'PYTHON'
	import os, resource, sys, time
	many = int(sys.argv[1])
	resource.setrlimit(resource.RLIMIT_NOFILE, (many + 50,) * 2)
	r, w = os.pipe()
	for _ in range(many):
	    os.dup(w)
	open("ready", "w").close()
	time.sleep(1e6)
	PYTHON
	start $python holder.py "$many"
	until_true [ -e ready ]
	timely "${limited[@]}" --report --json --all -p "$pid"
	check "
assert report['scan']['fds'] >= $many, report['scan']
held = [w for p in report['pipes'] for w in p['writers'] if w['pid'] == $pid]
assert max(len(w['fd']) for w in held) == $many + 1"
}

@test "--max-fds: a look that is cut short tells so and proves nothing" {
	stuck_scene
	timely "${limited[@]}" --report --json -p "$pid" --max-fds 100000000
	check 'assert report["deadlocks"][0]["certainty"] == "proved"
assert "max-fds" not in report["view"]["limits"], report["view"]'
	timely "${limited[@]}" --report --max-fds 5
	refute grep 'did not answer' out
	timely "${limited[@]}" --report --json --max-fds 5
	check '
assert report["scan"]["fds"] == 5, report["scan"]
assert "max-fds" in report["view"]["limits"] and not report["view"]["complete"], report["view"]
assert all(d["certainty"] == "likely" for d in report["deadlocks"]), report["deadlocks"]'
}

@test "1000 threads, of which one reads" {
	cat >threads.py <<-'PYTHON'
	import os, threading, time
	threading.stack_size(1 << 16)
	r, w = os.pipe()
	child = os.fork()
	if child == 0:
	    os.close(r)
	    os.write(w, bytes(100000))
	os.close(w)
	for _ in range(1000):
	    threading.Thread(target=time.sleep, args=(1e6,), daemon=True).start()
	open("ready", "w").close()
	os.waitpid(child, 0)
	PYTHON
	start $python threads.py
	until_true [ -e ready ]
	blocked "$(child_of "$pid")" pipe_w
	timely "${limited[@]}" --report --json -p "$pid"
	[ "$status" -eq 0 ]
	check "
assert not report['deadlocks']
assert any(len(p['threads']) > 1000 for p in report['processes'] if p['pid'] == $pid)"
}

@test "zombies and processes that exec and rename themselves all the time" {
	cat >storm.py <<-'PYTHON'
	import ctypes, os, sys
	libc = ctypes.CDLL(None)
	if len(sys.argv) == 1:
	    r, w = os.pipe()
	    os.set_inheritable(r, True), os.set_inheritable(w, True)
	    for _ in range(200):
	        if os.fork() == 0:
	            os._exit(0)
	for n in range(50):
	    libc.prctl(15, b"\x1b[2J%d\n) R 1" % n, 0, 0, 0)
	os.execv(sys.executable, [sys.executable, __file__, "\x1b]0;owned\x07"])
	PYTHON
	start $python storm.py
	storm=$pid
	stuck_scene
	for _ in 1 2 3 4 5; do
		timely "${limited[@]}" --report --json -p "$pid" -p "$storm" --confirm 20
		check "
assert all({m['pid'] for m in d['members']} == {$pid, $writer} for d in report['deadlocks']), report['deadlocks']"
		refute grep -q $'[\001-\010\013-\037]' out
	done
	[ "$status" -eq 1 ]
}

@test "a pair in a PID, user and mount namespace of its own" {
	needs_root
	unshare --pid --user --map-root-user --fork --mount-proc true 2>/dev/null || skip "no user namespaces here"
	start unshare --pid --user --map-root-user --fork --mount-proc $python -c "$stuck_pair"
	until inner=$(pgrep -P "$pid") && writer=$(pgrep -P "$inner"); do sleep 0.02; done
	blocked "$writer" pipe_w
	timely "${limited[@]}" --report --json -p "$pid"
	[ "$status" -eq 1 ]
	check "
deadlock, = report['deadlocks']
assert {m['pid'] for m in deadlock['members']} == {$inner, $writer}, deadlock"
}

@test "a file system that does not answer holds nobody up" {
	needs_root
	[ -w /dev/fuse ] || skip "no FUSE here"
	mkdir dead
	cat >dead.py <<-'PYTHON'
	import ctypes, os, time
	libc = ctypes.CDLL(None, use_errno=True)
	server = os.open("/dev/fuse", os.O_RDWR)
	options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % server
	if libc.unshare(0x20000) < 0 or libc.mount(b"none", b"/", None, 0x44000, None) < 0 or \
	        libc.mount(b"dead", b"dead", b"fuse", 0, options) < 0:
	    open("failed", "w").close()
	    os._exit(1)
	place = os.open("dead", os.O_PATH)
	r, w = os.pipe()
	child = os.fork()
	if child == 0:
	    os.close(r)
	    os.write(w, bytes(100000))
	    os._exit(0)
	os.close(w)
	open("ready", "w").close()
	os.waitpid(child, 0)
	PYTHON
	start $python dead.py
	until [ -e ready ] || [ -e failed ]; do sleep 0.02; done
	[ -e ready ] || skip "no FUSE mounts here"
	blocked "$(child_of "$pid")" pipe_w
	timely "${limited[@]}" --report --json -p "$pid" --engine=proc
	[ "$status" -eq 1 ]
	check '
deadlock, = report["deadlocks"]
assert deadlock["kind"] == "write-wait", deadlock'
}
