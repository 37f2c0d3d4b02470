/*
 * The parsers of /proc texts, on samples of a live system (Linux 6.18, x86-64) and on their
 * hostile relatives. Each text is handed over in a block of just its size, so that the sanitizers
 * see a step beyond it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "collect/parse.h"

struct exact {
	char *bytes;
	size_t length;
};

static struct exact exact_bytes(const void *bytes, size_t length)
{
	struct exact copy = { malloc(length ? length : 1), length };

	assert_non_null(copy.bytes);
	memcpy(copy.bytes, bytes, length);
	return copy;
}

static struct exact exact_text(const char *text)
{
	return exact_bytes(text, strlen(text));
}

static int parse_syscall_text(const char *text, struct shown_call *ret)
{
	struct exact copy = exact_text(text);
	int r = parse_syscall(copy.bytes, copy.length, ret);

	free(copy.bytes);
	return r;
}

static void test_parse_syscall__article(void **state)
{
	struct shown_call call;

	(void)state;
	assert_int_equal(parse_syscall_text("1 0x2 0x55f5a6817004 0xd 0x7f54a8755ac0 "
	                                    "0x1999999999999999 0x0 0x7ffebd3a6f08 "
	                                    "0x7f54a86d0350\n", &call), 0);
	assert_int_equal(call.shown, SHOWN_CALL);
	assert_int_equal(call.number, 1);
	assert_int_equal(call.args[0], 2);
	assert_int_equal(call.args[1], 0x55f5a6817004);
	assert_int_equal(call.args[2], 13);
	assert_int_equal(call.args[4], 0x1999999999999999);
	assert_int_equal(call.args[5], 0);
	assert_int_equal(call.sp, 0x7ffebd3a6f08);
	assert_int_equal(call.pc, 0x7f54a86d0350);

	assert_int_equal(parse_syscall_text("61 0x2075 0x7ffdd3552aec 0x0 0x0 0x0 0x0 "
	                                    "0x7ffdd3552ad8 0x7f9bed0f1bd3\n", &call), 0);
	assert_int_equal(call.number, 61);
	assert_int_equal(call.args[0], 0x2075);
}

static void test_parse_syscall__compat(void **state)
{
	struct shown_call call;

	(void)state;
	assert_int_equal(parse_syscall_text("4 0x2 0x5660b008 0xd 0xf7f5cff4 0x5660b008 "
	                                    "0xf7f5dd00 0xfff481c0 0xf7f7b5e9\n", &call), 0);
	assert_int_equal(call.number, 4);
	assert_int_equal(call.args[2], 13);
	assert_int_equal(call.sp, 0xfff481c0);
}

static void test_parse_syscall__restart(void **state)
{
	struct shown_call call;

	(void)state;
	assert_int_equal(parse_syscall_text("219 0x7ffcd8e38bc0 0x1 0xffffffff 0x7f47f6a858d0 "
	                                    "0x0 0x7f47f6c726d0 0x7ffcd8e38ba8 "
	                                    "0x7f47f6b73230\n", &call), 0);
	assert_int_equal(call.number, 219);
	assert_int_equal(call.args[2], 0xffffffff);
}

static void test_parse_syscall__in_no_call(void **state)
{
	struct shown_call call;

	(void)state;
	assert_int_equal(parse_syscall_text("running\n", &call), 0);
	assert_int_equal(call.shown, SHOWN_RUNNING);
	assert_int_equal(call.number, -1);

	assert_int_equal(parse_syscall_text("-1 0x7ffd58f504c0 0x55a00f56e215\n", &call), 0);
	assert_int_equal(call.shown, SHOWN_OUTSIDE);
	assert_int_equal(call.number, -1);
	assert_int_equal(call.sp, 0x7ffd58f504c0);
	assert_int_equal(call.pc, 0x55a00f56e215);
}

static void test_parse_syscall__malformed(void **state)
{
	static const char *const texts[] = {
		"", "\n", "running", "running \n", "runn\n", "1\n", "-1\n", "1 0x2\n",
		"1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9", /* cut off */
		"1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9 \n",
		"1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9\n1\n",
		"1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x\n",
		"1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 9\n",
		"1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x10000000000000000\n",
		"2147483648 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9\n",
	};
	struct shown_call call;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct shown_call untouched;

		memset(&call, 0x5a, sizeof call);
		memset(&untouched, 0x5a, sizeof untouched);
		assert_int_equal(parse_syscall_text(texts[i], &call), -EINVAL);
		assert_memory_equal(&call, &untouched, sizeof call);
	}
}

