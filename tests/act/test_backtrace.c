/*
 * Backtraces of real threads: right names, right lines, an honest end, and nobody disturbed. A
 * debugger that traces fails the first test: the write of its victim returns short.
 */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "act/backtrace.h"
#include "act/unwind.h"

enum { STORY = 300000, LIMIT_MS = 20000 };

static const struct backtrace_registers unknown = { 0 };

static struct traces *take(pid_t pid, pid_t tid)
{
	struct traces *traces;

	assert_int_equal(backtrace_take(pid, stage_start_ticks(pid), tid, unknown, LIMIT_MS, &traces),
	                 0);
	assert_int_equal(traces->pid, pid);
	return traces;
}

/* The number of the first frame with this function, which must be there. */
static uint32_t find_frame(const struct trace *trace, const char *function)
{
	for (uint32_t i = 0; i < trace->frame_count; i++)
		if (trace->frames[i].function && strcmp(trace->frames[i].function, function) == 0)
			return i;
	fail_msg("no frame of %s", function);
	return 0;
}

/* ---- a writer half way ---- */

static char story[STORY];
static volatile int kept;        /* so that no call is the last thing a function does */

enum { WRITE_LINE = __LINE__ + 4 };
static inline __attribute__((always_inline)) ssize_t write_inline(int fd)
{
	kept++;
	ssize_t n = write(fd, story, STORY);
	kept++;
	return n;
}

static __attribute__((noinline)) int write_story(int fd)
{
	ssize_t n = write_inline(fd);

	kept++;
	return n == STORY ? 0 : 1;
}

static __attribute__((noinline)) int write_deep(int fd, int depth)
{
	int r = depth > 0 ? write_deep(fd, depth - 1) : write_story(fd);

	kept++;
	return r;
}

struct writer {
	int fds[2];
	int depth;
};

static int run_writer(void *argument)
{
	const struct writer *w = argument;

	close(w->fds[0]);
	return write_deep(w->fds[1], w->depth);
}

static pid_t start_writer(struct writer *w)
{
	pid_t child;

	assert_int_equal(pipe(w->fds), 0);
	child = stage_start(run_writer, w);
	close(w->fds[1]);
	stage_await_call(child, child, SYS_write);
	while (stage_fionread(w->fds[0]) < 65536)
		sched_yield();
	return child;
}

static void switches(pid_t pid, char *text, size_t size)
{
	char *line;

	stage_read_proc(pid, "status", text, size);
	line = strstr(text, "voluntary_ctxt_switches");
	assert_non_null(line);
	memmove(text, line, strlen(line) + 1);
}

static void test_backtrace__leaves_a_half_done_write(void **state)
{
	char before[2][4096], after[2][4096];
	struct writer writer = { .depth = 2 };
	pid_t child = start_writer(&writer);
	struct traces *traces;
	const struct trace *trace;
	size_t have = 0;
	ssize_t n;

	(void)state;
	stage_read_proc(child, "syscall", before[0], sizeof(before[0]));
	switches(child, before[1], sizeof(before[1]));
	for (int i = 0; i < 3; i++) {
		traces = take(child, 0);
		assert_int_equal(traces->count, 1);
		trace = &traces->traces[0];
		assert_int_equal(trace->tid, child);
		assert_int_equal(trace->end, TRACE_COMPLETE);
		assert_true(find_frame(trace, "write_story") < find_frame(trace, "write_deep"));
		assert_non_null(strstr(trace->frames[0].function, "write"));
		find_frame(trace, "main");
		traces_free(traces);
	}
	stage_read_proc(child, "syscall", after[0], sizeof(after[0]));
	switches(child, after[1], sizeof(after[1]));
	assert_string_equal(before[0], after[0]);
	assert_string_equal(before[1], after[1]);

	while ((n = read(writer.fds[0], story, sizeof(story))) > 0)
		have += (size_t)n;
	assert_int_equal(have, STORY);
	assert_int_equal(stage_wait(child), 0);
	close(writer.fds[0]);
}

