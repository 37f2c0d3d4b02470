# What the program may do, and what it keeps its hands off: privileges and system calls.

load cli.bash
load live.bash

teardown() {
	end_all
}

# The lines of /proc/PID/status, as numbers: two words for each key.
status_of() { # PID KEY
	printf '%d\n' "0x$(awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status")"
}

capability() { # NUMBER...
	local set=0
	for bit in "$@"; do set=$((set | 1 << bit)); done
	echo "$set"
}
dac_read_search=2 kill=5 sys_ptrace=19 sys_nice=23 sys_resource=24

needs_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	grep -q 'HAVE_LIBCAP_NG 1' "${pipetop%/src/pipetop}/config.h" || skip "built without libcap-ng"
}

confined() { # PID
	[ "$(status_of "$1" NoNewPrivs)" -eq 1 ]
}

# No capability but those, in no set; none of them can be had again.
keeps_only() { # PID CAPABILITY...
	local pid=$1
	shift
	[ $(($(status_of "$pid" CapEff) & ~$(capability "$@"))) -eq 0 ]
	[ $(($(status_of "$pid" CapPrm) & ~$(capability "$@"))) -eq 0 ]
	[ "$(status_of "$pid" CapBnd)" -eq 0 ]
	[ "$(status_of "$pid" CapInh)" -eq 0 ]
	[ "$(status_of "$pid" CapAmb)" -eq 0 ]
	[ $(($(status_of "$pid" CapEff) & $(capability $sys_ptrace))) -ne 0 ]
}

@test "root: a watch keeps five capabilities, and three with --readonly" {
	needs_root
	start "$pipetop" --watch
	until_true confined "$pid"
	keeps_only "$pid" $dac_read_search $kill $sys_ptrace $sys_nice $sys_resource
	start "$pipetop" --watch --readonly
	until_true confined "$pid"
	keeps_only "$pid" $dac_read_search $sys_ptrace $sys_nice
}

@test "root: the command of --on-deadlock and COMMAND have all of the user's rights" {
	needs_root
	rights='grep -E "^(Cap|NoNew|Seccomp)" /proc/self/status'
	sh -c "$rights" >expected
	call --watch -n 1 --demo --on-deadlock "$rights >seen"
	[ "$status" -eq 1 ]
	cmp expected seen
	call --report -- sh -c "$rights"
	[ "$status" -eq 0 ]
	cmp expected out
}

@test "root: another user's deadlock is proved, and its pipe enlarged" {
	needs_root
	start setpriv --reuid 64998 --regid 64998 --clear-groups $python -c "$stuck_pair"
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	call --report -p "$pid"
	[ "$status" -eq 1 ]
	grep -q '^DEADLOCK 1 (write-wait, proved)' out
	"$pipetop" --peek "$writer:$(($(cut -d' ' -f2 "/proc/$writer/syscall")))" >bytes
	[ "$(wc -c <bytes)" -eq 65536 ]
	"$pipetop" --grow "$writer:$(($(cut -d' ' -f2 "/proc/$writer/syscall")))=256K"
	wait "$pid"
}

@test "root: a drain to a file of a directory that is another user's" {
	needs_root
	mkdir theirs
	chown 64998 theirs
	chmod 700 theirs
	start setpriv --reuid 64998 --regid 64998 --clear-groups $python -c "$stuck_pair"
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	call --drain "$writer:$(($(cut -d' ' -f2 "/proc/$writer/syscall")))" --output theirs/bytes
	[ "$status" -eq 0 ]
	[ "$(wc -c <theirs/bytes)" -eq 65536 ]
}

@test "root: a backtrace has the stack in the kernel, too" {
	needs_root
	grep -q . /proc/self/stack || skip "no kernel stacks here"
	start $python -c "$stuck_pair"
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	call --backtrace "$writer"
	[ "$status" -eq 0 ]
	grep -q '^in the kernel:' out
	grep -q 'pipe_write' out
}

@test "setuid: refused" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	cp "$pipetop" setuid
	chmod 4755 setuid
	chmod 755 .
	status=0
	setpriv --reuid 64998 --regid 64998 --clear-groups ./setuid --report >out 2>err || status=$?
	[ "$status" -eq 2 ]
	[ ! -s out ]
	complains "do not install it setuid or setgid*"
}

@test "file capabilities: another user's deadlock is proved, and no foreign file is read" {
	needs_root
	command -v setcap >/dev/null || skip "no setcap"
	cp "$pipetop" capable
	setcap cap_sys_ptrace,cap_dac_read_search,cap_kill+ep capable || skip "no file capabilities here"
	chmod 755 .
	echo secret >private
	chmod 600 private
	start setpriv --reuid 64997 --regid 64997 --clear-groups $python -c "$stuck_pair"
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	user=(setpriv --reuid 64998 --regid 64998 --clear-groups)
	status=0
	"${user[@]}" ./capable --report -p "$pid" >out 2>err || status=$?
	[ "$status" -eq 1 ]
	grep -q '^DEADLOCK 1 (write-wait, proved)' out
	status=0
	"${user[@]}" ./capable --report --replay private >out 2>err || status=$?
	[ "$status" -eq 2 ]
	complains "cannot read 'private': Permission denied"
	# The command of a hook is the user's own.
	chmod 777 .
	"${user[@]}" ./capable --watch -n 1 -p "$pid" --on-deadlock 'grep CapEff /proc/self/status >seen' >out || [ $? -eq 1 ]
	[ "$(cat seen)" = "CapEff:	0000000000000000" ]
}