static int parse_stat_text(const char *text, struct stat_line *ret)
{
	struct exact copy = exact_text(text);
	int r = parse_stat(copy.bytes, copy.length, ret);

	free(copy.bytes);
	return r;
}

static void test_parse_stat__article(void **state)
{
	struct stat_line line;

	(void)state;
	assert_int_equal(parse_stat_text(
		"8309 (log) S 8267 8265 3629 0 -1 4194304 54 0 0 0 0 0 0 0 20 0 1 0 110076 2400256 "
		"300 18446744073709551615 94513548845056 94513548845489 140732073144640 0 0 0 0 6 "
		"0 1 0 0 17 0 0 0 0 0 0 94513548856784 94513548857376 94514448199680 "
		"140732073150472 140732073150483 140732073150483 140732073152498 0\n", &line), 0);
	assert_int_equal(line.state, 'S');
	assert_int_equal(line.start_ticks, 110076);
	assert_int_equal(line.processor, 0);
}

static void test_parse_stat__hostile_comm(void **state)
{
	struct stat_line line;

	(void)state;
	assert_int_equal(parse_stat_text(
		"8198 (a) R 1\nse.x) ) S 8067 8067 3629 0 -1 4194304 111 0 0 0 0 0 0 0 20 0 1 0 "
		"108858 2400256 302\n", &line), 0);
	assert_int_equal(line.state, 'S');
	assert_int_equal(line.start_ticks, 108858);
	assert_int_equal(line.processor, -1);
}

static void test_parse_stolen__each_processor(void **state)
{
	static const char text[] =
		"cpu  896691 661093 1202854 2227952 6035 0 2582 589 0 0\n"
		"cpu0 430506 341929 595705 1125960 3736 0 488 285 0 0\n"
		"cpu2 466184 319164 607148 1101991 2298 0 2093 304 0 0\n"
		"cpu3 1 2 3\n"
		"cpu9 1 2 3 4 5 6 7 8 0 0\n"
		"intr 72 0 cpu1 1 2 3 4 5 6 7 8\n"
		"cpu1 1 2 3 4 5 6 7 9";
	int64_t ticks[4] = { -1, -1, -1, -1 };
	struct exact copy = exact_text(text);

	(void)state;
	parse_stolen(copy.bytes, copy.length, ticks, 4);
	free(copy.bytes);
	assert_int_equal(ticks[0], 285);
	assert_int_equal(ticks[1], -1);
	assert_int_equal(ticks[2], 304);
	assert_int_equal(ticks[3], -1);
}

