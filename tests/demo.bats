# The scenes of --demo: what is found in each, and that nothing of them is left behind.

load cli.bash

# Looks at a scene: status, out as by call, and $us, the pid that pipetop had.
play() { # NAME OPTION...
	status=0
	"$pipetop" --demo="$1" --json --record record "${@:2}" >out 2>err 3>&- &
	us=$!
	wait $us || status=$?
}

# What was found in the scene, with nothing else of this machine: `deadlocks`, `verdicts`.
in_scene() { # CODE
	check "
family = {$us}
for process in report['processes']:
    if process['ppid'] in family and process['comm'] != 'pipetop':
        family.add(process['pid'])
ours = lambda holders: holders and {holder['pid'] for holder in holders} <= family - {$us}
deadlocks = [d for d in report['deadlocks'] if ours(d['members'])]
verdicts = [p['verdict'] for p in report['pipes'] if ours(p['writers'] + p['readers'])]
stalls = [s for s in report['stalls'] if set(s['writers']) <= family]
assert verdicts, report['processes']
$1"
}

stuck() { # NAME KIND MEMBER...
	play "$1"
	[ "$status" -eq 1 ]
	in_scene "
deadlock, = deadlocks
assert deadlock['kind'] == '$2', deadlock
assert sorted(m['comm'] for m in deadlock['members']) == '${*:3}'.split(), deadlock
assert 'deadlock' in verdicts, verdicts"
}

healthy() { # NAME VERDICT...
	play "$1" --fail-on=never
	[ "$status" -eq 0 ]
	in_scene "
assert not deadlocks, deadlocks
assert set(verdicts) <= set('${*:2}'.split()), verdicts"
}

# The processes of the scene that $us played, zombies apart: it has a session of its own.
left_behind() {
	ps -e -o ppid=,sid=,stat=,pid=,comm= | awk -v sid="$1" '$2 == sid && $3 !~ /^Z/'
}

@test "article: write-wait, and who, what and where" {
	stuck article write-wait log script
	in_scene "
log, = (m for m in deadlocks[0]['members'] if m['comm'] == 'log')
assert (log['syscall'], log['fd'], log['count']) == ('write', 2, 13), log
assert log['pipe'] in deadlocks[0]['pipes'], deadlocks"
}

@test "article: --report, the text" {
	status=0
	"$pipetop" --demo --report >out 2>err || status=$?
	[ "$status" -eq 1 ]
	[ ! -s err ]
	grep -Eq '^DEADLOCK [0-9]+ \(write-wait, ' out
	grep -Eq '^  log \([0-9]+, .*\)  *write\(2, .*, 13\)' out
	grep -Eq '^  script \([0-9]+, .*\)  *wait4\([0-9]+\)' out
}

@test "shell: write-wait, one longer" {
	stuck shell write-wait log script sh
}

@test "cross: write-write" {
	stuck cross write-write left right
}

@test "leak: read-wait among three" {
	stuck leak read-wait script sort uniq
}

@test "stderr: read-write" {
	stuck stderr read-write log script
}

@test "stdin: read-wait" {
	stuck stdin read-wait cat script
}

@test "self: write-self" {
	stuck self write-self buffer
}

@test "slow: backpressure at most" {
	healthy slow backpressure moving idle
}

@test "stopped: stalled" {
	healthy stopped stalled
}

@test "communicate: nothing to blame" {
	healthy communicate starved moving idle
}

@test "stream: nothing to blame" {
	healthy stream starved moving idle
}

@test "a replay finds what the demo found" {
	stuck leak read-wait script sort uniq
	mv out live
	call --json --replay record
	[ "$status" -eq 1 ]
	cmp live out
}

@test "nothing is left when it has ended" {
	stuck shell write-wait log script sh
	session=$(/usr/bin/python3 -c "
import json
look = json.load(open('record'))['looks'][-1]
print(next(p['pid'] for p in look['processes'] if p['ppid'] == $us))")
	[ -z "$(left_behind "$session")" ]
}

# Starts a demo that goes on for an hour, waits for its scene, and ends it by a signal.
ends_with() { # SIGNAL
	env --default-signal "$pipetop" --report --demo=shell --confirm 3600000 >out 2>err 3>&- &
	us=$!
	until session=$(ps -o pid=,comm= --ppid $us | awk '$2 == "script" { print $1 }') &&
	      [ "$session" ] && left_behind "$session" | grep -q ' log$'; do
		kill -0 $us
	done
	kill "-$1" $us
	wait $us || status=$?
	[ "$status" -eq $((128 + $(kill -l "$1"))) ]
	while [ -n "$(left_behind "$session")" ]; do
		:
	done
}

@test "nothing is left after SIGINT" {
	ends_with INT
}

@test "nothing is left after SIGTERM" {
	ends_with TERM
}

@test "nothing is left after SIGHUP" {
	ends_with HUP
}

@test "nothing is left after SIGKILL" {
	ends_with KILL
}

@test "the scene has nothing of what we were started with" {
	exec 9>marker
	stuck article write-wait log script
	"$pipetop" --report --demo --confirm 3600000 >out 2>err 3>&- &
	us=$!
	until session=$(ps -o pid=,comm= --ppid $us | awk '$2 == "script" { print $1 }') &&
	      [ "$session" ]; do
		kill -0 $us
	done
	until [ "$(readlink "/proc/$session/fd/0")" = /dev/null ]; do
		:
	done
	found=$(ls -l "/proc/$session/fd" | grep -c marker) || true
	kill $us
	[ "$found" -eq 0 ]
}

@test "every scene of the list is looked at here" {
	"$pipetop" --demo=list | cut -d' ' -f1 >names
	[ "$(wc -l <names)" -gt 10 ]
	while read -r name; do
		grep -qE "^	(stuck|healthy) $name " "$BATS_TEST_FILENAME" || { echo "$name"; false; }
	done <names
}
