/* What a watch tells of looks one after the other, each written down as facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenes.h"
#include "watch/changes.h"
#include "world.h"

/* ---- memory that ends ---- */

static long callocs_left = -1;   /* -1: without end */

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	if (callocs_left == 0)
		return NULL;
	if (callocs_left > 0)
		callocs_left--;
	return __real_calloc(count, size);
}

/* ---- looks, and what is told of them ---- */

struct session {
	struct changes *changes;
	char told[4096];
	size_t used;
};

static int begin(void **state)
{
	static struct session session;

	session.changes = changes_new();
	*state = &session;
	return session.changes ? 0 : -1;
}

static int end(void **state)
{
	changes_free(((struct session *)*state)->changes);
	return 0;
}

/* "blocked 7", "exited 300", "deadlock 1": by inode, pid, number. */
static void write_down(struct session *session, const struct change *change)
{
	char *end = session->told + strlen(session->told);
	size_t room = sizeof(session->told) - strlen(session->told);
	uint64_t subject = change->pipe       ? change->pipe->ino
	                   : change->deadlock ? change->deadlock->number
	                                      : (uint64_t)change->ending.pid;

	snprintf(end, room, "%s%s %" PRIu64, end == session->told ? "" : ", ",
	         change_name(change->kind), subject);
}

static int look_asking(struct session *session, struct snapshot *s,
                       const struct diagnosis_settings *settings,
                       const struct change_ending *endings, uint32_t ending_count)
{
	const struct change *list;
	struct diagnosis *d;
	uint32_t count;
	int r;

	session->told[0] = '\0';
	assert_int_equal(diagnose(NULL, s, settings, &d), 0);
	r = changes_find(session->changes, d, endings, ending_count, &list, &count);
	for (uint32_t i = 0; r == 0 && i < count; i++)
		write_down(session, &list[i]);
	diagnosis_free(d);
	snapshot_free(s);
	return r;
}

static void expect(void **state, struct snapshot *s, const char *told)
{
	static const struct diagnosis_settings all = { .stall_ms = 1000 };

	assert_int_equal(look_asking(*state, s, &all, NULL, 0), 0);
	assert_string_equal(((struct session *)*state)->told, told);
}

/* ---- scenes ---- */

/* 10 writes to 11 through pipe 7. */
static struct world *pair(void)
{
	struct world *w = world_new();

	world_process(w, 10, 1);
	world_process(w, 11, 1);
	world_end(w, 10, 1, "w", 7);
	world_end(w, 11, 0, "r", 7);
	world_link(w);
	world_sleeps(w, 11);
	return w;
}

static struct snapshot *quiet(void)
{
	struct world *w = pair();

	world_sleeps(w, 10);
	return world_seal(w);
}

static struct snapshot *full(void)
{
	struct snapshot *s = quiet();

	world_edit_pipe(s, 7)->full = FACT_YES;
	world_edit_pipe(s, 7)->fill_bytes = 65536;
	return s;
}

static struct snapshot *blocked_for(int64_t ms)
{
	struct world *w = pair();

	world_writes(w, 10, 7)->blocked_ms = ms;
	return world_seal(w);
}

static struct snapshot *blocked(void)
{
	return blocked_for(10);
}

static struct snapshot *stalled(void)
{
	return blocked_for(5000);
}

static struct snapshot *unreadable(void)
{
	struct snapshot *s = quiet();

	world_edit_pipe(s, 7)->full = FACT_UNKNOWN;
	world_edit_pipe(s, 7)->fill_bytes = UNKNOWN;
	return s;
}

static struct snapshot *nothing(void)
{
	struct world *w = world_new();

	world_process(w, 1, 0);
	world_link(w);
	world_sleeps(w, 1);
	return world_seal(w);
}

/* The article, but its writer has run. */
static struct snapshot *article_moves(void)
{
	struct snapshot *s = scene_article();

	world_edit_task(s, 300, 300)->wait.kind = WAIT_RUNNING;
	world_edit_task(s, 300, 300)->voluntary_switches++;
	world_edit_pipe(s, 7)->full = FACT_NO;
	return s;
}

/* ---- pipes ---- */

static void test_changes__what_is_there_at_first_is_not_new(void **state)
{
	expect(state, quiet(), "");
	expect(state, quiet(), "");
}

static void test_changes__what_is_wrong_at_first_is_told(void **state)
{
	expect(state, stalled(), "stalled 7");
	expect(state, stalled(), "");
}