static void test_parse_stat__malformed(void **state)
{
	static const char *const texts[] = {
		"", "1", "1 (a", "1 (a)", "1 (a) ", "1 (a) S", "1 (a) SS 1 1",
		"1 (a) S 1 1 1 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0", /* before the start time */
		"1 (a) S 1 1 1 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 12", /* perhaps inside it */
		"1 (a) S 1 1 1 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 x 1",
	};
	struct stat_line line = { .state = 'u', .start_ticks = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(parse_stat_text(texts[i], &line), -EINVAL);
	assert_int_equal(line.state, 'u');
	assert_int_equal(line.start_ticks, 7);
}

static int parse_status_text(const char *text, struct status_lines *ret)
{
	struct exact copy = exact_text(text);
	int r = parse_status(copy.bytes, copy.length, ret);

	free(copy.bytes);
	return r;
}

static void test_parse_status__nested_namespace(void **state)
{
	struct status_lines lines;

	(void)state;
	assert_int_equal(parse_status_text(
		"Name:\tsleep\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t8244\nPid:\t8244\n"
		"PPid:\t8243\nTracerPid:\t77\nNStgid:\t8244\t3\nNSpid:\t8244\t3\nNSpgid:\t8238\t0\n"
		"NSsid:\t3629\t0\nSigBlk:\t0000000000010000\nSigIgn:\t0000000000001000\n"
		"SigCgt:\t0000000180014002\nvoluntary_ctxt_switches:\t12\n"
		"nonvoluntary_ctxt_switches:\t9\n", &lines), 0);
	assert_int_equal(lines.tracer, 77);
	assert_false(lines.dumps_core);
	assert_int_equal(lines.ns_depth, 2);
	assert_int_equal(lines.ns_pids[0], 8244);
	assert_int_equal(lines.ns_pids[1], 3);
	assert_int_equal(lines.ns_pgids[0], 8238);
	assert_int_equal(lines.ns_pgids[1], 0);
	assert_true(lines.signals_known);
	assert_int_equal(lines.signals_caught, 0x180014002);
	assert_int_equal(lines.signals_blocked, 0x10000);
	assert_int_equal(lines.voluntary_switches, 12);
}

static void test_parse_status__missing_is_unknown(void **state)
{
	struct status_lines lines;

	(void)state;
	assert_int_equal(parse_status_text("Name:\tx\nSigCgt:\t0000000000000002\n", &lines), 0);
	assert_int_equal(lines.tracer, -1);
	assert_int_equal(lines.ns_depth, 0);
	assert_false(lines.signals_known);
	assert_int_equal(lines.voluntary_switches, -1);

	/* A line that was cut off may be half a number. */
	assert_int_equal(parse_status_text("Name:\tx\nTracerPid:\t12", &lines), 0);
	assert_int_equal(lines.tracer, -1);
}

static void test_parse_status__core_dump(void **state)
{
	struct status_lines lines;

	(void)state;
	assert_int_equal(parse_status_text("Name:\tx\nCoreDumping:\t1\n", &lines), 0);
	assert_true(lines.dumps_core);
	assert_int_equal(parse_status_text("Name:\tx\nCoreDumping:\t0\n", &lines), 0);
	assert_false(lines.dumps_core);
}

static void test_parse_status__escaped_comm_forges_nothing(void **state)
{
	struct status_lines lines;

	(void)state;
	assert_int_equal(parse_status_text("Name:\ta\\nTracerPid:\t9\nTracerPid:\t0\n", &lines), 0);
	assert_int_equal(lines.tracer, 0);
}

static void test_parse_status__malformed(void **state)
{
	static const char *const texts[] = {
		"", "Pid:\t1\n", "Name:\tx\nTracerPid:\t\n", "Name:\tx\nTracerPid:\tzero\n",
		"Name:\tx\nTracerPid:\t2147483648\n", "Name:\tx\nSigCgt:\t00000000000000000000z\n",
		"Name:\tx\nSigBlk:\t10000000000000000\n", "Name:\tx\nNSpid:\t1\t2\nNSpgid:\t1\n",
		"Name:\tx\nNSpid:\t1\t\nNSpgid:\t1\t\n",
		("Name:\tx\nNSpid:\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11\t12\t13\t14\t15\t16\t17\t18"
		 "\t19\t20\t21\t22\t23\t24\t25\t26\t27\t28\t29\t30\t31\t32\t33\t34\n"),
		"Name:\tx\nvoluntary_ctxt_switches:\t1 2\n",
	};
	struct status_lines lines = { .tracer = 42 };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(parse_status_text(texts[i], &lines), -EINVAL);
	assert_int_equal(lines.tracer, 42);
}

static int parse_sched_text(const char *text, int64_t *ret)
{
	struct exact copy = exact_text(text);
	int r = parse_sched(copy.bytes, copy.length, ret);

	free(copy.bytes);
	return r;
}

#define SCHED_RULE "-------------------------------------------------------------------\n"

static void test_parse_sched__exec_start(void **state)
{
	int64_t us = -7;

	(void)state;
	assert_int_equal(parse_sched_text(
		"cat (6383, #threads: 1)\n" SCHED_RULE
		"se.exec_start                                :        999082.279367\n"
		"se.vruntime                                  :           168.766358\n", &us), 0);
	assert_int_equal(us, 999082279);
}

/* As it is told of who was moved to another processor in his sleep. */
static void test_parse_sched__moved_in_its_sleep(void **state)
{
	int64_t us = -7;

	(void)state;
	assert_int_equal(parse_sched_text(
		"python3 (25882, #threads: 1)\n" SCHED_RULE
		"se.exec_start                                :             0.000000\n"
		"se.vruntime                                  :            -1.048576\n"
		"se.avg.last_update_time                      :         876539837440\n", &us), 0);
	assert_int_equal(us, 876539837);
	assert_int_equal(parse_sched_text(SCHED_RULE "se.exec_start : 0.000000\n", &us), 0);
	assert_int_equal(us, 0);
}

static void test_parse_sched__hostile_comm(void **state)
{
	int64_t us = -7;

	(void)state;
	assert_int_equal(parse_sched_text(
		"x\nse.exec_start: (6383, #threads: 1)\n" SCHED_RULE
		"se.exec_start                                :             1.000999\n", &us), 0);
	assert_int_equal(us, 1000);
}

static void test_parse_sched__malformed(void **state)
{
	static const char *const texts[] = {
		"", "se.exec_start : 1.000000\n", SCHED_RULE, SCHED_RULE "se.exec_start 1.000000\n",
		SCHED_RULE "se.exec_start : 1\n", SCHED_RULE "se.exec_start : 1.1000000\n",
		SCHED_RULE "se.exec_start : 1.000000", SCHED_RULE "se.exec_start : -1.000000\n",
		SCHED_RULE "se.exec_start : 9223372036854775807.000000\n",
	};
	int64_t us = -7;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(parse_sched_text(texts[i], &us), -EINVAL);
	assert_int_equal(us, -7);
}

static int parse_fdinfo_text(const char *text, struct fdinfo_lines *ret)
{
	struct exact copy = exact_text(text);
	int r = parse_fdinfo(copy.bytes, copy.length, ret);

	free(copy.bytes);
	return r;
}

static void test_parse_fdinfo__pipe(void **state)
{
	struct fdinfo_lines lines;

	(void)state;
	assert_int_equal(parse_fdinfo_text("pos:\t0\nflags:\t02044001\nmnt_id:\t16\nino:\t10239\n",
	                                   &lines), 0);
	assert_int_equal(lines.flags, 02044001);
	assert_int_equal(lines.mount_id, 16);
	assert_false(lines.has_pid);
	assert_int_equal(lines.scm_fds, -1);
}

static void test_parse_fdinfo__pidfd(void **state)
{
	struct fdinfo_lines lines;

	(void)state;
	assert_int_equal(parse_fdinfo_text("pos:\t0\nflags:\t02000002\nmnt_id:\t4\nino:\t6376\n"
	                                   "Pid:\t6375\nNSpid:\t6375\n", &lines), 0);
	assert_true(lines.has_pid);
	assert_int_equal(lines.pid, 6375);

	assert_int_equal(parse_fdinfo_text("pos:\t0\nflags:\t02000002\nmnt_id:\t4\nino:\t6376\n"
	                                   "Pid:\t-1\nNSpid:\t-1\n", &lines), 0);
	assert_true(lines.has_pid);
	assert_int_equal(lines.pid, -1);
}

static void test_parse_fdinfo__socket(void **state)
{
	struct fdinfo_lines lines;

	(void)state;
	assert_int_equal(parse_fdinfo_text("pos:\t0\nflags:\t02000002\nmnt_id:\t10\nino:\t11269\n"
	                                   "scm_fds: 3\n", &lines), 0);
	assert_int_equal(lines.scm_fds, 3);
}

static void test_parse_fdinfo__malformed(void **state)
{
	static const char *const texts[] = {
		"", "flags:\t01\n", "pos:\t0\nflags:\t09\n", "pos:\t0\nflags:\t\n",
		"pos:\t0\nmnt_id:\tx\n", "pos:\t0\nPid:\t99999999999\n",
	};
	struct fdinfo_lines lines = { .pid = 42 };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(parse_fdinfo_text(texts[i], &lines), -EINVAL);
	assert_int_equal(lines.pid, 42);

	assert_int_equal(parse_fdinfo_text("pos:\t0\n", &lines), 0);
	assert_int_equal(lines.flags, -1);
	assert_int_equal(lines.mount_id, -1);
}

static void test_parse_epoll__entries(void **state)
{
	struct exact text = exact_text(
		"pos:\t0\nflags:\t02000002\nmnt_id:\t17\nino:\t1038\n"
		"tfd:        5 events: 8000001c data:                5  pos:0 ino:27ff sdev:f\n"
		"tfd:       11 events:       19 data:     7ff50000000b  pos:-1 ino:a72305 sdev:fe00003\n"
		"tfd:        4 events:       19 data:                4\n");
	struct epoll_entry entry;
	size_t offset = 0;

	(void)state;
	assert_int_equal(parse_epoll(text.bytes, text.length, &offset, &entry), 1);
	assert_int_equal(entry.fd, 5);
	assert_int_equal(entry.events, 0x8000001c);
	assert_true(entry.has_file);
	assert_int_equal(entry.ino, 10239);
	assert_int_equal(entry.dev, makedev(0, 15));

	assert_int_equal(parse_epoll(text.bytes, text.length, &offset, &entry), 1);
	assert_int_equal(entry.fd, 11);
	assert_int_equal(entry.ino, 10953477);
	assert_int_equal(entry.dev, makedev(254, 3));

	assert_int_equal(parse_epoll(text.bytes, text.length, &offset, &entry), 1);
	assert_int_equal(entry.fd, 4);
	assert_int_equal(entry.events, 0x19);
	assert_false(entry.has_file);

	assert_int_equal(parse_epoll(text.bytes, text.length, &offset, &entry), 0);
	assert_int_equal(entry.fd, 4);
	assert_int_equal(offset, text.length);
	free(text.bytes);
}

static void test_parse_epoll__malformed(void **state)
{
	static const char *const texts[] = {
		"tfd: 5 events: 19 data: 5", "tfd:\n", "tfd: x events: 19 data: 5\n",
		"tfd: 5 events: 100000019 data: 5\n", "tfd: 5 events: 19 data: \n",
		"tfd: 5 events: 19 data: 5 pos:0\n", "tfd: 5 events: 19 data: 5 pos:0 ino:2 sdev:\n",
		"tfd: 5 events: 19 data: 5 pos:0 ino:2 sdev:100000000\n",
		"tfd: 5 events: 19 data: 5 pos:0 ino:2 sdev:f rest\n",
	};
	struct epoll_entry entry = { .fd = 42 };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct exact text = exact_text(texts[i]);
		size_t offset = 0;

		assert_int_equal(parse_epoll(text.bytes, text.length, &offset, &entry), -EINVAL);
		assert_int_equal(offset, text.length);
		free(text.bytes);
	}
	assert_int_equal(entry.fd, 42);
}

