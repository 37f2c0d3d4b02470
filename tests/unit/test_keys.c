/* The table of keys: one meaning for each key on each screen, and words for all of them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tui/help.h"
#include "tui/keys.h"

static void test_keys__no_key_means_two_things(void **state)
{
	(void)state;
	for (size_t i = 0; i < key_count; i++)
		for (int k = 0; k < KEYS_EACH && keys[i].codes[k] != 0; k++)
			for (enum screen_name screen = 0; screen < SCREEN_COUNT; screen++)
				if (keys[i].screens & 1u << screen)
					assert_ptr_equal(keys_find(keys[i].codes[k], screen), &keys[i]);
}

static void test_keys__every_command_has_a_key(void **state)
{
	(void)state;
	for (enum command command = COMMAND_NONE + 1; command < COMMAND_COUNT; command++) {
		bool found = false;

		for (size_t i = 0; i < key_count; i++)
			found = found || keys[i].command == command;
		assert_true(found);
	}
}

static void test_keys__nothing_is_found_for_no_key(void **state)
{
	(void)state;
	assert_null(keys_find(0, SCREEN_PIPES));
	assert_null(keys_find('g', SCREEN_HELP));
	assert_null(keys_find(0x2603, SCREEN_PIPES));
}

static bool is_told(const struct text *text, const struct key *key)
{
	for (uint32_t i = 0; i < text->count; i++) {
		const char *line = text->lines[i];

		if (strlen(line) > 11 && strncmp(line + 2, key->label, strlen(key->label)) == 0 &&
		    strcmp(line + 11, key->help) == 0)
			return true;
	}
	return false;
}

static void test_keys__help_tells_every_key(void **state)
{
	struct text text = {0};

	(void)state;
	assert_int_equal(help_text(&text), 0);
	for (size_t i = 0; i < key_count; i++)
		if (keys[i].label != NULL)
			assert_true(is_told(&text, &keys[i]));
	text_free(&text);
}

static void test_keys__quit_works_everywhere(void **state)
{
	(void)state;
	for (enum screen_name screen = 0; screen < SCREEN_COUNT; screen++)
		assert_int_equal(keys_find('q', screen)->command, COMMAND_QUIT);
}

static void test_keys__escape_leaves_every_screen_but_the_first(void **state)
{
	(void)state;
	for (enum screen_name screen = SCREEN_PIPES + 1; screen < SCREEN_COUNT; screen++)
		assert_int_equal(keys_find(KEYS_ESCAPE, screen)->command, COMMAND_BACK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys__no_key_means_two_things),
		cmocka_unit_test(test_keys__every_command_has_a_key),
		cmocka_unit_test(test_keys__nothing_is_found_for_no_key),
		cmocka_unit_test(test_keys__help_tells_every_key),
		cmocka_unit_test(test_keys__quit_works_everywhere),
		cmocka_unit_test(test_keys__escape_leaves_every_screen_but_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
