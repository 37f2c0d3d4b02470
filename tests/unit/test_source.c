/*
 * How many looks a diagnosis takes, and at whom: source.c with a collect() that plays a list of
 * snapshots and writes down what it was asked.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "world.h"

enum { LOOKS = 24 };

struct collector {
	/* Makes the snapshot of that look, in which nobody is examined who was not asked for. */
	struct snapshot *(*play)(unsigned look);
	unsigned looks;
	char asked[LOOKS][128];  /* the suspects of each look, as "10 11 ", or "again" */
};

int collect(struct collector *c, const struct collect_request *request, struct snapshot **ret_snapshot)
{
	struct snapshot *s = c->play(c->looks);
	char *asked = c->asked[c->looks++];

	assert_true(c->looks < LOOKS);
	if (request->again) {
		strcpy(asked, "again");
		s->view_limits |= LIMIT_NARROW;
	}
	for (uint32_t i = 0; i < s->process_count; i++)
		world_edit_process(s, s->processes[i].pid)->examined = false;
	for (uint32_t i = 0; i < request->suspect_count; i++) {
		if (snapshot_find_process(s, request->suspects[i]) != NONE)
			world_edit_process(s, request->suspects[i])->examined = true;
		sprintf(asked + strlen(asked), "%d ", request->suspects[i]);
	}
	for (uint32_t i = 0; i < s->task_count; i++) {
		const struct process *process = &s->processes[s->tasks[i].process];

		if (!process->examined)
			world_edit_task(s, process->pid, s->tasks[i].tid)->voluntary_switches = UNKNOWN;
	}
	*ret_snapshot = s;
	return 0;
}

static const struct source_settings at_once = { .diagnosis = { .stall_ms = 1000, .depth = 1 } };

static struct examination scan(struct collector *c)
{
	char error[SOURCE_ERROR_SIZE];
	struct examination e;

	assert_int_equal(source_scan(c, &at_once, &e, error), 0);
	return e;
}

/* ---- what is played ---- */

/* `script` waits for `log`, which writes to it: stuck. */
static void add_pair(struct world *w, int32_t script, int32_t log, uint64_t ino)
{
	world_process(w, script, 1);
	world_process(w, log, script);
	world_end(w, script, 3, "r", ino);
	world_end(w, log, 2, "w", ino);
}

static struct snapshot *empty_pipe(unsigned look)
{
	struct world *w = world_new();

	(void)look;
	add_pair(w, 10, 11, 1);
	world_link(w);
	world_pipe_at(w, 1)->fill_bytes = 0;
	world_sleeps(w, 10);
	world_sleeps(w, 11);
	return world_seal(w);
}

static struct snapshot *filling_pipe(unsigned look)
{
	struct snapshot *s = empty_pipe(look);

	world_edit_pipe(s, 1)->fill_bytes = 100 + (int32_t)look;
	return s;
}

static struct snapshot *cut_short(unsigned look)
{
	struct snapshot *s = filling_pipe(look);

	s->view_limits = look ? LIMIT_TIMEOUT : LIMIT_MAX_FDS;
	return s;
}

/* In the first look somebody else could read, as who looks at the pipe for a moment can. */
static struct snapshot *somebody_passes(unsigned look)
{
	struct world *w = world_new();

	add_pair(w, 10, 11, 1);
	if (look < 1) {
		world_process(w, 12, 1);
		world_end(w, 12, 5, "r", 1);
	}
	world_link(w);
	world_waits(w, 10, 11);
	world_writes(w, 11, 1);
	if (look < 1)
		world_sleeps(w, 12);
	return world_seal(w);
}

static struct snapshot *full_pipe(unsigned look)
{
	struct snapshot *s = filling_pipe(look);

	world_edit_pipe(s, 1)->full = FACT_YES;
	return s;
}

static struct snapshot *one_deadlock(unsigned look)
{
	struct world *w = world_new();

	(void)look;
	add_pair(w, 10, 11, 1);
	world_link(w);
	world_waits(w, 10, 11);
	world_writes(w, 11, 1);
	return world_seal(w);
}

/* From the second look on there is another one, of lower pids. */
static struct snapshot *another_deadlock_comes(unsigned look)
{
	struct world *w = world_new();

	add_pair(w, 10, 11, 1);
	add_pair(w, 5, 6, 2);
	world_link(w);
	world_waits(w, 10, 11);
	world_writes(w, 11, 1);
	if (look < 1) {
		world_sleeps(w, 5);
		world_sleeps(w, 6);
	} else {
		world_waits(w, 5, 6);
		world_writes(w, 6, 2);
	}
	return world_seal(w);
}

/* Each look shows another deadlock beside the one of the look before, and none that is older. */
static struct snapshot *always_others(unsigned look)
{
	struct world *w = world_new();
	int32_t old = 10 + 2 * (int32_t)look, new = old + 2;

	add_pair(w, old, old + 1, 1);
	add_pair(w, new, new + 1, 2);
	world_link(w);
	world_waits(w, old, old + 1);
	world_writes(w, old + 1, 1);
	world_waits(w, new, new + 1);
	world_writes(w, new + 1, 2);
	return world_seal(w);
}

