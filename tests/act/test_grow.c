/* Growing: writers go on, nothing is lost, and no pipe ever gets smaller. */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "act/grow.h"

static struct grow grow_own(const int fds[2], int64_t size)
{
	struct snapshot *s = stage_look_own(fds);
	struct grow grow;

	assert_int_equal(grow_run(s, &s->pipes[0], size, &grow), 0);
	snapshot_free(s);
	return grow;
}

enum { LINES = 6000, LINE_BYTES = 13 };

static int write_lines(void *argument)
{
	const int *fds = argument;

	close(fds[0]);
	for (int i = 0; i < LINES; i++)
		if (write(fds[1], "Hello stderr\n", LINE_BYTES) != LINE_BYTES)
			return 1;
	return 0;
}

/* We are the article's script: we read only when the child has ended. */
static void test_grow__frees_the_article(void **state)
{
	static char lines[LINES * LINE_BYTES + 1];
	size_t have = 0;
	struct grow grow;
	pid_t child;
	int fds[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	child = stage_start(write_lines, fds);
	stage_await_call(child, child, SYS_write);
	assert_int_equal(stage_fionread(fds[0]), 65520);
	grow = grow_own(fds, 0);
	assert_int_equal(grow.outcome, GROW_DONE);
	assert_int_equal(grow.before_bytes, 65536);
	assert_int_equal(grow.after_bytes, fcntl(fds[0], F_GETPIPE_SZ));
	assert_true(grow.after_bytes > 65536);
	assert_int_equal(stage_wait(child), 0);
	close(fds[1]);
	while ((n = read(fds[0], lines + have, sizeof(lines) - have)) > 0)
		have += (size_t)n;
	assert_int_equal(have, 78000);
	for (size_t i = 0; i < have; i += LINE_BYTES)
		assert_memory_equal(lines + i, "Hello stderr\n", LINE_BYTES);
	close(fds[0]);
}

enum { CROSS_BYTES = 200000 };

/* Writes all to the one, then reads all from the other. */
static int cross(const int out[2], const int in[2])
{
	char *bytes = malloc(CROSS_BYTES);
	size_t have = 0;
	ssize_t n;

	close(out[0]);
	close(in[1]);
	stage_fill(bytes, 0, CROSS_BYTES);
	if (write(out[1], bytes, CROSS_BYTES) != CROSS_BYTES)
		return 1;
	close(out[1]);
	memset(bytes, 0, CROSS_BYTES);
	while ((n = read(in[0], bytes + have, CROSS_BYTES - have)) > 0)
		have += (size_t)n;
	return have == CROSS_BYTES && stage_is_row(bytes, 0, have) ? 0 : 2;
}

static int cross_there(void *argument)
{
	int (*fds)[2] = argument;

	return cross(fds[0], fds[1]);
}

static int cross_back(void *argument)
{
	int (*fds)[2] = argument;

	return cross(fds[1], fds[0]);
}

static void test_grow__frees_a_cross(void **state)
{
	struct snapshot *s;
	struct grow grow;
	pid_t one, two;
	int fds[2][2];

	(void)state;
	assert_int_equal(pipe(fds[0]), 0);
	assert_int_equal(pipe(fds[1]), 0);
	one = stage_start(cross_there, fds);
	two = stage_start(cross_back, fds);
	for (int i = 0; i < 4; i++)
		close(fds[i / 2][i % 2]);
	stage_await_call(one, one, SYS_write);
	stage_await_call(two, two, SYS_write);
	s = stage_look(&(struct stage_end){ one, fds[0][1], false, true }, 1);
	assert_int_equal(grow_run(s, &s->pipes[0], 0, &grow), 0);
	assert_int_equal(grow.outcome, GROW_DONE);
	assert_int_equal(stage_wait(one), 0);
	assert_int_equal(stage_wait(two), 0);
	snapshot_free(s);
}

static void test_grow__never_shrinks(void **state)
{
	int64_t sizes[] = { 1, 4096, 65536, 131072 };
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, 131072), 131072);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct grow grow = grow_own(fds, sizes[i]);

		assert_int_equal(grow.outcome, GROW_LARGE_ALREADY);
		assert_int_equal(grow.before_bytes, 131072);
		assert_int_equal(grow.after_bytes, 131072);
		assert_int_equal(fcntl(fds[1], F_GETPIPE_SZ), 131072);
	}
	close(fds[0]);
	close(fds[1]);
}

static void test_grow__to_a_size_rounded_up(void **state)
{
	struct grow grow;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	grow = grow_own(fds, 100000);
	assert_int_equal(grow.outcome, GROW_DONE);
	assert_int_equal(grow.after_bytes, 131072);
	close(fds[0]);
	close(fds[1]);
}

