/* report/text.c, deadlocks.c, table.c, page.c: what a person reads, on the box of stuckbox.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/formats.h"
#include "stuckbox.h"
#include "words/escape.h"

static const struct report_settings plain = { .width = 100, .utf8 = true };

/* The report as a string, to be freed. */
static char *report(const struct stuckbox *box, const struct report_settings *settings)
{
	return stuckbox_written(box, text_write, settings);
}

/* Takes the report. */
static void assert_report(char *text, const char *expected)
{
	assert_string_equal(text, expected);
	free(text);
}

static void leave_nothing_stuck(struct stuckbox *box)
{
	box->d.deadlock_count = box->d.stall_count = 0;
	box->pipes[PIPE_ARTICLE].verdict = box->pipes[PIPE_STALLED].verdict = VERDICT_IDLE;
	box->d.verdict_counts[VERDICT_DEADLOCK] = box->d.verdict_counts[VERDICT_STALLED] = 0;
	box->d.verdict_counts[VERDICT_IDLE] = 3;
}

static void test_text__the_article(void **state)
{
	assert_report(report(*state, &plain),
		"pipetop: 1 deadlock, 1 stall among 5 pipes of 9 processes\n"
		"\n"
		"DEADLOCK 1 (write-wait, proved), for 3 h 12 min\n"
		"  log (90909, alice)      write(2, …, 13)  waits for room in pipe:[6715], "
		"65520 of 65536 bytes, full\n"
		"    ▲ only reader\n"
		"  python3 (90908, alice)  wait4(90909)     waits for log (90909) to exit\n"
		"  doomed with it: bash (4711) waits for any child to exit, such as python3 (90908)\n"
		"  To end it without loss:  pipetop --grow 'pipe:[6715]'\n"
		"  In the program: read the pipe before waiting for the child (communicate()), or merge "
		"stderr into\n"
		"  stdout and read it in a thread, minding memory.\n"
		"\n"
		"Proved: as long as nobody sends a signal, traces, resizes the pipe, or opens it by a name "
		"or through\n"
		"  /proc, none of them can ever run.\n"
		"\n"
		"STALLED pipe:[8012]  ffmpeg (811) is blocked in write(1, …, 32768), no slot freed for "
		"42 s: its\n"
		"  reader node (800) is in epoll_wait on other files\n"
		"\n"
		"Fullest of the others:\n"
		"  VERDICT       FILL   BYTES/SIZE  STUCK  WRITER              READER                    PIPE\n"
		"  backpressure  100%  61440/65536   0.1s  yes[1201] write(1)  pv[1202] clock_nanosleep  "
		"pipe:[8100]\n"
		"  idle            1%   1024/65536      -  bash[77] read(0)    bash[77] read(0)          "
		"/tmp/\\e[2J\\u{202E}\"gnp.\\xff\\n\n"
		"\n"
		"5 pipes: 1 deadlock, 1 stalled, 1 backpressure, 1 starved, 1 idle\n"
		"Limits: pipe-max-size 1,048,576 (how far a pipe can grow), pipe-user-pages-soft 16,384 "
		"(past it a\n"
		"  user's new pipes have 2 slots), -hard none\n");
}

static void test_text__nothing_stuck(void **state)
{
	struct stuckbox *box = *state;
	char *text;

	leave_nothing_stuck(box);
	text = report(box, &plain);
	assert_int_equal(strncmp(text, "pipetop: nothing stuck among 5 pipes of 9 processes\n", 52), 0);
	assert_has_not(text, "DEADLOCK");
	assert_has_not(text, "Proved");
	assert_has(text, "\nFullest:\n");
	free(text);
}

static void test_text__what_was_not_seen(void **state)
{
	struct stuckbox *box = *state;
	char *text;

	box->snapshot->denied = 10;
	box->snapshot->timed_out = 2;
	box->snapshot->view_limits = LIMIT_NOT_ROOT | LIMIT_PID_NAMESPACE;
	text = report(box, &plain);
	assert_has(text, " of 9 processes (12 not seen: run as root)\n");
	assert_has(text, "\n10 processes could not be read: run as root.\n"
	                 "2 processes did not answer in time.\n");
	assert_has(text, "\nProcesses outside this PID namespace cannot be seen");
	free(text);
	box->snapshot->view_limits = LIMIT_DENIED;
	text = report(box, &plain);
	assert_has(text, " of 9 processes (12 not seen)\n");
	free(text);
}

static void test_text__likely(void **state)
{
	struct stuckbox *box = *state;
	char *text;

	box->deadlock.proved = false;
	box->deadlock.blocked_ms = UNKNOWN;
	box->deadlock.doubt_count = 6;
	for (uint32_t i = 0; i < 6; i++)
		box->doubts[i] = (struct doubt){ DOUBT_ONE_LOOK, NONE, NONE, NONE };
	box->doubts[1] = (struct doubt){ DOUBT_UNSTEADY_PIPE, NONE, NONE, PIPE_ARTICLE };
	text = report(box, &plain);
	assert_has(text, "DEADLOCK 1 (write-wait, likely)\n"
	                 "  likely: there was no second look; pipe:[6715] changed between the looks; ");
	assert_has(text, "; and 2 more\n");
	assert_has_not(text, "Proved:");
	free(text);
}

