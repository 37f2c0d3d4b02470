/* Grids: widths, clipping, wrapping; wide and combining characters; ASCII spelling. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>

#include "tui/glyphs.h"
#include "tui/grid.h"

static struct grid *new_grid(int rows, int columns, bool ascii)
{
	struct grid *g;

	assert_int_equal(grid_new(rows, columns, ascii, &g), 0);
	return g;
}

/* Frees the grid. */
static void assert_shows(struct grid *g, const char *expected)
{
	char *text = grid_dump(g);

	assert_string_equal(text, expected);
	free(text);
	grid_free(g);
}

static void test_grid__text_is_clipped_at_the_edge(void **state)
{
	struct grid *g = new_grid(2, 5, false);

	(void)state;
	assert_int_equal(grid_text(g, 0, 3, STYLE_NORMAL, "abcd"), 7);
	grid_text(g, 1, -2, STYLE_NORMAL, "abcd");
	grid_text(g, 2, 0, STYLE_NORMAL, "nowhere");
	assert_shows(g, "   ab\ncd\n");
}

static void test_grid__wide_characters_take_two_cells(void **state)
{
	struct grid *g = new_grid(1, 6, false);

	(void)state;
	assert_int_equal(grid_width(g, "箱a"), 3);
	grid_text(g, 0, 0, STYLE_NORMAL, "箱箱箱");
	grid_text(g, 0, 1, STYLE_NORMAL, "x");
	assert_shows(g, " x箱箱\n");
}

/* How the row is flagged, a character for each cell. */
static void assert_flagged(const struct grid *g, const char *expected)
{
	for (int x = 0; x < g->columns; x++)
		assert_int_equal(grid_cell(g, 0, x)->style,
		                 expected[x] == '_' ? STYLE_DIM | STYLE_UNDERLINED : STYLE_DIM);
}

static void test_grid__a_text_is_flagged_wherever_it_stands(void **state)
{
	struct grid *g = new_grid(1, 12, false);

	(void)state;
	grid_text(g, 0, 0, STYLE_DIM, "Abc 箱 abx ab");
	grid_flag_text(g, 0, "", STYLE_UNDERLINED);
	grid_flag_text(g, 0, "longer than the row", STYLE_UNDERLINED);
	grid_flag_text(g, 0, "abd", STYLE_UNDERLINED);
	assert_flagged(g, "            ");
	grid_flag_text(g, 0, "aB", STYLE_UNDERLINED);
	assert_flagged(g, "__     __   ");
	grid_flag_text(g, 0, "箱 ", STYLE_UNDERLINED);
	assert_flagged(g, "__  _____   ");
	grid_free(g);
}

static void test_grid__half_of_a_wide_character_is_a_blank(void **state)
{
	struct grid *g = new_grid(1, 3, false);

	(void)state;
	grid_text(g, 0, 0, STYLE_NORMAL, "a箱箱");
	assert_int_equal(grid_cell(g, 0, 2)->text[0], L'\0');
	grid_text(g, 0, 2, STYLE_NORMAL, "b");
	assert_shows(g, "a b\n");
}

static void test_grid__combining_characters_share_a_cell(void **state)
{
	struct grid *g = new_grid(1, 4, false);

	(void)state;
	assert_int_equal(grid_text(g, 0, 0, STYLE_NORMAL, "e\u0301x"), 2);
	assert_int_equal(grid_cell(g, 0, 0)->text[1], 0x301);
	assert_shows(g, "e\u0301x\n");
}

static void test_grid__many_marks_do_not_overflow_a_cell(void **state)
{
	struct grid *g = new_grid(1, 4, false);

	(void)state;
	assert_int_equal(grid_text(g, 0, 0, STYLE_NORMAL, "e\u0301\u0302\u0303\u0304\u0305x"), 2);
	assert_shows(g, "e\u0301\u0302x\n");
}