static void test_backtrace__lines_and_inlined(void **state)
{
	struct writer writer = { .depth = 0 };
	pid_t child = start_writer(&writer);
	struct traces *traces = take(child, child);
	const struct trace *trace = &traces->traces[0];
	uint32_t outer = find_frame(trace, "write_story");
	const struct frame *inner = &trace->frames[outer - 1];

	(void)state;
	stage_kill(child);
	close(writer.fds[0]);
	if (!trace->frames[outer].source) {
		traces_free(traces);
		skip(); /* built without debug information */
	}
	assert_string_equal(inner->function, "write_inline");
	assert_true(inner->inlined);
	assert_int_equal(inner->pc, trace->frames[outer].pc);
	assert_int_equal(inner->line, WRITE_LINE);
	assert_non_null(strstr(inner->source, "test_backtrace.c"));
	assert_false(trace->frames[outer].inlined);
	assert_int_equal(trace->frames[outer].line, WRITE_LINE + 7);
	traces_free(traces);
}

static void test_backtrace__bounded_in_frames(void **state)
{
	struct writer writer = { .depth = 2 * UNWIND_FRAMES };
	pid_t child = start_writer(&writer);
	struct traces *traces = take(child, 0);

	(void)state;
	assert_int_equal(traces->traces[0].end, TRACE_CUT);
	assert_int_equal(traces->traces[0].frame_count, UNWIND_FRAMES);
	assert_string_equal(traces->traces[0].frames[UNWIND_FRAMES - 1].function, "write_deep");
	traces_free(traces);
	stage_kill(child);
	close(writer.fds[0]);
}

static void test_backtrace__kernel_stack(void **state)
{
	struct writer writer = { .depth = 0 };
	pid_t child = start_writer(&writer);
	struct traces *traces = take(child, 0);

	(void)state;
	if (traces->traces[0].kernel)
		assert_non_null(strstr(traces->traces[0].kernel, "pipe_w"));
	else
		assert_int_not_equal(getuid(), 0);
	traces_free(traces);
	stage_kill(child);
	close(writer.fds[0]);
}

/* ---- threads ---- */

static int run_busy(void *argument)
{
	(void)argument;
	while (kept >= 0)
		;
	return 0;
}

static void test_backtrace__running(void **state)
{
	pid_t child = stage_start(run_busy, NULL);
	struct traces *traces = take(child, 0);

	(void)state;
	assert_int_equal(traces->traces[0].end, TRACE_RUNNING);
	assert_int_equal(traces->traces[0].frame_count, 0);
	traces_free(traces);
	stage_kill(child);
}

struct crowd {
	int fds[2];
	volatile pid_t tid;      /* of the thread that was started last */
	volatile pid_t tids[3];
	int started;
};

static struct crowd *crowd_new(void)
{
	struct crowd *crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE,
	                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(crowd != MAP_FAILED);
	assert_int_equal(pipe(crowd->fds), 0);
	return crowd;
}

static __attribute__((noinline)) void *read_in_thread(void *argument)
{
	struct crowd *crowd = argument;
	char byte;
	ssize_t n;

	crowd->tid = gettid();
	crowd->tids[__atomic_fetch_add(&crowd->started, 1, __ATOMIC_RELAXED)] = gettid();
	n = read(crowd->fds[0], &byte, 1);
	kept += (int)n;
	return NULL;
}

static int run_crowd(void *argument)
{
	struct crowd *crowd = argument;
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		if (pthread_create(&threads[i], NULL, read_in_thread, crowd) != 0)
			return 1;
	return pthread_join(threads[2], NULL);
}

