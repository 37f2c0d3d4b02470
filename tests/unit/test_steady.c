#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/diagnosis.h"
#include "expect.h"
#include "scenes.h"
#include "world.h"

static void ran(struct snapshot *s)
{
	world_edit_task(s, 300, 300)->voluntary_switches++;
}

static void ran_unseen(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->voluntary_switches = UNKNOWN;
}

static void other_argument(struct snapshot *s)
{
	world_edit_task(s, 300, 300)->args[2] = 99;
}

static void other_stack(struct snapshot *s)
{
	world_edit_task(s, 300, 300)->sp = 0x7fff0000;
}

static void stack_unknown(struct snapshot *s)
{
	world_edit_task(s, 300, 300)->sp = 0;
}

static void start_unknown(struct snapshot *s)
{
	world_edit_task(s, 300, 300)->start_ticks = 0;
}

static void other_start(struct snapshot *s)
{
	world_edit_task(s, 300, 300)->start_ticks++;
}

static void no_syscall(struct snapshot *s)
{
	world_edit_task(s, 300, 300)->syscall = UNKNOWN;
}

static void less_fill(struct snapshot *s) { world_edit_pipe(s, 7)->fill_bytes = 61440; }
static void no_fill(struct snapshot *s) { world_edit_pipe(s, 7)->fill_bytes = UNKNOWN; }
static void grown(struct snapshot *s) { world_edit_pipe(s, 7)->capacity_bytes *= 2; }
static void successor(struct snapshot *s) { world_edit_process(s, 200)->start_ticks++; }

static void test_steady__between_the_looks(void **state)
{
	(void)state;
	CHANGES(scene_article,
		{ "ran", ran, NOTHING, true },
		{ "ran in both", ran, PROVED, false },
		{ "switches unknown", ran_unseen, DOUBT_SWITCHES_UNKNOWN, true },
		{ "other argument", other_argument, NOTHING, true },
		{ "other stack", other_stack, NOTHING, true },
		{ "other thread of that number", other_start, NOTHING, true },
		{ "stack not known", stack_unknown, DOUBT_SWITCHES_UNKNOWN, false },
		{ "start not known", start_unknown, DOUBT_SWITCHES_UNKNOWN, false },
		{ "start not known in one", start_unknown, DOUBT_SWITCHES_UNKNOWN, true },
		{ "no syscall", no_syscall, DOUBT_SWITCHES_UNKNOWN, false },
		{ "other fill", less_fill, DOUBT_UNSTEADY_PIPE, true },
		{ "fill unknown", no_fill, DOUBT_UNSTEADY_PIPE, false },
		{ "other capacity", grown, DOUBT_UNSTEADY_PIPE, true },
		{ "other holder of that number", successor, DOUBT_UNSTEADY_PIPE, true });
}

static void test_steady__new_thread_is_no_member_yet(void **state)
{
	struct looks l = { .earlier = scene_article(), .later = scene_two_threads() };

	(void)state;
	assert_int_equal(looks_judge(&l)->deadlock_count, 0);
	snapshot_free(l.earlier);
	l.earlier = scene_two_threads();
	assert_int_equal(looks_judge(&l)->deadlock_count, 1);
	looks_end(&l);
}

/* 10 writes bytes to 11, who reads them elsewhere; between 11 and 12 nothing is. */
static struct snapshot *bytes_and_none(void)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_process(w, 11, 5);
	world_process(w, 12, 5);
	world_end(w, 10, 1, "w", 7);
	world_end(w, 11, 0, "r", 7);
	world_end(w, 11, 1, "w", 8);
	world_end(w, 12, 0, "r", 8);
	world_link(w);
	world_pipe_at(w, 7)->fill_bytes = 100;
	world_pipe_at(w, 8)->fill_bytes = 0;
	for (int32_t pid = 10; pid <= 12; pid++)
		world_sleeps(w, pid);
	return world_seal(w);
}

/* Of those who hold bytes alone, so it knows one end of the other pipe; it was empty then. */
static struct snapshot *bytes_alone(void)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_process(w, 11, 5);
	world_end(w, 10, 1, "w", 7);
	world_end(w, 11, 0, "r", 7);
	world_end(w, 11, 1, "w", 8);
	world_link(w);
	world_pipe_at(w, 7)->fill_bytes = 100;
	world_head(w)->view_limits = LIMIT_NARROW;
	return world_seal(w);
}

static void read_some(struct snapshot *s) { world_edit_pipe(s, 7)->fill_bytes = 60; }
static void read_all(struct snapshot *s) { world_edit_pipe(s, 7)->fill_bytes = 0; }
static void other_reader(struct snapshot *s) { world_edit_process(s, 11)->start_ticks++; }

static void expect_narrow(void (*change)(struct snapshot *), enum verdict verdict)
{
	struct looks l = { .earlier = bytes_alone(), .later = bytes_and_none() };
	const struct diagnosis *d;

	if (change)
		change(l.earlier);
	d = looks_judge(&l);
	assert_string_equal(verdict_name(d->pipes[0].verdict), verdict_name(verdict));
	assert_string_equal(verdict_name(d->pipes[1].verdict), verdict_name(VERDICT_IDLE));
	looks_end(&l);
}

static void test_steady__a_narrow_look_is_about_bytes(void **state)
{
	(void)state;
	expect_narrow(NULL, VERDICT_IDLE);
	expect_narrow(read_some, VERDICT_MOVING);
	expect_narrow(read_all, VERDICT_MOVING);
	expect_narrow(other_reader, VERDICT_MOVING);
}

/* Nobody is in it: nobody is stuck. */
static void test_steady__a_narrow_look_accuses_nobody(void **state)
{
	struct looks l = { .earlier = bytes_alone(), .later = scene_article() };

	(void)state;
	assert_int_equal(looks_judge(&l)->deadlock_count, 0);
	assert_int_equal(l.d->suspect_count, 0);
	looks_end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steady__between_the_looks),
		cmocka_unit_test(test_steady__new_thread_is_no_member_yet),
		cmocka_unit_test(test_steady__a_narrow_look_is_about_bytes),
		cmocka_unit_test(test_steady__a_narrow_look_accuses_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
