/*
 * The command line. One static table says what there is: it feeds getopt_long(3), takes the values
 * and writes --help. A new option is a row (and a field), nothing else.
 *
 * The leading '-' of the short options makes getopt_long hand out the words that are no options in
 * their place, so argv[optind] is always the word that is looked at next, which errors name.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "options_take.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const char *const color_words[] = { "auto", "always", "never", NULL };
static const char *const show_words[] = { "default", "all", "stuck", NULL };
static const char *const engine_words[] = { "auto", "proc", "bpf", NULL };
static const char *const fail_on_words[] = { "never", "proved", "deadlock", "stall", NULL };

#define FIELD(name) .field = offsetof(struct options, name)

static const struct row rows[] = {
	{ "What to do", 'r', "report", .take = take_flag, FIELD(report),
	  .help = "print one report and exit; without it the screen\n"
	          "opens, which needs a terminal" },
	{ NULL, 'w', "watch", .take = take_flag, FIELD(watch),
	  .help = "print a line for each change, until all processes\n"
	          "that were named have ended; --json: JSON Lines" },
	{ NULL, 0, "demo", "NAME", true, take_scene,
	  .help = "start a scene that is really stuck, look at it, and\n"
	          "end it on exit; --demo=list names the scenes" },
	{ NULL, 0, "replay", "FILE", .take = take_text, FIELD(replay),
	  .help = "look at what --record wrote, not at this system" },
	{ NULL, 0, "record", "FILE", .take = take_text, FIELD(record), .reports = true,
	  .help = "also write the facts that were found, as JSON" },
	{ NULL, 0, "redact", .take = take_flag, FIELD(redact),
	  .help = "in what --record writes, tokens stand for names,\n"
	          "arguments and paths" },

	{ "What to do about it", 0, "peek", "PIPE", .take = take_action,
	  .help = "print the bytes that wait in the pipe, and leave\n"
	          "them there" },
	{ NULL, 0, "grow", "PIPE[=SIZE]", .take = take_action,
	  .help = "make the pipe larger, so that its writer goes on;\n"
	          "nothing is lost (default: to pipe-max-size)" },
	{ NULL, 0, "grow-all-stuck", .take = take_action,
	  .help = "do that for every pipe of a deadlock" },
	{ NULL, 0, "drain", "PIPE", .take = take_action,
	  .help = "take the bytes out: the last resort, since the\n"
	          "reader will not get them (--output: a new file)" },
	{ NULL, 0, "backtrace", "PID[:TID]", .take = take_action,
	  .help = "print the stacks of the process, which is not\n"
	          "stopped or traced for that" },
	{ NULL, 0, "on-deadlock", "COMMAND", .take = take_text, FIELD(on_deadlock),
	  .help = "have sh run this for each new deadlock, with the\n"
	          "report as JSON on its standard input, and in $1\n"
	          "the id of the deadlock" },
	{ NULL, 0, "kill-on-deadlock", .take = take_flag, FIELD(kill_on_deadlock),
	  .help = "kill a COMMAND that is stuck, and its descendants" },
	{ NULL, 0, "readonly", .take = take_flag, FIELD(readonly),
	  .help = "do nothing but look (and peek)" },

	{ "What to look at", 'p', "pid", "PID[,PID...]", .take = take_pids,
	  .help = "these processes, their descendants, and whoever\n"
	          "is on the other ends; the words PID do the same" },
	{ NULL, 0, "depth", "N", .take = take_number, FIELD(depth),
	  .help = "follow the other ends N times over (default 1)" },
	{ NULL, 'a', "all", .take = take_word, FIELD(show), .words = show_words, .fixed = "all",
	  .help = "show every pipe" },
	{ NULL, 0, "stuck", .take = take_word, FIELD(show), .words = show_words, .fixed = "stuck",
	  .help = "show only what something is stuck on" },

	{ NULL, 0, "engine", "ENGINE", .take = take_word, FIELD(engine), .words = engine_words,
	  .help = "what to look with: proc reads /proc, bpf asks the\n"
	          "kernel and sees more (needs root), auto (the\n"
	          "default) is bpf where it can be had" },
	{ NULL, 0, "max-fds", "N", .take = take_number, FIELD(max_fds),
	  .help = "read at most N descriptors in a look of /proc, and\n"
	          "tell that it was cut (default 0: all)" },

	{ "What counts", 0, "confirm", "MS", .take = take_number, FIELD(confirm_ms),
	  .help = "time between two looks (default 100, 0 for none)" },
	{ NULL, 0, "stall", "MS", .take = take_number, FIELD(stall_ms),
	  .help = "from when on a blocked writer is stalled\n(default 1000)" },
	{ NULL, 0, "fail-on", "WHAT", .take = take_word, FIELD(fail_on), .words = fail_on_words,
	  .reports = true,
	  .help = "what makes the exit status 1: proved, deadlock\n"
	          "(proved or likely; the default), stall, never" },
	{ NULL, 0, "strict", .take = take_flag, FIELD(strict), .reports = true,
	  .help = "exit with 2 when nothing stuck was found and not\n"
	          "everything could be seen" },

	{ "The screen and --watch", 'd', "interval", "SECONDS", .take = take_seconds, FIELD(interval_ms),
	  .help = "between two looks, at least 0.1 (default 1)" },
	{ NULL, 0, "cpu-budget", "PERCENT", .take = take_percent, FIELD(cpu_budget_percent),
	  .help = "of one core: the screen looks no oftener than\n"
	          "that allows, but every 4 seconds (default 2)" },
	{ NULL, 'n', "count", "COUNT", .take = take_number, FIELD(count),
	  .help = "leave after so many looks" },

	{ "How it is shown", 0, "format", "FORMAT", .take = take_format, .reports = true,
	  .help = "form of the report:" },
	{ NULL, 0, "json", .take = take_format, .fixed = "json", .reports = true,
	  .help = "short for --format=json" },
	{ NULL, 0, "output", "FILE", .take = take_text, FIELD(output), .reports = true,
	  .help = "write the report there, not to standard output" },
	{ NULL, 0, "color", "WHEN", .take = take_word, FIELD(color), .words = color_words,
	  .help = "auto (the default), always, never" },
	{ NULL, 0, "ascii", .take = take_flag, FIELD(ascii),
	  .help = "draw with ASCII characters only" },

	{ "The pipes as a list", 'o', "columns", "COLUMN,...", .take = take_columns,
	  .reports = true,
	  .help = "one row a pipe, in these columns, for scripts;\n"
	          "+COLUMN,... adds to the usual ones" },
	{ NULL, 'H', "list-columns", .take = take_word, FIELD(action), .words = options_actions,
	  .fixed = "list-columns", .help = "name the columns" },
	{ NULL, 0, "where", "VERDICT,...", .take = take_where, .reports = true,
	  .help = "only pipes with one of these verdicts" },
	{ NULL, 0, "filter", "EXPRESSION", .take = take_filter, FIELD(filter), .reports = true,
	  .help = "only rows for which it holds, as lsfd takes it:\n"
	          "'bytes > 4K and user == \"alice\"'" },
	{ NULL, 0, "noheadings", .take = take_list_flag, FIELD(no_headings), .reports = true,
	  .help = "no headings" },
	{ NULL, 0, "raw", .take = take_list_flag, FIELD(raw), .reports = true,
	  .help = "one blank between columns; in them it is \\x20" },
	{ NULL, 0, "bytes", .take = take_list_flag, FIELD(bytes), .reports = true,
	  .help = "sizes in bytes, not as 64.0K" },

	{ "Other", 'h', "help", .take = take_word, FIELD(action), .words = options_actions,
	  .fixed = "help", .help = "print this help" },
	{ NULL, 'V', "version", .take = take_word, FIELD(action), .words = options_actions,
	  .fixed = "version", .help = "print the version" },
};

/* ---- the words of argv ---- */