static void test_changes__a_pipe_comes_and_goes(void **state)
{
	expect(state, nothing(), "");
	expect(state, quiet(), "opened 7");
	expect(state, quiet(), "");
	expect(state, nothing(), "exited 10, exited 11, closed 7");
	expect(state, nothing(), "");
}

static void test_changes__a_new_pipe_may_be_full_already(void **state)
{
	expect(state, nothing(), "");
	expect(state, blocked(), "opened 7, blocked 7");
}

static void test_changes__worse_and_worse_and_free(void **state)
{
	expect(state, quiet(), "");
	expect(state, full(), "full 7");
	expect(state, blocked(), "blocked 7");
	expect(state, stalled(), "stalled 7");
	expect(state, quiet(), "moving 7");
	expect(state, blocked(), "blocked 7");
}

static void test_changes__blocked_stays_blocked_until_it_moves(void **state)
{
	expect(state, blocked(), "blocked 7");
	expect(state, full(), "");
	expect(state, blocked(), "");
	expect(state, quiet(), "moving 7");
}

static void test_changes__a_stall_that_ends_in_a_full_pipe_has_moved(void **state)
{
	expect(state, stalled(), "stalled 7");
	expect(state, blocked(), "moving 7");
	expect(state, stalled(), "stalled 7");
}

static void test_changes__what_cannot_be_read_has_not_changed(void **state)
{
	expect(state, blocked(), "blocked 7");
	expect(state, unreadable(), "");
	expect(state, blocked(), "");
}

static void test_changes__one_inode_of_two_file_systems(void **state)
{
	struct snapshot *s = quiet();

	expect(state, quiet(), "");
	world_edit_pipe(s, 7)->dev++;
	expect(state, s, "closed 7, opened 7");
}

/* ---- processes ---- */

static void test_changes__a_pid_of_somebody_else(void **state)
{
	struct snapshot *s = quiet();

	expect(state, quiet(), "");
	world_edit_process(s, 10)->start_ticks = 99;
	expect(state, s, "exited 10");
	expect(state, nothing(), "exited 10, exited 11, closed 7");
}

static void test_changes__a_zombie_has_exited(void **state)
{
	struct snapshot *s = quiet(), *again = quiet();

	expect(state, quiet(), "");
	world_edit_process(s, 10)->state = 'Z';
	expect(state, s, "exited 10");
	world_edit_process(again, 10)->state = 'Z';
	expect(state, again, "");
}

static void test_changes__a_leader_that_has_ended_before_its_threads(void **state)
{
	struct snapshot *s = quiet();

	expect(state, quiet(), "");
	world_edit_process(s, 10)->state = 'Z';
	world_edit_process(s, 10)->thread_count = 2;
	expect(state, s, "");
}

static void test_changes__an_ending_is_told_once(void **state)
{
	static const struct diagnosis_settings all = { .stall_ms = 1000 };
	const struct change_ending ending = { .pid = 10, .start_ticks = 10, .comm = "x" };

	expect(state, quiet(), "");
	/* It ended while we looked: the look has it still, and what else it has seen was before. */
	assert_int_equal(look_asking(*state, quiet(), &all, &ending, 1), 0);
	assert_string_equal(((struct session *)*state)->told, "exited 10");
	expect(state, nothing(), "exited 11, closed 7");
}

/* ---- deadlocks ---- */

static void test_changes__a_deadlock_is_told_once_and_cleared(void **state)
{
	expect(state, nothing(), "");
	expect(state, scene_article(), "opened 7, deadlock 1");
	expect(state, scene_article(), "");
	expect(state, article_moves(), "cleared 1");
	expect(state, article_moves(), "");
	expect(state, scene_article(), "deadlock 2");
}

static void test_changes__a_deadlock_at_first(void **state)
{
	expect(state, scene_article(), "deadlock 1");
	expect(state, nothing(), "exited 200, exited 300, cleared 1, closed 7");
}

static void test_changes__a_deadlock_not_seen_for_a_moment_is_the_same(void **state)
{
	struct snapshot *s = scene_article();

	expect(state, scene_article(), "deadlock 1");
	world_edit_task(s, 200, 200)->wait.kind = WAIT_UNKNOWN;
	look_asking(*state, s, &(struct diagnosis_settings){ .stall_ms = 100000 }, NULL, 0);
	assert_null(strstr(((struct session *)*state)->told, "cleared"));
	look_asking(*state, scene_article(), &(struct diagnosis_settings){ .stall_ms = 1000 }, NULL, 0);
	assert_string_equal(((struct session *)*state)->told, "");
}

