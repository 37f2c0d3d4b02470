#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/diagnosis.h"
#include "expect.h"
#include "scenes.h"
#include "world.h"

/* The article below an old ancestor (60), beside a stranger (70); both are of no account. */
static struct snapshot *neighbours(void)
{
	struct world *w = world_new();

	world_process(w, 60, 50);
	world_process(w, 70, 50);
	world_process(w, 100, 60);
	world_process(w, 200, 100);
	world_process(w, 300, 200);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 300, 2, "w", 7);
	world_link(w);
	world_sleeps(w, 60);
	world_sleeps(w, 70);
	world_waits(w, 100, 200);
	world_waits(w, 200, 300);
	world_writes(w, 300, 7);
	return world_seal(w);
}


static void unreadable(struct snapshot *s, int32_t pid)
{
	world_edit_process(s, pid)->access = ACCESS_DENIED;
}

static void old_stranger(struct snapshot *s) { unreadable(s, 70); }
static void young_stranger(struct snapshot *s)
{
	unreadable(s, 70);
	world_edit_process(s, 70)->start_ticks = 999;
}

static void ageless_stranger(struct snapshot *s)
{
	unreadable(s, 70);
	world_edit_process(s, 70)->start_ticks = 0;
}

static void distant_ancestor(struct snapshot *s) { unreadable(s, 60); }
static void parent(struct snapshot *s) { unreadable(s, 100); }
static void dead_stranger(struct snapshot *s)
{
	young_stranger(s);
	world_edit_task(s, 70, 70)->wait.kind = WAIT_EXITED;
}
static void kernel_thread(struct snapshot *s)
{
	young_stranger(s);
	world_edit_process(s, 70)->kernel_thread = true;
}


static void test_doubts__unseen_holders(void **state)
{
	(void)state;
	CHANGES(neighbours,
		{ "an older stranger", old_stranger, PROVED, false },
		{ "a younger stranger", young_stranger, DOUBT_UNSEEN_PROCESS, false },
		{ "a stranger of unknown age", ageless_stranger, DOUBT_UNSEEN_PROCESS, false },
		{ "an ancestor, a readable one between", distant_ancestor, PROVED, false },
		{ "the parent of the holders", parent, DOUBT_UNSEEN_PROCESS, false },
		{ "a zombie", dead_stranger, PROVED, false },
		{ "a kernel thread", kernel_thread, PROVED, false });
}

/* Two siblings write to each other; the shell (100) that made their pipes has closed them. */
static struct snapshot *siblings(void)
{
	struct world *w = world_new();

	world_process(w, 60, 50);
	world_process(w, 100, 60);
	world_process(w, 200, 100);
	world_process(w, 300, 100);
	world_end(w, 200, 3, "r", 1);
	world_end(w, 200, 4, "w", 2);
	world_end(w, 300, 3, "r", 2);
	world_end(w, 300, 4, "w", 1);
	world_link(w);
	world_sleeps(w, 60);
	world_sleeps(w, 100);
	world_writes(w, 200, 2);
	world_writes(w, 300, 1);
	return world_seal(w);
}

static void as_old_as_the_shell(struct snapshot *s)
{
	distant_ancestor(s);
	world_edit_process(s, 60)->start_ticks = 100;
}

static void test_doubts__unseen_ancestors(void **state)
{
	(void)state;
	CHANGES(siblings,
		{ "above one who lacks the pipe", distant_ancestor, PROVED, false },
		{ "of the same age", as_old_as_the_shell, DOUBT_UNSEEN_PROCESS, false },
		{ "the common ancestor", parent, DOUBT_UNSEEN_PROCESS, false });
}

static void inferred(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.inferred = true;
}

static void odd(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.odd_wchan = "new_wait";
}

static void stopped_job(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.stopped = true;
}

static void in_namespace(struct snapshot *s) { s->view_limits |= LIMIT_PID_NAMESPACE; }
static void hidden(struct snapshot *s) { s->view_limits |= LIMIT_HIDEPID; }
static void cut_short(struct snapshot *s) { s->view_limits |= LIMIT_MAX_FDS; }
static void in_flight(struct snapshot *s) { s->descriptors_in_flight = FACT_YES; }
static void maybe_in_flight(struct snapshot *s)
{
	s->descriptors_in_flight = FACT_UNKNOWN;
}

static void referred_to(struct snapshot *s) { world_edit_pipe(s, 7)->extra_references = FACT_YES; }
static void crowd(struct snapshot *s) { s->settled = false; }
static void uring(struct snapshot *s) { world_edit_process(s, 200)->has_uring = true; }
static void others_uring(struct snapshot *s)
{
	world_edit_process(s, 100)->has_uring = true;
	world_edit_process(s, 100)->uring_files = FACT_NO;
}

static void others_uring_files(struct snapshot *s)
{
	world_edit_process(s, 100)->has_uring = true;
	world_edit_process(s, 100)->uring_files = FACT_YES;
}

