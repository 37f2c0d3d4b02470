/* Rows and columns of every size. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tui/layout.h"
#include "words/columns.h"

static void test_layout__no_two_things_share_a_row(void **state)
{
	(void)state;
	for (enum screen_name screen = 0; screen < SCREEN_COUNT; screen++) {
		for (int rows = 1; rows <= 200; rows++) {
			struct layout l = layout_rows(screen, rows);
			const int single[] = {l.title, l.counts, l.hint, l.heading, l.rule, l.footer};
			char used[200] = {0};

			for (size_t i = 0; i < sizeof single / sizeof single[0]; i++)
				if (single[i] >= 0)
					assert_int_equal(used[single[i]]++, 0);
			for (int i = 0; i < l.list_rows; i++)
				assert_int_equal(used[l.list + i]++, 0);
			for (int i = 0; i < l.detail_rows; i++)
				assert_int_equal(used[l.detail + i]++, 0);
			for (int i = 0; i < rows; i++)
				assert_int_equal(used[i], 1);
		}
	}
}

static void test_layout__one_row_shows_the_counts(void **state)
{
	struct layout l = layout_rows(SCREEN_PIPES, 1);

	(void)state;
	assert_int_equal(l.counts, 0);
	assert_int_equal(l.list_rows, 0);
	assert_int_equal(l.footer, -1);
}

static void test_layout__columns_fit_every_width(void **state)
{
	struct settings settings;

	(void)state;
	settings_default(&settings);
	for (uint32_t c = 0; c < column_count; c++)
		settings.columns[c] = c;
	for (settings.column_count = 1; settings.column_count <= column_count;
	     settings.column_count++) {
		for (int width = 1; width < 400; width++) {
			struct places p = layout_columns(&settings, width);
			int end = 0;

			assert_in_range(p.count, 1, settings.column_count);
			for (uint32_t i = 0; i < p.count; i++) {
				assert_true(p.places[i].at >= end);
				end = p.places[i].at + p.places[i].width;
			}
			assert_true(p.count == 1 || end <= width);
		}
	}
}

static void test_layout__the_verdict_stays_longest(void **state)
{
	struct settings settings;
	struct places p;

	(void)state;
	settings_default(&settings);
	p = layout_columns(&settings, 20);
	assert_int_equal(p.count, 1);
	assert_string_equal(columns[p.places[0].column].name, "verdict");
	p = layout_columns(&settings, 40);
	assert_int_equal(p.count, 3);
	assert_int_equal(p.arrow, 1);
	p = layout_columns(&settings, 80);
	assert_int_equal(p.gauge, 5);
	p = layout_columns(&settings, 100);
	assert_int_equal(p.count, 6);
	assert_int_equal(p.gauge, 12);
	assert_true(p.places[5].arrow);
}

static void test_layout__a_heading_is_found_by_its_place(void **state)
{
	struct settings settings;
	struct places p;

	(void)state;
	settings_default(&settings);
	p = layout_columns(&settings, 100);
	for (uint32_t i = 0; i < p.count; i++)
		assert_int_equal(layout_column_at(&p, p.places[i].at + 1), p.places[i].column);
	assert_int_equal(layout_column_at(&p, 0), NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout__no_two_things_share_a_row),
		cmocka_unit_test(test_layout__one_row_shows_the_counts),
		cmocka_unit_test(test_layout__columns_fit_every_width),
		cmocka_unit_test(test_layout__the_verdict_stays_longest),
		cmocka_unit_test(test_layout__a_heading_is_found_by_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