static void test_grid__field_marks_what_it_cuts(void **state)
{
	struct grid *g = new_grid(4, 10, false);

	(void)state;
	assert_int_equal(grid_field(g, 0, 1, 4, 0, STYLE_NORMAL, "abcdef"), 5);
	grid_field(g, 1, 1, 4, 0, STYLE_NORMAL, "ab");
	grid_text(g, 1, 5, STYLE_NORMAL, "|");
	grid_field(g, 2, 1, 4, 3, STYLE_NORMAL, "abcdef");
	grid_field(g, 3, 1, 4, 9, STYLE_NORMAL, "abcdef");
	assert_shows(g, " abc…\n ab  |\n def\n\n");
}

static void test_grid__right_aligned(void **state)
{
	struct grid *g = new_grid(2, 6, false);

	(void)state;
	grid_right(g, 0, 0, 6, STYLE_NORMAL, "箱");
	grid_right(g, 1, 0, 3, STYLE_NORMAL, "12345");
	assert_shows(g, "    箱\n12…\n");
}

static void test_grid__wraps_at_blanks_and_cuts_long_words(void **state)
{
	struct grid *g = new_grid(6, 8, false);

	(void)state;
	assert_int_equal(grid_wrapped(g, 0, 1, 6, STYLE_NORMAL, "one two\nabcdefghi x"), 4);
	assert_shows(g, " one\n two\n abcdef\n ghi x\n\n\n");
}

static void test_grid__ascii_holds_no_other_character(void **state)
{
	struct grid *g = new_grid(1, 20, true);

	(void)state;
	grid_text(g, 0, 0, STYLE_NORMAL, "é箱…—\x01");
	assert_shows(g, "??...-?\n");
}

static void test_grid__broken_utf8_does_not_lead_out_of_the_text(void **state)
{
	struct grid *g = new_grid(1, 20, false);

	(void)state;
	grid_text(g, 0, 0, STYLE_NORMAL, "a\xe4\xb8");
	grid_text(g, 0, 5, STYLE_NORMAL, "\xffz");
	assert_int_equal(grid_cell(g, 0, 6)->text[0], L'z');
	grid_free(g);
}

static void test_grid__copies_rows(void **state)
{
	struct grid *from = new_grid(3, 4, false), *to = new_grid(2, 4, false);

	(void)state;
	grid_text(from, 1, 0, STYLE_DEADLOCK, "abc");
	grid_copy(to, 1, from, 1, 5);
	assert_int_equal(grid_cell(to, 1, 0)->style, STYLE_DEADLOCK);
	grid_free(from);
	assert_shows(to, "\nabc\n");
}

static void test_grid__ascii_glyphs_are_as_wide_as_the_others(void **state)
{
	struct grid *g = new_grid(1, 4, false);
	const char *const *ascii = (const char *const *)&glyphs_ascii;
	const char *const *unicode = (const char *const *)&glyphs_unicode;

	(void)state;
	for (size_t i = 0; i < sizeof glyphs_ascii / sizeof *ascii; i++)
		assert_int_equal(grid_width(g, ascii[i]), grid_width(g, unicode[i]));
	grid_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grid__text_is_clipped_at_the_edge),
		cmocka_unit_test(test_grid__wide_characters_take_two_cells),
		cmocka_unit_test(test_grid__a_text_is_flagged_wherever_it_stands),
		cmocka_unit_test(test_grid__half_of_a_wide_character_is_a_blank),
		cmocka_unit_test(test_grid__combining_characters_share_a_cell),
		cmocka_unit_test(test_grid__many_marks_do_not_overflow_a_cell),
		cmocka_unit_test(test_grid__field_marks_what_it_cuts),
		cmocka_unit_test(test_grid__right_aligned),
		cmocka_unit_test(test_grid__wraps_at_blanks_and_cuts_long_words),
		cmocka_unit_test(test_grid__ascii_holds_no_other_character),
		cmocka_unit_test(test_grid__broken_utf8_does_not_lead_out_of_the_text),
		cmocka_unit_test(test_grid__copies_rows),
		cmocka_unit_test(test_grid__ascii_glyphs_are_as_wide_as_the_others),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