/* Processes come and go faster than they are read. */
static struct snapshot *crowd(unsigned look)
{
	struct snapshot *s = one_deadlock(look);

	s->settled = false;
	return s;
}

/* ---- cases ---- */

static void test_source__one_look_where_nothing_is_to_be_told(void **state)
{
	struct collector c = { .play = empty_pipe };
	struct examination e = scan(&c);

	(void)state;
	assert_int_equal(c.looks, 1);
	assert_null(e.earlier);
	assert_false(e.diagnosis->two_looks);
	examination_free(&e);
}

static void test_source__a_narrow_look_tells_what_moves(void **state)
{
	struct collector c = { .play = filling_pipe };
	struct examination e = scan(&c);

	(void)state;
	assert_int_equal(c.looks, 2);
	assert_string_equal(c.asked[1], "again");
	assert_int_equal(e.earlier->pipes[0].fill_bytes, 101);
	assert_int_equal(e.later->pipes[0].fill_bytes, 100);
	assert_int_equal(e.diagnosis->pipes[0].verdict, VERDICT_MOVING);
	examination_free(&e);
}

/* What is to be told is of the second look. */
static void expect_survey(struct snapshot *(*play)(unsigned))
{
	struct collector c = { .play = play };
	struct examination e = scan(&c);

	assert_int_equal(c.looks, 2);
	assert_string_equal(c.asked[1], "");
	assert_false(e.earlier->view_limits & LIMIT_NARROW);
	examination_free(&e);
}

static void test_source__a_second_survey_where_one_was_cut_short(void **state)
{
	(void)state;
	expect_survey(cut_short);
}

static void test_source__a_second_survey_where_a_pipe_is_full(void **state)
{
	struct collector c = { .play = somebody_passes };
	struct examination e = scan(&c);

	(void)state;
	assert_string_equal(c.asked[1], "");
	assert_string_equal(c.asked[2], "10 11 ");
	assert_int_equal(e.diagnosis->deadlock_count, 1);
	assert_true(e.diagnosis->deadlocks[0].proved);
	examination_free(&e);
	expect_survey(full_pipe);
}

static void test_source__two_close_looks_prove(void **state)
{
	struct collector c = { .play = one_deadlock };
	struct examination e = scan(&c);

	(void)state;
	assert_int_equal(c.looks, 3);
	assert_string_equal(c.asked[0], "");
	assert_string_equal(c.asked[1], "10 11 ");
	assert_string_equal(c.asked[2], "10 11 ");
	assert_int_equal(e.diagnosis->deadlock_count, 1);
	assert_true(e.diagnosis->deadlocks[0].proved);
	assert_ptr_equal(e.diagnosis->snapshot, e.later);
	examination_free(&e);
}

static void test_source__new_suspects_join_the_old_ones(void **state)
{
	struct collector c = { .play = another_deadlock_comes };
	struct examination e = scan(&c);

	(void)state;
	assert_string_equal(c.asked[1], "10 11 ");
	assert_string_equal(c.asked[3], "5 6 10 11 ");
	assert_int_equal(c.looks, 5);
	assert_int_equal(e.diagnosis->deadlock_count, 2);
	assert_true(e.diagnosis->deadlocks[0].proved && e.diagnosis->deadlocks[1].proved);
	examination_free(&e);
}

static void test_source__a_doubt_that_stays_ends_after_five_close_looks(void **state)
{
	struct collector c = { .play = crowd };
	struct examination e = scan(&c);

	(void)state;
	assert_int_equal(c.looks, 1 + 5);
	assert_int_equal(e.diagnosis->deadlock_count, 1);
	assert_false(e.diagnosis->deadlocks[0].proved);
	examination_free(&e);
}

static void test_source__suspects_that_always_change_end_after_as_many(void **state)
{
	struct collector c = { .play = always_others };
	struct examination e = scan(&c);

	(void)state;
	assert_int_equal(c.looks, 1 + 5);
	examination_free(&e);
}

static void test_source__a_process_that_is_not_there(void **state)
{
	const int32_t pids[] = { 10, 12 };
	struct source_settings settings = at_once;
	struct collector c = { .play = one_deadlock };
	struct examination e;
	char error[SOURCE_ERROR_SIZE];

	(void)state;
	settings.diagnosis.pids = pids;
	settings.diagnosis.pid_count = 2;
	assert_int_equal(source_scan(&c, &settings, &e, error), -ESRCH);
	assert_string_equal(error, "no such process: 12");
	assert_int_equal(c.looks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source__one_look_where_nothing_is_to_be_told),
		cmocka_unit_test(test_source__a_narrow_look_tells_what_moves),
		cmocka_unit_test(test_source__a_second_survey_where_one_was_cut_short),
		cmocka_unit_test(test_source__a_second_survey_where_a_pipe_is_full),
		cmocka_unit_test(test_source__two_close_looks_prove),
		cmocka_unit_test(test_source__new_suspects_join_the_old_ones),
		cmocka_unit_test(test_source__a_doubt_that_stays_ends_after_five_close_looks),
		cmocka_unit_test(test_source__suspects_that_always_change_end_after_as_many),
		cmocka_unit_test(test_source__a_process_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
