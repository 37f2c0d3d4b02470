# What pipetop does about a pipe when it is asked to, on real stuck programs.

load cli.bash

python=/usr/bin/python3

setup() {
	started=()
}

teardown() {
	for pid in "${started[@]}"; do
		pkill -KILL -P "$pid" || true
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	[ -z "${open_dir-}" ] || rm -r "$open_dir"
}

# Starts a program; its pid in $pid, what it prints in the file said.
start() { # COMMAND...
	"$@" >said 3>&- &
	pid=$!
	started+=("$pid")
}

child_of() { # PID: waits until it has one
	until pgrep -P "$1"; do sleep 0.01; done
}

blocked() { # PID WCHAN: waits until it sleeps there
	until grep -q "$2" "/proc/$1/wchan"; do sleep 0.01; done
}

# Who makes the pipes that are enlarged, or are to be of the usual size: root, who runs all the tests, may have no
# pages left for that (pipe-user-pages-soft, pipe(7)).
somebody=()
[ "$(id -u)" -ne 0 ] || somebody=(setpriv --reuid 64996 --regid 64996 --clear-groups)

# PID:FD of what it writes to.
written_by() { # PID
	echo "$1:$(($(cut -d' ' -f2 "/proc/$1/syscall")))"
}

inode_of() { # PID FD
	readlink "/proc/$1/fd/$2" | tr -dc 0-9
}

