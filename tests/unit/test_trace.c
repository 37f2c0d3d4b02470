/* Stacks as text: gdb's form, and nothing foreign raw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/snapshot.h"
#include "words/trace.h"

static const struct frame article[] = {
	{ .pc = 0x7f2e8e9a1a44, .function = "__write", .library = "/lib/libc.so.6", .line = UNKNOWN },
	{ .pc = 0x401166, .function = "put", .inlined = true, .source = "log.c", .line = 3,
	  .library = "/log" },
	{ .pc = 0x401166, .function = "main", .source = "log.c", .line = 5, .library = "/log" },
	{ .pc = 0x401050, .line = UNKNOWN },
};

static void assert_frame(const struct trace *trace, uint32_t number, int32_t bytes,
                         const char *expected)
{
	char *text = trace_frame(trace, number, bytes);

	assert_string_equal(text, expected);
	free(text);
}

static void test_trace__frames_as_gdb_prints_them(void **state)
{
	const struct trace trace = { .frames = article, .frame_count = 4 };

	(void)state;
	assert_frame(&trace, 0, 8, "#0  0x00007f2e8e9a1a44 in __write () from /lib/libc.so.6");
	assert_frame(&trace, 1, 8, "#1  0x0000000000401166 in put () at log.c:3");
	assert_frame(&trace, 2, 8, "#2  main () at log.c:5");
	assert_frame(&trace, 3, 8, "#3  0x0000000000401050 in ?? ()");
	assert_frame(&trace, 3, 4, "#3  0x00401050 in ?? ()");
}

static void test_trace__columns_of_many_frames(void **state)
{
	struct frame frames[101];
	const struct trace trace = { .frames = frames, .frame_count = 101 };

	(void)state;
	for (int i = 0; i < 101; i++)
		frames[i] = (struct frame){ .pc = 1, .function = "f", .line = UNKNOWN };
	assert_frame(&trace, 10, 4, "#10 0x00000001 in f ()");
	assert_frame(&trace, 100, 4, "#100 0x00000001 in f ()");
}

static void test_trace__nothing_raw(void **state)
{
	const struct frame frames[] = { { .pc = 1, .function = "\033[2J", .library = "/a\nb",
		.source = NULL, .line = UNKNOWN } };
	const struct trace one = { .tid = 7, .comm = "\033]0;x\007", .end = TRACE_COMPLETE,
		.frames = frames, .frame_count = 1, .measured = UNKNOWN, .kernel = "[<0>] a\033b+0x1/0x2\n" };
	const struct traces all = { .pid = 7, .address_bytes = 4, .traces = &one, .count = 1 };
	char *text = trace_text(&all);

	(void)state;
	assert_string_equal(text, "Thread 7 (\\e]0;x\\x07):\n"
	                          "#0  0x00000001 in \\e[2J () from /a\\nb\n"
	                          "in the kernel:\n"
	                          "    a\\eb+0x1/0x2\n");
	free(text);
}

static void test_trace__each_thread_and_its_end(void **state)
{
	const struct trace threads[] = {
		{ .tid = 7, .comm = "one", .end = TRACE_RUNNING, .measured = UNKNOWN },
		{ .tid = 8, .end = TRACE_INCOMPLETE, .frames = article, .frame_count = 1,
		  .measured = UNKNOWN },
	};
	const struct traces all = { .pid = 7, .address_bytes = 8, .traces = threads, .count = 2 };
	char *text = trace_text(&all);

	(void)state;
	assert_string_equal(text,
		"Thread 7 (one):\n"
		"(running: no stack to show)\n"
		"\n"
		"Thread 8 (?):\n"
		"#0  0x00007f2e8e9a1a44 in __write () from /lib/libc.so.6\n"
		"(incomplete from here: where its caller is cannot be told for sure)\n");
	free(text);
}

static void test_trace__every_end_has_words(void **state)
{
	(void)state;
	for (int end = TRACE_TIMED_OUT; end <= TRACE_UNSUPPORTED; end++)
		assert_int_equal(trace_end_text((enum trace_end)end) == NULL, end == TRACE_COMPLETE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace__frames_as_gdb_prints_them),
		cmocka_unit_test(test_trace__columns_of_many_frames),
		cmocka_unit_test(test_trace__nothing_raw),
		cmocka_unit_test(test_trace__each_thread_and_its_end),
		cmocka_unit_test(test_trace__every_end_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
