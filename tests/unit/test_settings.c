/* pipetoprc: what is written is read again; damage costs one line and changes nothing. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/settings.h"
#include "words/columns.h"

static int read_text(const char *text, size_t length, struct settings *settings, char *error)
{
	FILE *file = fmemopen((void *)text, length, "r");
	int r;

	assert_non_null(file);
	r = settings_read(file, settings, error);
	fclose(file);
	return r;
}

static void test_settings__come_back_as_they_were(void **state)
{
	struct settings written, found;
	char text[4096] = "", error[SETTINGS_ERROR_SIZE];
	FILE *file = fmemopen(text, sizeof text, "w");

	(void)state;
	settings_default(&written);
	written.columns[0] = columns_find("user", 4);
	written.column_count = 3;
	written.sort = columns_find("bytes", 5);
	written.reversed = true;
	written.interval_ms = 250;
	written.color = SETTINGS_COLOR_NEVER;
	assert_int_equal(settings_write(file, &written), 0);
	fclose(file);
	settings_default(&found);
	assert_int_equal(read_text(text, strlen(text), &found, error), 0);
	assert_int_equal(found.column_count, 3);
	assert_memory_equal(found.columns, written.columns, 3 * sizeof found.columns[0]);
	assert_int_equal(found.sort, written.sort);
	assert_true(found.reversed);
	assert_int_equal(found.interval_ms, 250);
	assert_int_equal(found.color, SETTINGS_COLOR_NEVER);
}

static void test_settings__damage_is_one_printable_line(void **state)
{
	static const char *const texts[] = {
		"interval = 0.01\n", "interval = nan\n", "interval = 1x\n", "columns = verdict,nonsense\n",
		"columns =\n", "sort = \x1b[2J\n", "color = maybe\n", "nonsense = 1\n", "no equals sign\n",
		"=\n", "interval = 1e99\n", "\xff\xfe\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct settings settings, before;
		char error[SETTINGS_ERROR_SIZE] = "";

		settings_default(&settings);
		before = settings;
		assert_int_equal(read_text(texts[i], strlen(texts[i]), &settings, error), -EINVAL);
		assert_memory_equal(&settings, &before, sizeof settings);
		assert_memory_equal(error, "line 1: ", 8);
		for (const char *p = error; *p != '\0'; p++)
			assert_in_range((unsigned char)*p, 0x20, 0x7e);
	}
}

static void test_settings__a_zero_byte_is_damage(void **state)
{
	struct settings settings;
	char error[SETTINGS_ERROR_SIZE];

	(void)state;
	settings_default(&settings);
	assert_int_equal(read_text("interval = 2\0\n", 14, &settings, error), -EINVAL);
}

static void test_settings__blanks_and_comments_are_allowed(void **state)
{
	static const char text[] = "# mine\n\n  interval=2 \r\n\tsort =\tpipe\n";
	struct settings settings;
	char error[SETTINGS_ERROR_SIZE];

	(void)state;
	settings_default(&settings);
	assert_int_equal(read_text(text, strlen(text), &settings, error), 0);
	assert_int_equal(settings.interval_ms, 2000);
	assert_int_equal(settings.sort, columns_find("pipe", 4));
}

static void test_settings__saving_makes_the_directory(void **state)
{
	char base[] = "/tmp/test_settings.XXXXXX", path[128], error[SETTINGS_ERROR_SIZE];
	struct settings settings;
	char command[160];

	(void)state;
	assert_non_null(mkdtemp(base));
	snprintf(path, sizeof path, "%s/a/b/pipetoprc", base);
	settings_default(&settings);
	assert_int_equal(settings_load(path, &settings, error), -ENOENT);
	settings.interval_ms = 5000;
	assert_int_equal(settings_save(path, &settings), 0);
	settings_default(&settings);
	assert_int_equal(settings_load(path, &settings, error), 0);
	assert_int_equal(settings.interval_ms, 5000);
	snprintf(path, sizeof path, "%s/a/b/pipetoprc/x", base);
	assert_int_equal(settings_save(path, &settings), -ENOTDIR);
	snprintf(command, sizeof command, "rm -r %s", base);
	assert_int_equal(system(command), 0);
}

static void assert_path(const char *xdg, const char *home, const char *expected)
{
	char *path = settings_path(xdg, home);

	if (expected == NULL)
		assert_null(path);
	else
		assert_string_equal(path, expected);
	free(path);
}

static void test_settings__path(void **state)
{
	(void)state;
	assert_path("/x", "/home/a", "/x/pipetop/pipetoprc");
	assert_path("", "/home/a", "/home/a/.config/pipetop/pipetoprc");
	assert_path("relative", "/home/a", "/home/a/.config/pipetop/pipetoprc");
	assert_path(NULL, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings__come_back_as_they_were),
		cmocka_unit_test(test_settings__damage_is_one_printable_line),
		cmocka_unit_test(test_settings__a_zero_byte_is_damage),
		cmocka_unit_test(test_settings__blanks_and_comments_are_allowed),
		cmocka_unit_test(test_settings__saving_makes_the_directory),
		cmocka_unit_test(test_settings__path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
