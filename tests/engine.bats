# The engine in the kernel beside that of /proc: they agree, and what the kernel's counts add to a proof.

load cli.bash
load live.bash

build=${pipetop%/src/pipetop}

teardown() {
	end_all
}

needs_bpf() {
	call --report --engine=bpf
	[ "$status" -ne 2 ] || skip "$(cat err)"
}

engine() { # PATTERN of what scan.engine must be
	check "assert report['scan']['engine'] == '$1', report['scan']"
}

@test "auto takes bpf where it can be had, and proc where not" {
	call --report --json
	auto=$(/usr/bin/python3 -c "import json; print(json.load(open('out'))['scan']['engine'])")
	call --report --json --engine=bpf
	if [ "$status" -eq 2 ]; then
		complains "cannot use the engine 'bpf': *"
		[ ! -s out ]
		[ "$auto" = proc ]
	else
		engine bpf
		[ "$auto" = bpf ]
	fi
	call --report --json --engine=proc
	engine proc
	call --report --engine=magic
	[ "$status" -eq 2 ]
	complains '*magic*'
}

@test "an ordinary user has /proc, and is told why not bpf" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to become somebody else"
	cp "$pipetop" . && chmod -R a+rX .
	user=(setpriv --reuid=64990 --regid=64990 --clear-groups --inh-caps=-all --bounding-set=-all)
	status=0
	"${user[@]}" ./pipetop --report --engine=bpf >out 2>err || status=$?
	[ "$status" -eq 2 ]
	complains "cannot use the engine 'bpf': *"
	"${user[@]}" ./pipetop --report --json >out
	engine proc
}

@test "no pipe is touched" {
	needs_bpf
	command -v strace || skip "strace is missing"
	start $python -c "$stuck_pair"
	blocked "$(child_of "$pid")" pipe_w
	ASAN_OPTIONS=detect_leaks=0 strace -f -o calls "$pipetop" --engine=bpf -p "$pid" --report >out 2>err ||
		[ $? -eq 1 ]
	grep -q '^DEADLOCK 1 (write-wait' out
	grep -q 'BPF_ITER_CREATE' calls
	refute grep -E '^[0-9]+ +(pidfd_getfd\([0-9]+, [0-9]|tee\(|splice\()|FIONREAD|F_GETPIPE_SZ' calls
}

# ---- what moves ----

# The verdicts of the pipes whose inodes are in the file inodes: of the one that fills, of the one
# that does not, of the empty one.
verdicts() {
	check '
inodes = [int(line) for line in open("inodes")]
verdict = {pipe["inode"]: pipe["verdict"] for pipe in report["pipes"]}
print(*(verdict[inode] for inode in inodes))'
}

what_moves() { # OPTION...: a report tells it; how often it has to be asked the machine decides
	call --report --json "$@"
	case $(verdicts) in
	'moving idle idle') ;;
	'idle idle idle') return 1 ;;
	*)
		verdicts >&2
		exit 1
		;;
	esac
}

@test "a pipe that fills moves, bytes that lie are idle, and a record tells the same" {
	start $python -c '
import os, time
pipes = [os.pipe() for _ in range(3)]
for r, w in pipes[:2]:
    os.write(w, b"x")
for r, w in pipes:
    print(os.fstat(r).st_ino, flush=True)
while True:
    os.write(pipes[0][1], b"x")
    time.sleep(0.01)' >inodes
	until [ "$(wc -l <inodes)" -eq 3 ]; do sleep 0.02; done
	engines=proc
	call --report --engine=bpf
	[ "$status" -eq 2 ] || engines='proc bpf'
	for engine in $engines; do
		until_true what_moves --engine=$engine --record record
		engine $engine
		mv out live
		call --report --json --replay record
		cmp live out
	done
}

# ---- what others hold unseen ----

# Of the pair that is stuck, its deadlocks and its pipe.
theirs='
ours = [d for d in report["deadlocks"] if any(m["comm"] == "python3" for m in d["members"])]
full, = [p for p in report["pipes"] if p["full"]]
'