static void test_parse_mountinfo__types(void **state)
{
	struct exact text = exact_text(
		"22 27 0:21 / /proc rw,relatime - proc proc rw\n"
		"27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda rw,discard\n"
		"40 27 0:50 / /mnt/-\\040x rw - fuse.sshfs user@host:/ rw\n");
	struct mount_line line;
	size_t offset = 0;

	(void)state;
	assert_int_equal(parse_mountinfo(text.bytes, text.length, &offset, &line), 1);
	assert_int_equal(line.id, 22);
	assert_int_equal(line.type_length, 4);
	assert_memory_equal(line.type, "proc", 4);
	assert_int_equal(parse_mountinfo(text.bytes, text.length, &offset, &line), 1);
	assert_int_equal(line.id, 27);
	assert_int_equal(line.type_length, 4);
	assert_memory_equal(line.type, "ext4", 4);
	assert_int_equal(parse_mountinfo(text.bytes, text.length, &offset, &line), 1);
	assert_int_equal(line.id, 40);
	assert_int_equal(line.type_length, 10);
	assert_memory_equal(line.type, "fuse.sshfs", 10);
	assert_int_equal(parse_mountinfo(text.bytes, text.length, &offset, &line), 0);
	free(text.bytes);
}

static void test_parse_mountinfo__malformed_line_is_passed(void **state)
{
	struct exact text = exact_text("22 27 0:21 / /proc rw proc proc rw\n"
	                               "23 27 0:21 / /proc rw -\n"
	                               "24 27 0:6 / /dev rw - tmpfs x rw\n"
	                               "25 27 0:6 / /dev rw - tmp");
	struct mount_line line = { .id = 42 };
	size_t offset = 0;

	(void)state;
	assert_int_equal(parse_mountinfo(text.bytes, text.length, &offset, &line), -EINVAL);
	assert_int_equal(parse_mountinfo(text.bytes, text.length, &offset, &line), -EINVAL);
	assert_int_equal(line.id, 42);
	assert_int_equal(parse_mountinfo(text.bytes, text.length, &offset, &line), 1);
	assert_int_equal(line.id, 24);
	assert_int_equal(parse_mountinfo(text.bytes, text.length, &offset, &line), -EINVAL);
	assert_int_equal(offset, text.length);
	free(text.bytes);
}

