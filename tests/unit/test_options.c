/* The command line: what each call means, and what a wrong one is told. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "words/columns.h"

static const char *const formats[] = { "text", "json", NULL };
static const char *const scenes[] = { "article", "cross", NULL };
static const struct options_names names = { formats, scenes };

enum { WORDS = 12 };

/* `words` are those after "pipetop"; the array ends with NULL. */
static int parse(const char *const words[WORDS], struct options *options,
                 char error[OPTIONS_ERROR_SIZE])
{
	static char *argv[WORDS + 1]; /* the options may point into it */
	int argc = 1;

	argv[0] = (char *)"pipetop";
	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	argv[argc] = NULL;
	return options_parse(argc, argv, &names, options, error);
}

static struct options parsed(const char *const words[WORDS])
{
	char error[OPTIONS_ERROR_SIZE] = "";
	struct options options;

	if (parse(words, &options, error) != 0)
		fail_msg("%s: %s", words[0], error);
	return options;
}

#define CALL(...) parsed((const char *const[WORDS]){ __VA_ARGS__ })

static void test_options__defaults(void **state)
{
	struct options o = CALL(NULL);

	(void)state;
	assert_int_equal(o.action, ACTION_RUN);
	assert_false(o.report || o.strict || o.ascii);
	assert_string_equal(o.format, "text");
	assert_null(o.demo);
	assert_null(o.record);
	assert_null(o.replay);
	assert_null(o.output);
	assert_int_equal(o.pid_count, 0);
	assert_int_equal(o.depth, 1);
	assert_int_equal(o.confirm_ms, 100);
	assert_int_equal(o.stall_ms, 1000);
	assert_int_equal(o.fail_on, FAIL_ON_DEADLOCK);
	assert_int_equal(o.color, COLOR_AUTO);
	assert_int_equal(o.show, SHOW_DEFAULT);
	assert_int_equal(o.engine, ENGINE_AUTO);
}

static void test_options__flags_and_words(void **state)
{
	(void)state;
	assert_true(CALL("-r").report);
	assert_true(CALL("--report").report);
	assert_true(CALL("--strict").strict);
	assert_true(CALL("--ascii").ascii);
	assert_int_equal(CALL("-a").show, SHOW_ALL);
	assert_int_equal(CALL("--stuck").show, SHOW_STUCK);
	assert_int_equal(CALL("--color=never").color, COLOR_NEVER);
	assert_int_equal(CALL("--color", "always").color, COLOR_ALWAYS);
	assert_int_equal(CALL("--fail-on=proved").fail_on, FAIL_ON_PROVED);
	assert_int_equal(CALL("--fail-on=stall").fail_on, FAIL_ON_STALL);
	assert_int_equal(CALL("--fail-on=never").fail_on, FAIL_ON_NEVER);
	assert_int_equal(CALL("--engine=bpf").engine, ENGINE_BPF);
	assert_int_equal(CALL("--engine=proc").engine, ENGINE_PROC);
	assert_int_equal(CALL("-h").action, ACTION_HELP);
	assert_int_equal(CALL("--version").action, ACTION_VERSION);
	assert_string_equal(CALL("--format=json").format, "json");
	assert_string_equal(CALL("--json").format, "json");
	assert_string_equal(CALL("--output=a").output, "a");
	assert_string_equal(CALL("--record", "b").record, "b");
	assert_true(CALL("--record=b", "--redact").redact);
	assert_string_equal(CALL("--replay", "c").replay, "c");
	assert_string_equal(CALL("--demo").demo, "article");
	assert_string_equal(CALL("--demo=cross").demo, "cross");
	assert_string_equal(CALL("--demo=list").demo, OPTIONS_LIST);
}

static void test_options__the_last_one_wins(void **state)
{
	(void)state;
	assert_int_equal(CALL("--stuck", "--all").show, SHOW_ALL);
	assert_int_equal(CALL("-a", "--stuck").show, SHOW_STUCK);
	assert_string_equal(CALL("--json", "--format=text").format, "text");
	assert_int_equal(CALL("--depth=3", "--depth=0").depth, 0);
	assert_int_equal(CALL("-h", "-V").action, ACTION_VERSION);
}

static void test_options__numbers(void **state)
{
	(void)state;
	assert_int_equal(CALL("--confirm", "0").confirm_ms, 0);
	assert_int_equal(CALL("--stall=2147483647").stall_ms, 2147483647);
	assert_int_equal(CALL("--depth=007").depth, 7);
	assert_int_equal(CALL("--cpu-budget", "100").cpu_budget_percent, 100);
	assert_int_equal(CALL("--max-fds", "100000").max_fds, 100000);
	assert_int_equal(CALL("--report").cpu_budget_percent, 2);
}

static void assert_pids(struct options o, const int32_t *pids, uint32_t count)
{
	assert_int_equal(o.pid_count, count);
	assert_memory_equal(o.pids, pids, count * sizeof(*pids));
	options_free(&o);
	assert_int_equal(o.pid_count, 0);
}

