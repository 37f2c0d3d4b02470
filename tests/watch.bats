# --watch, --on-deadlock and -p on real programs.

load cli.bash
load live.bash

teardown() {
	end_all
}

# Starts a watch of up to 10 looks a second into the file lines; its pid in $watch. It is attached
# to a beacon too, which opens pipes all the time: each look that tells of one has ended.
watch() { # OPTION...
	start $python -c '
import os, time
kept = []
while True:
    kept.append(os.pipe())
    print(os.fstat(kept[-1][0]).st_ino, flush=True)
    time.sleep(0.02)
    if len(kept) > 20:
        for fd in kept.pop(0):
            os.close(fd)' >beacon
	beacon=$pid
	start "$pipetop" --watch --json -d 0.1 -p "$beacon" "$@" >lines 2>err
	watch=$pid
	until_true is_attached "$watch" "$beacon"
	a_look
}

# It has taken hold of the process.
is_attached() { # PID of the watch, PID
	grep -qs "^Pid:[[:blank:]]*$2\$" "/proc/$1"/fdinfo/*
}

lights() { # how often the beacon was seen
	grep '"event":"opened"' lines | grep -c "\"pid\":$beacon," || true
}

# Waits until one has begun after now, and ended.
a_look() {
	local before
	before=$(lights)
	until [ "$(lights)" -gt $((before + 50)) ]; do sleep 0.02; done
}

told() { # EVENT: how many lines tell it
	grep -c "\"event\":\"$1\"" lines || true
}

is_told() { # EVENT
	grep -q "\"event\":\"$1\"" lines
}

# Python with `lines`, the objects of the file lines but those about the beacon, and `events`, their names.
lines() { # CODE
	$python -c "
import json, os
lines = [json.loads(line) for line in open('lines')]
if os.path.exists('beacon'):
    beacon = {int(line) for line in open('beacon')}
    lines = [l for l in lines if l.get('inode') not in beacon and l.get('pid') != ${beacon:-0}]
events = [line['event'] for line in lines]
$1"
}

ended() { # PID: its exit status in $status
	status=0
	wait "$1" || status=$?
}

@test "a deadlock comes, is freed, and its script exits: a line each" {
	start $python -c "$stuck_pair" go end
	script=$pid
	watch -p "$script"
	touch go
	until_true is_told deadlock
	a_look
	[ "$(told deadlock)" -eq 1 ]
	[ "$(told cleared)" -eq 0 ]
	writer=$(child_of "$script")
	fd=$(($(cut -d' ' -f2 "/proc/$writer/syscall")))
	"$pipetop" --grow "$writer:$fd"
	until_true is_told cleared
	touch end
	while [ -e "/proc/$writer" ]; do sleep 0.02; done
	ended "$script"
	kill "$beacon"
	ended "$watch"
	[ "$status" -eq 1 ]
	lines "
deadlock, = (l for l in lines if l['event'] == 'deadlock')
assert deadlock['kind'] == 'write-wait' and deadlock['certainty'] == 'proved', deadlock
assert sorted(m['pid'] for m in deadlock['members']) == sorted([$script, $writer]), deadlock
assert 'waits for room' in deadlock['explanation'], deadlock
cleared, = (l for l in lines if l['event'] == 'cleared')
assert cleared['id'] == deadlock['id'] and cleared['pipes'] == deadlock['pipes'], cleared
exited = {l['pid']: l for l in lines if l['event'] == 'exited'}
assert {$script, $writer} <= set(exited), exited
assert exited[$script]['status'] in (0, None), exited
about = [l['event'] for l in lines if [l.get('pipe')] == deadlock['pipes']]
assert about in (['opened', 'closed'], ['opened', 'blocked', 'closed']), about
assert [l['time'] for l in lines] == sorted(l['time'] for l in lines)"
	[ ! -s err ]
}

@test "text: one line each, with time and words" {
	start $python -c "$stuck_pair" go
	touch go
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	call --watch -n 1 -p "$pid"
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -eq 1 ]
	grep -Eqx '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z deadlock 1 \(write-wait, proved\): .*' out
	call --watch -n 1 -p "$pid" --fail-on=never
	[ "$status" -eq 0 ]
}

@test "-n: so many looks, also of the whole system; each line is an object with its keys" {
	printf '#!/bin/sh\nread -r _ <hold\n' >$'e\e[2Jvil'
	chmod +x $'e\e[2Jvil'
	mkfifo hold
	start sh -c "./$'e\e[2Jvil' | cat"
	exec 9<>hold
	start $python -c "$stuck_pair"
	call --watch --json -n 3 -d 0.1 --fail-on=never
	[ "$status" -eq 0 ]
	cp out lines
	refute grep -q $'[\001-\010\013-\037]' lines
	lines "
names = set('opened closed full blocked moving stalled deadlock cleared exited'.split())
assert lines and set(events) <= names, set(events)
for l in lines:
    keys = ('pid comm status signal' if l['event'] == 'exited' else
            'id kind certainty members pipes explanation' if l['event'] in ('deadlock', 'cleared') else
            'pipe type dev inode bytes capacity full verdict writers readers blocked_ms reason')
    assert list(l) == ['time', 'event'] + keys.split(), l"
	exec 9>&-
}

@test "a slow consumer: the watch waits for it, keeps nothing, and no line is lost" {
	mkfifo slow
	exec 8<>slow
	# Opens and closes pipes, each of which is two lines, and holds none else.
	start $python -c '
import os, time
while True:
    pipes = [os.pipe() for _ in range(40)]
    time.sleep(0.3)
    for r, w in pipes:
        os.close(r), os.close(w)
    time.sleep(0.3)' 8>&- >/dev/null 2>&1
	churn=$pid
	# A sanitizer shall not count what is freed.
	start env ASAN_OPTIONS="${ASAN_OPTIONS-}:quarantine_size_mb=1" \
		"$pipetop" --watch --json -d 0.1 -p "$churn" >slow
	watch=$pid
	blocked "$watch" pipe_w
	[ "$(cat "/proc/$watch/comm")" = pipetop ]
	before=$(sed -n 's/VmRSS:[[:blank:]]*\([0-9]*\) kB/\1/p' "/proc/$watch/status")
	timeout 5 cat <&8 >lines || true
	after=$(sed -n 's/VmRSS:[[:blank:]]*\([0-9]*\) kB/\1/p' "/proc/$watch/status")
	kill "$watch"
	echo "RSS $before kB, after $(wc -l <lines) lines $after kB" >&3
	[ $((after - before)) -lt 8192 ]
	sed -i '$ { /}$/ ! d }' lines
	lines "
here = set()
for l in lines:
    if l['event'] == 'opened':
        assert l['inode'] not in here
        here.add(l['inode'])
    if l['event'] == 'closed' and l['inode'] in here:
        here.remove(l['inode'])
assert events.count('closed') > 40, events
assert set(events) == {'opened', 'closed'}, set(events)"
	exec 8>&-
}

@test "a consumer that is gone ends it, with and without something to tell, without a word" {
	start $python -c "$stuck_pair"
	"$pipetop" --watch -d 0.1 -p "$pid" 2>err | grep -m 1 ' deadlock ' >out
	grep -q ' deadlock ' out
	start sleep 1000
	"$pipetop" --watch -d 0.1 -p "$pid" 2>>err | true
	[ ! -s err ]
	# Somebody who ignores SIGPIPE passes that on.
	(trap '' PIPE && "$pipetop" --watch -d 0.1 -p "$pid" 2>>err | true)
	[ ! -s err ]
}

@test "a full device: exit 2 and one line" {
	start $python -c "$stuck_pair"
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	status=0
	"$pipetop" --watch -p "$pid" >/dev/full 2>err || status=$?
	[ "$status" -eq 2 ]
	complains 'cannot write to standard output: *'
}

@test "it ends when all that it is attached to have ended, and tells how" {
	start sh -c 'until [ -e go ]; do sleep 0.02; done; exit 3'
	first=$pid
	start sleep 1000
	second=$pid
	watch -p "$second" "$first"
	touch go
	until_true is_told exited
	a_look
	kill -0 "$watch"
	kill -KILL "$second" "$beacon"
	ended "$watch"
	[ "$status" -eq 0 ]
	lines "
exited = [l for l in lines if l['event'] == 'exited' and l['pid'] in ($first, $second)]
assert [l['pid'] for l in exited] == [$first, $second], exited
known = exited[0]['status'] is not None
assert not known or (exited[0]['status'], exited[0]['signal']) == (3, None), exited
assert not known or (exited[1]['status'], exited[1]['signal']) == (None, 9), exited
assert [l['comm'] for l in exited] == ['sh', 'sleep'], exited"
}

@test "descendants belong to it, also those that are born later and lose their parent" {
	cat >orphan.py <<-'PYTHON'
	import os, time
	def wait_for(name):
	    while not os.path.exists(name):
	        time.sleep(0.01)
	wait_for("go")
	if os.fork() == 0:                  # the parent in between
	    if os.fork() == 0:
	        r, w = os.pipe()            # by this pipe we are seen
	        wait_for("alone")
	        child = os.fork()
	        if child == 0:
	            os.write(w, bytes(100000))
	        os.close(w)
	        os.waitpid(child, 0)
	    wait_for("leave")
	    os._exit(0)
	os.wait()
	time.sleep(1000)
	PYTHON
	start $python orphan.py
	script=$pid
	watch -p "$script"
	touch go
	middle=$(child_of "$script")
	orphan=$(child_of "$middle")
	started+=("$orphan")
	until_true grep -q '"event":"opened".*"pid":'"$orphan," lines
	touch leave
	while [ -e "/proc/$middle" ]; do sleep 0.02; done
	a_look
	touch alone
	until_true is_told deadlock
	lines "
deadlock, = (l for l in lines if l['event'] == 'deadlock')
assert $orphan in {m['pid'] for m in deadlock['members']}, deadlock"
}

@test "-p: a process that is not there, exit 2 and one line" {
	start sleep 1000
	kill "$pid"
	wait "$pid" || true
	for mode in --watch --report; do
		call "$mode" -p "$pid"
		[ "$status" -eq 2 ]
		complains "no such process: $pid"
		[ ! -s out ]
	done
}

@test "a pid that was given to somebody else is not taken for the one it was" {
	[ "$(id -u)" -eq 0 ] || skip "needs root: a PID namespace"
	unshare --pid --fork --mount-proc true || skip "no PID namespaces here"
	reuse=${pipetop%/src/pipetop}/tests/watch/reuse
	for mode in --watch --report; do
		unshare --pid --fork --mount-proc "$reuse" "" "$pipetop" "$mode" --json -p 500 >lines || true
		refute grep -q wrong lines
	done
	touch lines
	unshare --pid --fork --mount-proc "$reuse" lines "$pipetop" --watch --json -p 500 -d 0.1 >lines ||
		[ $? -eq 1 ]
	lines "
assert events[0] == 'deadlock' and [m['comm'] for m in lines[0]['members']] == ['right'], lines
assert [l['comm'] for l in lines if l['event'] == 'exited'] == ['right'], lines
# Its reader may be seen dead while the writer has not yet heard of it.
assert set(events) - {'blocked'} == {'deadlock', 'exited', 'cleared', 'closed'}, events
assert events.count('deadlock') == 1, events"
}

@test "without pidfds, before Linux 5.3: attached by the start time" {
	command -v strace >/dev/null || skip "strace is missing"
	old() { # ARGUMENT...
		status=0
		ASAN_OPTIONS=detect_leaks=0 timeout 60 strace -qq -o calls \
			-e trace=pidfd_open -e inject=pidfd_open:error=ENOSYS "$pipetop" "$@" >lines 2>err || status=$?
	}
	start sh -c 'until [ -e go ]; do sleep 0.02; done'
	(until grep -q ENOSYS calls; do sleep 0.02; done 2>/dev/null && touch go) &
	old --watch --json -d 0.1 -p "$pid"
	[ "$status" -eq 0 ]
	lines "
assert ($pid, 'sh') in [(l['pid'], l['comm']) for l in lines if l['event'] == 'exited'], lines"
	wait "$pid"
	old --watch -d 0.1 -p "$pid"
	[ "$status" -eq 2 ]
	complains "no such process: $pid"
	# Without pidfd_getfd(2), too, pipes are opened anew.
	start $python -c "$stuck_pair"
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	status=0
	ASAN_OPTIONS=detect_leaks=0 timeout 100 strace -qq -f -o calls -e trace=pidfd_open,pidfd_getfd \
		-e inject=pidfd_open,pidfd_getfd:error=ENOSYS \
		"$pipetop" --engine=proc --report -p "$pid" >out 2>err || status=$?
	[ "$status" -eq 1 ]
	grep -q '^DEADLOCK 1 (write-wait, ' out
}

@test "--on-deadlock: once for each, with its report; waited for and reaped" {
	start $python -c "$stuck_pair" go
	first=$pid
	start $python -c "$stuck_pair" go
	second=$pid
	watch -p "$first" -p "$second" --on-deadlock 'cat >report.$$ && echo "$1 $$" >>runs'
	touch go
	until [ "$(wc -l <runs)" -eq 2 ]; do sleep 0.02; done 2>/dev/null
	a_look
	[ "$(wc -l <runs)" -eq 2 ]
	# Its scouts come and go.
	[ -z "$(pgrep -x sh -P "$watch")" ]
	while read -r id run; do
		cp "report.$run" out
		check "
mine, = (d for d in report['deadlocks'] if d['id'] == $id)
assert {m['pid'] for m in mine['members']} & {$first, $second}, mine
open('seen', 'a').write('%d\n' % min(m['pid'] for m in mine['members']))"
	done <runs
	[ "$(sort -n seen | uniq | wc -l)" -eq 2 ]
	# One that is slow keeps nobody waiting, but is waited for in the end.
	rm -f runs
	call --watch -n 1 -p "$first" --on-deadlock 'cat >/dev/null; sleep 0.5; echo done >runs'
	[ "$(cat runs)" = done ]
}

@test "--output: the lines stand in the file as soon as they are told" {
	start $python -c "$stuck_pair"
	start "$pipetop" --watch --json -d 0.1 --output lines -p "$pid"
	watch=$pid
	until_true is_told deadlock 2>/dev/null
	kill -0 "$watch"
}