static void test_text__stuck_shows_the_stuck_alone(void **state)
{
	struct stuckbox *box = *state;
	struct report_settings settings = plain;
	char *text;

	settings.stuck = true;
	text = report(box, &settings);
	assert_has(text, "DEADLOCK 1");
	assert_has(text, "STALLED pipe:[8012]");
	assert_has_not(text, "VERDICT");
	assert_has_not(text, "8100");
	assert_has_not(text, "Limits");
	free(text);
	leave_nothing_stuck(box);
	assert_report(report(box, &settings), "pipetop: nothing stuck among 5 pipes of 9 processes\n");
}

/* Worst first, and only what is in scope. */
static void test_text__all_shows_every_pipe(void **state)
{
	static const char *const order[] = {
		"\n  DEADLOCK", "\n  STALLED", "\n  backpressure", "\n  starved", "\n  idle",
	};
	struct stuckbox *box = *state;
	struct report_settings settings = plain;
	const char *at;
	char *text;

	settings.all = true;
	text = report(box, &settings);
	at = strstr(text, "  VERDICT");
	for (size_t i = 0; i < 5; i++) {
		assert_non_null(at);
		at = strstr(at, order[i]);
	}
	assert_non_null(at);
	free(text);
	box->pipes[PIPE_STARVED].in_scope = false;
	text = report(box, &settings);
	assert_has_not(text, "8200");
	free(text);
}

static void test_text__fullest_are_sorted(void **state)
{
	struct stuckbox *box = *state;
	const char *first, *second, *third;
	char *text;

	leave_nothing_stuck(box);
	for (uint32_t i = 0; i < STUCKBOX_PIPES; i++)
		stuckbox_pipe(box, i)->full = FACT_NO;
	stuckbox_pipe(box, PIPE_ARTICLE)->fill_bytes = 100;
	stuckbox_pipe(box, PIPE_STALLED)->fill_bytes = 0;
	stuckbox_pipe(box, PIPE_SLOW)->fill_bytes = 50;
	stuckbox_pipe(box, PIPE_STARVED)->fill_bytes = 60000;
	text = report(box, &plain);
	first = strstr(text, "pipe:[8200]");
	second = strstr(text, "gnp");
	third = strstr(text, "pipe:[6715]");
	assert_true(first && second > first && third > second);
	assert_has_not(text, "8012"); /* an empty one is not among the fullest */
	free(text);
}

/* Commands to copy and what has no blank stand as they are; everything else keeps to the width. */
static void test_text__wraps_but_never_commands(void **state)
{
	struct stuckbox *box = *state;
	struct report_settings settings = plain;

	for (settings.width = 1; settings.width < 120; settings.width++) {
		char *text = report(box, &settings), *rest = text, *line;

		assert_has(text, "  To end it without loss:  pipetop --grow 'pipe:[6715]'\n");
		while (settings.width >= 70 && (line = strsep(&rest, "\n"))) {
			if (!strstr(line, "pipetop --grow") && !strstr(line, "gnp"))
				assert_true(escape_columns(line, strlen(line)) <= (size_t)settings.width);
		}
		free(text);
	}
}

static void test_text__narrow(void **state)
{
	struct report_settings settings = plain;
	char *text;

	settings.width = 80;
	text = report(*state, &settings);
	assert_has(text, "  log (90909, alice)      write(2, …, 13)  waits for room in pipe:[6715],\n"
	                 "                                           65520 of 65536 bytes, full\n");
	assert_has(text, "  VERDICT       FILL   BYTES/SIZE  STUCK  WRITER     READER    PIPE\n");
	free(text);
	settings.width = 50;
	text = report(*state, &settings);
	assert_has(text, "  python3 (90908, alice)  wait4(90909)\n"
	                 "      waits for log (90909) to exit\n");
	free(text);
}

static void test_text__ascii_alone(void **state)
{
	struct stuckbox *box = *state;
	struct report_settings settings = plain;
	char *text;

	settings.utf8 = false;
	settings.all = true;
	for (uint32_t i = 0; i < STUCKBOX_TASKS; i++) {
		stuckbox_process(box, i)->comm = "grün";
		stuckbox_process(box, i)->user = "日本";
	}
	*stuckbox_path(box) = "/tmp/ä";
	text = report(box, &settings);
	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
	assert_has(text, "    ^ only reader\n");
	assert_has(text, "write(2, ..., 13)");
	assert_has(text, "gr\\u{00FC}n (90909, \\u{65E5}\\u{672C})");
	free(text);
}

