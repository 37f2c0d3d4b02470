#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/diagnosis.h"
#include "world.h"

/* 12 | 13 | 14, and 15, stuck on a pipe of its own; 11 is the parent of 12, 14 of 15. */
static struct snapshot *row(void)
{
	struct world *w = world_new();

	for (int32_t pid = 11; pid <= 15; pid++)
		world_process(w, pid, pid == 12 ? 11 : pid == 15 ? 14 : 5);
	world_end(w, 12, 1, "w", 1);
	world_end(w, 13, 0, "r", 1);
	world_end(w, 13, 1, "w", 2);
	world_end(w, 14, 0, "r", 2);
	world_end(w, 15, 1, "rw", 3);
	world_link(w);
	for (int32_t pid = 11; pid <= 14; pid++)
		world_sleeps(w, pid);
	world_writes(w, 15, 3);
	return world_seal(w);
}

static void expect_scope(int32_t pid, uint32_t depth, const char *processes, const char *pipes,
                         uint32_t deadlocks)
{
	const struct diagnosis_settings asked = {
		.stall_ms = 1000, .pids = &pid, .pid_count = 1, .depth = depth,
	};
	struct snapshot *s = row();
	struct diagnosis *d;

	assert_int_equal(diagnose(NULL, s, &asked, &d), 0);
	for (uint32_t i = 0; i < s->process_count; i++)
		assert_int_equal(d->processes[i], processes[i] == 'x');
	for (uint32_t i = 0; i < s->pipe_count; i++)
		assert_int_equal(d->pipes[i].in_scope, pipes[i] == 'x');
	assert_int_equal(d->deadlock_count, deadlocks);
	assert_true(d->tasks[4].doomed);
	assert_int_equal(d->tasks[4].deadlock, deadlocks ? 0 : NONE);
	diagnosis_free(d);
	snapshot_free(s);
}

static void test_scope__scope(void **state)
{
	(void)state;
	expect_scope(11, 0, "xx---", "x--", 0);
	expect_scope(11, 1, "xxx--", "xx-", 0);
	expect_scope(11, 2, "xxxx-", "xx-", 0);
	expect_scope(14, 0, "---xx", "-xx", 1);
	expect_scope(15, 9, "----x", "--x", 1);
	expect_scope(99, 3, "-----", "---", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scope__scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
