#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analysis/family.h"
#include "world.h"

/* A chain of a thousand below 1001; 5000 and 5001 are children of 1500. */
static struct snapshot *chain(void)
{
	struct world *w = world_new();

	for (int32_t pid = 1001; pid <= 2000; pid++)
		world_process(w, pid, pid == 1001 ? 1 : pid - 1);
	world_process(w, 5000, 1500);
	world_process(w, 5001, 1500);
	world_process(w, 6000, 1);
	world_link(w);
	for (int32_t pid = 1001; pid <= 2000; pid++)
		world_sleeps(w, pid);
	world_sleeps(w, 5000);
	world_task(w, 5001, 5001, WAIT_EXITED);
	return world_seal(w);
}

static int32_t common(const struct snapshot *s, const struct family *f, int32_t a, int32_t b)
{
	uint32_t index = family_common(f, snapshot_find_process(s, a), snapshot_find_process(s, b));

	return index == NONE ? 0 : s->processes[index].pid;
}

static void test_family__common_ancestor(void **state)
{
	struct arena *arena = arena_new();
	struct snapshot *s = chain();
	struct family f;

	(void)state;
	assert_int_equal(family_build(arena, s, &f), 0);
	for (int32_t pid = 1001; pid <= 2000; pid += 37) {
		assert_int_equal(common(s, &f, pid, 2000), pid);
		assert_int_equal(common(s, &f, 1001, pid), 1001);
		assert_int_equal(common(s, &f, pid, 5000), pid < 1500 ? pid : 1500);
	}
	assert_int_equal(common(s, &f, 5000, 5001), 1500);
	assert_int_equal(common(s, &f, 6000, 6000), 6000);
	assert_int_equal(common(s, &f, 6000, 2000), 0);
	arena_free(arena);
	snapshot_free(s);
}

static void test_family__children(void **state)
{
	struct arena *arena = arena_new();
	struct snapshot *s = chain();
	uint32_t parent = snapshot_find_process(s, 1500);
	struct family f;

	(void)state;
	assert_int_equal(family_build(arena, s, &f), 0);
	assert_int_equal(f.first_child[parent + 1] - f.first_child[parent], 3);
	assert_int_equal(s->processes[f.children[f.first_child[parent]]].pid, 1501);
	assert_int_equal(f.running[parent], 2);
	assert_true(f.exited[snapshot_find_process(s, 5001)]);
	assert_false(f.exited[snapshot_find_process(s, 5000)]);
	arena_free(arena);
	snapshot_free(s);
}

/* What cannot be, but may stand in a record: the walks end all the same. */
static void test_family__loops(void **state)
{
	struct arena *arena = arena_new();
	struct world *w = world_new();
	struct snapshot *s;
	struct family f;

	(void)state;
	world_process(w, 10, 12);
	world_process(w, 11, 10);
	world_process(w, 12, 11);
	world_process(w, 13, 13);
	world_process(w, 14, 12);
	world_link(w);
	s = world_seal(w);
	assert_int_equal(family_build(arena, s, &f), 0);
	assert_int_equal(common(s, &f, 10, 11), 0);
	assert_int_equal(common(s, &f, 14, 12), 0);
	assert_int_equal(common(s, &f, 13, 13), 13);
	arena_free(arena);
	snapshot_free(s);
}

static bool exited(char process_state, int32_t threads, bool kernel_thread, int tasks)
{
	struct arena *arena = arena_new();
	struct world *w = world_new();
	struct snapshot *s;
	struct family f;
	bool result;

	world_process(w, 10, 1);
	world_link(w);
	for (int32_t i = 0; i < tasks; i++)
		world_task(w, 10, 10 + i, i == 0 ? WAIT_EXITED : WAIT_RUNNING);
	s = world_seal(w);
	world_edit_process(s, 10)->state = process_state;
	world_edit_process(s, 10)->thread_count = threads;
	world_edit_process(s, 10)->kernel_thread = kernel_thread;
	assert_int_equal(family_build(arena, s, &f), 0);
	result = f.exited[0];
	arena_free(arena);
	snapshot_free(s);
	return result;
}

/* A leader may be a zombie while its threads live on. */
static void test_family__exited(void **state)
{
	(void)state;
	assert_true(exited('Z', 1, false, 0));
	assert_true(exited('Z', 1, false, 1));
	assert_false(exited('Z', 2, false, 1));
	assert_false(exited('Z', 2, false, 2));
	assert_false(exited('Z', 2, false, 0));
	assert_false(exited('Z', 0, false, 0));
	assert_false(exited('S', 1, false, 0));
	assert_false(exited('?', 1, false, 0));
	assert_false(exited('Z', 1, true, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_family__common_ancestor),
		cmocka_unit_test(test_family__children),
		cmocka_unit_test(test_family__loops),
		cmocka_unit_test(test_family__exited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