/* No control character but our own line ends, whatever other processes are called. */
static void test_text__hostile_names(void **state)
{
	static const char hostile[] = "\033]0;x\007\r\n\xe2\x80\xae\xc2\x9b\xff\t";
	struct stuckbox *box = *state;
	struct report_settings settings = plain;
	char *text;

	settings.all = true;
	box->snapshot->denied = 1;
	for (uint32_t i = 0; i < STUCKBOX_TASKS; i++) {
		stuckbox_process(box, i)->comm = hostile;
		stuckbox_process(box, i)->user = hostile;
		stuckbox_process(box, i)->command = hostile;
		stuckbox_task(box, i)->comm = hostile;
		stuckbox_task(box, i)->call = hostile;
	}
	*stuckbox_path(box) = hostile;
	text = report(box, &settings);
	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
	assert_has_not(text, "\x7f");
	assert_has_not(text, "\xc2\x9b");
	assert_has_not(text, "\xe2\x80\xae");
	assert_has_not(text, "\xff");
	free(text);
}

static void test_text__colour(void **state)
{
	struct report_settings settings = plain;
	char *text;

	settings.color = true;
	text = report(*state, &settings);
	assert_has(text, "\033[1;31mDEADLOCK 1\033[0m (write-wait, proved)");
	assert_has(text, "\033[33mSTALLED\033[0m");
	assert_has(text, "\033[36mbackpressure\033[0m  100%");
	assert_has(text, "\033[2midle\033[0m");
	free(text);
	text = report(*state, &plain);
	assert_has_not(text, "\033");
	free(text);
}

static void test_text__fifty_victims(void **state)
{
	struct stuckbox *box = *state;
	uint32_t victims[50];
	char *text;

	for (uint32_t i = 0; i < 50; i++)
		victims[i] = TASK_BASH;
	box->deadlock.victims = victims;
	box->deadlock.victim_count = 50;
	text = report(box, &plain);
	assert_has(text, "; and 45 more\n");
	free(text);
}

static void test_text__many_members(void **state)
{
	struct stuckbox *box = *state;
	uint32_t members[20];
	char *text;

	for (uint32_t i = 0; i < 20; i++)
		members[i] = i % 2 ? TASK_PYTHON : TASK_LOG;
	box->deadlock.members = members;
	box->deadlock.member_count = 20;
	text = report(box, &plain);
	assert_has(text, "\n  and 4 more members\n");
	free(text);
}

/* Two that write into one another: the last line says that it comes back to the first. */
static void test_text__closes_the_cycle(void **state)
{
	struct stuckbox *box = *state;
	char *text;

	stuckbox_task(box, TASK_CAT)->wait = stuckbox_task(box, TASK_YES)->wait;
	stuckbox_task(box, TASK_CAT)->wait.pipe = PIPE_HOSTILE;
	box->members[0] = TASK_CAT;
	box->members[1] = TASK_BASH77;
	stuckbox_task(box, TASK_BASH77)->wait = stuckbox_task(box, TASK_YES)->wait;
	stuckbox_task(box, TASK_BASH77)->wait.pipe = PIPE_STARVED;
	text = report(box, &plain);
	assert_has(text, "    ▲ only reader\n  bash (77, bob)");
	assert_has(text, "    ▲ only reader: cat (78)\n");
	free(text);
}

static void test_text__stalls_are_limited(void **state)
{
	struct stuckbox *box = *state;
	struct report_settings settings = plain;
	struct stall stalls[25];
	char *text;

	for (uint32_t i = 0; i < 25; i++)
		stalls[i] = box->stall;
	box->d.stalls = stalls;
	box->d.stall_count = 25;
	text = report(box, &plain);
	assert_has(text, "pipetop: 1 deadlock, 25 stalls among");
	assert_has(text, "and 5 more stalled pipes: --stuck shows them all\n");
	free(text);
	settings.stuck = true;
	text = report(box, &settings);
	assert_has_not(text, "more stalled");
	free(text);
}

static void test_text__full_device(void **state)
{
	struct stuckbox *box = *state;
	FILE *file = fopen("/dev/full", "w");

	assert_non_null(file);
	assert_int_equal(text_write(file, &box->d, &plain), -ENOSPC);
	fclose(file);
}

static void test_text__formats(void **state)
{
	(void)state;
	assert_ptr_equal(report_format_find("text")->write, text_write);
	assert_ptr_equal(report_format_find("json")->write, json_write);
	assert_null(report_format_find("tex"));
	assert_null(report_format_find(""));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, stuckbox_begin, stuckbox_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_text__the_article),
		CASE(test_text__nothing_stuck),
		CASE(test_text__what_was_not_seen),
		CASE(test_text__likely),
		CASE(test_text__stuck_shows_the_stuck_alone),
		CASE(test_text__all_shows_every_pipe),
		CASE(test_text__fullest_are_sorted),
		CASE(test_text__wraps_but_never_commands),
		CASE(test_text__narrow),
		CASE(test_text__ascii_alone),
		CASE(test_text__hostile_names),
		CASE(test_text__colour),
		CASE(test_text__fifty_victims),
		CASE(test_text__many_members),
		CASE(test_text__closes_the_cycle),
		CASE(test_text__stalls_are_limited),
		CASE(test_text__full_device),
		CASE(test_text__formats),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