# The script of the story. It waits in $pid, its writer is blocked in $writer on descriptor 2.
start_article() {
	start "${somebody[@]}" $python -c '
import subprocess, sys
line = "import sys\nfor i in range(6000): sys.stderr.write(\"Hello stderr\\n\")"
child = subprocess.Popen([sys.executable, "-c", line], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
child.wait()
sys.stdout.buffer.write(child.stderr.read())'
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
}

# A parent that waits for a child that writes BYTES, numbered, into $pipe, of CAPACITY.
start_numbers() { # BYTES CAPACITY
	start "${somebody[@]}" $python -c '
import fcntl, os, sys
r, w = os.pipe()
fcntl.fcntl(w, 1031, int(sys.argv[2]))
child = os.fork()
if child == 0:
    os.close(r)
    os.write(w, b"".join(b"%15d\n" % i for i in range(int(sys.argv[1]) // 16)))
    os._exit(0)
os.close(w)
os.waitpid(child, 0)
while block := os.read(r, 65536):
    sys.stdout.buffer.write(block)' "$1" "$2"
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	pipe=$(written_by "$writer")
}

lines() { # COUNT
	$python -c "print('Hello stderr\n' * $1, end='')"
}

numbers() { # BYTES
	$python -c "print(''.join('%15d\n' % i for i in range($1 // 16)), end='')"
}

# What tells that a process has run: its call and its switches.
moment() { # PID
	cat "/proc/$1/syscall"
	grep ctxt_switches "/proc/$1/status"
}

@test "--peek: all that waits, as often as one likes, by each name of the pipe" {
	start_article
	moment "$writer" >before
	lines 5040 >expected
	inode=$(inode_of "$writer" 2)
	for name in "$writer:2" "$inode" "pipe:[$inode]" "$writer:2"; do
		call --peek "$name"
		[ "$status" -eq 0 ]
		cmp out expected
		[ ! -s err ]
	done
	moment "$writer" | cmp - before
}

@test "--peek: on a terminal no byte comes raw" {
	$python -c '
import os, pty, sys
r, w = os.pipe()
os.write(w, b"\x1b[2J\xff\a")
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "--peek", "%d:%d" % (os.getppid(), r)])
shown = b""
try:
    while block := os.read(terminal, 4096):
        shown += block
except OSError:
    pass
assert shown == rb"\e[2J\xff\x07" + b"\r\n", shown
assert os.read(r, 100) == b"\x1b[2J\xff\a"' "$pipetop"
}

@test "--peek: a FIFO by its path, and an empty one" {
	mkfifo fifo
	start sleep 1000 9<>fifo
	call --peek ./fifo
	[ "$status" -eq 0 ]
	[ ! -s out ]
	echo waiting >fifo
	call --peek "$PWD/fifo"
	[ "$status" -eq 0 ]
	[ "$(cat out)" = waiting ]
}

@test "--peek: to where nothing can be written, why" {
	start_article
	for to in '/dev/full|No space left on device' '&-|Bad file descriptor'; do
		status=0
		if [ "${to%%|*}" = '&-' ]; then
			"$pipetop" --peek "$writer:2" >&- 2>err || status=$?
		else
			"$pipetop" --peek "$writer:2" >/dev/full 2>err || status=$?
		fi
		[ "$status" -eq 2 ]
		complains "cannot write to standard output: ${to#*|}"
	done
	status=0
	(trap '' PIPE; "$pipetop" --peek "$writer:2" 2>err) | true
	[ ! -s err ]
}

@test "--grow: the article's script goes on, and prints all its 78,000 bytes" {
	start_article
	call --grow "$writer:2"
	[ "$status" -eq 0 ]
	grep -E '^pipe:\[[0-9]+\]: 65536 -> [0-9]+ bytes$' out
	tail -n 1 out | grep -E "^python3 \($writer\) (has ended|went on)$"
	wait "$pid"
	[ "$(wc -c <said)" -eq 78000 ]
	lines 6000 | cmp - said
}

@test "--grow: a writer that fills the new room too" {
	start_numbers 2000000 65536
	call --grow "$pipe=128K"
	[ "$status" -eq 0 ]
	# On a busy machine it has not filled that yet.
	tail -n 1 out | grep -Ex "python3 \($writer\) went on(, and waits for room again)?"
	kill -KILL "$writer"
	wait "$pid"
}

@test "--grow: to a size, and never smaller" {
	start_article
	call --grow "$writer:2=70000"
	[ "$status" -eq 0 ]
	grep -q ' 65536 -> 131072 bytes' out
	wait "$pid"
	start_numbers 2000000 131072
	call --grow "$pipe=64K"
	[ "$status" -eq 2 ]
	complains '*never made smaller*'
}

@test "--grow-all-stuck: two that write to each other" {
	start "${somebody[@]}" $python -c '
import os
(a, b), (c, d) = os.pipe(), os.pipe()
child = os.fork()
out, other, back = (b, a, c) if child else (d, c, a)
os.write(out, b"x" * 100000)
got = 0
while got < 100000:
    got += len(os.read(back, 65536))
if child:
    status = os.waitpid(child, 0)[1]
    print("both are through", got, status)'
	blocked "$pid" pipe_w
	blocked "$(child_of "$pid")" pipe_w
	call -p "$pid" --grow-all-stuck
	[ "$status" -eq 0 ]
	grep -q '^deadlock 1: pipe:.* 65536 -> ' out
	tail -n 1 out | grep -E '^deadlock 1: python3 \([0-9]+\) (has ended|went on)$'
	wait "$pid"
	grep -q '^both are through 100000 0$' said
}

@test "--grow-all-stuck: where nobody waits for room" {
	start $python -c '
import subprocess
subprocess.Popen(["cat"], stdin=subprocess.PIPE).wait()'
	blocked "$(child_of "$pid")" pipe_r
	call -p "$pid" --grow-all-stuck
	[ "$status" -eq 2 ]
	grep -q 'nobody in it waits for room' out
	complains '1 of 1 deadlocks *'
}

@test "--drain: a pipe that cannot grow; each byte is in one place" {
	max=$(cat /proc/sys/fs/pipe-max-size)
	start_numbers $((max + 160000)) "$max"
	call --grow "$pipe=$max"
	[ "$status" -eq 2 ]
	call --drain "$pipe" --output taken
	[ "$status" -eq 0 ]
	[ ! -s out ]
	[ "$(stat -c %a taken)" = 600 ]
	[ "$(stat -c %s taken)" -eq "$max" ]
	complains "$max bytes were taken from pipe:*will not get them"
	wait "$pid"
	cat taken said >all
	numbers $((max + 160000)) | cmp - all
}

@test "--drain: to standard output, and never over a file" {
	start_numbers 100000 65536
	echo mine >taken
	call --drain "$pipe" --output taken
	[ "$status" -eq 2 ]
	complains "cannot make the file 'taken': *"
	[ "$(cat taken)" = mine ]
	call --drain "$pipe"
	[ "$status" -eq 0 ]
	wait "$pid"
	cat out said >all
	numbers 100000 | cmp - all
}

@test "--drain: refused while a reader can still run, and to a terminal" {
	start sh -c 'yes | sleep 1000'
	until yes=$(pgrep -x -P "$pid" yes); do sleep 0.01; done
	blocked "$yes" pipe_w
	call --drain "$yes:1" --output taken
	[ "$status" -eq 2 ]
	[ ! -e taken ]
	complains 'nothing was taken: *still run*'
	start_article
	$python -c '
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "--drain", sys.argv[2]])
shown = b""
try:
    while block := os.read(terminal, 4096):
        shown += block
except OSError:
    pass
assert b"terminal is no place" in shown and b"Hello" not in shown, shown
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2' "$pipetop" "$writer:2"
	call --peek "$writer:2"
	[ "$(wc -c <out)" -eq 65520 ]
}

