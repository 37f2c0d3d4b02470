/* report/openmetrics.c: which series there are and their values, on the box of stuckbox.h. A parser
 * reads them in tests/formats.bats. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/formats.h"
#include "stuckbox.h"

static const struct report_settings plain = { .width = 80 };

/* To be freed. */
static char *metrics(const struct stuckbox *box)
{
	return stuckbox_written(box, openmetrics_write, &plain);
}

/* The value of a series, as it is written, or "" where there is none. */
static const char *value(const struct stuckbox *box, const char *series)
{
	static char found[64];
	char *text = metrics(box), *rest = text;
	size_t length = strlen(series);

	*found = '\0';
	for (char *line; (line = strsep(&rest, "\n"));) {
		if (!strncmp(line, series, length) && line[length] == ' ')
			snprintf(found, sizeof(found), "%s", line + length + 1);
	}
	free(text);
	return found;
}

static void test_openmetrics__the_stuck_box(void **state)
{
	struct stuckbox *box = *state;

	assert_string_equal(value(box, "pipetop_deadlocks{kind=\"write-wait\",certainty=\"proved\"}"), "1");
	assert_string_equal(value(box, "pipetop_deadlocks{kind=\"write-wait\",certainty=\"likely\"}"), "0");
	assert_string_equal(value(box, "pipetop_deadlocks{kind=\"mixed\",certainty=\"proved\"}"), "0");
	assert_string_equal(value(box, "pipetop_oldest_deadlock_seconds"), "11520.000");
	assert_string_equal(value(box, "pipetop_stalls"), "1");
	assert_string_equal(value(box, "pipetop_full_pipes"), "3");
	assert_string_equal(value(box, "pipetop_pipes{verdict=\"deadlock\"}"), "1");
	assert_string_equal(value(box, "pipetop_pipes{verdict=\"half-open\"}"), "0");
	assert_string_equal(value(box, "pipetop_scan_processes"), "9");
	assert_string_equal(value(box, "pipetop_scan_threads"), "9");
	assert_string_equal(value(box, "pipetop_scan_fds"), "40");
	assert_string_equal(value(box, "pipetop_scan_pipes"), "5");
	assert_string_equal(value(box, "pipetop_scan_duration_seconds"), "0.005000");
	assert_string_equal(value(box, "pipetop_scan_time_seconds"), "1700000000.123");
}

static void test_openmetrics__what_is_not_proved(void **state)
{
	struct stuckbox *box = *state;

	box->deadlock.proved = false;
	box->deadlock.kind = KIND_MIXED;
	assert_string_equal(value(box, "pipetop_deadlocks{kind=\"mixed\",certainty=\"likely\"}"), "1");
	assert_string_equal(value(box, "pipetop_deadlocks{kind=\"write-wait\",certainty=\"proved\"}"), "0");
}

static void test_openmetrics__unknown_is_no_zero(void **state)
{
	struct stuckbox *box = *state;

	box->deadlock.blocked_ms = UNKNOWN;
	assert_string_equal(value(box, "pipetop_oldest_deadlock_seconds"), "NaN");
	box->d.deadlock_count = 0;
	assert_string_equal(value(box, "pipetop_oldest_deadlock_seconds"), "0.000");
}

static void test_openmetrics__a_partial_view(void **state)
{
	struct stuckbox *box = *state;

	assert_string_equal(value(box, "pipetop_view_complete"), "1");
	assert_string_equal(value(box, "pipetop_unseen_processes"), "0");
	box->snapshot->denied = 3;
	box->snapshot->timed_out = 4;
	assert_string_equal(value(box, "pipetop_view_complete"), "0");
	assert_string_equal(value(box, "pipetop_unseen_processes"), "7");
	box->snapshot->denied = box->snapshot->timed_out = 0;
	box->snapshot->view_limits = LIMIT_PID_NAMESPACE;
	assert_string_equal(value(box, "pipetop_view_complete"), "0");
	box->snapshot->view_limits = 0;
	box->snapshot->fds_unidentified = 1;
	assert_string_equal(value(box, "pipetop_view_complete"), "0");
}

static void test_openmetrics__out_of_scope(void **state)
{
	struct stuckbox *box = *state;

	box->pipes[PIPE_SLOW].in_scope = false;
	assert_string_equal(value(box, "pipetop_full_pipes"), "2");
}

/* The names of the series, without their values. */
static char *series(const struct stuckbox *box)
{
	char *text = metrics(box), *out = text;

	for (char *line = text; *line;) {
		size_t length = strcspn(line, "\n"), name = *line == '#' ? length : strcspn(line, " ");

		memmove(out, line, name);
		out[name] = '\n';
		out += name + 1;
		line += length + 1;
	}
	*out = '\0';
	return text;
}

/* Whatever there is and whatever its name. */
static void test_openmetrics__always_the_same_series(void **state)
{
	struct stuckbox *box = *state;
	char *before = series(box), *after;

	box->d.deadlock_count = box->d.stall_count = 0;
	memset(box->d.verdict_counts, 0, sizeof(box->d.verdict_counts));
	box->snapshot->denied = 12;
	box->snapshot->host = box->snapshot->engine = "a\"b\\\n";
	stuckbox_process(box, TASK_LOG)->comm = "x\"} 1\n# EOF\n";
	after = series(box);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void test_openmetrics__errors_are_told(void **state)
{
	struct stuckbox *box = *state;
	FILE *file = fopen("/dev/full", "w");

	assert_non_null(file);
	assert_int_equal(openmetrics_write(file, &box->d, &plain), -ENOSPC);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_openmetrics__the_stuck_box, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_openmetrics__what_is_not_proved, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_openmetrics__unknown_is_no_zero, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_openmetrics__a_partial_view, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_openmetrics__out_of_scope, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_openmetrics__always_the_same_series, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_openmetrics__errors_are_told, stuckbox_begin, stuckbox_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
