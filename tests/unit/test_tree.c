/* The lines of the tree of processes. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pictures.h"
#include "tui/tree.h"
#include "world.h"

/* Frees the tree. */
static void assert_pids(const struct look *look, const struct tree_query *query, const int32_t *pids,
                        uint32_t count)
{
	struct tree tree;

	assert_int_equal(tree_make(look, query, &tree), 0);
	assert_int_equal(tree.count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(look_snapshot(look)->processes[tree.lines[i].process].pid, pids[i]);
	tree_free(&tree);
}

#define PIDS(...) (const int32_t[]){__VA_ARGS__}, \
	sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t)

static void test_tree__children_below_their_parents(void **state)
{
	struct look *look = pictures_stuckbox();
	const struct tree_query query = {.filter = ""};

	(void)state;
	assert_pids(look, &query, PIDS(1, 77, 78, 800, 811, 4711, 90908, 90909));
	look_unref(look);
}

static void test_tree__only_stuck_keeps_the_ancestors(void **state)
{
	struct look *look = pictures_stuckbox();
	const struct tree_query query = {.filter = "", .only_stuck = true};

	(void)state;
	assert_pids(look, &query, PIDS(1, 4711, 90908, 90909));
	look_unref(look);
}

static void test_tree__filter_keeps_the_ancestors(void **state)
{
	struct look *look = pictures_stuckbox();
	const struct tree_query query = {.filter = "CAT"};

	(void)state;
	assert_pids(look, &query, PIDS(1, 77, 78));
	look_unref(look);
}

static void test_tree__collapsed_hides_what_is_below(void **state)
{
	static const int32_t collapsed[] = {78, 800, 4711};
	struct look *look = pictures_stuckbox();
	const struct tree_query query = {.filter = "", .collapsed = collapsed, .collapsed_count = 3};
	struct tree tree;

	(void)state;
	assert_pids(look, &query, PIDS(1, 77, 78, 800, 4711));
	assert_int_equal(tree_make(look, &query, &tree), 0);
	assert_true(tree.lines[4].collapsed);
	assert_false(tree.lines[2].collapsed);
	tree_free(&tree);
	look_unref(look);
}

static void test_tree__last_children_are_marked(void **state)
{
	struct look *look = pictures_stuckbox();
	const struct tree_query query = {.filter = ""};
	struct tree tree;

	(void)state;
	assert_int_equal(tree_make(look, &query, &tree), 0);
	assert_int_equal(tree.lines[1].depth, 1);
	assert_int_equal(tree.lines[1].last & 2, 0);
	assert_int_equal(tree.lines[5].last & 2, 2);
	assert_int_equal(tree.lines[7].depth, 3);
	assert_int_equal(tree.lines[7].last & 8, 8);
	assert_int_equal(tree_find(&tree, look_snapshot(look), 4711), 5);
	assert_int_equal(tree_find(&tree, look_snapshot(look), 4712), NONE);
	tree_free(&tree);
	look_unref(look);
}

static struct look *family(int count, int32_t (*parent)(int i))
{
	struct world *w = world_new();

	for (int i = 0; i < count; i++)
		world_process(w, 100 + i, parent(i));
	for (int i = 0; i < count; i++)
		world_end(w, 100 + i, 1, "w", 5);
	world_link(w);
	return pictures_of(NULL, world_seal(w));
}

static int32_t in_a_circle(int i)
{
	return 100 + (i + 1) % 5;
}

static int32_t in_a_chain(int i)
{
	return 99 + i;
}

static void test_tree__parents_in_a_circle_are_all_shown_once(void **state)
{
	struct look *look = family(5, in_a_circle);
	const struct tree_query query = {.filter = ""};

	(void)state;
	assert_pids(look, &query, PIDS(100, 104, 103, 102, 101));
	look_unref(look);
}

static void test_tree__depth_has_an_end(void **state)
{
	struct look *look = family(100, in_a_chain);
	const struct tree_query query = {.filter = ""};
	struct tree tree;

	(void)state;
	assert_int_equal(tree_make(look, &query, &tree), 0);
	assert_int_equal(tree.count, 100);
	assert_int_equal(tree.lines[99].depth, TREE_DEPTH - 1);
	tree_free(&tree);
	look_unref(look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree__children_below_their_parents),
		cmocka_unit_test(test_tree__only_stuck_keeps_the_ancestors),
		cmocka_unit_test(test_tree__filter_keeps_the_ancestors),
		cmocka_unit_test(test_tree__collapsed_hides_what_is_below),
		cmocka_unit_test(test_tree__last_children_are_marked),
		cmocka_unit_test(test_tree__parents_in_a_circle_are_all_shown_once),
		cmocka_unit_test(test_tree__depth_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
