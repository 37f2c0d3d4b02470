/* The forms of a report: a table, so that a new one is a file and a row. */
#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include <stdio.h>

#include "analysis/diagnosis.h"

/* The command that was watched (--report -- COMMAND). */
struct report_command {
	char *const *argv;       /* ends with a NULL */
	int32_t pid;
	int32_t status, signal;  /* UNKNOWN: it runs on, or signal N ended it; signal 0: none */
	bool killed;             /* by us, with its descendants (--kill-on-deadlock) */
};

struct selection;

struct report_settings {
	int width;               /* columns of the terminal, or 80 */
	bool color, utf8;        /* may be used */
	bool all, stuck;         /* --all, --stuck */
	unsigned verdicts;       /* --where: 1 << VERDICT_…; 0 for all of them */
	const uint32_t *columns; /* of words/columns.h: a list of pipes in place of the text */
	uint32_t column_count;   /* 0 for no list */
	struct selection *selection; /* which rows of it are wanted, see selection.h; NULL: all */
	bool no_headings, raw, bytes; /* of that list */
	const struct report_command *command; /* or NULL */
};

/* 0, -ENOMEM, or -errno of the file. */
typedef int report_writer(FILE *file, const struct diagnosis *d,
                          const struct report_settings *settings);

struct report_format {
	const char *name, *help;
	report_writer *write;
};

/* Ends with a row of NULL. */
extern const struct report_format report_formats[];

/* NULL when there is no such format. */
const struct report_format *report_format_find(const char *name);

/* Whether the pipe is one of those that were asked for. */
bool report_shows(const struct report_settings *settings, const struct pipe_finding *finding);

/* The writers of the table, a file each. */
report_writer text_write, json_write, dot_write, openmetrics_write;

#endif
