#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/liveness.h"
#include "world.h"

/* Works on graphs drawn by hand: every node is a task that waits for a thread. */
enum { NODES = 6 };

struct drawn {
	struct graph graph;
	struct snapshot snapshot;
	struct task tasks[NODES];
	bool moves[NODES];
	uint32_t first_releaser[NODES + 1], releasers[16], first_waiter[NODES + 1], waiters[16];
};

/* `edges` are pairs "waiter releaser", e.g. "01 12". */
static void draw(struct drawn *d, const char *edges)
{
	*d = (struct drawn){ .snapshot = { .task_count = NODES } };
	for (uint32_t n = 0; n < NODES; n++) {
		d->tasks[n].wait.kind = WAIT_THREAD;
		d->first_waiter[n] = d->graph.edge_count;
		for (const char *e = edges; *e; e += e[2] ? 3 : 2)
			if ((uint32_t)(e[1] - '0') == n)
				d->waiters[d->graph.edge_count++] = (uint32_t)(e[0] - '0');
	}
	d->first_waiter[NODES] = d->graph.edge_count;
	d->snapshot.tasks = d->tasks;
	d->graph.snapshot = &d->snapshot;
	d->graph.node_count = NODES;
	d->graph.moves = d->moves;
	d->graph.first_waiter = d->first_waiter;
	d->graph.waiters = d->waiters;
}

static void expect_live(struct drawn *d, const char *live)
{
	struct arena *arena = arena_new();
	struct liveness l;

	assert_int_equal(liveness_run(arena, &d->graph, &l), 0);
	for (uint32_t n = 0; n < NODES; n++) {
		assert_int_equal(l.live[n], live[n] == 'x');
		assert_int_equal(liveness_doomed(&l, &d->snapshot, n), live[n] != 'x');
	}
	assert_in_range(l.steps, 0, d->graph.node_count + d->graph.edge_count);
	arena_free(arena);
}

static void test_liveness__nobody_moves(void **state)
{
	struct drawn d;

	(void)state;
	draw(&d, "01 10 23");
	expect_live(&d, "------");
}

static void test_liveness__spreads_against_the_waits(void **state)
{
	struct drawn d;

	(void)state;
	draw(&d, "01 12 23 45 54");
	d.moves[3] = true;
	expect_live(&d, "xxxx--");
	draw(&d, "01 12 23 45 54");
	d.moves[0] = true;
	expect_live(&d, "x-----");
}

/* One releaser is enough, also out of a cycle. */
static void test_liveness__any_one_releaser(void **state)
{
	struct drawn d;

	(void)state;
	draw(&d, "01 10 12 34 43");
	d.moves[2] = true;
	expect_live(&d, "xxx---");
}

static void test_liveness__the_dead_are_neither(void **state)
{
	struct arena *arena = arena_new();
	struct liveness l;
	struct drawn d;

	(void)state;
	draw(&d, "01");
	d.tasks[5].wait.kind = WAIT_EXITED;
	assert_int_equal(liveness_run(arena, &d.graph, &l), 0);
	assert_false(l.live[5]);
	assert_false(liveness_doomed(&l, &d.snapshot, 5));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_liveness__nobody_moves),
		cmocka_unit_test(test_liveness__spreads_against_the_waits),
		cmocka_unit_test(test_liveness__any_one_releaser),
		cmocka_unit_test(test_liveness__the_dead_are_neither),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