static void test_changes__two_deadlocks_have_numbers_of_their_own(void **state)
{
	struct world *w = world_new();

	for (int32_t pid = 10; pid <= 13; pid++)
		world_process(w, pid, pid & 1 ? pid - 1 : 1);
	world_end(w, 10, 3, "r", 1);
	world_end(w, 11, 1, "w", 1);
	world_end(w, 12, 3, "r", 2);
	world_end(w, 13, 1, "w", 2);
	world_link(w);
	world_waits(w, 10, 11);
	world_writes(w, 11, 1)->blocked_ms = 9000;
	world_waits(w, 12, 13);
	world_writes(w, 13, 2);
	expect(state, world_seal(w), "deadlock 1, deadlock 2");
}

/* ---- what is asked about ---- */

static void test_changes__only_what_is_in_scope(void **state)
{
	const int32_t other = 99, writer = 10;
	const struct diagnosis_settings elsewhere = { .pids = &other, .pid_count = 1 };
	const struct diagnosis_settings here = {
		.pids = &writer, .pid_count = 1, .stall_ms = 1000,
	};

	look_asking(*state, stalled(), &elsewhere, NULL, 0);
	assert_string_equal(((struct session *)*state)->told, "");
	look_asking(*state, stalled(), &here, NULL, 0);
	assert_string_equal(((struct session *)*state)->told, "opened 7, stalled 7");
	look_asking(*state, nothing(), &here, NULL, 0);
	assert_string_equal(((struct session *)*state)->told, "exited 10, closed 7");
}

/* ---- memory ---- */

static void test_changes__memory_is_bounded_by_what_exists(void **state)
{
	struct session *session = *state;
	size_t used = 0;

	for (uint64_t i = 0; i < 500; i++) {
		static const struct diagnosis_settings all = { .stall_ms = 1000 };
		struct snapshot *s = i & 1 ? stalled() : scene_article();

		if (i & 1) {
			world_edit_pipe(s, 7)->ino = 1000 + i;
			world_edit_process(s, 10)->start_ticks = 1000 + i;
		}
		assert_int_equal(look_asking(session, s, &all, NULL, 0), 0);
		if (i == 10)
			used = changes_used(session->changes);
		else if (i > 10 && !(i & 1))
			assert_int_equal(changes_used(session->changes), used);
	}
}

static void test_changes__without_memory_nothing_is_lost(void **state)
{
	static const struct diagnosis_settings all = { .stall_ms = 1000 };
	struct session *session = *state;
	const struct change *list;
	struct snapshot *s = scene_article();
	struct diagnosis *d;
	uint32_t count;
	long failing;
	int r;

	expect(state, nothing(), "");
	assert_int_equal(diagnose(NULL, s, &all, &d), 0);
	for (failing = 0, r = -ENOMEM; r < 0; failing++) {
		callocs_left = failing;
		r = changes_find(session->changes, d, NULL, 0, &list, &count);
		callocs_left = -1;
		assert_true(r == 0 || r == -ENOMEM);
	}
	assert_true(failing > 2);
	assert_int_equal(count, 2);
	assert_int_equal(list[1].deadlock->number, 1);
	diagnosis_free(d);
	snapshot_free(s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(test_changes__##name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_there_at_first_is_not_new),
		CASE(what_is_wrong_at_first_is_told),
		CASE(a_pipe_comes_and_goes),
		CASE(a_new_pipe_may_be_full_already),
		CASE(worse_and_worse_and_free),
		CASE(blocked_stays_blocked_until_it_moves),
		CASE(a_stall_that_ends_in_a_full_pipe_has_moved),
		CASE(what_cannot_be_read_has_not_changed),
		CASE(one_inode_of_two_file_systems),
		CASE(a_pid_of_somebody_else),
		CASE(a_zombie_has_exited),
		CASE(a_leader_that_has_ended_before_its_threads),
		CASE(an_ending_is_told_once),
		CASE(a_deadlock_is_told_once_and_cleared),
		CASE(a_deadlock_at_first),
		CASE(a_deadlock_not_seen_for_a_moment_is_the_same),
		CASE(two_deadlocks_have_numbers_of_their_own),
		CASE(only_what_is_in_scope),
		CASE(memory_is_bounded_by_what_exists),
		CASE(without_memory_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
