#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/diagnosis.h"
#include "expect.h"
#include "scenes.h"
#include "world.h"

/* A FIFO in place of the article's pipe. */
static struct snapshot *named_article(void)
{
	struct world *w = world_new();

	world_process(w, 200, 50);
	world_process(w, 300, 200);
	world_fifo(w, 200, 3, "r", 7, FACT_YES);
	world_fifo(w, 300, 2, "w", 7, FACT_YES);
	world_link(w);
	world_waits(w, 200, 300);
	world_writes(w, 300, 7);
	return world_seal(w);
}

/* cat reads a FIFO of which its waiting parent has the write end; the name is gone. */
static struct snapshot *unlinked_fifo(void)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_process(w, 11, 10);
	world_fifo(w, 10, 4, "w", 1, FACT_NO);
	world_fifo(w, 11, 0, "r", 1, FACT_NO);
	world_link(w);
	world_waits(w, 10, 11);
	world_reads(w, 11, 1);
	return world_seal(w);
}


static void reader_runs(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.kind = WAIT_RUNNING;
}

static void reader_unknown(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.kind = WAIT_UNKNOWN;
}

static void reader_stopped(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.kind = WAIT_STOPPED;
}

static void reader_outside(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.kind = WAIT_OUTSIDE;
}

static void opens_fifo(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.kind = WAIT_FIFO_OPEN;
}

static void timed(struct snapshot *s) { world_edit_task(s, 200, 200)->wait.timed = true; }
static void ready(struct snapshot *s) { world_edit_task(s, 300, 300)->wait.ready = true; }
static void has_room(struct snapshot *s) { world_edit_pipe(s, 7)->full = FACT_NO; }
static void maybe_room(struct snapshot *s) { world_edit_pipe(s, 7)->full = FACT_UNKNOWN; }
static void no_reader(struct snapshot *s)
{
	((struct holder *)s->holders)[0].reads = false;
}

static void stranger(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.child = 100;
}

static void nobody(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.child = 12345;
}

static void child_died(struct snapshot *s)
{
	world_edit_task(s, 300, 300)->wait.kind = WAIT_EXITED;
}

static void unseen_thread(struct snapshot *s)
{
	world_edit_process(s, 200)->thread_count = 2;
}

static void uncounted_threads(struct snapshot *s)
{
	world_edit_process(s, 200)->thread_count = 0;
}

static void ourselves(struct snapshot *s) { world_edit_process(s, 200)->self = true; }

static void unseen_reader(struct snapshot *s) { world_edit_pipe(s, 7)->unseen_readers = FACT_YES; }
static void unseen_writer(struct snapshot *s) { world_edit_pipe(s, 7)->unseen_writers = FACT_YES; }
static void unseen_writer_of_data(struct snapshot *s)
{
	((struct pipe *)&s->pipes[0])->unseen_writers = FACT_YES;
}

static void test_movers__moves_by_itself(void **state)
{
	(void)state;
	CHANGES(scene_article,
		{ "running", reader_runs, NOTHING, false },
		{ "not known", reader_unknown, NOTHING, false },
		{ "stopped", reader_stopped, NOTHING, false },
		{ "outside", reader_outside, NOTHING, false },
		{ "opens a FIFO", opens_fifo, NOTHING, false },
		{ "with a time-out", timed, NOTHING, false },
		{ "ready", ready, NOTHING, false },
		{ "room after all", has_room, NOTHING, false },
		{ "perhaps room", maybe_room, NOTHING, false },
		{ "no visible reader", no_reader, NOTHING, false },
		{ "a reader whom only the kernel knows", unseen_reader, NOTHING, false },
		{ "a writer whom only the kernel knows", unseen_writer, PROVED, false },
		{ "waits for a stranger", stranger, NOTHING, false },
		{ "waits for nobody", nobody, NOTHING, false },
		{ "child is dead", child_died, NOTHING, false },
		{ "a thread that was not seen", unseen_thread, NOTHING, false },
		{ "threads not counted", uncounted_threads, DOUBT_UNSEEN_PROCESS, false },
		{ "we ourselves", ourselves, NOTHING, false });
}

static void has_data(struct snapshot *s) { world_edit_pipe(s, 1)->fill_bytes = 1; }
static void maybe_data(struct snapshot *s)
{
	world_edit_pipe(s, 1)->fill_bytes = UNKNOWN;
}

static void linked(struct snapshot *s) { world_edit_pipe(s, 1)->named = FACT_YES; }
static void maybe_linked(struct snapshot *s)
{
	world_edit_pipe(s, 1)->named = FACT_UNKNOWN;
}

static void unidentified(struct snapshot *s) { s->fds_unidentified = 1; }
static void nothing(struct snapshot *s) { (void)s; }