static void test_options__pids_come_sorted_and_once(void **state)
{
	(void)state;
	assert_pids(CALL("-p", "12"), (int32_t[]){ 12 }, 1);
	assert_pids(CALL("7", "-r", "5"), (int32_t[]){ 5, 7 }, 2);
	assert_pids(CALL("--pid=9,3,9", "-p7,3", "1"), (int32_t[]){ 1, 3, 7, 9 }, 4);
	assert_pids(CALL("-rp2147483647"), (int32_t[]){ 2147483647 }, 1);
	assert_pids(CALL("4", "--"), (int32_t[]){ 4 }, 1);
}

static void test_options__a_command_has_options_of_its_own(void **state)
{
	struct options o = CALL("--fail-on=stall", "--", "make", "--watch", "-p", "12");

	(void)state;
	assert_true(o.report);
	assert_false(o.watch);
	assert_int_equal(o.pid_count, 0);
	assert_string_equal(o.command[0], "make");
	assert_string_equal(o.command[1], "--watch");
	assert_string_equal(o.command[3], "12");
	assert_null(o.command[4]);
}

static void test_options__watch(void **state)
{
	struct options o = CALL("-w", "--json", "-d", "0.1", "-n", "3", "--on-deadlock=cat", "12");

	(void)state;
	assert_true(o.watch);
	assert_string_equal(o.format, "json");
	assert_int_equal(o.interval_ms, 100);
	assert_int_equal(o.count, 3);
	assert_string_equal(o.on_deadlock, "cat");
	assert_pids(o, (int32_t[]){ 12 }, 1);
}

static void test_options__seconds_without_a_digit_before_the_point(void **state)
{
	struct options o = CALL("-d", ".25");

	(void)state;
	assert_int_equal(o.interval_ms, 250);
}

static void test_options__sources_that_go_together(void **state)
{
	struct options o = CALL("--replay=file", "-p", "12");

	(void)state;
	assert_string_equal(o.replay, "file");
	assert_pids(o, (int32_t[]){ 12 }, 1);
	o = CALL("--demo", "--record=file");
	assert_string_equal(o.demo, "article");
	assert_string_equal(o.record, "file");
}