# A stuck pair in a PID namespace of its own, and pipetop there; its report in the file out. The pair's
# pipe is made by CODE, outside, and everybody outside keeps what he has of it; without CODE inside.
# The parent does MORE before it waits.
in_namespace() { # [CODE [MORE]]
	echo "${2-pass}" >more.py
	cat >scene.py <<-'PYTHON'
	import os, select, socket, subprocess, sys, threading, time
	r, w = map(int, sys.argv[2:]) if sys.argv[2:] else os.pipe()
	quiet, hers = os.pipe()
	child = os.fork()
	if child == 0:
	    os.close(r)
	    os.write(w, bytes(100000))
	os.close(w)
	os.close(hers)
	looker, go = os.pipe()
	if os.fork() == 0:
	    os.close(r)
	    os.close(quiet)
	    os.close(go)
	    os.read(looker, 1)
	    while "pipe_w" not in open(f"/proc/{child}/wchan").read():
	        time.sleep(0.01)
	    with open("part", "w") as out:
	        subprocess.run([sys.argv[1], "--report", "--json", "--engine=bpf"], stdout=out)
	    os.rename("part", "out")
	    time.sleep(1000)
	os.close(looker)
	exec(open("more.py").read())
	os.close(go)
	os.waitpid(child, 0)
	PYTHON
	rm -f out
	start $python -c "
import os, subprocess, sys
pipe = []
${1-pass}
command = 'unshare --pid --fork --mount-proc --kill-child'.split() + sys.argv[1:]
subprocess.run(command + list(map(str, pipe)), pass_fds=pipe)" $python scene.py "$pipetop"
	until_true eval 'test -e out || ! kill -0 "$pid"'
	test -e out
}

needs_namespaces() {
	needs_bpf
	unshare --pid --fork --mount-proc true 2>/dev/null || skip "no PID namespace can be made here"
}

@test "in a PID namespace: proved, since nobody outside holds the pipe" {
	needs_namespaces
	in_namespace
	check "$theirs
assert report['view']['limits'] == ['pid-namespace'], report['view']
assert [d['certainty'] for d in ours] == ['proved'], ours
assert (full['unseen_readers'], full['unseen_writers']) == (False, False), full"
}

@test "in a PID namespace: likely, since somebody outside has the same open files" {
	needs_namespaces
	in_namespace 'pipe = os.pipe()'
	check "$theirs
assert [d['certainty'] for d in ours] == ['likely'], ours
assert 'PID namespace' in str(ours[0]['why_not_proved']), ours
assert (full['unseen_readers'], full['unseen_writers']) == (None, None), full"
}

@test "in a PID namespace: no deadlock, since somebody outside has opened the pipe" {
	needs_namespaces
	in_namespace 'pipe = os.pipe()
again = os.open(f"/proc/self/fd/{pipe[0]}", os.O_RDONLY)'
	check "$theirs
assert not ours, ours
assert (full['unseen_readers'], full['unseen_writers']) == (True, None), full
assert full['verdict'] in ('stalled', 'backpressure'), full"
}

# A call in a process with several threads holds a reference to its file, and so does a poll.
found_with() { # CERTAINTY CODE of a second thread, SYSCALLS in which it sleeps
	in_namespace pass "
thread = threading.Thread(target=lambda: $2)
thread.start()
while open(f'/proc/self/task/{thread.native_id}/syscall').read().split()[0] not in '$3'.split():
    time.sleep(0.01)"
	check "$theirs
assert [d['certainty'] for d in ours] == ['$1'], ours
assert len(ours[0]['members']) >= 2, ours
quiet = [p for p in report['pipes'] if not p['full'] and p['id'] in ours[0]['pipes']]
assert len(quiet) == 1, ours
assert all((p['unseen_readers'], p['unseen_writers']) == (False, False) for p in quiet + [full]), quiet"
}

@test "in a PID namespace: proved, with a second thread that reads" {
	needs_namespaces
	found_with proved 'os.read(quiet, 1)' 0
}

@test "in a PID namespace: likely, with a second thread that polls: the first one may have changed its set" {
	needs_namespaces
	found_with likely 'select.select([quiet], [], [])' '23 270'
	check "assert 'the set of python3' in str(report['deadlocks'][0]['why_not_proved'])"
}

@test "in a PID namespace: likely, while a duplicate is on its way through a socket" {
	needs_namespaces
	in_namespace pass 'a, b = socket.socketpair(); socket.send_fds(a, [b"x"], [r])'
	check "$theirs
assert [d['certainty'] for d in ours] == ['likely'], ours
assert full['unseen_readers'] is None, full"
}

@test "in a PID namespace: no deadlock, while another open file of it is on its way" {
	needs_namespaces
	in_namespace pass '
a, b = socket.socketpair()
again = os.open(f"/proc/self/fd/{r}", os.O_RDONLY | os.O_NONBLOCK)
socket.send_fds(a, [b"x"], [again])
os.close(again)'
	check "$theirs
assert not ours, ours
assert full['unseen_readers'] is True, full"
}

# ---- loads ----