static void test_movers__data_and_names(void **state)
{
	(void)state;
	CHANGES(scene_cat_without_end,
		{ "data", has_data, NOTHING, false },
		{ "perhaps data", maybe_data, NOTHING, false },
		{ "a writer whom only the kernel knows", unseen_writer_of_data, NOTHING, false },
		{ "unidentified descriptors are no pipes", unidentified, PROVED, false });
	CHANGES(unlinked_fifo,
		{ "without a name", nothing, PROVED, false },
		{ "with a name", linked, NOTHING, false },
		{ "perhaps with a name", maybe_linked, NOTHING, false },
		{ "unidentified descriptors", unidentified, DOUBT_UNSEEN_FD, false });
	CHANGES(named_article, { "a writer waits for who reads", nothing, PROVED, false });
}

static struct target *only_target(struct snapshot *s) { return (struct target *)s->targets; }
static void target_ready(struct snapshot *s) { only_target(s)->ready = true; }
static void target_outside(struct snapshot *s) { only_target(s)->kind = TARGET_OUTSIDE; }
static void target_unknown(struct snapshot *s) { only_target(s)->kind = TARGET_UNKNOWN; }
static void empty_set(struct snapshot *s)
{
	world_edit_task(s, 11, 11)->wait.targets = 0;
}

static void other_room(struct snapshot *s) { world_edit_pipe(s, 1)->full = FACT_NO; }

static void test_movers__poll(void **state)
{
	(void)state;
	CHANGES(scene_write_against_poll,
		{ "ready", target_ready, NOTHING, false },
		{ "something else in the set", target_outside, NOTHING, false },
		{ "set not readable", target_unknown, NOTHING, false },
		{ "empty set", empty_set, NOTHING, false },
		{ "room", other_room, NOTHING, false });
}

/* Of a reader with an epoll and another thread; `other` is what that one does. */
static struct snapshot *epoll_reader(enum wait_kind other)
{
	struct world *w = world_new();

	world_process(w, 200, 50);
	world_process(w, 300, 200);
	world_process(w, 301, 200);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 300, 2, "w", 7);
	world_end(w, 301, 3, "r", 8);
	world_end(w, 300, 3, "w", 8);
	world_link(w);
	world_task(w, 301, 301, WAIT_POLL)->call = "epoll_wait";
	world_polls(w, TARGET_DATA, 8);
	world_task(w, 301, 302, other);
	world_waits(w, 200, 300);
	world_writes(w, 300, 7);
	return world_seal(w);
}

/* Anybody in the process may add to the set. */
static void test_movers__epoll_set_may_grow(void **state)
{
	struct snapshot *s;
	struct diagnosis *d;
	uint32_t poller;

	(void)state;
	for (int busy = 0; busy < 2; busy++) {
		s = epoll_reader(busy ? WAIT_RUNNING : WAIT_THREAD);
		poller = snapshot_find_task(s, 301, 301);
		assert_int_equal(diagnose(NULL, s, &looks_settings, &d), 0);
		assert_int_equal(d->tasks[poller].doomed, !busy);
		diagnosis_free(d);
		snapshot_free(s);
	}
}

/* ---- children ---- */

static void zombie_child(struct snapshot *s)
{
	world_edit_task(s, 21, 21)->wait.kind = WAIT_EXITED;
}

static void child_runs(struct snapshot *s)
{
	world_edit_task(s, 21, 21)->wait.kind = WAIT_RUNNING;
}

static void heir_runs(struct snapshot *s)
{
	world_edit_task(s, 22, 22)->wait.kind = WAIT_RUNNING;
}
static void heir_perhaps_ran(struct snapshot *s)
{
	world_edit_task(s, 22, 22)->voluntary_switches = UNKNOWN;
}

static void init_of_namespace(struct snapshot *s)
{
	world_edit_process(s, 20)->namespace_init = FACT_YES;
}

static void maybe_init(struct snapshot *s)
{
	world_edit_process(s, 20)->namespace_init = FACT_UNKNOWN;
}

static void init_and_heir_runs(struct snapshot *s) { init_of_namespace(s); heir_runs(s); }
static void tracer_unknown(struct snapshot *s)
{
	world_edit_process(s, 21)->tracer = UNKNOWN;
}

static void waits_for_group(struct snapshot *s)
{
	world_edit_task(s, 20, 20)->wait.children = CHILDREN_GROUP;
	world_edit_task(s, 20, 20)->wait.child = 21;
}
static void waits_for_empty_group(struct snapshot *s)
{
	waits_for_group(s);
	world_edit_task(s, 20, 20)->wait.child = 4711;
}
static void group_unknown(struct snapshot *s)
{
	waits_for_group(s);
	world_edit_process(s, 21)->pgid = 0;
}