needs_filter() {
	grep -q 'HAVE_LIBSECCOMP 1' "${pipetop%/src/pipetop}/config.h" || skip "built without libseccomp"
}

# How a line of strace's begins. Names of calls and errors may stand in what is read and written, too.
call='^[0-9]+ +'

# Runs pipetop under strace: all calls of all its processes, with the paths of descriptors, in the file calls.
traced() { # ARGUMENT...
	status=0
	ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" \
		strace -f -y -v -s 4096 -o all "$pipetop" "$@" >out 2>err || status=$?
	refute grep -qE "${call}ptrace\(PTRACE_TRACEME" all
	awk '/PR_SET_NO_NEW_PRIVS, 1/ { main = $1 } main { print }' all >calls
}

# Nothing was tried in vain but to ask a name service, which a library does without.
tried_nothing_else() {
	grep -E " = -1 ENOSYS |$call--- SIGSYS" calls | grep -vE "$call(socket\(AF_UNIX|<\.\.\. socket resumed)" >vain || true
	cat vain
	[ ! -s vain ]
}

stuck_scene() { # its writer in $writer, the descriptor that it writes to in $fd
	start $python -c "$stuck_pair"
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	fd=$(($(cut -d' ' -f2 "/proc/$writer/syscall")))
}

@test "each mode: the filter is there, and stands in the way of nothing" {
	needs_filter
	stuck_scene
	other=$writer:$fd
	stuck_scene
	for words in --report '--report --json --readonly' '--watch -n 2 -d 0.1' "--peek $writer:$fd" \
	             "--backtrace $pid" "--grow $writer:$fd" "--drain $other --output bytes"; do
		# shellcheck disable=SC2086
		traced $words
		[ "$status" -le 1 ]
		grep -q 'prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER' calls
		tried_nothing_else
	done
}

@test "the command and the hook: no filter; all else runs under one" {
	needs_filter
	call --report --on-deadlock 'grep ^Seccomp: /proc/self/status >hooked' --output report -- \
		$python -c 'print(open("/proc/self/status").read(), flush=True)
'"$stuck_pair"
	[ "$status" -eq 1 ]
	started+=("$(sed -n 's/.* is left as it is: kill \([0-9]*\) ends it\.$/\1/p' report)")
	expected=$(grep ^Seccomp: /proc/self/status)
	[ "$(grep ^Seccomp: out)" = "$expected" ]
	until_true [ -s hooked ]
	[ "$(cat hooked)" = "$expected" ]
	start "$pipetop" --watch
	until_true grep -q '^Seccomp:[[:blank:]]*2' "/proc/$pid/status"
}

@test "a look opens nothing to write, and no file of the processes that it looks at" {
	mkfifo fifo
	echo text >file
	cp "$(command -v sleep)" program
	cat >opener <<-'SH'
	exec 4<file 5<>fifo 6>>file 7</dev/null 8</dev/zero
	./program 1000 | ./program 1000
	SH
	start sh opener
	until [ "$(pgrep -x -c program)" -ge 2 ]; do sleep 0.02; done
	for words in --report '--report --json --all' '--watch -n 2 -d 0.1'; do
		# shellcheck disable=SC2086
		traced $words
		[ "$status" -ne 2 ]
		# A directory of the process itself (in /proc) or a place that was not opened (O_PATH) is no file.
		grep -E "${call}open(at2?)?\(" calls | grep -v ENOENT >opens
		[ "$(grep -c /proc/ opens)" -gt 20 ]
		refute grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC' opens
		refute grep -F "$PWD/" opens
		refute grep -E '"(/proc/[0-9]+/|\./)?(fd/[0-9]|exe|root|cwd|map_files/)' <(grep -v O_PATH opens)
		refute grep -E '/dev/(null|zero)' opens
	done
}

@test "a look stops, signals, traces nobody" {
	stuck_scene
	for words in --report '--watch -n 2 -d 0.1'; do
		# shellcheck disable=SC2086
		traced $words
		[ "$status" -eq 1 ]
		refute grep -E "$call(ptrace|process_vm_writev|t?kill|tgkill|rt_t?g?sigqueueinfo|pidfd_send_signal)\(" calls
		refute grep -E "$call(write|splice|tee|vmsplice)\([0-9]+<pipe:" <(grep -vE "${call}write\(1<" calls)
	done
}