static void test_grow__no_pipe_is_so_large(void **state)
{
	struct grow grow;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	grow = grow_own(fds, 3LL << 30);
	assert_int_equal(grow.outcome, GROW_TOO_LARGE);
	assert_int_equal(grow.after_bytes, 65536);
	close(fds[0]);
	close(fds[1]);
}

static void test_grow__beyond_max_by_capability(void **state)
{
	bool allowed = stage_has_capability(CAP_SYS_RESOURCE);
	struct snapshot *s;
	struct grow grow;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	s = stage_look_own(fds);
	assert_int_equal(grow_run(s, &s->pipes[0], 2 * s->pipe_max_size, &grow), 0);
	assert_int_equal(grow.outcome, allowed ? GROW_DONE : GROW_BEYOND_MAX);
	assert_int_equal(grow.after_bytes, allowed ? 2 * s->pipe_max_size : 65536);
	snapshot_free(s);
	close(fds[0]);
	close(fds[1]);
}

static int grow_as_a_poor_user(void *argument)
{
	struct grow beyond, asked, any;
	struct snapshot *s;
	int fds[2];

	(void)argument;
	if (stage_be_poor() < 0 || pipe(fds) < 0)
		return 1;
	s = stage_look_own(fds);
	if (grow_run(s, &s->pipes[0], 2 * s->pipe_max_size, &beyond) < 0 ||
	    grow_run(s, &s->pipes[0], 65536, &asked) < 0 ||
	    grow_run(s, &s->pipes[0], 0, &any) < 0)
		return 2;
	if (beyond.outcome != GROW_BEYOND_MAX || asked.outcome != GROW_USER_PAGES)
		return 3;
	return any.outcome == GROW_USER_PAGES && any.after_bytes == any.before_bytes ? 0 : 4;
}

static void test_grow__poor_user(void **state)
{
	(void)state;
	assert_int_equal(stage_wait(stage_start(grow_as_a_poor_user, NULL)), 0);
}

/* Where pages are left for some growth, the default takes that. */
static int grow_with_some_pages_left(void *argument)
{
	struct snapshot *s;
	struct grow grow;
	int fds[2], some[2];

	(void)argument;
	if ((getuid() == 0 && setresuid(65534, 65534, 65534) < 0) || pipe(fds) < 0 ||
	    pipe(some) < 0 || fcntl(some[1], F_SETPIPE_SZ, 262144) < 0 || stage_be_poor() < 0)
		return 1;
	close(some[0]);
	close(some[1]);
	s = stage_look_own(fds);
	if (grow_run(s, &s->pipes[0], 0, &grow) < 0)
		return 2;
	return grow.outcome == GROW_DONE && grow.after_bytes > 65536 &&
	       grow.after_bytes < s->pipe_max_size ? 0 : 3;
}

static void test_grow__as_far_as_pages_go(void **state)
{
	(void)state;
	assert_int_equal(stage_wait(stage_start(grow_with_some_pages_left, NULL)), 0);
}

static void test_grow__gone(void **state)
{
	struct snapshot *s;
	struct grow grow;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	s = stage_look_own(fds);
	close(fds[1]);
	assert_int_equal(grow_run(s, &s->pipes[0], 0, &grow), 0);
	assert_int_equal(grow.outcome, GROW_DONE);
	close(fds[0]);
	assert_int_equal(grow_run(s, &s->pipes[0], 0, &grow), -ESTALE);
	snapshot_free(s);
}

/* Who was left behind enlarges it when the lock is free. */
static void test_grow__locked(void **state)
{
	struct grow grow;
	struct snapshot *s;
	pid_t holder;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	s = stage_look_own(fds);
	holder = stage_start_lock(fds);
	if (!holder) {
		snapshot_free(s);
		skip(); /* no userfaultfd(2) here */
	}
	assert_int_equal(grow_run(s, &s->pipes[0], 131072, &grow), -ETIMEDOUT);
	stage_end_lock(holder);
	assert_int_equal(fcntl(fds[0], F_GETPIPE_SZ), 131072);
	snapshot_free(s);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grow__frees_the_article),
		cmocka_unit_test(test_grow__frees_a_cross),
		cmocka_unit_test(test_grow__never_shrinks),
		cmocka_unit_test(test_grow__to_a_size_rounded_up),
		cmocka_unit_test(test_grow__no_pipe_is_so_large),
		cmocka_unit_test(test_grow__beyond_max_by_capability),
		cmocka_unit_test(test_grow__poor_user),
		cmocka_unit_test(test_grow__as_far_as_pages_go),
		cmocka_unit_test(test_grow__gone),
		cmocka_unit_test(test_grow__locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
