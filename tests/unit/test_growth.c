/* What is said of the writers after their pipe was enlarged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/growth.h"
#include "world.h"

enum { PIPE = 7, OTHER_PIPE = 8 };

/* 300 and maybe more write, 200 reads; what they wait for is the test's. */
static struct world *writers(int count)
{
	struct world *w = world_new();

	world_process(w, 200, 1);
	world_end(w, 200, 3, "r", PIPE);
	world_end(w, 200, 4, "r", OTHER_PIPE);
	for (int32_t pid = 300; pid < 300 + count; pid++) {
		world_process(w, pid, 200);
		world_end(w, pid, 2, "w", PIPE);
		world_end(w, pid, 3, "w", OTHER_PIPE);
	}
	world_link(w);
	world_waits_any(w, 200);
	return w;
}

static struct snapshot *blocked(void)
{
	struct world *w = writers(1);

	world_writes(w, 300, PIPE);
	return world_seal(w);
}

static void says(struct snapshot *before, struct snapshot *after, const char *expected)
{
	char *text = growth_text(before, snapshot_find_pipe(before, before->pipes[0].dev, PIPE), after);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	snapshot_free(before);
	snapshot_free(after);
}

static void test_growth__does_something_else(void **state)
{
	struct world *sleeps = writers(1), *writes = writers(1);

	(void)state;
	world_sleeps(sleeps, 300);
	says(blocked(), world_seal(sleeps), "program (300) went on");
	world_writes(writes, 300, OTHER_PIPE);
	says(blocked(), world_seal(writes), "program (300) went on");
}

static void test_growth__the_same_wait(void **state)
{
	struct snapshot *ran = blocked(), *hidden = blocked();

	(void)state;
	says(blocked(), blocked(), "program (300) has not gone on");
	world_edit_task(ran, 300, 300)->voluntary_switches++;
	says(blocked(), ran, "program (300) went on, and waits for room again");
	world_edit_task(hidden, 300, 300)->voluntary_switches = UNKNOWN;
	says(blocked(), hidden, "program (300) waits for room, and may have gone on before");
}

static void test_growth__not_there_any_more(void **state)
{
	struct snapshot *successor = blocked();
	struct world *zombie = writers(1), *closed = writers(1);

	(void)state;
	says(blocked(), world_seal(writers(0)), "program (300) has ended");
	world_task(zombie, 300, 300, WAIT_EXITED);
	says(blocked(), world_seal(zombie), "program (300) has ended");
	world_edit_task(successor, 300, 300)->start_ticks++;
	world_edit_process(successor, 300)->start_ticks++;
	says(blocked(), successor, "program (300) has ended");
	says(blocked(), world_seal(closed), "program (300) went on");
}

static void test_growth__stopped_or_not_readable(void **state)
{
	struct world *w = writers(1), *stopped = writers(1);

	(void)state;
	world_task(stopped, 300, 300, WAIT_STOPPED);
	says(blocked(), world_seal(stopped), "program (300) is stopped");
	world_task(w, 300, 300, WAIT_UNKNOWN);
	says(blocked(), world_seal(w), "program (300) could not be looked at again");
}

static void test_growth__several(void **state)
{
	struct world *before = writers(6), *after = writers(6);

	(void)state;
	for (int32_t pid = 300; pid < 306; pid++) {
		world_writes(before, pid, PIPE);
		world_writes(after, pid, pid == 301 ? PIPE : OTHER_PIPE);
	}
	says(world_seal(before), world_seal(after), "program (300) went on; program (301) has not gone on; "
	     "program (302) went on; program (303) went on; 2 more waited for room in it");
}

static void test_growth__nobody(void **state)
{
	struct world *before = writers(1), *polls = writers(1);

	(void)state;
	world_sleeps(before, 300);
	says(world_seal(before), blocked(), "nobody waited for room in it");
	world_sleeps(polls, 300);
	world_polls(polls, TARGET_SPACE, PIPE);
	says(world_seal(polls), world_seal(writers(0)), "program (300) has ended");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth__does_something_else),
		cmocka_unit_test(test_growth__the_same_wait),
		cmocka_unit_test(test_growth__not_there_any_more),
		cmocka_unit_test(test_growth__stopped_or_not_readable),
		cmocka_unit_test(test_growth__several),
		cmocka_unit_test(test_growth__nobody),
	};

	return cmocka_run_group_tests_name("growth", tests, NULL, NULL);
}
