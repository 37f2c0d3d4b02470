# The command line from end to end: options, files, exit statuses, what goes where.

load cli.bash

# A record of a box with nothing on it; `denied` processes could not be read.
record() { # DENIED
	cat <<-JSON
	{ "schema": "pipetop-record/1", "looks": [ {
	  "host": "box", "kernel": "6.1.0", "engine": "proc", "time_ms": 1700000000000,
	  "view_limits": $([ "$1" -eq 0 ] && echo '[]' || echo '[ "not-root" ]'),
	  "denied": $1, "vanished": 0, "timed_out": 0, "fds_seen": 4, "fds_unidentified": 0,
	  "settled": true, "pipes": [], "processes": [] } ] }
	JSON
}

# The article's pair on an otherwise empty box, in two looks; COMM is the writer's, as JSON.
stuck_record() { # COMM [SWITCHES of the writer in the second look]
	/usr/bin/python3 - "$@" <<-'PYTHON'
	import json, sys
	comm, switches = json.loads(sys.argv[1]), int((sys.argv + [3])[2])

	def wait(kind, **facts):
	    return dict(kind=kind, inferred=False, stopped=False, by_signal=False, timed=False,
	                ready=False, children="one", child=0, targets=[]) | facts

	def process(pid, ppid, comm, call, switches, wait, end):
	    task = dict(tid=pid, start_ticks=100, state="S", comm=comm, table=0, compat=False,
	                syscall=1, call=call, args=["0x2", "0x0", "0xd", "0x0", "0x0", "0x0"], sp="0x7ffe00000000",
	                pc="0x7f0000000000", voluntary_switches=switches, blocked_ms=5000, wait=wait)
	    return dict(pid=pid, ppid=ppid, pgid=90, start_ticks=100, exit_signal=17, thread_count=1,
	                uid=0, user="root", comm=comm, state="S", kernel_thread=False, self=False,
	                access="read", has_uring=False, examined=True, signals_known=True,
	                signals_caught="0x0", tracer=0, namespace_init=False, posix_timers=False,
	                ends=[end | dict(pipe=0, table=0, nonblocking=False)], threads=[task])

	def look(time_ms, switches):
	    pipe = dict(dev=14, ino=6715, type="pipe", fill_bytes=65520, capacity_bytes=65536, full=True,
	                packet=False, no_writers=False, no_readers=False)
	    script = process(90, 1, "script", "wait4", 7, wait("child-exit", child=91),
	                     dict(fd=3, reads=True, writes=False))
	    log = process(91, 90, comm, "write", switches,
	                  wait("pipe-space", fd=2, count_bytes=13, pipe=0),
	                  dict(fd=2, reads=False, writes=True))
	    return dict(host="box", kernel="6.1.0", engine="proc", time_ms=time_ms, view_limits=[],
	                denied=0, vanished=0, timed_out=0, fds_seen=4, fds_unidentified=0, settled=True,
	                descriptors_in_flight=False, alarm_pending=False, pipes=[pipe],
	                processes=[script, log])

	looks = [look(1700000000000, 3), look(1700000000100, switches)]
	json.dump(dict(schema="pipetop-record/1", looks=looks), sys.stdout)
	PYTHON
}

@test "--help: grouped, 80 columns, nothing on standard error" {
	call --help
	[ "$status" -eq 0 ]
	[ ! -s err ]
	grep -q '^Usage: pipetop' out
	grep -q -- '--fail-on' out
	refute grep -E '.{81}' out
}

@test "--version" {
	call -V
	[ "$status" -eq 0 ]
	grep -Eqx 'pipetop [0-9]+\.[0-9]+\.[0-9]+' out
	[ ! -s err ]
}

@test "--demo=list: names the scenes" {
	call --demo=list
	[ "$status" -eq 0 ]
	grep -q '^article  *stuck ' out
	grep -q '^communicate  *healthy ' out
}

@test "a wrong call: one line that names the word, nothing on standard output, exit 2" {
	for wrong in --bogus -x --report=yes --depth=x --stall=-1 --confirm=99999999999 \
	             --format=xml --color=blue --fail-on=sometimes --demo=tragedy 12x 0; do
		call "$wrong"
		[ "$status" -eq 2 ]
		[ ! -s out ]
		complains "*'${wrong#--*=}'*" || complains "*'$wrong'*"
	done
}

