/* Texts to scroll through: the lines that bytes become, and the window on them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "tui/text.h"

static void test_view_text__hostile_bytes_are_escaped(void **state)
{
	static const char bytes[] = "a\tb\n\x1b[2J\n\nend";
	struct text text = {0};

	(void)state;
	assert_int_equal(text_set(&text, "x", bytes, sizeof bytes - 1), 0);
	assert_int_equal(text.count, 4);
	assert_string_equal(text.lines[0], "a       b");
	assert_string_equal(text.lines[1], "\\e[2J");
	assert_string_equal(text.lines[2], "");
	assert_string_equal(text.lines[3], "end");
	text_free(&text);
}

static void test_view_text__zero_bytes_do_not_end_it(void **state)
{
	struct text text = {0};

	(void)state;
	assert_int_equal(text_set(&text, "x", "a\0b", 3), 0);
	assert_string_equal(text.lines[0], "a\\x00b");
	assert_int_equal(text_set(&text, "x", "", 0), 0);
	assert_int_equal(text.count, 0);
	text_free(&text);
}

static void test_view_text__numbers(void **state)
{
	struct text text = {0};

	(void)state;
	assert_int_equal(text_set_hex(&text, "x", "0123456789abcdef\xff", 17), 0);
	assert_int_equal(text.count, 2);
	assert_string_equal(text.lines[0], "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66"
	                    "  |0123456789abcdef|");
	assert_memory_equal(text.lines[1], "00000010  ff   ", 15);
	text_free(&text);
}

static void test_view_text__scrolls_both_ways(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 6, 30);
	char *text;

	(void)state;
	state_take_peek(s, "one\ntwo\nthree\nfour, a long line that goes on\n", 45);
	pictures_press(s, KEYS_DOWN);
	pictures_press(s, KEYS_RIGHT);
	text = pictures_draw(s);
	assert_non_null(strstr(text, "\n\n\n"));
	assert_null(strstr(text, "four"));
	free(text);
	pictures_press(s, KEYS_END);
	text = pictures_draw(s);
	assert_non_null(strstr(text, "\n long line that goes on\n"));
	free(text);
	pictures_press(s, KEYS_LEFT);
	text = pictures_draw(s);
	assert_non_null(strstr(text, " three\n four, a long line that goes …\n"));
	free(text);
	state_free(s);
}

static void test_view_text__search_in_a_text(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 8, 60);

	(void)state;
	state_take_backtrace(s, "#0 write\n#1 fprintf\n#2 main\n#3 a\n#4 b\n#5 c\n#6 d\n#7 e\n#8 f\n");
	pictures_press(s, '/');
	pictures_type(s, "MAIN");
	assert_int_equal(s->scrolls[SCREEN_BACKTRACE].top, 2);
	state_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_text__hostile_bytes_are_escaped),
		cmocka_unit_test(test_view_text__zero_bytes_do_not_end_it),
		cmocka_unit_test(test_view_text__numbers),
		cmocka_unit_test(test_view_text__scrolls_both_ways),
		cmocka_unit_test(test_view_text__search_in_a_text),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