enum { WORD_ALONE = 1, FIRST_LONG = UCHAR_MAX + 1 };

static const struct row *find_row(int key)
{
	if (key >= FIRST_LONG && (size_t)(key - FIRST_LONG) < ARRAY_SIZE(rows))
		return &rows[key - FIRST_LONG];
	for (size_t i = 0; key > 0 && i < ARRAY_SIZE(rows); i++)
		if (rows[i].letter == key)
			return &rows[i];
	return NULL;
}

static void fill_getopt(struct option longs[ARRAY_SIZE(rows) + 1],
                        char shorts[2 * ARRAY_SIZE(rows) + 3])
{
	char *s = shorts;

	*s++ = '-';
	*s++ = ':';
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		int argument = !row->argument ? no_argument :
		               row->optional  ? optional_argument : required_argument;

		longs[i] = (struct option){ row->name, argument, NULL, FIRST_LONG + (int)i };
		if (row->letter)
			*s++ = (char)row->letter;
		if (row->letter && row->argument)
			*s++ = ':';
	}
	longs[ARRAY_SIZE(rows)] = (struct option){ 0 };
	*s = '\0';
}

/* getopt_long does not tell an unknown option from the beginning of several. */
static bool is_ambiguous(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strncmp(word, "--", 2) && word[2] &&
		    !strncmp(word + 2, rows[i].name, strlen(word + 2)))
			return true;
	return false;
}