with_libdw() {
	call --backtrace $$
	refute grep 'without libdw' err || skip "built without libdw"
}

@test "--backtrace: a writer half way stays as it was, and completes its write" {
	with_libdw
	mkfifo go
	start $python -c '
import os
r, w = os.pipe()
child = os.fork()
if child == 0:
    os.close(r)
    os._exit(os.write(w, b"x" * 300000) != 300000)
os.close(w)
open("go").read()
n = 0
while block := os.read(r, 65536):
    n += len(block)
print(n, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))'
	writer=$(child_of "$pid")
	blocked "$writer" pipe_w
	moment "$writer" >before
	for _ in 1 2 3; do
		call --backtrace "$writer"
		[ "$status" -eq 0 ]
		grep -q '^Thread '"$writer"' (python3' out
		grep -qE '^#0  0x[0-9a-f]{8,16} in .*write' out
		moment "$writer" | cmp - before
	done
	: >go
	wait "$pid"
	[ "$(cat said)" = "300000 0" ]
}

# A program whose main calls write_all, which is blocked in write.
compile() { # CC-OPTION...
	with_libdw
	cat >blocked.c <<-'C'
	#include <unistd.h>
	#ifndef ROOM
	#define ROOM
	#endif
	static char bytes[300000];
	__attribute__((noinline)) int write_all(int fd, int n)
	{
		ROOM
		n = write(fd, bytes, sizeof(bytes));
		__asm__ volatile("");
		return n + 1;
	}
	int main(int argc, char **argv) { return write_all(1, argc) == 7; }
	C
	${CC:-cc} "$@" -o blocked blocked.c 2>cc.log || skip "$(head -1 cc.log)"
}

trace_blocked() { # OPTION...
	mkfifo pipe
	sleep 1000 <pipe 3>&- &
	started+=($!)
	./blocked >pipe 3>&- &
	writer=$!
	started+=("$writer")
	blocked "$writer" pipe_w
	call "$@" --backtrace "$writer"
	[ "$status" -eq 0 ]
}

@test "--backtrace: functions, files and lines as gdb prints them" {
	compile -g -O2 -fomit-frame-pointer
	trace_blocked
	grep -qE '^#[0-9]  0x[0-9a-f]+ in write_all \(\) at .*blocked.c:9$' out
	grep -qE '^#[0-9]  (0x[0-9a-f]+ in )?main \(\) at .*blocked.c:13$' out
	grep -qE '^#[0-9]  0x[0-9a-f]+ in _start \(\) from .*/blocked$' out
	refute grep '^(' out
}

@test "--backtrace: with frame pointers, which /proc does not tell" {
	compile -O0 -fno-omit-frame-pointer
	trace_blocked --engine=proc
	grep -q '(what follows #[0-9] rests on the size of its frame, read from its code)' out
	grep -qE '^#[0-9]  0x[0-9a-f]+ in write_all \(\) from ' out
	grep -qE '^#[0-9]  0x[0-9a-f]+ in main \(\) from ' out
	refute grep incomplete out
}