static void others_uring_unread(struct snapshot *s)
{
	world_edit_process(s, 100)->has_uring = true;
}

static void traced_by(struct snapshot *s, int32_t tracer)
{
	world_edit_process(s, 200)->tracer = tracer;
}

static void traced_by_stranger(struct snapshot *s) { traced_by(s, 4711); }
static void traced_by_victim(struct snapshot *s) { traced_by(s, 100); }
static void traced_by_member(struct snapshot *s) { traced_by(s, 300); }

static void unexamined(struct snapshot *s)
{
	world_edit_process(s, 200)->examined = false;
}

static void victim_unexamined(struct snapshot *s)
{
	world_edit_process(s, 100)->examined = false;
}


static void test_doubts__doubts(void **state)
{
	(void)state;
	CHANGES(scene_article,
		{ "inferred", inferred, DOUBT_INFERRED, false },
		{ "odd wchan", odd, DOUBT_ODD_WCHAN, false },
		{ "stopped job", stopped_job, DOUBT_STOPPED_JOB, false },
		{ "PID namespace", in_namespace, DOUBT_PID_NAMESPACE, false },
		{ "hidepid", hidden, DOUBT_PID_NAMESPACE, false },
		{ "--max-fds", cut_short, DOUBT_UNSEEN_FD, false },
		{ "in flight", in_flight, DOUBT_IN_FLIGHT, false },
		{ "perhaps in flight", maybe_in_flight, DOUBT_IN_FLIGHT, false },
		{ "more references", referred_to, DOUBT_REFERENCES, false },
		{ "crowd", crowd, DOUBT_CROWD, false },
		{ "io_uring of a holder", uring, DOUBT_URING, false },
		{ "io_uring of another", others_uring, PROVED, false },
		{ "io_uring of another with files", others_uring_files, DOUBT_URING_FILES, false },
		{ "io_uring of another, unread", others_uring_unread, DOUBT_URING_FILES, false },
		{ "traced by somebody unseen", traced_by_stranger, DOUBT_TRACED, false },
		{ "traced by a victim", traced_by_victim, PROVED, false },
		{ "traced by a member", traced_by_member, PROVED, false },
		{ "not examined", unexamined, DOUBT_NOT_EXAMINED, false },
		{ "victim not examined", victim_unexamined, PROVED, false });
}

/* The kernel has counted the holders of the article's pipe. */
static void counted(struct snapshot *s)
{
	world_edit_pipe(s, 7)->unseen_readers = FACT_NO;
	world_edit_pipe(s, 7)->unseen_writers = FACT_NO;
}

static void counted_in_namespace(struct snapshot *s) { counted(s); in_namespace(s); }
static void counted_cut_short(struct snapshot *s) { counted(s); cut_short(s); }
static void counted_in_flight(struct snapshot *s) { counted(s); in_flight(s); }
static void counted_crowd(struct snapshot *s) { counted(s); crowd(s); }
static void counted_uring(struct snapshot *s) { counted(s); uring(s); }
static void counted_uring_files(struct snapshot *s) { counted(s); others_uring_files(s); }
static void one_side_counted(struct snapshot *s)
{
	counted_in_flight(s);
	world_edit_pipe(s, 7)->unseen_writers = FACT_UNKNOWN;
}

static void counted_crowd_of_children(struct snapshot *s)
{
	counted_crowd(s);
	world_edit_task(s, 200, 200)->wait.children = CHILDREN_ANY;
}

static void counted_stranger(struct snapshot *s) { counted(s); young_stranger(s); }
static void counted_uncounted_threads(struct snapshot *s)
{
	counted(s);
	world_edit_process(s, 200)->thread_count = 0;
}

/* What nobody unseen can hold, nobody unseen needs to be feared for. */
static void test_doubts__counted_holders(void **state)
{
	(void)state;
	CHANGES(scene_article,
		{ "PID namespace", counted_in_namespace, PROVED, false },
		{ "--max-fds", counted_cut_short, PROVED, false },
		{ "in flight", counted_in_flight, PROVED, false },
		{ "in flight, one side counted", one_side_counted, DOUBT_IN_FLIGHT, false },
		{ "crowd", counted_crowd, PROVED, false },
		{ "crowd, any child", counted_crowd_of_children, DOUBT_CROWD, false },
		{ "io_uring", counted_uring, DOUBT_URING, false },
		{ "files in an io_uring of another", counted_uring_files, PROVED, false });
	CHANGES(neighbours,
		{ "a younger stranger", counted_stranger, PROVED, false },
		{ "threads not counted", counted_uncounted_threads, DOUBT_UNSEEN_PROCESS, false });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubts__unseen_holders),
		cmocka_unit_test(test_doubts__unseen_ancestors),
		cmocka_unit_test(test_doubts__doubts),
		cmocka_unit_test(test_doubts__counted_holders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
