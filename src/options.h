/* The command line: argv into const struct options. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum options_action {
	ACTION_RUN, ACTION_HELP, ACTION_VERSION, ACTION_LIST_COLUMNS,
	ACTION_PEEK, ACTION_GROW, ACTION_GROW_ALL_STUCK, ACTION_DRAIN, ACTION_BACKTRACE
};
enum options_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum options_engine { ENGINE_AUTO, ENGINE_PROC, ENGINE_BPF };
enum options_show { SHOW_DEFAULT, SHOW_ALL, SHOW_STUCK };

enum { OPTIONS_COLUMNS = 32 };

/* What makes the exit status 1, each what the one before it does and more. */
enum options_fail_on { FAIL_ON_NEVER, FAIL_ON_PROVED, FAIL_ON_DEADLOCK, FAIL_ON_STALL };

/* Texts point into argv or into the names that were given to options_parse(). */
struct options {
	enum options_action action;
	const char *subject;         /* what the action is about: PIPE, PID:TID; or NULL */
	bool report, watch;
	const char *format;          /* one of options_names.formats */
	const char *demo;            /* one of options_names.scenes, OPTIONS_LIST, or NULL */
	const char *record, *replay, *output; /* files, or NULL */
	bool redact;
	char *const *command;        /* ends with a NULL, and is in argv; or NULL */
	const char *on_deadlock;     /* a shell command, or NULL */
	bool kill_on_deadlock;
	int32_t *pids;               /* ascending, each once */
	uint32_t pid_count;
	uint32_t depth;
	uint32_t confirm_ms, stall_ms;
	uint32_t interval_ms;        /* 0 when not given */
	uint32_t count;              /* of refreshes; 0 for no end */
	uint32_t cpu_budget_percent; /* of one core */
	uint32_t max_fds;            /* descriptors of a look; 0 for all */
	enum options_fail_on fail_on;
	enum options_color color;
	enum options_show show;
	enum options_engine engine;
	bool strict, ascii, readonly;
	unsigned where;              /* verdicts: 1 << VERDICT_…; 0 for all */
	uint32_t columns[OPTIONS_COLUMNS]; /* of words/columns.h */
	uint32_t column_count;       /* 0 where no list of pipes is asked for */
	const char *filter;          /* an expression for report/selection.h, or NULL */
	bool no_headings, raw, bytes;
};

/* Words that other rooms own; the first of each is the default. NULL-terminated. */
struct options_names {
	const char *const *formats, *const *scenes;
};

#define OPTIONS_LIST "list"          /* --demo=list */

enum { OPTIONS_ERROR_SIZE = 200 };

/*
 * 0, -ENOMEM, or -EINVAL with one printable line in `error`, which names the offending word. In
 * success the options are to be freed.
 */
int options_parse(int argc, char **argv, const struct options_names *names,
                  struct options *ret_options, char error[OPTIONS_ERROR_SIZE]);
void options_free(struct options *options);

/* Writes --help; errors stay in the stream. */
void options_help(FILE *file, const struct options_names *names);

#endif