static void test_options__wrong_calls(void **state)
{
	static const struct { const char *words[WORDS], *error; } cases[] = {
		{ { "--bogus" }, "unknown option '--bogus'" },
		{ { "--bogus=1" }, "unknown option '--bogus=1'" },
		{ { "-x" }, "unknown option '-x'" },
		{ { "-rx" }, "unknown option '-rx'" },
		{ { "-\xc3" }, "unknown option '-\\xc3'" },
		{ { "--bo\x1b[2J\ngus" }, "unknown option '--bo\\e[2J\\ngus'" },
		{ { "-h", "--bogus" }, "unknown option '--bogus'" },
		{ { "--re" }, "ambiguous option '--re'" },
		{ { "--report=yes" }, "no argument is taken by '--report=yes'" },
		{ { "-p" }, "an argument is missing after '-p'" },
		{ { "-r", "--depth" }, "an argument is missing after '--depth'" },
		{ { "-p", "" }, "not a process id: ''" },
		{ { "-p", "12," }, "not a process id: '12,'" },
		{ { "-p", "1,,2" }, "not a process id: '1,,2'" },
		{ { "-p", "0" }, "not a process id: '0'" },
		{ { "-p", "-5" }, "not a process id: '-5'" },
		{ { "-p", "2147483648" }, "not a process id: '2147483648'" },
		{ { "-p", "99999999999999999999999" }, "not a process id: '99999999999999999999999'" },
		{ { "12x" }, "not a process id: '12x'" },
		{ { "" }, "not a process id: ''" },
		{ { "-" }, "not a process id: '-'" },
		{ { "4", "--", "-r" }, "nothing else is looked at with the command '-r'" },
		{ { "--demo", "--", "x" }, "nothing else is looked at with the command 'x'" },
		{ { "--watch", "--", "x" }, "only --report goes with the command 'x'" },
		{ { "--peek=4", "--", "x" }, "only --report goes with the command 'x'" },
		{ { "--readonly", "--kill-on-deadlock", "--", "x" }, "--readonly forbids to kill 'x'" },
		{ { "--report", "--kill-on-deadlock" },
		  "a command is missing after '--kill-on-deadlock'" },
		{ { "--report", "--on-deadlock=x" },
		  "--watch or a command is missing with --on-deadlock 'x'" },
		{ { "--watch", "--replay=a" }, "--watch does not go with --replay 'a'" },
		{ { "--watch", "--record=a" }, "--watch does not go with --record 'a'" },
		{ { "--confirm=-1" },
		  "--confirm cannot be '-1', a whole number up to 2147483647 is needed" },
		{ { "--stall= 1" }, "--stall cannot be ' 1', a whole number up to 2147483647 is needed" },
		{ { "--stall=1.5" }, "--stall cannot be '1.5', a whole number up to 2147483647 is needed" },
		{ { "--stall=2147483648" },
		  "--stall cannot be '2147483648', a whole number up to 2147483647 is needed" },
		{ { "--depth=" }, "--depth cannot be '', a whole number up to 2147483647 is needed" },
		{ { "--cpu-budget=0" },
		  "--cpu-budget cannot be '0', a whole number from 1 to 100 is needed" },
		{ { "--cpu-budget=101" },
		  "--cpu-budget cannot be '101', a whole number from 1 to 100 is needed" },
		{ { "--cpu-budget=2%" },
		  "--cpu-budget cannot be '2%', a whole number from 1 to 100 is needed" },
		{ { "--format=xml" }, "no such format: 'xml'" },
		{ { "--color=blue" }, "--color cannot be 'blue'" },
		{ { "--fail-on=" }, "--fail-on cannot be ''" },
		{ { "--demo=tragedy" }, "no such scene: 'tragedy' (--demo=list names them)" },
		{ { "--output=" }, "--output cannot be '', which names no file" },
		{ { "--watch", "--on-deadlock=" }, "--on-deadlock cannot be ''" },
		{ { "--replay=a", "--record=b" }, "nothing is scanned for --record with --replay 'a'" },
		{ { "--redact", "--report" }, "--record is missing with '--redact'" },
		{ { "--replay=a", "--demo" }, "nothing is started for --demo with --replay 'a'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char error[OPTIONS_ERROR_SIZE];
		struct options options = { .depth = 99 };

		if (parse(cases[i].words, &options, error) != -EINVAL)
			fail_msg("%s was taken", cases[i].words[0]);
		assert_string_equal(error, cases[i].error);
		assert_int_equal(options.depth, 99);
	}
}

static void test_options__a_long_wrong_word_is_cut(void **state)
{
	char word[3000], error[OPTIONS_ERROR_SIZE];
	struct options options;

	(void)state;
	memset(word, '\x01', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	assert_int_equal(parse((const char *const[WORDS]){ "--confirm", word }, &options, error), -EINVAL);
	assert_non_null(strstr(error, "\\x01', a whole number up to 2147483647 is needed"));
}

static void assert_column(const struct options *o, uint32_t at, const char *name)
{
	assert_in_range(at, 0, o->column_count - 1);
	assert_string_equal(columns[o->columns[at]].name, name);
}

static void test_options__columns(void **state)
{
	struct options o = CALL("-o", "pipe,bytes", "--columns=+fill", NULL);

	(void)state;
	assert_true(o.report);
	assert_int_equal(o.column_count, 3);
	assert_column(&o, 0, "pipe");
	assert_column(&o, 2, "fill");
	o = CALL("-o+pipe", NULL);
	assert_column(&o, 0, "verdict");
	assert_column(&o, o.column_count - 1, "pipe");
	o = CALL("--raw", NULL);
	assert_true(o.report && o.raw && !o.bytes);
	assert_column(&o, 0, "verdict");
	assert_int_equal(CALL("--report", NULL).column_count, 0);
}

static void test_options__where(void **state)
{
	struct options o = CALL("--where=idle,deadlock,idle", NULL);

	(void)state;
	assert_true(o.report);
	assert_int_equal(o.where, 1u << VERDICT_IDLE | 1u << VERDICT_DEADLOCK);
	assert_column(&o, 0, "verdict");
	o = CALL("--where=idle", "--json", NULL);
	assert_int_equal(o.where, 1u << VERDICT_IDLE);
	assert_int_equal(o.column_count, 0);
}

static void test_options__help_fits_80_columns(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	options_help(file, &names);
	fclose(file);
	assert_non_null(strstr(text, "  -p, --pid=PID[,PID...]"));
	assert_non_null(strstr(text, "--demo[=NAME]"));
	assert_non_null(strstr(text, "\n                               json\n"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strlen(line) > 80)
			fail_msg("too long: %s", line);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options__defaults),
		cmocka_unit_test(test_options__flags_and_words),
		cmocka_unit_test(test_options__the_last_one_wins),
		cmocka_unit_test(test_options__numbers),
		cmocka_unit_test(test_options__pids_come_sorted_and_once),
		cmocka_unit_test(test_options__a_command_has_options_of_its_own),
		cmocka_unit_test(test_options__watch),
		cmocka_unit_test(test_options__seconds_without_a_digit_before_the_point),
		cmocka_unit_test(test_options__sources_that_go_together),
		cmocka_unit_test(test_options__wrong_calls),
		cmocka_unit_test(test_options__a_long_wrong_word_is_cut),
		cmocka_unit_test(test_options__columns),
		cmocka_unit_test(test_options__where),
		cmocka_unit_test(test_options__help_fits_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
