#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>

#include "analysis/diagnosis.h"
#include "expect.h"
#include "scenes.h"
#include "world.h"

/* The same through a shell (250) that waits for any child. */
static struct snapshot *through_a_shell(void)
{
	struct world *w = world_new();

	world_process(w, 200, 50);
	world_process(w, 250, 200);
	world_process(w, 300, 250);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 250, 2, "w", 7);
	world_end(w, 300, 2, "w", 7);
	world_link(w);
	world_waits(w, 200, 250);
	world_waits_any(w, 250);
	world_writes(w, 300, 7);
	return world_seal(w);
}

/* The parent reads stdout to its end, the child is blocked on stderr. */
static struct snapshot *two_outputs(void)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_process(w, 11, 10);
	world_end(w, 10, 3, "r", 1);
	world_end(w, 10, 4, "r", 2);
	world_end(w, 11, 1, "w", 1);
	world_end(w, 11, 2, "w", 2);
	world_link(w);
	world_reads(w, 10, 1);
	world_writes(w, 11, 2);
	return world_seal(w);
}

static struct snapshot *own_pipe_full(void)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_end(w, 10, 3, "r", 1);
	world_end(w, 10, 4, "w", 1);
	world_link(w);
	world_writes(w, 10, 1);
	return world_seal(w);
}

static struct snapshot *poll_of_a_pidfd(void)
{
	struct world *w = world_new();

	world_process(w, 200, 50);
	world_process(w, 300, 200);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 300, 2, "w", 7);
	world_link(w);
	world_task(w, 200, 200, WAIT_POLL);
	world_polls(w, TARGET_EXIT, 0)->process = 1;
	world_writes(w, 300, 7);
	return world_seal(w);
}

static struct snapshot *vfork_child(void)
{
	struct world *w = world_new();

	world_process(w, 200, 50);
	world_process(w, 300, 200);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 300, 2, "w", 7);
	world_link(w);
	world_task(w, 200, 200, WAIT_VFORK);
	world_writes(w, 300, 7);
	return world_seal(w);
}

/* One waits for an exit, one for data, one for room. */
static struct snapshot *three_sorts(void)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_process(w, 11, 10);
	world_process(w, 12, 11);
	world_end(w, 10, 3, "r", 1);
	world_end(w, 11, 3, "r", 2);
	world_end(w, 12, 4, "w", 1);
	world_end(w, 12, 5, "w", 2);
	world_link(w);
	world_waits(w, 10, 11);
	world_reads(w, 11, 2);
	world_writes(w, 12, 1);
	return world_seal(w);
}


static void test_diagnosis__article(void **state)
{
	struct looks l = looks_at(scene_article);
	const struct diagnosis *d = looks_judge(&l);
	const struct deadlock *k = expect_deadlock(d, KIND_WRITE_WAIT, PIDS(300, 200));

	(void)state;
	assert_true(k->proved);
	assert_int_equal(k->id, 1);
	assert_int_equal(k->blocked_ms, 5000);
	assert_int_equal(k->victim_count, 1);
	assert_int_equal(looks_pid(d, k->victims[0]), 100);
	assert_int_equal(k->pipe_count, 1);
	assert_int_equal(d->pipes[k->pipes[0]].verdict, VERDICT_DEADLOCK);
	assert_int_equal(diagnosis_deadlock(d, k->pipes[0]), 0);
	assert_int_equal(d->pipes[k->pipes[0]].unseen_readers, FACT_NO);
	assert_true(d->tasks[0].doomed);
	assert_false(d->tasks[0].member);
	assert_true(d->tasks[1].member);
	assert_int_equal(d->tasks[2].deadlock, 0);
	assert_int_equal(d->suspect_count, 3);
	assert_int_equal(d->suspects[0], 100);
	looks_end(&l);
}