@test "a wrong call: the word is escaped" {
	call $'--x\e[31m\ny'
	[ "$status" -eq 2 ]
	complains "unknown option '--x\\\\e\[31m\\\\ny'"
}

@test "-p: a process that is not there" {
	call --report -p 2147483647
	[ "$status" -eq 2 ]
	[ ! -s out ]
	complains "no such process: 2147483647"
}

@test "-p: a process that is not there leaves the files as they are" {
	echo kept | tee report >record
	call --report -p 2147483647 --output report --record record
	[ "$status" -eq 2 ]
	[ "$(cat report record)" = "$(printf 'kept\nkept')" ]
}

@test "-p: nothing stuck around a process that only sleeps" {
	sleep infinity 3>&- &
	call --report -p $!
	kill $!
	[ "$status" -eq 0 ]
	[ -s out ]
}

@test "--replay: what is stuck in a record, exit 1" {
	stuck_record '"log"' >record
	call --report --replay record
	[ "$status" -eq 1 ]
	[ ! -s err ]
	grep -q '^DEADLOCK 1 (write-wait, proved)' out
	grep -q 'log (91' out
	grep -q 'script (90' out
	grep -q 'pipe:\[6715\]' out
}

@test "--replay: without a mode it is a report, too" {
	stuck_record '"log"' >record
	call --report --replay record
	[ "$status" -eq 1 ]
	grep -q '^DEADLOCK 1' out
}

@test "--replay --json: one object, with the same finding" {
	stuck_record '"log"' >record
	call --report --replay record --json
	[ "$status" -eq 1 ]
	check '
deadlock, = report["deadlocks"]
assert deadlock["kind"] == "write-wait" and deadlock["certainty"] == "proved"
assert {m["pid"] for m in deadlock["members"]} == {90, 91}
writer, = (m for m in deadlock["members"] if m["pid"] == 91)
assert (writer["syscall"], writer["fd"], writer["count"]) == ("write", 2, 13)'
}

@test "--fail-on: proved, deadlock and stall count a proved deadlock, never does not" {
	stuck_record '"log"' >record
	for what in proved deadlock stall; do
		call --report --replay record --fail-on=$what
		[ "$status" -eq 1 ]
	done
	call --report --replay record --fail-on=never
	[ "$status" -eq 0 ]
	grep -q '^DEADLOCK 1' out
}

@test "--fail-on: a likely one is no proved one" {
	stuck_record '"log"' >record
	/usr/bin/python3 -c '
import json
record = json.load(open("record"))
record["looks"] = record["looks"][1:]
json.dump(record, open("record", "w"))'
	call --report --replay record
	[ "$status" -eq 1 ]
	grep -q '^DEADLOCK 1 (write-wait, likely)' out
	call --report --replay record --fail-on=proved
	[ "$status" -eq 0 ]
	[ ! -s err ]
}

@test "--replay -p: inside and outside the scope, and not there" {
	stuck_record '"log"' >record
	call --report --replay record -p 91
	[ "$status" -eq 1 ]
	call --report --replay record 92
	[ "$status" -eq 2 ]
	complains "no such process: 92"
}

@test "--replay: a whole view without a finding has nothing to add" {
	record 0 >record
	call --report --replay record --strict
	[ "$status" -eq 0 ]
	[ ! -s err ]
}

@test "--replay: a partial view without a finding says so on standard error" {
	record 12 >record
	call --report --replay record
	[ "$status" -eq 0 ]
	complains "nothing stuck in what could be seen*12 processes*"
}

@test "--strict: a partial view without a finding is exit 2" {
	record 12 >record
	call --report --replay record --strict
	[ "$status" -eq 2 ]
	complains "nothing stuck in what could be seen*"
}

@test "--replay: a damaged record, one line, exit 2" {
	stuck_record '"log"' >record
	for damage in '' 's/pipetop-record/no-record/' 's/"fd": 2/"fd": "\\u001b[2J"/' 's/}$//'; do
		if [ "$damage" ]; then sed "$damage" record >damaged; else : >damaged; fi
		call --report --replay damaged
		[ "$status" -eq 2 ]
		[ ! -s out ]
		complains "cannot read 'damaged': *"
	done
}

@test "--replay: a file that cannot be read" {
	call --report --replay missing
	[ "$status" -eq 2 ]
	complains "cannot read 'missing': No such file or directory"
	call --report --replay /
	[ "$status" -eq 2 ]
	complains "cannot read '/': Is a directory"
}

