/* At which pipe a thread sleeps, where only the name of a kernel function told how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include "collect/reading.h"

enum { DEVICE = 13, PIPES = 2, PID = 100 };

/* A process with an end of each of two pipes, fds 1 and 2, and its thread. */
struct scene {
	struct look look;
	struct task *task;
};

static void set_up(struct scene *s, enum wait_kind kind, bool writes)
{
	*s = (struct scene){ 0 };
	assert_int_equal(builder_new(&s->look.b), 0);
	assert_non_null(builder_add_process(s->look.b, PID));
	for (int fd = 1; fd <= PIPES; fd++) {
		struct seen_end end = {
			.pid = PID, .fd = fd, .dev = DEVICE, .ino = (uint64_t)fd,
			.reads = !writes, .writes = writes,
		};

		assert_int_equal(builder_add_end(s->look.b, &end), 0);
	}
	assert_int_equal(builder_link(s->look.b), 0);
	s->task = builder_add_task(s->look.b, 0, PID);
	assert_non_null(s->task);
	s->task->wait.inferred = true;
	s->task->wait.kind = kind;
}

static uint32_t pipe_at(struct scene *s, int fd)
{
	return builder_find_pipe(s->look.b, DEVICE, (uint64_t)fd);
}

static void fill(struct scene *s, int fd, int32_t bytes, enum fact full)
{
	struct pipe *pipe = builder_pipe(s->look.b, pipe_at(s, fd));

	pipe->fill_bytes = bytes;
	pipe->full = full;
}

/* The descriptor that is settled on, or UNKNOWN, when the wait is not known either. */
static int settled(struct scene *s)
{
	int fd;

	infer_settle(&s->look, s->task);
	fd = s->task->wait.fd;
	assert_int_equal(fd == UNKNOWN, s->task->wait.pipe == NONE);
	assert_int_equal(fd == UNKNOWN, s->task->wait.kind == WAIT_UNKNOWN);
	if (fd != UNKNOWN)
		assert_int_equal(s->task->wait.pipe, pipe_at(s, fd));
	builder_free(s->look.b);
	return fd;
}

static void test_infer_settle__writer(void **state)
{
	static const struct {
		int32_t bytes[PIPES];
		enum fact full[PIPES];
		int fd;
	} cases[] = {
		{ { 0, 65520 }, { FACT_UNKNOWN, FACT_YES }, 2 },
		{ { 65520, 0 }, { FACT_YES, FACT_UNKNOWN }, 1 },
		{ { 100, 65520 }, { FACT_NO, FACT_YES }, 2 },
		/* It may sleep at either, or nobody knows. */
		{ { 65536, 65520 }, { FACT_YES, FACT_YES }, UNKNOWN },
		{ { 100, 65520 }, { FACT_UNKNOWN, FACT_YES }, UNKNOWN },
		{ { UNKNOWN, 65520 }, { FACT_UNKNOWN, FACT_YES }, UNKNOWN },
		/* It sleeps no longer. */
		{ { 0, 100 }, { FACT_UNKNOWN, FACT_NO }, UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene s;

		set_up(&s, WAIT_PIPE_SPACE, true);
		fill(&s, 1, cases[i].bytes[0], cases[i].full[0]);
		fill(&s, 2, cases[i].bytes[1], cases[i].full[1]);
		assert_int_equal(settled(&s), cases[i].fd);
	}
}

static void test_infer_settle__reader(void **state)
{
	static const struct {
		int32_t bytes[PIPES];
		int fd;
	} cases[] = {
		{ { 0, 1 }, 1 }, { { 1, 0 }, 2 },
		{ { 0, 0 }, UNKNOWN }, { { UNKNOWN, 0 }, UNKNOWN }, { { 1, 1 }, UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene s;

		set_up(&s, WAIT_PIPE_DATA, false);
		fill(&s, 1, cases[i].bytes[0], FACT_UNKNOWN);
		fill(&s, 2, cases[i].bytes[1], FACT_UNKNOWN);
		assert_int_equal(settled(&s), cases[i].fd);
	}
}

static void test_infer_settle__leaves_what_was_read(void **state)
{
	struct scene s;

	(void)state;
	set_up(&s, WAIT_PIPE_SPACE, true);
	s.task->wait.inferred = false;
	infer_settle(&s.look, s.task);
	assert_int_equal(s.task->wait.kind, WAIT_PIPE_SPACE);
	builder_free(s.look.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_infer_settle__writer),
		cmocka_unit_test(test_infer_settle__reader),
		cmocka_unit_test(test_infer_settle__leaves_what_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
