#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/knots.h"
#include "world.h"

struct tied {
	struct arena *arena;
	struct snapshot *snapshot;
	struct family family;
	struct evidence evidence;
	struct graph graph;
	struct liveness liveness;
	struct knots knots;
};

static void tie(struct tied *t, struct snapshot *snapshot)
{
	t->arena = arena_new();
	t->snapshot = snapshot;
	assert_int_equal(family_build(t->arena, snapshot, &t->family), 0);
	t->evidence = (struct evidence){ .snapshot = snapshot, .family = &t->family };
	assert_int_equal(graph_build(t->arena, &t->evidence, &t->graph), 0);
	assert_int_equal(liveness_run(t->arena, &t->graph, &t->liveness), 0);
	assert_int_equal(knots_find(t->arena, &t->graph, &t->liveness, &t->knots), 0);
}

static void end(struct tied *t)
{
	arena_free(t->arena);
	snapshot_free(t->snapshot);
}

/* Processes 10 to 19 that wait for each other's exit; "01" is 10 waiting for 11. */
static struct snapshot *waits(const char *pairs)
{
	struct world *w = world_new();

	for (int32_t i = 0; i < 10; i++)
		world_process(w, 10 + i, 1);
	world_link(w);
	for (const char *p = pairs; *p; p += p[2] ? 3 : 2)
		world_waits(w, 10 + p[0] - '0', 10 + p[1] - '0');
	return world_seal(w);
}

static uint32_t component(const struct tied *t, int32_t pid)
{
	return t->knots.component[snapshot_find_task(t->snapshot, pid, pid)];
}

static bool is_knot(const struct tied *t, int32_t pid)
{
	return !t->knots.leads_on[component(t, pid)];
}

static void test_knots__cycle_and_tail(void **state)
{
	struct tied t;

	(void)state;
	tie(&t, waits("01 12 21 30"));
	assert_int_equal(component(&t, 11), component(&t, 12));
	assert_int_not_equal(component(&t, 10), component(&t, 11));
	assert_true(is_knot(&t, 11));
	assert_false(is_knot(&t, 10));
	assert_false(is_knot(&t, 13));
	end(&t);
}

static void test_knots__two_apart(void **state)
{
	struct tied t;

	(void)state;
	tie(&t, waits("01 10 23 32"));
	assert_int_not_equal(component(&t, 10), component(&t, 12));
	assert_true(is_knot(&t, 10));
	assert_true(is_knot(&t, 12));
	assert_int_equal(t.knots.first_task[component(&t, 10) + 1] -
	                 t.knots.first_task[component(&t, 10)], 2);
	end(&t);
}

/* A chain that ends in somebody who moves is in no component. */
static void test_knots__live_ones(void **state)
{
	struct tied t;

	(void)state;
	tie(&t, waits("01 12 45 54"));
	assert_int_equal(component(&t, 10), NONE);
	assert_int_equal(component(&t, 11), NONE);
	assert_int_not_equal(component(&t, 14), NONE);
	end(&t);
}

/* A hundred thousand waits in a row, with a knot at their end: no recursion may be that deep. */
static void test_knots__deep(void **state)
{
	enum { DEPTH = 100000 };
	struct world *w = world_new();
	struct tied t;

	(void)state;
	for (int32_t i = 0; i <= DEPTH; i++)
		world_process(w, 10 + i, 9 + i);
	world_link(w);
	for (int32_t i = 0; i < DEPTH; i++)
		world_waits(w, 10 + i, 11 + i);
	world_waits(w, 10 + DEPTH, 9 + DEPTH);
	tie(&t, world_seal(w));
	assert_true(is_knot(&t, 10 + DEPTH));
	assert_int_equal(component(&t, 10 + DEPTH), component(&t, 9 + DEPTH));
	assert_false(is_knot(&t, 10));
	assert_false(is_knot(&t, 8 + DEPTH));
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_knots__cycle_and_tail),
		cmocka_unit_test(test_knots__two_apart),
		cmocka_unit_test(test_knots__live_ones),
		cmocka_unit_test(test_knots__deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