static void test_backtrace__each_thread(void **state)
{
	struct crowd *crowd = crowd_new();
	pid_t child = stage_start(run_crowd, crowd);
	struct traces *traces;

	(void)state;
	for (int i = 0; i < 3; i++) {
		while (!crowd->tids[i])
			sched_yield();
		stage_await_call(child, crowd->tids[i], SYS_read);
	}
	stage_await_call(child, child, SYS_futex);
	traces = take(child, 0);
	assert_int_equal(traces->count, 4);
	assert_int_equal(traces->traces[0].tid, child);
	find_frame(&traces->traces[0], "run_crowd");
	for (uint32_t i = 1; i < 4; i++) {
		assert_true(traces->traces[i].tid > traces->traces[i - 1].tid);
		assert_int_equal(traces->traces[i].end, TRACE_COMPLETE);
		find_frame(&traces->traces[i], "read_in_thread");
	}
	traces_free(traces);
	traces = take(child, crowd->tid);
	assert_int_equal(traces->count, 1);
	assert_int_equal(traces->traces[0].tid, crowd->tid);
	traces_free(traces);
	stage_kill(child);
}

/* ---- where it must not guess ---- */

#ifdef __x86_64__
/*
 * Three that read from a pipe: without frame information; with a frame pointer, whose value nobody
 * tells, and a frame of a fixed size; the same with a frame whose size is in a register.
 */
#define ASM_FUNCTION(name, start, body) \
	"	.type " #name ", @function\n" #name ":\n" start body \
	"	mov $1, %edx\n	xor %eax, %eax\n	syscall\n	leave\n	ret\n"
#define ASM_RULE \
	"	.cfi_startproc\n	push %rbp\n	.cfi_def_cfa_offset 16\n	.cfi_offset rbp, -16\n" \
	"	mov %rsp, %rbp\n	.cfi_def_cfa_register rbp\n"
int read_without_rule(int fd, char *byte);
int read_fixed_frame(int fd, char *byte);
int read_any_frame(int fd, char *byte);
__asm__(
	"	.text\n"
	ASM_FUNCTION(read_without_rule, "	push %rbp\n	mov %rsp, %rbp\n", "")
	"	.size read_without_rule, . - read_without_rule\n"
	ASM_FUNCTION(read_fixed_frame, ASM_RULE, "	sub $1048, %rsp\n")
	"	.cfi_endproc\n	.size read_fixed_frame, . - read_fixed_frame\n"
	ASM_FUNCTION(read_any_frame, ASM_RULE, "	mov $1048, %eax\n	sub %rax, %rsp\n")
	"	.cfi_endproc\n	.size read_any_frame, . - read_any_frame\n");

static int run_without_rule(void *argument)
{
	const struct crowd *crowd = argument;
	char byte;

	return read_without_rule(crowd->fds[0], &byte);
}

static int run_fixed_frame(void *argument)
{
	const struct crowd *crowd = argument;
	char byte;

	return read_fixed_frame(crowd->fds[0], &byte);
}

static int run_any_frame(void *argument)
{
	const struct crowd *crowd = argument;
	char byte;

	return read_any_frame(crowd->fds[0], &byte);
}

static struct traces *trace_reader(int (*run)(void *))
{
	pid_t child = stage_start(run, crowd_new());
	struct traces *traces;

	stage_await_call(child, child, SYS_read);
	traces = take(child, 0);
	stage_kill(child);
	return traces;
}

static void assert_incomplete(int (*run)(void *), const char *function)
{
	struct traces *traces = trace_reader(run);

	assert_int_equal(traces->traces[0].end, TRACE_INCOMPLETE);
	assert_int_equal(traces->traces[0].measured, UNKNOWN);
	assert_int_equal(traces->traces[0].frame_count, 1);
	assert_string_equal(traces->traces[0].frames[0].function, function);
	traces_free(traces);
}

static void test_backtrace__never_guesses(void **state)
{
	(void)state;
	assert_incomplete(run_without_rule, "read_without_rule");
	assert_incomplete(run_any_frame, "read_any_frame");
}

static void test_backtrace__measures_a_frame(void **state)
{
	struct traces *traces = trace_reader(run_fixed_frame);

	(void)state;
	assert_int_equal(traces->traces[0].end, TRACE_COMPLETE);
	assert_int_equal(traces->traces[0].measured, 0);
	assert_string_equal(traces->traces[0].frames[0].function, "read_fixed_frame");
	assert_string_equal(traces->traces[0].frames[1].function, "run_fixed_frame");
	find_frame(&traces->traces[0], "main");
	traces_free(traces);
}
#endif