@test "hostile names reach no output raw" {
	stuck_record '"\u001b[2J\u202e\u0007"' >record
	for format in text json; do
		call --report --replay record --format=$format
		[ "$status" -eq 1 ]
		refute env LC_ALL=C grep -q "[$(printf '\1-\10\13-\37\177')]" out
		refute grep -q "$(printf '\342\200\256')" out
	done
}

@test "--ascii: not one character beyond ASCII" {
	stuck_record '"l\u00f6g"' >record
	call --report --replay record --all
	LC_ALL=C grep -q '[^ -~]' out
	call --report --replay record --all --ascii
	[ "$status" -eq 1 ]
	refute env LC_ALL=C grep '[^ -~]' out
	LC_ALL=C "$pipetop" --report --replay record --all >out || [ $? -eq 1 ]
	refute env LC_ALL=C grep '[^ -~]' out
}

@test "--color: always colours, auto does not colour a file" {
	stuck_record '"log"' >record
	call --report --replay record --color=always
	grep -q $'\e\\[' out
	call --report --replay record --color=auto
	refute grep -q $'\e' out
}

@test "--output: the report goes there" {
	stuck_record '"log"' >record
	call --report --replay record --output=report
	[ "$status" -eq 1 ]
	[ ! -s out ]
	grep -q '^DEADLOCK 1' report
	call --report --replay record --output=no/where
	[ "$status" -eq 2 ]
	complains "cannot write 'no/where': No such file or directory"
}

@test "a full device: exit 2 and one line" {
	stuck_record '"log"' >record
	for words in '--report --replay record' '--replay record --json' '--replay record -o pipe' -H --help --version --demo=list; do
		status=0
		# shellcheck disable=SC2086
		"$pipetop" $words >/dev/full 2>err || status=$?
		[ "$status" -eq 2 ]
		complains "cannot write to standard output: No space left on device"
	done
	call --report --replay record --output=/dev/full
	[ "$status" -eq 2 ]
	complains "cannot write '/dev/full': No space left on device"
}

@test "a closed standard output: exit 2 and one line" {
	stuck_record '"log"' >record
	status=0
	"$pipetop" --report --replay record >&- 2>err || status=$?
	[ "$status" -eq 2 ]
	complains "cannot write to standard output: Bad file descriptor"
}

@test "a reader that goes away is no trouble" {
	stuck_record '"log"' >record
	(trap '' PIPE; "$pipetop" --report --replay record 2>err || echo $? >status) | true
	[ ! -s err ]
	"$pipetop" --report --replay record 2>err | true
	[ ! -s err ]
}

@test "--record: cannot be written, and nothing was started" {
	call --demo --record no/where
	[ "$status" -eq 2 ]
	[ ! -s out ]
	complains "cannot write 'no/where': No such file or directory"
	call --record /dev/full -p $$
	[ "$status" -eq 2 ]
	complains "cannot write '/dev/full': No space left on device"
}

@test "--record and --replay: the very same report" {
	/usr/bin/python3 -c '
import subprocess
child = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
print(child.pid, flush=True)
child.wait()' >child 3>&- &
	call --json --record record -p $! --fail-on=never
	until grep -q '"write-wait"' out; do
		call --json --record record -p $! --fail-on=never
	done
	mv out live
	call --json --replay record -p $! --fail-on=never
	kill "$(cat child)"
	cmp live out
}