static void both_groups_unknown(struct snapshot *s)
{
	group_unknown(s);
	world_edit_task(s, 20, 20)->wait.child = 0;
}

static void test_movers__any_child(void **state)
{
	(void)state;
	CHANGES(scene_any_child,
		{ "as it is", nothing, PROVED, false },
		{ "a zombie", zombie_child, NOTHING, false },
		{ "a child runs", child_runs, NOTHING, false },
		{ "an orphan may come", heir_runs, DOUBT_SUBREAPER, false },
		{ "perhaps one may come", heir_perhaps_ran, DOUBT_SUBREAPER, true },
		{ "init, and an orphan will come", init_and_heir_runs, NOTHING, false },
		{ "init, and others may have joined", init_of_namespace, DOUBT_SUBREAPER, false },
		{ "perhaps init", maybe_init, DOUBT_SUBREAPER, false },
		{ "tracer not known", tracer_unknown, DOUBT_TRACERS_UNKNOWN, false },
		{ "a group", waits_for_group, PROVED, false },
		{ "an empty group", waits_for_empty_group, NOTHING, false },
		{ "group of the child not known", group_unknown, NOTHING, false },
		{ "no group known", both_groups_unknown, NOTHING, false });
}

/* Process 1 gets every orphan, and there is always somebody who may leave one: we. */
static struct snapshot *first_process(void)
{
	struct world *w = world_new();

	world_process(w, 1, 0);
	world_process(w, 21, 1);
	world_end(w, 1, 3, "r", 7);
	world_end(w, 21, 1, "w", 7);
	world_link(w);
	world_waits_any(w, 1);
	world_writes(w, 21, 7);
	return world_seal(w);
}

static void waits_for_one(struct snapshot *s)
{
	world_edit_task(s, 1, 1)->wait.children = CHILDREN_ONE;
	world_edit_task(s, 1, 1)->wait.child = 21;
}

static void test_movers__process_1(void **state)
{
	(void)state;
	CHANGES(first_process,
		{ "any child", nothing, NOTHING, false },
		{ "this child", waits_for_one, PROVED, false });
}

/* The shell's pipe is read by nobody else, and the one who runs (40) is traced by the shell. */
static struct snapshot *tracer(void)
{
	struct world *w = world_new();

	world_process(w, 20, 5);
	world_process(w, 21, 20);
	world_process(w, 40, 5);
	world_end(w, 20, 3, "r", 7);
	world_end(w, 21, 1, "w", 7);
	world_link(w);
	world_waits_any(w, 20);
	world_writes(w, 21, 7);
	world_task(w, 40, 40, WAIT_RUNNING);
	return world_seal(w);
}

static void traced(struct snapshot *s) { world_edit_process(s, 40)->tracer = 20; }

static void traced_by_somebody(struct snapshot *s)
{
	world_edit_process(s, 40)->tracer = 23;
}

static void tracer_unknown_of_a_stranger(struct snapshot *s)
{
	world_edit_process(s, 40)->tracer = UNKNOWN;
}

static void not_looked_at(struct snapshot *s)
{
	traced(s);
	world_edit_process(s, 40)->examined = false;
}

static void test_movers__tracees(void **state)
{
	(void)state;
	CHANGES(tracer,
		{ "a stranger", nothing, PROVED, false },
		{ "a tracee", traced, NOTHING, false },
		{ "somebody else's tracee", traced_by_somebody, PROVED, false },
		{ "nobody knows whose", tracer_unknown_of_a_stranger, DOUBT_TRACERS_UNKNOWN,
		  false },
		{ "not looked at", not_looked_at, NOTHING, false });
}

/* A child joins a group before it exits. */
static void test_movers__group_may_be_joined(void **state)
{
	struct snapshot *s = tracer();
	struct diagnosis *d;

	(void)state;
	world_edit_process(s, 40)->ppid = 20;
	world_edit_task(s, 20, 20)->wait.children = CHILDREN_GROUP;
	world_edit_task(s, 20, 20)->wait.child = 21;
	assert_int_equal(diagnose(NULL, s, &looks_settings, &d), 0);
	assert_int_equal(d->deadlock_count, 0);
	diagnosis_free(d);
	snapshot_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_movers__moves_by_itself),
		cmocka_unit_test(test_movers__data_and_names),
		cmocka_unit_test(test_movers__poll),
		cmocka_unit_test(test_movers__epoll_set_may_grow),
		cmocka_unit_test(test_movers__any_child),
		cmocka_unit_test(test_movers__process_1),
		cmocka_unit_test(test_movers__tracees),
		cmocka_unit_test(test_movers__group_may_be_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