/* ---- who does not answer ---- */

enum { STACK_BYTES = 256 * 1024, SHORT_MS = 300 };

/* From now on whoever reads that memory waits for us, who never answer. */
static bool make_silent(char *memory, size_t length)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register all = { .range = { (uintptr_t)memory, length },
		.mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	return fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0 &&
	       ioctl(fd, UFFDIO_REGISTER, &all) == 0 && madvise(memory, length, MADV_DONTNEED) == 0;
}

static int run_silent(void *argument)
{
	struct crowd *crowd = argument;
	char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                   -1, 0);
	pthread_attr_t attributes;
	pthread_t thread;
	pid_t tid;

	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stack, STACK_BYTES);
	if (pthread_create(&thread, &attributes, read_in_thread, crowd) != 0)
		return 1;
	while (!(tid = crowd->tid))
		sched_yield();
	stage_await_call(getpid(), tid, SYS_read);
	crowd->tid = make_silent(stack, STACK_BYTES) ? -tid : -1;
	return pause();
}

static void test_backtrace__bounded_in_time(void **state)
{
	struct crowd *crowd = crowd_new();
	pid_t child = stage_start(run_silent, crowd);
	struct timespec start, end;
	struct traces *traces;

	(void)state;
	while (crowd->tid >= 0)
		sched_yield();
	if (crowd->tid == -1) {
		stage_kill(child);
		skip(); /* no userfaultfd(2) here */
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(backtrace_take(child, 0, -crowd->tid, unknown, SHORT_MS, &traces), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_int_equal(traces->traces[0].end, TRACE_TIMED_OUT);
	assert_true(traces->traces[0].frame_count > 0);
	assert_non_null(strstr(traces->traces[0].frames[0].function, "read"));
	assert_true(end.tv_sec - start.tv_sec < 10);
	/* Our helper is gone; only the stage's child is left. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
	traces_free(traces);
	stage_kill(child);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* ---- refusals ---- */

static int trace_the_parent(void *argument)
{
	struct traces *traces;
	int error;

	(void)argument;
	if (setresuid(65534, 65534, 65534) < 0)
		return 1;
	error = backtrace_take(getppid(), 0, 0, unknown, LIMIT_MS, &traces);
	return error == -EPERM || error == -EACCES ? 0 : 2;
}

static void test_backtrace__refused(void **state)
{
	struct traces *traces;
	pid_t child = stage_start(run_busy, NULL);

	(void)state;
	assert_int_equal(backtrace_take(child, stage_start_ticks(child) + 1, 0, unknown, LIMIT_MS,
	                                &traces), -ESRCH);
	assert_int_equal(backtrace_take(child, 0, getpid(), unknown, LIMIT_MS, &traces), -ESRCH);
	stage_kill(child);
	assert_int_equal(backtrace_take(child, 0, 0, unknown, LIMIT_MS, &traces), -ESRCH);
	if (getuid() == 0) {
		assert_int_equal(stage_wait(stage_start(trace_the_parent, NULL)), 0);
		assert_int_equal(backtrace_take(2, 0, 0, unknown, LIMIT_MS, &traces), -ENOEXEC);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backtrace__leaves_a_half_done_write),
		cmocka_unit_test(test_backtrace__lines_and_inlined),
		cmocka_unit_test(test_backtrace__bounded_in_frames),
		cmocka_unit_test(test_backtrace__kernel_stack),
		cmocka_unit_test(test_backtrace__running),
		cmocka_unit_test(test_backtrace__each_thread),
#ifdef __x86_64__
		cmocka_unit_test(test_backtrace__never_guesses),
		cmocka_unit_test(test_backtrace__measures_a_frame),
#endif
		cmocka_unit_test(test_backtrace__bounded_in_time),
		cmocka_unit_test(test_backtrace__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