static void test_parse_pipe_link__exactly(void **state)
{
	static const char *const others[] = {
		"", "pipe:", "pipe:[]", "pipe:[12", "pipe:[12]x", "pipe:[ 12]", "pipe:[-1]",
		"pipe:[+1]", "pipe:[0x1]", "pipe:[18446744073709551616]", "/tmp/pipe:[77]",
		"socket:[11269]", "anon_inode:[eventpoll]",
	};
	uint64_t ino = 42;

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct exact text = exact_text(others[i]);

		assert_int_equal(parse_pipe_link(text.bytes, text.length, &ino), -EINVAL);
		free(text.bytes);
	}
	assert_int_equal(ino, 42);
	assert_int_equal(parse_pipe_link("pipe:[6715]", 11, &ino), 0);
	assert_int_equal(ino, 6715);
	assert_int_equal(parse_pipe_link("pipe:[18446744073709551615]", 27, &ino), 0);
	assert_true(ino == UINT64_MAX);
}

static void test_parse_timers__count(void **state)
{
	static const char two[] = "ID: 1\nsignal: 14/0000000000000000\nnotify: signal/pid.8198\n"
	                          "ClockID: 0\nID: 0\nsignal: 0/0000000000000000\n"
	                          "notify: none/pid.8198\nClockID: 1\n";
	uint32_t count = 42;

	(void)state;
	assert_int_equal(parse_timers("junk\n", 5, &count), -EINVAL);
	assert_int_equal(parse_timers("ID: 1", 5, &count), -EINVAL);
	assert_int_equal(count, 42);
	assert_int_equal(parse_timers(two, sizeof two - 1, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(parse_timers("", 0, &count), 0);
	assert_int_equal(count, 0);
}

static void test_parse_timer_list__alarm(void **state)
{
	static const char with[] = "active timers:\n #0: <0000000083862e16>, dl_task_timer, S:01\n"
	                           " # expires at 1-1 nsecs [in 1 to 1 nsecs]\n"
	                           " #4: <00000000991b094c>, it_real_fn, S:01\n";
	static const char forged[] = " #0: <0000000083862e16>, hrtimer_wakeup, S:01, "
	                             "hrtimer_start_range_ns, it_real_fn/77\n";

	(void)state;
	assert_true(parse_timer_list_has_alarm(with, sizeof with - 1));
	assert_false(parse_timer_list_has_alarm(with, sizeof with - 20));
	assert_false(parse_timer_list_has_alarm(forged, sizeof forged - 1));
	assert_false(parse_timer_list_has_alarm("", 0));
}

static void test_parse_auxv__width(void **state)
{
	static const uint64_t wide[] = { 0x21, 0x7f54a87cd000, 0x33, 0xd30, 0x10, 0x178bfbff,
	                                 0x6, 0x1000, 0x11, 0x64, 0x8, 0, 0, 0 };
	static const uint32_t narrow[] = { 0x20, 0xf7f7b5e0, 0x21, 0xf7f7b000, 0x33, 0xd30,
	                                   0x6, 0x1000, 0x11, 0x64, 0x8, 0, 0, 0, 0, 0 };
	static const uint64_t zeros[4];
	struct exact bytes = exact_bytes(wide, sizeof wide);

	(void)state;
	assert_int_equal(parse_auxv_width(bytes.bytes, bytes.length), 8);
	assert_int_equal(parse_auxv_width(bytes.bytes, bytes.length - 16), 0);
	assert_int_equal(parse_auxv_width(bytes.bytes, 0), 0);
	free(bytes.bytes);
	bytes = exact_bytes(narrow, sizeof narrow);
	assert_int_equal(parse_auxv_width(bytes.bytes, bytes.length), 4);
	assert_int_equal(parse_auxv_width(bytes.bytes, 7), 0);
	free(bytes.bytes);
	assert_int_equal(parse_auxv_width((const char *)zeros, sizeof zeros), 0);
}

static void test_parse_maps__private(void **state)
{
	static const char maps[] =
		"55f5a6815000-55f5a6816000 r--p 00000000 fe:00 10953807                   /tmp/log\n"
		"7f9c1778c000-7f9c1778d000 rw-s 00000000 fe:00 10952737                   /tmp/a\\012b)\n"
		"7ffebd388000-7ffebd3a9000 rw-p 00000000 00:00 0                          [stack]\n"
		"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";
	size_t length = sizeof maps - 1;

	(void)state;
	assert_int_equal(parse_maps_private(maps, length, 0x55f5a6815000), 0);
	assert_int_equal(parse_maps_private(maps, length, 0x55f5a6816000), -EINVAL);
	assert_int_equal(parse_maps_private(maps, length, 0x7f9c1778cfff), 0);
	assert_int_equal(parse_maps_private(maps, length, 0x7ffebd3a8fff), 1);
	assert_int_equal(parse_maps_private(maps, length, 0xffffffffff600000), 0);
	assert_int_equal(parse_maps_private(maps, length, 0), -EINVAL);
	assert_int_equal(parse_maps_private("", 0, 0), -EINVAL);
	assert_int_equal(parse_maps_private("0-f rw-\n", 8, 1), -EINVAL);
}

static void test_parse_number__exactly(void **state)
{
	int64_t value = 42;

	(void)state;
	assert_int_equal(parse_number("", 0, &value), -EINVAL);
	assert_int_equal(parse_number("\n", 1, &value), -EINVAL);
	assert_int_equal(parse_number("1 2\n", 4, &value), -EINVAL);
	assert_int_equal(parse_number("9223372036854775808\n", 20, &value), -EINVAL);
	assert_int_equal(value, 42);
	assert_int_equal(parse_number("1048576\n", 8, &value), 0);
	assert_int_equal(value, 1048576);
	assert_int_equal(parse_number("-1", 2, &value), 0);
	assert_int_equal(value, -1);
	assert_int_equal(parse_number("9223372036854775807\n", 20, &value), 0);
	assert_true(value == INT64_MAX);
}

static void test_parse_wchan__decoration(void **state)
{
	static const struct {
		const char *shown, *name;
	} names[] = {
		{ "anon_pipe_write", "anon_pipe_write" },
		{ "do_wait", "do_wait" },
		{ "poll_schedule_timeout.constprop.0", "poll_schedule_timeout" },
		{ "__refrigerator", "refrigerator" },
		{ ".pipe_wait\n", "pipe_wait" },
		{ "ep_poll.isra.0", "ep_poll" },
		{ "0", "" }, { "", "" }, { "__", "" }, { "-", "" }, { "?", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct exact text = exact_text(names[i].shown);
		const char *name;
		size_t length = parse_wchan(text.bytes, text.length, &name);

		assert_int_equal(length, strlen(names[i].name));
		assert_memory_equal(name, names[i].name, length);
		free(text.bytes);
	}
}

static void test_parse__uring_files(void **state)
{
	static const struct {
		const char *text;
		bool holds;
	} rows[] = {
		{ "SqMask:\t0x3\nSQEs:\t0\nUserFiles:\t0\nUserBufs:\t0\nPollList:\nCqOverflowList:\n", false },
		{ "UserFiles:\t1\n    0: pipe:[6715]\nUserBufs:\t0\nPollList:\nCqOverflowList:\n", true },
		{ "UserFiles:\t0\nUserBufs:\t0\nPollList:\n  op=6, task_works=0\nCqOverflowList:\n", true },
		{ "UserFiles:\t2\n    0: socket:[12]\n    1: anon_inode:[eventfd]\nPollList:\n", false },
		{ "UserFiles:\t2\n    0: socket:[12]\n    1: /run/fifo\nPollList:\n", true },
		{ "UserFiles:\t1\n    0: \nUserBufs:\t0\nPollList:\n", true }, /* Linux 5.10 to 6.12 */
		{ "UserFiles:\t0\nUserBufs:\t1\n    0: 0x7f1200000000/4096\nPollList:\n", false },
		{ "SqMask:\t0x3\n", true }, /* somebody works with it */
		{ "UserFiles:\t0\nUserBufs:\t0\n", true }, /* cut short */
		{ "UserFiles:\tmany\nPollList:\n", true },
		{ "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(parse_uring_holds_pipes(rows[i].text, strlen(rows[i].text)), rows[i].holds);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_syscall__article),
		cmocka_unit_test(test_parse_syscall__compat),
		cmocka_unit_test(test_parse_syscall__restart),
		cmocka_unit_test(test_parse_syscall__in_no_call),
		cmocka_unit_test(test_parse_syscall__malformed),
		cmocka_unit_test(test_parse_stat__article),
		cmocka_unit_test(test_parse_stolen__each_processor),
		cmocka_unit_test(test_parse_stat__hostile_comm),
		cmocka_unit_test(test_parse_stat__malformed),
		cmocka_unit_test(test_parse_status__nested_namespace),
		cmocka_unit_test(test_parse_status__missing_is_unknown),
		cmocka_unit_test(test_parse_status__core_dump),
		cmocka_unit_test(test_parse_status__escaped_comm_forges_nothing),
		cmocka_unit_test(test_parse_status__malformed),
		cmocka_unit_test(test_parse_sched__exec_start),
		cmocka_unit_test(test_parse_sched__moved_in_its_sleep),
		cmocka_unit_test(test_parse_sched__hostile_comm),
		cmocka_unit_test(test_parse_sched__malformed),
		cmocka_unit_test(test_parse_fdinfo__pipe),
		cmocka_unit_test(test_parse_fdinfo__pidfd),
		cmocka_unit_test(test_parse_fdinfo__socket),
		cmocka_unit_test(test_parse_fdinfo__malformed),
		cmocka_unit_test(test_parse_epoll__entries),
		cmocka_unit_test(test_parse_epoll__malformed),
		cmocka_unit_test(test_parse_mountinfo__types),
		cmocka_unit_test(test_parse_mountinfo__malformed_line_is_passed),
		cmocka_unit_test(test_parse_pipe_link__exactly),
		cmocka_unit_test(test_parse_timers__count),
		cmocka_unit_test(test_parse_timer_list__alarm),
		cmocka_unit_test(test_parse_auxv__width),
		cmocka_unit_test(test_parse_maps__private),
		cmocka_unit_test(test_parse_number__exactly),
		cmocka_unit_test(test_parse_wchan__decoration),
		cmocka_unit_test(test_parse__uring_files),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
