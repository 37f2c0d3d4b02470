/* The columns of the table of pipes: their texts on the hand-made box, and lists of their names. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "stuckbox.h"
#include "words/columns.h"
#include "words/party.h"

static void assert_text(struct stuckbox *box, uint32_t pipe, const char *name, const char *expected)
{
	char text[COLUMNS_TEXT];
	uint32_t column = columns_find(name, strlen(name));

	assert_int_not_equal(column, NONE);
	columns[column].text(&box->d, pipe, text, sizeof text);
	assert_string_equal(text, expected);
}

static void test_columns__texts_of_the_article(void **state)
{
	assert_text(*state, PIPE_ARTICLE, "verdict", "DEADLOCK");
	assert_text(*state, PIPE_ARTICLE, "fill", "100%");
	assert_text(*state, PIPE_ARTICLE, "size", "65520/65536");
	assert_text(*state, PIPE_ARTICLE, "stuck", "3h12m");
	assert_text(*state, PIPE_ARTICLE, "writer", "log[90909] write(2)");
	assert_text(*state, PIPE_ARTICLE, "reader", "python3[90908] wait4(90909)");
	assert_text(*state, PIPE_ARTICLE, "pipe", "pipe:[6715]");
	assert_text(*state, PIPE_ARTICLE, "type", "pipe");
	assert_text(*state, PIPE_ARTICLE, "bytes", "65520");
	assert_text(*state, PIPE_ARTICLE, "capacity", "65536");
	assert_text(*state, PIPE_ARTICLE, "writers", "1");
	assert_text(*state, PIPE_ARTICLE, "readers", "1");
	assert_text(*state, PIPE_ARTICLE, "user", "alice");
	assert_text(*state, PIPE_ARTICLE, "deadlock", "1");
	assert_text(*state, PIPE_ARTICLE, "inode", "6715");
	assert_text(*state, PIPE_ARTICLE, "writer-command", "./log 6000");
	assert_text(*state, PIPE_ARTICLE, "reader-command", "python3 run.py");
	assert_text(*state, PIPE_ARTICLE, "writer-pid", "90909");
	assert_text(*state, PIPE_ARTICLE, "reader-pid", "90908");
	assert_text(*state, PIPE_ARTICLE, "unit", "?");
}

static void test_columns__units_are_known_or_not(void **state)
{
	stuckbox_process(*state, TASK_LOG)->unit = "";
	assert_text(*state, PIPE_ARTICLE, "unit", "-");
	stuckbox_process(*state, TASK_LOG)->unit = "docker:0123456789ab";
	assert_text(*state, PIPE_ARTICLE, "unit", "docker:0123456789ab");
	stuckbox_process(*state, TASK_LOG)->unit = "evil\x1b[2J";
	assert_text(*state, PIPE_ARTICLE, "unit", "evil\\e[2J");
}

static void test_columns__a_candidate_has_a_question_mark(void **state)
{
	struct stuckbox *box = *state;

	box->deadlock.proved = false;
	assert_text(box, PIPE_ARTICLE, "verdict", "DEADLOCK?");
}

static void test_columns__unknown_is_no_number(void **state)
{
	stuckbox_pipe(*state, PIPE_SLOW)->fill_bytes = UNKNOWN;
	stuckbox_pipe(*state, PIPE_SLOW)->full = FACT_UNKNOWN;
	assert_text(*state, PIPE_SLOW, "fill", "?");
	assert_text(*state, PIPE_SLOW, "bytes", "?");
	assert_text(*state, PIPE_SLOW, "size", "?/65536");
}

static void test_columns__large_sizes_are_shortened(void **state)
{
	stuckbox_pipe(*state, PIPE_SLOW)->capacity_bytes = 1048576;
	stuckbox_pipe(*state, PIPE_SLOW)->fill_bytes = 1048576;
	assert_text(*state, PIPE_SLOW, "size", "1.0M/1.0M");
}

static void test_columns__hostile_paths_are_escaped(void **state)
{
	char text[COLUMNS_TEXT];
	uint32_t column = columns_find("pipe", 4);

	columns[column].text(&((struct stuckbox *)*state)->d, PIPE_HOSTILE, text, sizeof text);
	for (const char *p = text; *p != '\0'; p++)
		assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	assert_null(strstr(text, "\u202e"));
}

static void test_columns__percent_is_100_only_when_full(void **state)
{
	struct pipe *pipe = stuckbox_pipe(*state, PIPE_SLOW);

	pipe->fill_bytes = 65536;
	pipe->full = FACT_NO;
	assert_int_equal(columns_percent(pipe), 99);
	pipe->fill_bytes = 1;
	assert_int_equal(columns_percent(pipe), 1);
	pipe->full = FACT_YES;
	assert_int_equal(columns_percent(pipe), 100);
	pipe->full = FACT_UNKNOWN;
	pipe->capacity_bytes = UNKNOWN;
	assert_int_equal(columns_percent(pipe), UNKNOWN);
}

static void test_columns__short_buffers_are_not_overrun(void **state)
{
	struct stuckbox *box = *state;

	for (uint32_t c = 0; c < column_count; c++) {
		char text[8] = "#######";

		columns[c].text(&box->d, PIPE_ARTICLE, text, 4);
		assert_true(strlen(text) < 4);
		assert_int_equal(text[4], '#');
	}
}

static void test_columns__names_and_ranks_are_unique(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < column_count; i++) {
		assert_int_equal(columns_find(columns[i].name, strlen(columns[i].name)), i);
		for (uint32_t k = 0; k < i; k++)
			assert_int_not_equal(columns[i].rank, columns[k].rank);
	}
}

static void test_columns__lists(void **state)
{
	uint32_t list[32], count = 0;
	const char *word = NULL;
	size_t length = 0;

	(void)state;
	assert_int_equal(columns_parse("reader,pipe,reader", list, &count, &word, &length), 0);
	assert_int_equal(count, 2);
	assert_string_equal(columns[list[1]].name, "pipe");
	assert_int_equal(columns_parse("+user,pipe", list, &count, &word, &length), 0);
	assert_int_equal(count, 3);
	assert_string_equal(columns[list[2]].name, "user");
}

static void test_columns__a_wrong_name_changes_nothing(void **state)
{
	uint32_t list[32], count = columns_default(list);
	const char *word = NULL;
	size_t length = 0;

	(void)state;
	assert_int_equal(columns_parse("pipe,nonsense,user", list, &count, &word, &length), -EINVAL);
	assert_int_equal(length, 8);
	assert_memory_equal(word, "nonsense", 8);
	assert_int_equal(count, 6);
	assert_int_equal(columns_parse("", list, &count, &word, &length), -EINVAL);
}

static void assert_listed(struct stuckbox *box, const char *name, bool exact, const char *expected)
{
	char text[COLUMNS_TEXT];

	columns_text(&box->d, columns_find(name, strlen(name)), PIPE_ARTICLE, exact, text, sizeof text);
	assert_string_equal(text, expected);
}

static void test_columns__listed_sizes_are_exact_or_in_units(void **state)
{
	assert_listed(*state, "bytes", true, "65520");
	assert_listed(*state, "bytes", false, "64.0K");
	assert_listed(*state, "capacity", false, "64.0K");
	assert_listed(*state, "size", false, "64.0K/64.0K");
	stuckbox_pipe(*state, PIPE_ARTICLE)->capacity_bytes = 1048576;
	assert_listed(*state, "size", true, "65520/1048576");
	assert_listed(*state, "writer-pid", false, "90909");
}

static void test_columns__nobody_is_told_from_not_seen(void **state)
{
	struct stuckbox *box = *state;

	stuckbox_pipe(box, PIPE_SLOW)->ends = 0;
	assert_text(box, PIPE_SLOW, "writer", "(nobody)");
	box->pipes[PIPE_SLOW].unseen_writers = FACT_YES;
	assert_text(box, PIPE_SLOW, "writer", "(not seen)");
	box->pipes[PIPE_SLOW].unseen_readers = FACT_UNKNOWN;
	assert_text(box, PIPE_SLOW, "reader", "?");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, stuckbox_begin, stuckbox_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_columns__texts_of_the_article),
		CASE(test_columns__units_are_known_or_not),
		CASE(test_columns__a_candidate_has_a_question_mark),
		CASE(test_columns__unknown_is_no_number),
		CASE(test_columns__large_sizes_are_shortened),
		CASE(test_columns__hostile_paths_are_escaped),
		CASE(test_columns__percent_is_100_only_when_full),
		CASE(test_columns__short_buffers_are_not_overrun),
		CASE(test_columns__names_and_ranks_are_unique),
		CASE(test_columns__lists),
		CASE(test_columns__a_wrong_name_changes_nothing),
		CASE(test_columns__listed_sizes_are_exact_or_in_units),
		CASE(test_columns__nobody_is_told_from_not_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