@test "-o: one row a pipe, in the columns that were asked for" {
	stuck_record '"log"' >record
	call --replay record -o verdict,pipe,bytes,writer-pid,reader-pid
	[ "$status" -eq 1 ]
	[ ! -s err ]
	[ "$(cat out)" = "\
VERDICT  PIPE        BYTES WPID RPID
DEADLOCK pipe:[6715] 64.0K   91   90" ]
}

@test "-o +COLUMN: adds to the usual ones" {
	stuck_record '"log"' >record
	call --replay record -o +pipe
	[ "$(head -n 1 out | tr -s ' ')" = "VERDICT FILL BYTES/SIZE STUCK WRITER READER PIPE" ]
	call --replay record --noheadings -o +pipe
	[ "$(tr -s ' ' <out)" = "DEADLOCK 100% 64.0K/64.0K 5.0s log[91] write(2) script[90] wait4(91) pipe:[6715]" ]
}

@test "--noheadings, --bytes, --raw: ask for the list of the usual columns" {
	stuck_record '"log"' >record
	call --replay record --noheadings --raw --bytes
	[ "$status" -eq 1 ]
	[ "$(cat out)" = 'DEADLOCK 100% 65520/65536 5.0s log[91]\x20write(2) script[90]\x20wait4(91)' ]
	call --replay record --bytes --output=list
	[ ! -s out ]
	[ "$(wc -l <list)" -eq 2 ]
}

@test "--raw: as many columns in each row, whatever the names hold" {
	for comm in '" a  b "' '""' '"\t\u001b\u00f6\\x20"'; do
		stuck_record "$comm" >record
		call --replay record --raw -o writer,writer-command,verdict
		[ "$status" -eq 1 ]
		[ "$(awk '{ print NF }' out | sort -u)" -eq 3 ]
		refute env LC_ALL=C grep -q '[^ -~]' out
	done
}

@test "--where: only pipes with one of these verdicts, as text and as JSON" {
	stuck_record '"log"' >record
	call --replay record --where=idle,deadlock --noheadings
	[ "$(wc -l <out)" -eq 1 ]
	call --replay record --where=idle
	[ "$status" -eq 1 ]
	[ ! -s out ]
	call --replay record --where=idle --json
	check 'assert report["deadlocks"] and not report["pipes"]'
	call --replay record --where=deadlock --json
	check 'assert [pipe["verdict"] for pipe in report["pipes"]] == ["deadlock"]'
}

@test "--filter: only rows for which an expression holds, or one line where that can't be" {
	stuck_record '"log"' >record
	call --replay record -o pipe --noheadings --filter 'bytes > 64000 and bytes < 64K'
	if grep -q 'before 2\.40' err; then
		[ "$status" -eq 2 ]
		[ ! -s out ]
		complains '--filter is not in this pipetop*'
		return
	fi
	[ "$status" -eq 1 ]
	[ "$(cat out)" = 'pipe:[6715]' ]
	for holds in 'writer =~ "^log"' 'fill == 100 and stuck >= 5' 'verdict == "DEADLOCK" and deadlock == 1' \
		'writer-pid == 91 && reader-pid == 90' 'not (inode != 6715)' 'writers < 2' 'size == 65520'; do
		call --replay record -o pipe --noheadings --filter "$holds"
		[ "$(cat out)" = 'pipe:[6715]' ] || { echo "$holds"; cat err; false; }
	done
	for holds_not in 'writer =~ "^x"' 'bytes > 64K' 'stuck < 5' 'user == "nobody"' 'unit == "-"'; do
		call --replay record -o pipe --noheadings --filter "$holds_not"
		[ "$status" -eq 1 ]
		[ ! -s out ] || { echo "$holds_not"; false; }
	done
	for wrong in 'bytes >' 'nonsense == 1' 'writer > 3' ''; do
		call --replay record --filter "$wrong"
		[ "$status" -eq 2 ]
		[ ! -s out ]
		complains "*'${wrong%% *}*"
	done
}

@test "a list: what is wrong is named" {
	call -o pipe,nonsense,bytes
	[ "$status" -eq 2 ]
	complains "no such column: 'nonsense'*--list-columns*"
	call --where=deadlock,nonsense
	[ "$status" -eq 2 ]
	complains "no such verdict: 'nonsense'"
	call -o pipe --json
	[ "$status" -eq 2 ]
	complains "a list of columns is text, not 'json'"
	call --watch -o pipe
	[ "$status" -eq 2 ]
	complains "a list of pipes does not go with '--watch'"
}

@test "--list-columns: each of them can be shown" {
	call -H
	[ "$status" -eq 0 ]
	[ "$(wc -l <out)" -gt 15 ]
	all=$(cut -d' ' -f1 out | paste -sd,)
	stuck_record '"log"' >record
	call --replay record --raw -o "$all"
	[ "$status" -eq 1 ]
	[ "$(awk '{ print NF }' out | sort -u | wc -l)" -eq 1 ]
}

@test "a list of what there is: our own pipe, from the write end to the read end" {
	sleep infinity 3>&- | sleep infinity 3>&- &
	reader=$!
	until [ -n "$(pgrep -x -P $$ sleep)" ]; do :; done
	inode=$(readlink /proc/$reader/fd/0 | tr -dc 0-9)
	call -p $reader --raw --bytes --noheadings -o inode,bytes,capacity,reader-pid
	kill $(jobs -p) $reader
	[ "$status" -eq 0 ]
	grep -qx "$inode 0 65536 $reader" out
}
