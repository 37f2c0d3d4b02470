/* Which pipes the table shows, and in which order. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "pictures.h"
#include "tui/rows.h"
#include "words/columns.h"

static struct rows make(const struct look *look, const struct look *before, const char *sort,
                        bool reversed, bool only_stuck, const char *filter)
{
	const struct rows_query query = {columns_find(sort, strlen(sort)), reversed, only_stuck, filter};
	struct rows rows;

	assert_int_equal(rows_make(look, before, &query, &rows), 0);
	return rows;
}

/* Frees the rows. */
static void assert_inodes(struct rows rows, const uint64_t *inodes, uint32_t count)
{
	assert_int_equal(rows.count, count);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(look_snapshot(rows.rows[i].look)->pipes[rows.rows[i].pipe].ino,
		                 inodes[i]);
	rows_free(&rows);
}

#define INODES(...) (const uint64_t[]){__VA_ARGS__}, \
	sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t)

static void test_rows__worst_first(void **state)
{
	struct look *look = pictures_stuckbox();

	(void)state;
	assert_inodes(make(look, NULL, "verdict", false, false, ""), INODES(6715, 8012, 8200, 6714));
	assert_inodes(make(look, NULL, "verdict", true, false, ""), INODES(6714, 8200, 8012, 6715));
	look_unref(look);
}

static void test_rows__by_number_and_by_text(void **state)
{
	struct look *look = pictures_stuckbox();

	(void)state;
	assert_inodes(make(look, NULL, "inode", false, false, ""), INODES(8200, 8012, 6715, 6714));
	assert_inodes(make(look, NULL, "writer", false, false, ""), INODES(8200, 8012, 6715, 6714));
	assert_inodes(make(look, NULL, "bytes", true, false, ""), INODES(8200, 6714, 6715, 8012));
	look_unref(look);
}

static void test_rows__stuck_never_hides_a_deadlock(void **state)
{
	struct look *look = pictures_stuckbox();

	(void)state;
	assert_inodes(make(look, NULL, "verdict", false, true, ""), INODES(6715, 8012));
	look_unref(look);
}

static void test_rows__filter_counts_what_it_hides(void **state)
{
	struct look *look = pictures_stuckbox();
	struct rows rows = make(look, NULL, "verdict", false, false, "FFmpeg");

	(void)state;
	assert_int_equal(rows.hidden_deadlocks, 1);
	assert_inodes(rows, INODES(8012));
	assert_inodes(make(look, NULL, "verdict", false, false, "python3[90908]"), INODES(6715, 6714));
	assert_inodes(make(look, NULL, "verdict", false, false, "pipe:[82"), INODES(8200));
	assert_inodes(make(look, NULL, "verdict", false, false, "deadlock"), INODES(6715));
	look_unref(look);
}

static void test_rows__what_is_gone_stays_for_one_look(void **state)
{
	struct look *before = pictures_stuckbox(), *look = pictures_ring(2);
	struct rows rows = make(look, before, "verdict", false, true, "");

	(void)state;
	assert_int_equal(rows.count, 4);
	for (uint32_t i = 0; i < rows.count; i++)
		assert_int_equal(rows.rows[i].gone, rows.rows[i].look == before);
	assert_int_not_equal(rows_find(&rows, 13, 6715), NONE);
	assert_int_equal(rows_find(&rows, 13, 6714), NONE);
	assert_int_equal(rows_find(&rows, 14, 6715), NONE);
	rows_free(&rows);
	look_unref(before);
	look_unref(look);
}

static void test_rows__order_does_not_depend_on_the_column_shown(void **state)
{
	struct look *look = pictures_many(500);
	struct rows rows = make(look, NULL, "reader", false, false, "");

	(void)state;
	assert_int_equal(rows.count, 500);
	for (uint32_t i = 0; i < rows.count; i++)
		assert_int_equal(rows.rows[i].pipe, i);
	rows_free(&rows);
	look_unref(look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows__worst_first),
		cmocka_unit_test(test_rows__by_number_and_by_text),
		cmocka_unit_test(test_rows__stuck_never_hides_a_deadlock),
		cmocka_unit_test(test_rows__filter_counts_what_it_hides),
		cmocka_unit_test(test_rows__what_is_gone_stays_for_one_look),
		cmocka_unit_test(test_rows__order_does_not_depend_on_the_column_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
