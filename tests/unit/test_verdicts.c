#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/diagnosis.h"
#include "expect.h"
#include "world.h"

static void nothing(struct snapshot *s) { (void)s; }

/* 10 | 11: 11 does something else than to read. */
static struct snapshot *pipeline(enum wait_kind writer, enum wait_kind reader)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_process(w, 11, 5);
	world_end(w, 10, 1, "w", 7);
	world_end(w, 11, 0, "r", 7);
	world_link(w);
	world_task(w, 10, 10, writer)->wait.pipe = writer == WAIT_PIPE_SPACE ? 0 : NONE;
	world_task(w, 11, 11, reader)->wait.pipe = reader == WAIT_PIPE_DATA ? 0 : NONE;
	world_pipe_at(w, 7)->full = writer == WAIT_PIPE_SPACE ? FACT_YES : FACT_NO;
	return world_seal(w);
}

static struct snapshot *full_pipeline(void) { return pipeline(WAIT_PIPE_SPACE, WAIT_OUTSIDE); }
static struct snapshot *empty_pipeline(void) { return pipeline(WAIT_OUTSIDE, WAIT_PIPE_DATA); }
static struct snapshot *idle_pipeline(void) { return pipeline(WAIT_OUTSIDE, WAIT_OUTSIDE); }

static void blocked_briefly(struct snapshot *s)
{
	world_edit_task(s, 10, 10)->blocked_ms = 999;
}

static void blocked_unknown(struct snapshot *s)
{
	world_edit_task(s, 10, 10)->blocked_ms = UNKNOWN;
}

static void read_a_bit(struct snapshot *s) { world_edit_pipe(s, 7)->fill_bytes = 4096; }
static void no_fill(struct snapshot *s) { world_edit_pipe(s, 7)->fill_bytes = UNKNOWN; }
static void maybe_room(struct snapshot *s) { world_edit_pipe(s, 7)->full = FACT_UNKNOWN; }
static void grown(struct snapshot *s) { world_edit_pipe(s, 7)->capacity_bytes *= 2; }
static void hung_up(struct snapshot *s) { world_edit_pipe(s, 7)->no_writers = FACT_YES; }
static void no_readers(struct snapshot *s)
{
	world_edit_pipe(s, 7)->no_readers = FACT_YES;
}


static void expect_verdict(struct snapshot *(*scene)(void), void (*change)(struct snapshot *),
                           bool once, enum verdict verdict)
{
	struct looks l = looks_at(scene);

	if (!once)
		change(l.earlier);
	change(l.later);
	assert_string_equal(verdict_name(looks_judge(&l)->pipes[0].verdict), verdict_name(verdict));
	assert_int_equal(l.d->verdict_counts[verdict], 1);
	assert_int_equal(l.d->stall_count, verdict == VERDICT_STALLED);
	looks_end(&l);
}

static void test_verdicts__verdicts(void **state)
{
	(void)state;
	expect_verdict(full_pipeline, nothing, false, VERDICT_STALLED);
	expect_verdict(full_pipeline, blocked_briefly, false, VERDICT_BACKPRESSURE);
	expect_verdict(full_pipeline, blocked_unknown, false, VERDICT_BACKPRESSURE);
	expect_verdict(full_pipeline, read_a_bit, true, VERDICT_BACKPRESSURE);
	expect_verdict(full_pipeline, no_fill, false, VERDICT_BACKPRESSURE);
	expect_verdict(full_pipeline, maybe_room, false, VERDICT_UNKNOWN);
	expect_verdict(empty_pipeline, nothing, false, VERDICT_STARVED);
	expect_verdict(empty_pipeline, hung_up, false, VERDICT_HALF_OPEN);
	expect_verdict(idle_pipeline, no_readers, false, VERDICT_HALF_OPEN);
	expect_verdict(idle_pipeline, read_a_bit, true, VERDICT_MOVING);
	expect_verdict(idle_pipeline, grown, true, VERDICT_MOVING);
	expect_verdict(idle_pipeline, nothing, false, VERDICT_IDLE);
	expect_verdict(idle_pipeline, no_fill, false, VERDICT_UNKNOWN);
}

