#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/scout.h"

enum { STEPS = 4, PATIENT_MS = 10000, SHORT_MS = 50 };

/* What a scout did, and what he is to hang or die on. */
struct trip {
	struct {
		bool done[STEPS];
		int open_fds;
	} *seen;                 /* shared */
	uint32_t hangs, dies;    /* a step, or STEPS */
};

static void step(void *context, uint32_t i)
{
	struct trip *t = context;

	for (int fd = 0; fd < 256; fd++)
		t->seen->open_fds += fcntl(fd, F_GETFD) >= 0;
	if (i == t->hangs)
		pause();
	if (i == t->dies)
		abort();
	t->seen->done[i] = true;
}

static struct goal goal_of(const void *context, uint32_t i)
{
	(void)context;
	return (struct goal){ 1, i };
}

static bool travel(struct scouts *scouts, struct trip *t, int limit_ms)
{
	const struct errand errand = { step, goal_of, t, STEPS, limit_ms };

	t->seen = scout_memory(sizeof(*t->seen));
	assert_non_null(t->seen);
	return scout_do(scouts, &errand);
}

static void end(struct trip *t)
{
	scout_forget(t->seen, sizeof(*t->seen));
}

static void test_scout__does_all_steps(void **state)
{
	struct scouts *scouts = scouts_new();
	struct trip t = { .hangs = STEPS, .dies = STEPS };

	(void)state;
	assert_true(travel(scouts, &t, PATIENT_MS));
	for (int i = 0; i < STEPS; i++)
		assert_true(t.seen->done[i]);
	end(&t);
	scouts_free(scouts);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Else whoever waits for the end of our output would wait for him. */
static void test_scout__holds_nothing_of_ours(void **state)
{
	struct scouts *scouts = scouts_new();
	struct trip t = { .hangs = STEPS, .dies = STEPS };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(travel(scouts, &t, PATIENT_MS));
	assert_int_equal(t.seen->open_fds, 0);
	close(ends[0]);
	close(ends[1]);
	end(&t);
	scouts_free(scouts);
}

/* The child that was left behind: the only one. */
static void end_child(void)
{
	char path[] = "/proc/thread-self/children", pid[16] = "";
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		skip();
	assert_true(read(fd, pid, sizeof(pid) - 1) > 0);
	close(fd);
	assert_int_equal(kill(atoi(pid), SIGKILL), 0);
	assert_int_equal(waitpid(atoi(pid), NULL, 0), atoi(pid));
}

static void test_scout__leaves_behind_who_hangs(void **state)
{
	struct scouts *scouts = scouts_new();
	struct trip t = { .hangs = 1, .dies = STEPS };

	(void)state;
	assert_false(travel(scouts, &t, SHORT_MS));
	assert_true(t.seen->done[0] && t.seen->done[2] && t.seen->done[3]);
	assert_false(t.seen->done[1]);
	end(&t);
	/* Nobody goes there again: with such a limit the test would not end. */
	assert_false(travel(scouts, &t, INT32_MAX));
	assert_true(t.seen->done[3]);
	assert_false(t.seen->done[1]);
	end(&t);
	/* Once he is back, somebody does. */
	end_child();
	t.hangs = STEPS;
	assert_true(travel(scouts, &t, PATIENT_MS));
	assert_true(t.seen->done[1]);
	end(&t);
	scouts_free(scouts);
}

static void test_scout__outlives_who_dies(void **state)
{
	struct scouts *scouts = scouts_new();
	struct trip t = { .hangs = STEPS, .dies = 2 };

	(void)state;
	assert_false(travel(scouts, &t, PATIENT_MS));
	assert_true(t.seen->done[0] && t.seen->done[1] && t.seen->done[3]);
	assert_false(t.seen->done[2]);
	end(&t);
	scouts_free(scouts);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_scout__reaped_by_somebody_else(void **state)
{
	struct scouts *scouts = scouts_new();
	struct trip t = { .hangs = STEPS, .dies = STEPS };

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_true(travel(scouts, &t, PATIENT_MS));
	signal(SIGCHLD, SIG_DFL);
	assert_true(t.seen->done[STEPS - 1]);
	end(&t);
	scouts_free(scouts);
}

/* ---- before Linux 5.3 ---- */

static bool no_pidfds;

int __real_pidfd_open(pid_t pid, unsigned flags);
int __wrap_pidfd_open(pid_t pid, unsigned flags);

int __wrap_pidfd_open(pid_t pid, unsigned flags)
{
	if (!no_pidfds)
		return __real_pidfd_open(pid, flags);
	errno = ENOSYS;
	return -1;
}

static void test_scout__without_pidfds(void **state)
{
	no_pidfds = true;
	test_scout__does_all_steps(state);
	test_scout__leaves_behind_who_hangs(state);
	test_scout__outlives_who_dies(state);
	test_scout__reaped_by_somebody_else(state);
	no_pidfds = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scout__does_all_steps),
		cmocka_unit_test(test_scout__holds_nothing_of_ours),
		cmocka_unit_test(test_scout__leaves_behind_who_hangs),
		cmocka_unit_test(test_scout__outlives_who_dies),
		cmocka_unit_test(test_scout__reaped_by_somebody_else),
		cmocka_unit_test(test_scout__without_pidfds),
	};

	return cmocka_run_group_tests_name("scout", tests, NULL, NULL);
}
