/* report/dot*.c, drawing.c: what the graph has, on the box of stuckbox.h. Graphviz itself reads it in
 * tests/formats.bats. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/formats.h"
#include "stuckbox.h"

static const struct report_settings plain = { .width = 80, .utf8 = true };
static const struct report_settings all = { .width = 80, .utf8 = true, .all = true };
static const struct report_settings stuck = { .width = 80, .utf8 = true, .stuck = true };

/* To be freed. */
static char *graph(const struct stuckbox *box, const struct report_settings *settings)
{
	return stuckbox_written(box, dot_write, settings);
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

/* Takes the graph: which pipes are drawn, as in "02" those of index 0 and 2. */
static void assert_pipes(char *text, const char *expected)
{
	char drawn[STUCKBOX_PIPES + 1] = "", node[32];
	size_t length = 0;

	for (int i = 0; i < STUCKBOX_PIPES; i++) {
		snprintf(node, sizeof(node), "  q%d [label=", i);
		if (strstr(text, node))
			drawn[length++] = (char)('0' + i);
	}
	assert_string_equal(drawn, expected);
	free(text);
}

static void test_dot__the_knot_is_red(void **state)
{
	char *text = graph(*state, &plain);

	assert_has(text, "<b>log</b><font point-size=\"10\"><br/><font color=\"#6b7280\">90909 · alice</font>"
	           "<br/>write(2)<br/><font color=\"#c62828\">deadlock 1</font>");
	assert_has(text, "  p90909 -> q0 [penwidth=5.0, color=\"#c62828\"]\n");
	assert_has(text, "  q0 -> p90908 [penwidth=5.0, color=\"#c62828\"]\n");
	assert_has(text, "  p90908 -> p90909 [style=dashed, color=\"#c62828\"]\n");
	assert_has(text, "<b>DEADLOCK 1 (write-wait, proved), for 3 h 12 min");
	free(text);
}

static void test_dot__victims_are_marked(void **state)
{
	char *text = graph(*state, &plain);

	assert_has(text, "doomed with deadlock 1");
	assert_int_equal(count(text, "doomed with deadlock 1"), 1);
	assert_has(text, "  p4711 -> p90908 [style=dashed, color=\"#9a5b00\"]\n");
	free(text);
}

static void test_dot__what_is_drawn(void **state)
{
	const struct report_settings starved = { .verdicts = 1u << VERDICT_STARVED };
	struct stuckbox *box = *state;
	char *text = graph(box, &plain);

	assert_has(text, "2 other pipes are not drawn");
	assert_has_not(text, "<b>cat</b>");
	assert_pipes(text, "012");
	assert_pipes(graph(box, &stuck), "01");
	/* What the doomed wait for stays. */
	assert_pipes(graph(box, &starved), "03");
	text = graph(box, &all);
	assert_has_not(text, "not drawn");
	assert_has(text, "<b>cat</b>");
	assert_pipes(text, "01234");
	box->pipes[PIPE_STALLED].in_scope = false;
	assert_pipes(graph(box, &all), "0234");
}

static void test_dot__a_pipe_that_a_victim_waits_for(void **state)
{
	struct stuckbox *box = *state;

	box->tasks[TASK_CAT].deadlock = 0;
	assert_pipes(graph(box, &stuck), "013");
}

static void test_dot__nothing_stuck(void **state)
{
	struct stuckbox *box = *state;
	char *text;

	box->d.deadlock_count = box->d.stall_count = 0;
	for (int i = 0; i < STUCKBOX_PIPES; i++)
		box->pipes[i] = (struct pipe_finding){ VERDICT_IDLE, true, FACT_NO, FACT_NO };
	for (int i = 0; i < STUCKBOX_TASKS; i++)
		box->tasks[i] = (struct task_finding){ false, NONE, false };
	text = graph(box, &plain);
	assert_has(text, "nothing stuck");
	assert_has(text, "5 other pipes are not drawn");
	assert_has_not(text, "->");
	assert_has_not(text, "    p");
	free(text);
}

static void test_dot__thickness_is_fill(void **state)
{
	struct stuckbox *box = *state;
	char *text;

	stuckbox_pipe(box, PIPE_SLOW)->full = FACT_NO;
	stuckbox_pipe(box, PIPE_SLOW)->fill_bytes = 16384;
	stuckbox_pipe(box, PIPE_STARVED)->fill_bytes = UNKNOWN;
	text = graph(box, &all);
	assert_has(text, "  p1201 -> q2 [penwidth=2.0, ");
	assert_has(text, "fillcolor=\"#bfe8ef;0.250:white\"");
	assert_has(text, "<br/>backpressure 0.1s · 16.0K of 64.0K>");
	assert_has(text, "  p77 -> q3 [penwidth=1.0, ");
	assert_has(text, "<br/>starved 1d02h>");
	free(text);
}

static void test_dot__trees_have_frames(void **state)
{
	struct stuckbox *box = *state;
	char *text = graph(box, &plain), *frame, *end;

	/* Nobody drew their shell. */
	frame = strstr(text, "  subgraph cluster_77 {");
	assert_non_null(frame);
	end = strstr(frame, "\n  }\n");
	assert_non_null(end);
	*end = '\0';
	assert_has(frame, "bash 77 and its descendants");
	assert_has(frame, "  p1201 [");
	assert_has(frame, "  p1202 [");
	assert_has(frame, "  q2 [");
	free(text);
	/* The worst comes last, which Graphviz draws on top. */
	text = graph(box, &plain);
	assert_true(strstr(text, "cluster_77 ") < strstr(text, "cluster_800 "));
	assert_true(strstr(text, "cluster_800 ") < strstr(text, "cluster_4711 "));
	assert_int_equal(count(text, "subgraph"), 3);
	/* One alone has none. */
	stuckbox_process(box, TASK_FFMPEG)->ppid = 1;
	free(text);
	text = graph(box, &plain);
	assert_int_equal(count(text, "subgraph"), 2);
	free(text);
}

static void test_dot__a_circle_of_parents(void **state)
{
	struct stuckbox *box = *state;

	stuckbox_process(box, TASK_NODE)->ppid = 811;
	assert_pipes(graph(box, &plain), "012");
}

static void test_dot__calls_that_are_not_known(void **state)
{
	struct stuckbox *box = *state;
	struct process *process = stuckbox_process(box, TASK_YES);
	char *text;

	stuckbox_task(box, TASK_YES)->call = NULL;
	stuckbox_task(box, TASK_YES)->wait.kind = WAIT_UNKNOWN;
	text = graph(box, &plain);
	assert_has(text, "<b>yes</b><font point-size=\"10\"><br/><font color=\"#6b7280\">1201 · bob</font></font>");
	free(text);
	process->tasks = 0;
	text = graph(box, &plain);
	assert_has(text, "<b>yes</b><font point-size=\"10\"><br/><font color=\"#6b7280\">1201 · bob</font></font>");
	free(text);
}

static void test_dot__unseen_holders(void **state)
{
	struct stuckbox *box = *state;
	char *text;

	box->pipes[PIPE_SLOW].unseen_readers = FACT_YES;
	text = graph(box, &plain);
	assert_int_equal(count(text, "a reader was not seen"), 1);
	assert_has_not(text, "a writer was not seen");
	free(text);
}

static void test_dot__hostile_names(void **state)
{
	struct stuckbox *box = *state;
	char *text;

	stuckbox_process(box, TASK_LOG)->comm = "\"]<b>&lt;\\N\n\xff";
	stuckbox_process(box, TASK_LOG)->command = "a\"b\\";
	stuckbox_process(box, TASK_PYTHON)->comm = "";
	stuckbox_process(box, TASK_PYTHON)->user = NULL;
	box->snapshot->host = "</font>";
	text = graph(box, &all);
	assert_has(text, "<b>&quot;]&lt;b&gt;&amp;lt;\\\\\\\\N\\\\n\\\\xff</b><font point-size=\"10\"><br/><font color=\"#6b7280\">90909");
	assert_has(text, "tooltip=\"a&quot;b\\\\\\\\\\\\\\\\\"]\n");
	assert_has(text, "<b> </b><font point-size=\"10\"><br/><font color=\"#6b7280\">90908</font><br/>wait4(90909)");
	assert_has(text, "<b>pipetop on &lt;/font&gt;</b></font>");
	assert_has(text, "label=<<b>/tmp/\\\\e[2J\\\\u{202E}&quot;gnp.\\\\xff\\\\n</b><br/>");
	assert_has_not(text, "\033");
	assert_has_not(text, "\xff");
	free(text);
}

static void test_dot__long_names_are_cut(void **state)
{
	struct stuckbox *box = *state;
	char name[1000], *text;

	memset(name, '&', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	stuckbox_process(box, TASK_LOG)->comm = stuckbox_process(box, TASK_LOG)->command = name;
	text = graph(box, &plain);
	assert_has(text, "&amp;…</b><font point-size=\"10\"><br/><font color=\"#6b7280\">90909");
	assert_int_equal(count(text, "&amp;"), 47 + 255);
	free(text);
}

static void test_dot__errors_are_told(void **state)
{
	struct stuckbox *box = *state;
	FILE *file = fopen("/dev/full", "w");

	assert_non_null(file);
	assert_int_equal(dot_write(file, &box->d, &plain), -ENOSPC);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_dot__the_knot_is_red, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__victims_are_marked, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__what_is_drawn, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__a_pipe_that_a_victim_waits_for, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__nothing_stuck, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__thickness_is_fill, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__trees_have_frames, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__a_circle_of_parents, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__calls_that_are_not_known, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__unseen_holders, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__hostile_names, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__long_names_are_cut, stuckbox_begin, stuckbox_end),
		cmocka_unit_test_setup_teardown(test_dot__errors_are_told, stuckbox_begin, stuckbox_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
