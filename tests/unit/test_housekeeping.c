#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/diagnosis.h"
#include "expect.h"
#include "world.h"

/* A JVM that waits for its child, with threads that only keep house. */
static struct snapshot *java(void)
{
	struct world *w = world_new();
	struct task *t;

	world_process(w, 200, 50);
	world_process(w, 300, 200);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 300, 2, "w", 7);
	world_link(w);
	world_waits(w, 200, 300);
	world_task(w, 200, 201, WAIT_THREAD)->comm = "VM Thread";
	t = world_task(w, 200, 202, WAIT_OUTSIDE);
	t->comm = "VM Periodic Tas";
	t->wait.what = "futex";
	t->wait.timed = true;
	world_writes(w, 300, 7);
	return world_seal(w);
}

static void nothing(struct snapshot *s) { (void)s; }

static void not_java(struct snapshot *s)
{
	world_edit_task(s, 200, 201)->comm = "worker";
	world_edit_task(s, 200, 202)->comm = "Finalizer";
}

static void ticks(struct snapshot *s)
{
	world_edit_task(s, 200, 202)->wait.kind = WAIT_RUNNING;
}

static void worker(struct snapshot *s)
{
	world_edit_task(s, 200, 202)->comm = "pool-1-thread-1";
}

static void untimed(struct snapshot *s)
{
	world_edit_task(s, 200, 202)->wait.kind = WAIT_THREAD;
	world_edit_task(s, 200, 202)->wait.timed = false;
}

static void collects(struct snapshot *s)
{
	world_edit_task(s, 200, 202)->comm = "GC Thread#1";
	world_edit_task(s, 200, 202)->wait.kind = WAIT_RUNNING;
}

static void test_housekeeping__rules(void **state)
{
	(void)state;
	CHANGES(java,
		{ "left out", nothing, DOUBT_HOUSEKEEPING, false },
		{ "no runtime", not_java, NOTHING, false },
		{ "the one that ticks", ticks, DOUBT_HOUSEKEEPING, false },
		{ "a housekeeper at work", collects, NOTHING, false },
		{ "another thread sleeps", worker, NOTHING, false },
		{ "nobody would have moved", untimed, PROVED, false });
}

/* Its work will be over soon: still a suspect, and worth another look. */
static void test_housekeeping__at_work(void **state)
{
	struct looks l = looks_at(java);

	(void)state;
	collects(l.later);
	assert_int_equal(looks_judge(&l)->deadlock_count, 0);
	assert_int_equal(l.d->suspect_count, 2);
	assert_true(l.d->look_again);
	world_edit_task(l.later, 200, 202)->comm = NULL;
	assert_int_equal(looks_judge(&l)->suspect_count, 2);
	assert_true(l.d->look_again);
	world_edit_task(l.later, 200, 202)->comm = "worker";
	assert_int_equal(looks_judge(&l)->suspect_count, 0);
	assert_false(l.d->look_again);
	looks_end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_housekeeping__rules),
		cmocka_unit_test(test_housekeeping__at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
