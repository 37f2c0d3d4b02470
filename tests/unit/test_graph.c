#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/graph.h"
#include "scenes.h"
#include "world.h"

struct built {
	struct arena *arena;
	struct snapshot *snapshot;
	struct family family;
	struct evidence evidence;
	struct graph graph;
};

static void build(struct built *b, struct snapshot *snapshot)
{
	b->arena = arena_new();
	b->snapshot = snapshot;
	assert_int_equal(family_build(b->arena, snapshot, &b->family), 0);
	b->evidence = (struct evidence){
		.snapshot = snapshot, .family = &b->family, .close = true,
	};
	assert_int_equal(graph_build(b->arena, &b->evidence, &b->graph), 0);
}

static void end(struct built *b)
{
	arena_free(b->arena);
	snapshot_free(b->snapshot);
}

static uint32_t releasers(const struct graph *g, uint32_t node)
{
	return g->first_releaser[node + 1] - g->first_releaser[node];
}

static bool releases(const struct graph *g, uint32_t releaser, uint32_t node)
{
	for (uint32_t k = g->first_releaser[node]; k < g->first_releaser[node + 1]; k++)
		if (g->releasers[k] == releaser)
			return true;
	return false;
}

/* Tasks and processes 0, 1, 2 are the shell, python and log. */
static void test_graph__article(void **state)
{
	struct built b;
	const struct graph *g = &b.graph;
	const struct snapshot *s;

	(void)state;
	build(&b, scene_article());
	s = b.snapshot;
	assert_true(releases(g, graph_process(s, 1), 0));
	assert_true(releases(g, graph_process(s, 2), 1));
	assert_true(releases(g, graph_readers(g, 0), 2));
	assert_true(releases(g, graph_process(s, 1), graph_readers(g, 0)));
	assert_true(releases(g, graph_process(s, 2), graph_writers(g, 0)));
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(releasers(g, i), 1);
		assert_true(releases(g, i, graph_process(s, i)));
		assert_false(g->moves[i]);
	}
	end(&b);
}

/* Every edge is there in both directions. */
static void test_graph__both_directions(void **state)
{
	struct built b;
	const struct graph *g = &b.graph;

	(void)state;
	build(&b, scene_any_child());
	assert_int_equal(g->first_waiter[g->node_count], g->edge_count);
	for (uint32_t node = 0; node < g->node_count; node++)
		for (uint32_t k = g->first_waiter[node]; k < g->first_waiter[node + 1]; k++)
			assert_true(releases(g, node, g->waiters[k]));
	end(&b);
}

/* Any child, or any other thread of the process: it may fork. */
static void test_graph__any_child(void **state)
{
	struct built b;
	const struct graph *g = &b.graph;
	const struct snapshot *s;

	(void)state;
	build(&b, scene_any_child());
	s = b.snapshot;
	assert_int_equal(releasers(g, 0), 2);
	assert_true(releases(g, graph_children(s, 0), 0));
	assert_true(releases(g, graph_process(s, 0), 0));
	assert_int_equal(releasers(g, graph_children(s, 0)), 1);
	assert_true(releases(g, graph_process(s, 1), graph_children(s, 0)));
	assert_true(releases(g, graph_heirs(s, 1), graph_heirs(s, 0)));
	assert_int_equal(releasers(g, graph_children(s, 2)), 0);
	end(&b);
}

/* The ends of who has exited are gone; a side without holders moves. */
static void test_graph__the_dead_hold_nothing(void **state)
{
	struct snapshot *s = scene_cat_without_end();
	struct built b;
	const struct graph *g = &b.graph;

	(void)state;
	world_edit_task(s, 10, 10)->wait.kind = WAIT_EXITED;
	build(&b, s);
	assert_int_equal(releasers(g, graph_writers(g, 0)), 0);
	assert_true(g->moves[graph_writers(g, 0)]);
	assert_false(g->moves[graph_readers(g, 0)]);
	assert_false(g->moves[graph_process(s, 0)]);
	end(&b);
}

/* Threads, children and holders are counted once each, not multiplied. */
static void test_graph__linear(void **state)
{
	uint32_t edges[2];

	(void)state;
	for (int32_t i = 0; i < 2; i++) {
		struct world *w = world_new();
		struct built b;
		int32_t n = 100 << i;

		world_process(w, 10, 1);
		for (int32_t k = 0; k < n; k++) {
			world_process(w, 1000 + k, 10);
			world_end(w, 1000 + k, 0, "rw", 1);
		}
		world_link(w);
		for (int32_t k = 0; k < n; k++) {
			world_task(w, 10, 10 + k, WAIT_CHILD_EXIT)->wait.children = CHILDREN_ANY;
			world_writes(w, 1000 + k, 1);
		}
		build(&b, world_seal(w));
		edges[i] = b.graph.edge_count;
		end(&b);
	}
	assert_in_range(edges[1], edges[0], 2 * edges[0] + 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_graph__article),
		cmocka_unit_test(test_graph__both_directions),
		cmocka_unit_test(test_graph__any_child),
		cmocka_unit_test(test_graph__the_dead_hold_nothing),
		cmocka_unit_test(test_graph__linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
