# --report -- COMMAND: what it says and how it ends.

load cli.bash
load live.bash

teardown() {
	end_all
}

@test "a command that ends: its status, its own output untouched, the report on standard error" {
	printf 'one\0two\n' >input
	status=0
	"$pipetop" --report -- sh -c 'cat; echo three; exit 7' <input >out 2>err || status=$?
	[ "$status" -eq 7 ]
	printf 'one\0two\nthree\n' | cmp - out
	grep -q '^pipetop: nothing stuck' err
	grep -Eq '^sh \([0-9]+\) has ended with status 7\.$' err
}

@test "a command that a signal ends: 128 and the signal, in the report too" {
	call --report --json -- sh -c 'kill -TERM $$'
	[ "$status" -eq 143 ]
	cp err out
	check "
command = report['command']
assert command['argv'] == ['sh', '-c', 'kill -TERM \$\$'], command
assert (command['status'], command['signal']) == (None, 15), command"
}

@test "one that cannot be started: 127 or 126, and one line" {
	call --report -- ./missing
	[ "$status" -eq 127 ]
	complains "cannot start './missing': *"
	call --report -- .
	[ "$status" -eq 126 ]
	complains "cannot start '.': *"
}

@test "one that is stuck: exit 1, the report names it, and it is left alone" {
	call --report --json --output report -- $python -c "$stuck_pair"
	[ "$status" -eq 1 ]
	[ ! -s out ]
	[ ! -s err ]
	cp report out
	check "
command = report['command']
assert command['status'] is None and command['signal'] is None, command
deadlock, = report['deadlocks']
assert command['pid'] in {m['pid'] for m in deadlock['members']}, deadlock
open('pid', 'w').write(str(command['pid']))"
	kill -0 "$(cat pid)"
	started+=("$(cat pid)")
}

@test "one that is stuck, as text: how to end it" {
	call --report -- $python -c "$stuck_pair"
	[ "$status" -eq 1 ]
	left=$(sed -n 's/.* is left as it is: kill \([0-9]*\) ends it\.$/\1/p' err)
	kill -0 "$left"
	started+=("$left")
	grep -q '^DEADLOCK 1 (write-wait, proved)' err
}

@test "--fail-on=never: stuck is told, but is no failure" {
	call --report --fail-on=never --output report -- $python -c "$stuck_pair"
	[ "$status" -eq 0 ]
	grep -q '^DEADLOCK 1' report
	started+=("$(sed -n 's/.* is left as it is: kill \([0-9]*\) ends it\.$/\1/p' report)")
}

@test "--fail-on=stall: a reader that only sleeps" {
	call --report --fail-on=stall --stall 200 --output report -- sh -c 'yes | sleep 1000'
	[ "$status" -eq 1 ]
	grep -q '^STALLED' report
	started+=("$(sed -n 's/.* is left as it is: kill \([0-9]*\) ends it\.$/\1/p' report)")
}

@test "a slow pipe is not stuck: its status" {
	call --report --output report -- sh -c 'yes | (sleep 2; head -c 200000 >/dev/null); exit 4'
	[ "$status" -eq 4 ]
}

@test "--kill-on-deadlock: all of it is gone, orphans too, nobody else" {
	start sleep 1000
	bystander=$pid
	call --report --json --kill-on-deadlock --output report -- sh -c "
		(sleep 1234 & echo \$! >orphan)
		exec $python -c '$stuck_pair'"
	[ "$status" -eq 1 ]
	cp report out
	check "
command = report['command']
assert (command['status'], command['signal']) == (None, 9), command
deadlock, = report['deadlocks']
open('pids', 'w').write(' '.join(str(m['pid']) for m in deadlock['members']))"
	for pid in $(cat pids orphan); do
		refute kill -0 "$pid"
	done
	kill -0 "$bystander"
}

@test "--on-deadlock: before the killing, with the report" {
	call --report --kill-on-deadlock --on-deadlock 'cat >hooked; ps -o pid= -p "$PPID" >/dev/null && echo "$1" >id' \
		--output report -- $python -c "$stuck_pair"
	[ "$status" -eq 1 ]
	[ "$(cat id)" -eq 1 ]
	cp hooked out
	check "assert report['deadlocks'][0]['kind'] == 'write-wait'"
}

@test "nobody waits for us at the ends of its pipes" {
	# The command closes its output and goes on: who reads it gets an end-of-file.
	"$pipetop" --report --output report -- \
		sh -c 'echo said; exec >&-; until [ -e eof ]; do sleep 0.02; done' |
		(cat >out; touch eof)
	[ "$(cat out)" = said ]
	# It reads a line and goes on: who writes gets EPIPE.
	(yes || true; touch epipe) 2>/dev/null |
		"$pipetop" --report --output report -- \
			sh -c 'read -r _; exec <&-; until [ -e epipe ]; do sleep 0.02; done'
	grep -q '^pipetop: nothing stuck' report
}

@test "signals are passed on, and its end decides" {
	start "$pipetop" --report --output report -- \
		sh -c 'trap "echo got >got; exit 9" TERM; touch ready; while :; do sleep 0.05; done'
	until [ -e ready ]; do sleep 0.02; done
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 9 ]
	[ -e got ]
	# A shell has its background jobs ignore SIGINT.
	start env --default-signal=INT "$pipetop" --report --output report -- sleep 1000
	child=$(child_of "$pid")
	until grep -q '^Name:[[:blank:]]*sleep' "/proc/$child/status"; do sleep 0.02; done
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	grep -Eq '^sleep \([0-9]+\) was ended by signal 2\.$' report
}

@test "the command finds signals and descriptors as it would without us" {
	cat >state <<-'SH'
	grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status
	ls /proc/self/fd
	SH
	sh state >expected
	call --report --output report -- sh state
	[ "$status" -eq 0 ]
	cmp out expected
}
