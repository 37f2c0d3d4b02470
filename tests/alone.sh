#!/bin/bash
# Runs a test program with nothing around it: no descriptor but standard output and error, since a
# pipe of whoever started us would be among the pipes that it looks at; for TEST_LIMIT seconds at
# the most; and ends whatever it leaves behind, since a stuck process that holds the pipe of the
# results would keep everybody waiting for ever.
limit=${TEST_LIMIT:-1200}
mark=PIPETOP_TEST=$$

left_behind() {
	timeout 20 grep -lzxF "$mark" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3
}

for fd in /proc/$$/fd/*; do
	fd=${fd##*/}
	[ "$fd" -le 2 ] || [ "$fd" -eq 255 ] || eval "exec $fd>&-"
done
# With ^C it shall end, too; where timeout can't do that, it ends later.
timeout --foreground 1 true 2>/dev/null && foreground=--foreground || foreground=
env "$mark" timeout $foreground -k 5 "$limit" "$@" </dev/null
status=$?
if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
	printf '\nBail out! not over in %s s\n' "$limit"
	for pid in $(left_behind); do
		ps -o pid=,ppid=,stat=,wchan:20=,args= -p "$pid" | sed 's/^/# left behind: /'
	done
fi
# Each time round those are found that were born in between.
for round in 1 2 3 4 5 6 7 8 9; do
	pids=$(left_behind) && [ -n "$pids" ] || break
	# shellcheck disable=SC2086 # numbers
	kill -KILL $pids 2>/dev/null
	sleep "0.$round"
done
exit "$status"