static void test_diagnosis__kinds(void **state)
{
	(void)state;
	expect_proved(through_a_shell, KIND_WRITE_WAIT, PIDS(300, 200, 250));
	expect_proved(poll_of_a_pidfd, KIND_WRITE_WAIT, PIDS(300, 200));
	expect_proved(vfork_child, KIND_WRITE_WAIT, PIDS(300, 200));
	expect_proved(scene_cross, KIND_WRITE_WRITE, PIDS(10, 11));
	expect_proved(scene_write_against_poll, KIND_WRITE_WRITE, PIDS(10, 11));
	expect_proved(own_pipe_full, KIND_WRITE_SELF, PIDS(10));
	expect_proved(two_outputs, KIND_READ_WRITE, PIDS(11, 10));
	expect_proved(scene_cat_without_end, KIND_READ_WAIT, PIDS(11, 10));
	expect_proved(scene_mutual_readers, KIND_READ_READ, PIDS(10, 11));
	expect_proved(scene_own_pipe_empty, KIND_READ_SELF, PIDS(10));
	expect_proved(three_sorts, KIND_MIXED, PIDS(12, 10, 11));
	expect_proved(scene_two_threads, KIND_WRITE_WAIT, PIDS(300, 200, 200));
}

/* Each member waits for a later one, or for the first. */
static void test_diagnosis__threads_in_order(void **state)
{
	struct looks l = looks_at(scene_two_threads);
	const struct diagnosis *d = looks_judge(&l);

	(void)state;
	assert_int_equal(d->snapshot->tasks[d->deadlocks[0].members[1]].tid, 201);
	assert_int_equal(d->snapshot->tasks[d->deadlocks[0].members[2]].tid, 200);
	looks_end(&l);
}

/* Two separate ones: the longest blocked first; each has its own victim. */
static struct snapshot *two_deadlocks(void)
{
	struct world *w = world_new();

	for (int32_t i = 1; i <= 2; i++) {
		world_process(w, 1000 * i, 5);
		world_process(w, 1000 * i + 1, 1000 * i);
		world_process(w, 1000 * i + 2, 1000 * i + 1);
		world_end(w, 1000 * i + 1, 3, "r", (uint64_t)i);
		world_end(w, 1000 * i + 2, 2, "w", (uint64_t)i);
	}
	world_link(w);
	for (int32_t i = 1; i <= 2; i++) {
		world_waits(w, 1000 * i, 1000 * i + 1);
		world_waits(w, 1000 * i + 1, 1000 * i + 2)->blocked_ms = 5000 * i;
		world_writes(w, 1000 * i + 2, (uint64_t)i)->blocked_ms = 9000;
	}
	return world_seal(w);
}

static void test_diagnosis__two_deadlocks(void **state)
{
	struct looks l = looks_at(two_deadlocks);
	const struct diagnosis *d = looks_judge(&l);

	(void)state;
	assert_int_equal(d->deadlock_count, 2);
	assert_int_equal(looks_pid(d, d->deadlocks[0].members[0]), 2002);
	assert_int_equal(d->deadlocks[0].blocked_ms, 9000);
	assert_int_equal(d->deadlocks[1].blocked_ms, 5000);
	assert_int_equal(d->deadlocks[1].id, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(d->deadlocks[i].victim_count, 1);
		assert_int_equal(looks_pid(d, d->deadlocks[i].victims[0]), i == 0 ? 2000 : 1000);
	}
	assert_int_equal(d->verdict_counts[VERDICT_DEADLOCK], 2);
	world_edit_task(l.later, 2002, 2002)->blocked_ms = UNKNOWN;
	looks_judge(&l);
	assert_int_equal(looks_pid(l.d, l.d->deadlocks[0].members[0]), 1002);
	assert_int_equal(l.d->deadlocks[1].blocked_ms, UNKNOWN);
	looks_end(&l);
}

/* Fifty shells, each waiting for the next, behind the article: the nearest comes first. */
static struct snapshot *fifty_victims(void)
{
	struct world *w = world_new();

	for (int32_t pid = 100; pid < 150; pid++)
		world_process(w, pid, pid - 1);
	world_process(w, 200, 149);
	world_process(w, 300, 200);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 300, 2, "w", 7);
	world_link(w);
	for (int32_t pid = 100; pid < 150; pid++)
		world_waits(w, pid, pid == 149 ? 200 : pid + 1);
	world_waits(w, 200, 300);
	world_writes(w, 300, 7);
	return world_seal(w);
}