@test "--backtrace: a frame of no fixed size ends it, but where the kernel tells the registers" {
	compile -g -O0 -fno-omit-frame-pointer -DROOM='char room[n * 100]; __asm__ volatile("" : : "r"(room));'
	trace_blocked --engine=proc
	grep -q '(incomplete from here' out
	call --engine=bpf --backtrace "$writer"
	[ "$status" -eq 0 ] || skip "$(cat err)"
	grep -qE '^#[0-9]  0x[0-9a-f]+ in write_all \(\) at .*blocked.c:9$' out
	grep -qE '^#[0-9]  0x[0-9a-f]+ in main \(\) at .*blocked.c:13$' out
	grep -qE '^#[0-9]  0x[0-9a-f]+ in _start \(\) from .*/blocked$' out
	refute grep '^(' out
}

@test "--backtrace: a stripped program whose file is gone" {
	compile -O2 -s -fomit-frame-pointer
	cp blocked kept
	trace_blocked
	rm blocked
	call --backtrace "$writer"
	[ "$status" -eq 0 ]
	grep -qE '^#0  .*write' out
	grep -qE '^#[0-9]  0x[0-9a-f]+ in \?\? \(\) from .*/blocked \(deleted\)$' out
	refute grep incomplete out
}

@test "--backtrace: a 32-bit program" {
	compile -m32 -O2 -fomit-frame-pointer
	trace_blocked
	grep -qE '^#0  0x[0-9a-f]{8} in ' out
	grep -qE '^#[0-9]  0x[0-9a-f]{8} in write_all \(\) from .*/blocked$' out
	grep -qE '^#[0-9]  0x[0-9a-f]{8} in main \(\) from .*/blocked$' out
}

@test "--backtrace: python, down to _start" {
	with_libdw
	start_article
	call --backtrace "$pid"
	[ "$status" -eq 0 ]
	grep -qE 'wait(4|pid) ' out
	grep -qE 'Py_BytesMain|Py_RunMain' out
	grep -qE ' _start \(\)| \?\? \(\) from .*python' out
}