static int wrong_option(struct parser *p, int code, const char *word)
{
	if (code == ':')
		return take_wrong(p, "an argument is missing after", word, "");
	if (!strncmp(word, "--", 2) && find_row(optopt))
		return take_wrong(p, "no argument is taken by", word, "");
	if (is_ambiguous(word))
		return take_wrong(p, "ambiguous option", word, "");
	return take_wrong(p, "unknown option", word, "");
}

static int take_row(struct parser *p, const struct row *row)
{
	p->options->report |= row->reports;
	return row->take(p, row, row->fixed ? row->fixed : optarg);
}

/* What follows "--". */
static void take_command(struct parser *p, char *const *words)
{
	p->options->command = words;
	p->options->report = true;
}

static int take_argv(struct parser *p, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(rows) + 1];
	char shorts[2 * ARRAY_SIZE(rows) + 3];
	int code, r = 0;

	fill_getopt(longs, shorts);
	opterr = 0;
	optind = 0; /* glibc and musl: start afresh, whatever was parsed before */
	for (const char *word = argc > 1 ? argv[1] : NULL; r == 0; word = argv[optind]) {
		code = getopt_long(argc, argv, shorts, longs, NULL);
		const struct row *row = find_row(code);

		if (code == -1)
			break;
		if (code == WORD_ALONE)
			r = take_pids(p, NULL, optarg);
		else if (row)
			r = take_row(p, row);
		else
			r = wrong_option(p, code, word);
	}
	if (r == 0 && optind < argc)
		take_command(p, argv + optind);
	return r;
}

static int compare_pids(const void *a, const void *b)
{
	int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;

	return (left > right) - (left < right);
}

static void sort_pids(struct options *o)
{
	uint32_t kept = 0;

	if (o->pid_count)
		qsort(o->pids, o->pid_count, sizeof(*o->pids), compare_pids);
	for (uint32_t i = 0; i < o->pid_count; i++)
		if (!kept || o->pids[i] != o->pids[kept - 1])
			o->pids[kept++] = o->pids[i];
	o->pid_count = kept;
}

int options_parse(int argc, char **argv, const struct options_names *names,
                  struct options *ret_options, char error[OPTIONS_ERROR_SIZE])
{
	struct options options = {
		.format = names->formats[0], .depth = 1, .confirm_ms = 100, .stall_ms = 1000,
		.fail_on = FAIL_ON_DEADLOCK, .cpu_budget_percent = 2,
	};
	struct parser p = { .names = names, .options = &options, .error = error };
	int r = take_argv(&p, argc, argv);

	if (r == 0)
		r = options_check(&p);
	if (r < 0) {
		options_free(&options);
		return r;
	}
	sort_pids(&options);
	*ret_options = options;
	return 0;
}

void options_free(struct options *options)
{
	free(options->pids);
	options->pids = NULL;
	options->pid_count = 0;
}

/* ---- help ---- */

enum { HELP_INDENT = 29 };

static void print_row(FILE *file, const struct row *row)
{
	int width = row->letter ? fprintf(file, "  -%c, --%s", row->letter, row->name)
	                        : fprintf(file, "      --%s", row->name);

	if (row->argument)
		width += fprintf(file, row->optional ? "[=%s]" : "=%s", row->argument);
	fprintf(file, "%*s", HELP_INDENT - width, "");
	for (const char *c = row->help; *c; c++) {
		fputc(*c, file);
		if (*c == '\n')
			fprintf(file, "%*s", HELP_INDENT, "");
	}
	fputc('\n', file);
}

void options_help(FILE *file, const struct options_names *names)
{
	fputs("Usage: pipetop [OPTION]... [PID]...\n"
	      "       pipetop --report [OPTION]... -- COMMAND [ARGUMENT]...\n"
	      "Shows every pipe between processes, how full it is, and what is stuck for good.\n",
	      file);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].group)
			fprintf(file, "\n%s:\n", rows[i].group);
		print_row(file, &rows[i]);
		if (rows[i].take == take_format && !rows[i].fixed)
			for (int f = 0; names->formats[f]; f++)
				fprintf(file, "%*s%s%s\n", HELP_INDENT + 2, "",
				        names->formats[f], f ? "" : " (the default)");
	}
	fputs("\nExit status: 0 nothing stuck in what could be seen, 1 a deadlock was found,\n"
	      "2 the call was wrong or the job could not be done. A COMMAND is watched until it\n"
	      "ends or is stuck: then 1, else its own status, or 128+N where signal N ended it;\n"
	      "127 or 126 where it could not be started.\n", file);
}