/* Of a reader's threads the one that runs says best what it does. */
static void test_verdicts__stall_names_the_reader(void **state)
{
	struct world *w = world_new();
	struct snapshot *s;
	struct diagnosis *d;

	(void)state;
	world_process(w, 10, 5);
	world_process(w, 11, 5);
	world_end(w, 10, 1, "w", 7);
	world_end(w, 11, 0, "r", 7);
	world_link(w);
	world_writes(w, 10, 7)->blocked_ms = 42000;
	world_task(w, 11, 11, WAIT_THREAD);
	world_task(w, 11, 12, WAIT_RUNNING);
	s = world_seal(w);
	assert_int_equal(diagnose(NULL, s, &looks_settings, &d), 0);
	assert_int_equal(d->stall_count, 1);
	assert_int_equal(d->stalls[0].blocked_ms, 42000);
	assert_int_equal(s->tasks[d->stalls[0].writer].tid, 10);
	assert_int_equal(s->tasks[d->stalls[0].reader].tid, 12);
	assert_int_equal(diagnosis_stall(d, 0), 0);
	diagnosis_free(d);
	snapshot_free(s);
}

/* A full pipe before a victim is stalled; the deadlock is elsewhere. */
static void test_verdicts__pipe_before_a_victim(void **state)
{
	struct world *w = world_new();
	struct snapshot *s;
	struct diagnosis *d;

	(void)state;
	world_process(w, 10, 5);
	world_process(w, 100, 50);
	world_process(w, 200, 100);
	world_end(w, 10, 1, "w", 1);
	world_end(w, 100, 0, "r", 1);
	world_end(w, 200, 3, "rw", 7);
	world_link(w);
	world_writes(w, 10, 1);
	world_waits(w, 100, 200);
	world_writes(w, 200, 7);
	s = world_seal(w);
	assert_int_equal(diagnose(NULL, s, &looks_settings, &d), 0);
	assert_int_equal(d->pipes[0].verdict, VERDICT_STALLED);
	assert_int_equal(d->stalls[0].reader, 1);
	assert_int_equal(d->pipes[1].verdict, VERDICT_DEADLOCK);
	assert_int_equal(d->deadlocks[0].victim_count, 2);
	diagnosis_free(d);
	snapshot_free(s);
}

static void test_verdicts__unseen_ends(void **state)
{
	struct snapshot *s = idle_pipeline();
	struct diagnosis *d;

	(void)state;
	((struct holder *)s->holders)[1].reads = false;
	world_edit_pipe(s, 7)->no_readers = FACT_NO;
	assert_int_equal(diagnose(NULL, s, &looks_settings, &d), 0);
	assert_int_equal(d->pipes[0].unseen_readers, FACT_YES);
	assert_int_equal(d->pipes[0].unseen_writers, FACT_NO);
	diagnosis_free(d);
	world_edit_pipe(s, 7)->no_readers = FACT_YES;
	s->view_limits = LIMIT_HIDEPID;
	assert_int_equal(diagnose(NULL, s, &looks_settings, &d), 0);
	assert_int_equal(d->pipes[0].unseen_readers, FACT_NO);
	assert_int_equal(d->pipes[0].unseen_writers, FACT_UNKNOWN);
	diagnosis_free(d);
	world_edit_pipe(s, 7)->no_readers = FACT_UNKNOWN;
	assert_int_equal(diagnose(NULL, s, &looks_settings, &d), 0);
	assert_int_equal(d->pipes[0].unseen_readers, FACT_UNKNOWN);
	diagnosis_free(d);
	snapshot_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts__verdicts),
		cmocka_unit_test(test_verdicts__stall_names_the_reader),
		cmocka_unit_test(test_verdicts__pipe_before_a_victim),
		cmocka_unit_test(test_verdicts__unseen_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