@test "--backtrace: one thread or all, and what is no process" {
	with_libdw
	start $python -c '
import os, threading
r, w = os.pipe()
for i in range(3):
    threading.Thread(target=os.read, args=(r, 1)).start()
print("ready", flush=True)'
	until [ "$(grep -l pipe_r /proc/"$pid"/task/*/wchan | wc -l)" -eq 3 ]; do sleep 0.01; done
	call --backtrace "$pid"
	[ "$(grep -c '^Thread ' out)" -eq 4 ]
	tid=$(basename "$(dirname "$(grep -l pipe_r /proc/"$pid"/task/*/wchan | head -1)")")
	call --backtrace "$pid:$tid"
	[ "$(grep -c '^Thread ' out)" -eq 1 ]
	grep -q "^Thread $tid " out
	for word in "$pid:1" 4194304 0 x "$pid:" "$pid:0" "-1" "$pid "; do
		call --backtrace="$word"
		[ "$status" -eq 2 ]
		[ ! -s out ]
		complains '*'
	done
}

@test "--backtrace: no debuginfod is asked" {
	compile -O2 -s
	$python -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
s.accept()
print("asked", flush=True)' >asked 3>&- &
	started+=($!)
	until [ -s asked ]; do sleep 0.01; done
	DEBUGINFOD_URLS=http://127.0.0.1:$(head -1 asked)
	export DEBUGINFOD_URLS
	trace_blocked
	refute grep asked asked
}

@test "no ptrace, no signal, no resizing and no reading in --readonly" {
	command -v strace || skip "strace is missing"
	start_article
	ASAN_OPTIONS=detect_leaks=0 strace -f -o calls "$pipetop" --engine=proc --readonly -p "$pid" --report >out 2>err ||
		[ $? -eq 1 ]
	grep -q '^DEADLOCK 1' out
	grep -q pidfd_getfd calls
	refute grep -E '^[0-9]+ +(ptrace|kill|tkill|tgkill|pidfd_send_signal|tee|splice|vmsplice)\(' calls
	refute grep F_SETPIPE_SZ calls
	# Nothing is read from a descriptor that was another's.
	for fd in $(sed -n 's/.* pidfd_getfd(.*= \([0-9]*\)$/\1/p' calls | sort -u); do
		$python - "$fd" <<-'PYTHON'
		import re, sys
		fd, held = sys.argv[1], False
		for line in open("calls"):
		    if re.search(r" pidfd_getfd\(.*= %s$" % fd, line):
		        held = True
		    elif re.search(r" close\(%s\)" % fd, line):
		        held = False
		    assert not (held and re.search(r" (read|readv|pread64|write)\(%s," % fd, line)), line
		PYTHON
	done
}

@test "--readonly: grow, drain and backtrace are refused" {
	start_article
	for action in "--grow $writer:2" "--drain $writer:2" "--backtrace $writer" --grow-all-stuck; do
		# shellcheck disable=SC2086
		call --readonly $action
		[ "$status" -eq 2 ]
		[ ! -s out ]
		complains '--readonly forbids *'
	done
	call --readonly --peek "$writer:2"
	[ "$status" -eq 0 ]
	[ "$(wc -c <out)" -eq 65520 ]
}

@test "a pipe that somebody sleeps with locked: one line, and nobody hangs" {
	start "${pipetop%/src/pipetop}/tests/scenarios/actor" 'pipe a; fault a'
	until grep -q userfault "/proc/$pid/wchan"; do
		[ -e "/proc/$pid/exe" ] || skip "no userfaultfd here"
		sleep 0.01
	done
	for action in --peek --grow; do
		status=0
		timeout 60 "$pipetop" "$action" "$(written_by "$pid")" >out 2>err || status=$?
		[ "$status" -eq 2 ]
		[ ! -s out ]
		complains '*no answer in time*'
	done
}

@test "words that mean no pipe, no size, or too much" {
	for word in 0 'pipe:[0]' 1:1000000 /nowhere "$PWD" /dev/null x 99999999999999999999; do
		call --peek "$word"
		[ "$status" -eq 2 ]
		[ ! -s out ]
		complains 'no such pipe: *'
	done
	mkfifo fifo
	call --peek ./fifo
	[ "$status" -eq 2 ]
	complains "no such pipe: *'./fifo'*"
	call --grow 1:1=many
	[ "$status" -eq 2 ]
	complains "not a size: 'many'"
	call --peek 1:1 --grow 1:1
	[ "$status" -eq 2 ]
	complains '*one thing at a time*'
	call --peek 1:1 --replay /dev/null
	[ "$status" -eq 2 ]
	complains '*record*'
}

@test "an inode that two file systems have is ambiguous" {
	unshare -m true 2>/dev/null || skip "no file systems may be mounted here"
	cat >twins.sh <<-'SH'
	mkdir -p a b
	mount -t tmpfs none a && mount -t tmpfs none b || exit 77
	mkfifo a/fifo b/fifo
	[ "$(stat -c %i a/fifo)" = "$(stat -c %i b/fifo)" ] || exit 77
	exec 8<>a/fifo 9<>b/fifo
	"$1" --peek "$(stat -c %i a/fifo)" >out 2>err
	[ $? -eq 2 ] || exit 1
	"$1" --peek "b/fifo" >out2
	SH
	r=0
	unshare -m sh twins.sh "$pipetop" || r=$?
	[ "$r" -ne 77 ] || skip "the inodes differ here"
	[ "$r" -eq 0 ]
	[ ! -s out ]
	complains "* fits 2 pipes: */a/fifo */b/fifo*"
}

@test "somebody else's pipes and processes are refused in one line" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be somebody else"
	start_article
	open_dir=$(mktemp -d)
	chmod 755 "$open_dir"
	cp "$pipetop" "$open_dir/pipetop"
	for action in "--backtrace $writer" "--peek $writer:2" "--grow $writer:2" "--drain $writer:2"; do
		status=0
		# shellcheck disable=SC2086
		setpriv --reuid=65534 --regid=65534 --clear-groups "$open_dir/pipetop" \
			$action >out 2>err || status=$?
		[ "$status" -eq 2 ]
		[ ! -s out ]
		complains "*$writer*"
	done
	complains "no such pipe: '$writer:2' is not in what could be seen (* could not be read: run as root)"
	call --peek "$writer:2"
	[ "$(wc -c <out)" -eq 65520 ]
}