static void test_diagnosis__victims_nearest_first(void **state)
{
	struct looks l = looks_at(fifty_victims);
	const struct diagnosis *d = looks_judge(&l);

	(void)state;
	assert_int_equal(d->deadlock_count, 1);
	assert_int_equal(d->deadlocks[0].member_count, 2);
	assert_int_equal(d->deadlocks[0].victim_count, 50);
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(looks_pid(d, d->deadlocks[0].victims[i]), 149 - (int32_t)i);
	looks_end(&l);
}

static void test_diagnosis__one_look(void **state)
{
	struct snapshot *s = scene_article();
	struct diagnosis *d;

	(void)state;
	assert_int_equal(diagnose(NULL, s, &looks_settings, &d), 0);
	assert_false(d->two_looks);
	assert_int_equal(d->deadlock_count, 1);
	assert_int_equal(d->deadlocks[0].doubt_count, 1);
	assert_int_equal(d->deadlocks[0].doubts[0].kind, DOUBT_ONE_LOOK);
	assert_true(d->look_again);
	diagnosis_free(d);
	snapshot_free(s);
}

/* Descriptors do not stay on their way for long; whether any are may stay unknown for ever. */
static void test_diagnosis__in_flight_for_the_moment(void **state)
{
	static const enum fact facts[] = { FACT_NO, FACT_YES, FACT_UNKNOWN };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct looks l = looks_at(scene_article);

		l.later->descriptors_in_flight = facts[i];
		assert_int_equal(looks_judge(&l)->deadlocks[0].proved, facts[i] == FACT_NO);
		assert_int_equal(l.d->look_again, facts[i] == FACT_YES);
		looks_end(&l);
	}
}

/* What clears a process does not end its being looked at. */
static void test_diagnosis__suspects_stay(void **state)
{
	struct looks l = looks_at(scene_own_pipe_empty);

	(void)state;
	world_edit_process(l.earlier, 10)->signals_caught = UINT64_C(1) << (SIGUSR1 - 1);
	world_edit_process(l.later, 10)->signals_caught = UINT64_C(1) << (SIGUSR1 - 1);
	assert_int_equal(looks_judge(&l)->deadlock_count, 0);
	assert_int_equal(l.d->suspect_count, 1);
	assert_int_equal(l.d->suspects[0], 10);
	assert_false(l.d->look_again);
	assert_false(l.d->tasks[0].doomed);
	looks_end(&l);
}

static void test_diagnosis__empty(void **state)
{
	struct snapshot *s;
	struct diagnosis *d;
	struct world *w = world_new();

	(void)state;
	world_link(w);
	s = world_seal(w);
	assert_int_equal(diagnose(s, s, &looks_settings, &d), 0);
	assert_int_equal(d->deadlock_count + d->stall_count + d->suspect_count, 0);
	diagnosis_free(d);
	snapshot_free(s);
}

static int allocations_left = -1;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	if (allocations_left == 0)
		return NULL;
	if (allocations_left > 0)
		allocations_left--;
	return __real_calloc(count, size);
}

/* Without memory there is an error, and no diagnosis; with enough there is one. */
static void test_diagnosis__no_memory(void **state)
{
	struct snapshot *s = fifty_victims();
	struct diagnosis *d = NULL;
	int tries = 0, r;

	(void)state;
	do {
		allocations_left = tries++;
		r = diagnose(s, s, &looks_settings, &d);
		allocations_left = -1;
		assert_true(r == 0 || (r == -ENOMEM && !d));
	} while (r < 0);
	assert_true(tries > 3);
	assert_int_equal(d->deadlock_count, 1);
	diagnosis_free(d);
	snapshot_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diagnosis__article),
		cmocka_unit_test(test_diagnosis__kinds),
		cmocka_unit_test(test_diagnosis__threads_in_order),
		cmocka_unit_test(test_diagnosis__two_deadlocks),
		cmocka_unit_test(test_diagnosis__victims_nearest_first),
		cmocka_unit_test(test_diagnosis__one_look),
		cmocka_unit_test(test_diagnosis__in_flight_for_the_moment),
		cmocka_unit_test(test_diagnosis__suspects_stay),
		cmocka_unit_test(test_diagnosis__empty),
		cmocka_unit_test(test_diagnosis__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