# Both engines' reports of a load are the same: pipes, who holds them, and what everybody waits for.
agree_on() { # PROCESSES FDS ENDS THREADS
	# Not root's, who would have no pages left for pipes of the usual size (pipe-user-pages-soft, pipe(7)).
	cp "$build/tests/bench/load" .
	chmod 755 .
	coproc LOAD { exec setpriv --reuid 64995 --regid 64995 --clear-groups ./load "$@" 3>&-; }
	pid=$LOAD_PID
	read -r ready <&"${LOAD[0]}"
	[ "$ready" = ready ]
	for engine in proc bpf; do
		"$pipetop" --report --json -p "$pid" --engine=$engine >$engine
	done
	eval "exec ${LOAD[1]}>&-"
	wait "$pid" || true
	/usr/bin/python3 - <<-'PYTHON'
	import json

	proc, bpf = (json.load(open(name)) for name in ("proc", "bpf"))
	assert (proc["scan"]["engine"], bpf["scan"]["engine"]) == ("proc", "bpf")
	load = {p["pid"]: p for p in proc["processes"] if p["comm"] == "load"}
	for report in proc, bpf:
	    for p in report["processes"]:
	        for thread in p["threads"]:
	            del thread["blocked_ms"]
	    for pipe in report["pipes"]:
	        # Of what nobody waits for /proc is asked less.
	        for key in "full", "packet", "unseen_readers", "unseen_writers":
	            del pipe[key]
	        for end in pipe["writers"] + pipe["readers"]:
	            del end["nonblocking"]
	    report["processes"] = [p for p in report["processes"] if p["pid"] in load]
	    report["pipes"] = [p for p in report["pipes"] if all(e["pid"] in load for e in p["writers"] + p["readers"])]
	assert len(proc["processes"]) == len(bpf["processes"]) == len(load)
	for one, other in zip(proc["processes"], bpf["processes"]):
	    assert one == other, {key: (one[key], other[key]) for key in one if one[key] != other[key]}
	assert len(proc["pipes"]) == len(bpf["pipes"]) >= len(load) - 1
	for one, other in zip(proc["pipes"], bpf["pipes"]):
	    assert one == other, {key: (one[key], other[key]) for key in one if one[key] != other[key]}
	assert proc["deadlocks"] == bpf["deadlocks"] == []
	PYTHON
}

@test "both engines say the same of loads" {
	needs_bpf
	[ -x "$build/tests/bench/load" ] || skip "tests/bench/load was not built"
	agree_on 60 20 8 1
	agree_on 7 $((RANDOM % 50 + 20)) $((RANDOM % 8 * 2 + 2)) $((RANDOM % 9 + 1))
	agree_on 3 600 500 2
	# More than the kernel tells of in one go.
	agree_on 2 9000 6000 1
}

# Gets one new table after the other, and each of them grows, fills and empties itself.
restless='
import ctypes, os, sys, threading, time
CLONE_FILES = 0x400
libc = ctypes.CDLL(None)
open(sys.argv[1], "w").close()
while True:
    # Nobody gets a table of his own who shares none.
    threading.Thread(target=time.sleep, args=[0.01]).start()
    libc.unshare(CLONE_FILES)
    r, w = os.pipe()
    for fd in range(100, 1000, 100):
        os.dup2(w, fd)
    os.closerange(3, 1000)
'

@test "who changes his descriptors all the time hides nobody else" {
	needs_bpf
	start $python -c "$stuck_pair"
	pair=$pid
	blocked "$(child_of "$pair")" pipe_w
	for ready in one two; do
		start $python -c "$restless" $ready
		until_true test -e $ready
	done
	for _ in {1..20}; do
		call --report --json --engine=bpf --fail-on=proved
		[ "$status" -eq 1 ]
		check "
ours = [d for d in report['deadlocks'] if any(m['pid'] == $pair for m in d['members'])]
assert [d['certainty'] for d in ours] == ['proved'], ours
full = [p for p in report['pipes'] if p['id'] in ours[0]['pipes']]
assert [(p['unseen_readers'], p['unseen_writers']) for p in full] == [(False, False)], full"
	done
}

@test "a record of a crowd that is born while it is looked at is read again" {
	[ -x "$build/tests/scenarios/actor" ] || skip "tests/scenarios/actor was not built"
	for _ in 1 2 3; do
		start "$build/tests/scenarios/actor" 'pipe a; pipe b;
			repeat { fork middle { fork born { sleep 300 } }; wait wait4 middle; sleep 1 }'
	done
	for _ in 1 2 3 4; do
		for engine in auto proc; do
			call --engine=$engine --record record
			[ "$status" -le 1 ]
			call --report --replay record
			[ "$status" -le 1 ]
		done
	done
}
