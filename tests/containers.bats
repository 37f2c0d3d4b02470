# Containers and units: by name from the host, and looked at from within.

load cli.bash
load live.bash

setup() {
	trap - CHLD
	group=
}

teardown() {
	end_all
	[ -z "$group" ] || until rmdir "$group" 2>/dev/null; do sleep 0.02; done
}

id=$(printf '0123456789ab%052d' 0)

# A control group of our own: in the hierarchy of version 2, or else in systemd's of version 1.
make_group() { # NAME: $group
	for root in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
		[ -w "$root/cgroup.procs" ] && mkdir "$root/$1" 2>/dev/null || continue
		group=$root/$1
		return
	done
	skip "no control groups to write to"
}

# The pair starts in the group.
start_in_group() {
	# shellcheck disable=SC2016 # the inner shell's
	start sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" -c "$3"' - "$group" "$python" "$stuck_pair"
	blocked "$(child_of "$pid")" pipe_w
}

unit_is() { # NAME
	call -o unit,pipe --noheadings --where=deadlock "$pid"
	[ "$status" -eq 1 ]
	[ "$(cut -d' ' -f1 out)" = "$1" ]
}

@test "-o unit: a container, by the name that docker ps shows" {
	make_group "docker-$id.scope"
	start_in_group
	unit_is docker:0123456789ab
}

@test "-o unit: a unit of systemd, hostile as it may be" {
	make_group "$(printf 'pipetop \033[2Jtest.service')"
	start_in_group
	call -o unit,verdict --noheadings --raw "$pid"
	grep -qxF 'pipetop\x20\x5ce[2Jtest.service DEADLOCK' out
}

@test "-o unit: not read where it is not shown" {
	command -v strace >/dev/null || skip "strace is not installed"
	for columns in unit,pipe user,pipe; do
		ASAN_OPTIONS=detect_leaks=0 strace -f -o calls -e trace=openat "$pipetop" -o "$columns" $$ >out 2>err || [ $? -eq 1 ]
		grep -c '"[^"]*cgroup"' calls >"$columns" || true
	done
	[ "$(cat unit,pipe)" -gt 0 ]
	[ "$(cat user,pipe)" -eq 0 ]
}

@test "a record keeps units" {
	make_group "docker-$id.scope"
	start_in_group
	call --record record "$pid"
	[ "$status" -eq 1 ]
	call --replay record -o unit --noheadings --where=deadlock "$pid"
	[ "$(cat out)" = docker:0123456789ab ]
	call --record redacted --redact "$pid"
	grep -q '"unit": "unit-[0-9]*"' redacted
	refute grep -q 0123456789ab redacted
}

# The pair in a PID namespace with a /proc of its own, as in a container; $pid is its init.
start_contained() {
	unshare --pid --fork --mount-proc true 2>/dev/null || skip "no namespaces of our own here"
	start unshare --pid --fork --mount-proc "$python" -c "$stuck_pair"
	pid=$(child_of "$pid")
	blocked "$(child_of "$pid")" pipe_w
}

@test "a container: looked at from the host" {
	start_contained
	call --json -p "$pid"
	[ "$status" -eq 1 ]
	check "
deadlock, = report['deadlocks']
assert deadlock['certainty'] == 'proved', deadlock
assert $pid in [m['pid'] for m in deadlock['members']]"
}

within() { # ENGINE
	status=0
	nsenter --target "$pid" --pid unshare --mount-proc "$pipetop" --engine="$1" --json >out 2>err ||
		status=$?
	[ "$status" -eq 1 ]
	check "
deadlock, = report['deadlocks']
assert 1 in [m['pid'] for m in deadlock['members']], deadlock"
}

@test "a container: looked at from within, by a program of the host" {
	start_contained
	within proc
	check "
deadlock, = report['deadlocks']
assert deadlock['certainty'] == 'likely' and deadlock['why_not_proved'], deadlock
assert 'pid-namespace' in report['view']['limits']"
	within auto
	check "
deadlock, = report['deadlocks']
assert report['scan']['engine'] == 'proc' or deadlock['certainty'] == 'proved', deadlock"
}
