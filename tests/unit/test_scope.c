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
	expect_scope(11, 1, "xxx--", "x--", 0);
	expect_scope(11, 2, "xxxx-", "xx-", 0);
	expect_scope(14, 0, "---xx", "-xx", 1);
	expect_scope(15, 9, "----x", "--x", 1);
	expect_scope(99, 3, "-----", "---", 0);
}

/*
 * 11 has a pipe of 12's, who waits for its child 13, which waits for room in another one: only
 * those who hold that pipe, or go on along it, are told of the deadlock.
 */
static struct snapshot *beside_a_deadlock(void)
{
	struct world *w = world_new();

	world_process(w, 11, 5);
	world_process(w, 12, 5);
	world_process(w, 13, 12);
	world_process(w, 14, 5);
	world_end(w, 11, 0, "r", 1);
	world_end(w, 12, 1, "w", 1);
	world_end(w, 12, 3, "r", 2);
	world_end(w, 13, 4, "w", 2);
	world_end(w, 14, 4, "w", 2);
	world_link(w);
	world_sleeps(w, 11);
	world_waits(w, 12, 13);
	world_writes(w, 13, 2);
	world_sleeps(w, 14);
	return world_seal(w);
}

static void expect_deadlocks(int32_t pid, uint32_t depth, uint32_t deadlocks)
{
	const struct diagnosis_settings asked = {
		.stall_ms = 0, .pids = &pid, .pid_count = 1, .depth = depth,
	};
	struct snapshot *s = beside_a_deadlock();
	struct diagnosis *d;
	uint32_t stalled = 0;

	assert_int_equal(diagnose(NULL, s, &asked, &d), 0);
	assert_int_equal(d->deadlock_count, deadlocks);
	assert_int_equal(d->pipes[1].in_scope, deadlocks > 0);
	assert_int_equal(d->pipes[1].verdict == VERDICT_DEADLOCK, deadlocks > 0);
	for (uint32_t i = 0; i < s->pipe_count; i++)
		stalled += d->pipes[i].in_scope && d->pipes[i].verdict == VERDICT_STALLED;
	assert_int_equal(stalled, d->stall_count);
	diagnosis_free(d);
	snapshot_free(s);
}

static void test_scope__a_deadlock_beside_it(void **state)
{
	(void)state;
	expect_deadlocks(11, 0, 0);
	expect_deadlocks(11, 1, 0);
	expect_deadlocks(11, 2, 1);
	expect_deadlocks(12, 0, 1);
	expect_deadlocks(14, 0, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scope__scope),
		cmocka_unit_test(test_scope__a_deadlock_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
