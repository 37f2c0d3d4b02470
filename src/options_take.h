/* How the command line is taken in: what options.c, options_take.c and options_check.c share. */
#ifndef OPTIONS_TAKE_H
#define OPTIONS_TAKE_H

#include "options.h"

struct parser {
	const struct options_names *names;
	struct options *options;
	char *error;
};

struct row {
	const char *group;           /* heading of --help that begins here */
	int letter;                  /* or 0 */
	const char *name;
	const char *argument;        /* how --help names it; NULL when there is none */
	bool optional;               /* the argument may be left out */
	/* Stores `word` (the argument, or `fixed` where it has none): 0, -ENOMEM or -EINVAL. */
	int (*take)(struct parser *p, const struct row *row, const char *word);
	size_t field;                /* where in struct options */
	const char *const *words;    /* those it may be, in the order of the field's enum */
	const char *fixed;
	bool reports;                /* only a report knows it, so it asks for one */
	const char *help;            /* lines of at most 50 columns */
};

/* The words of enum options_action, in its order; NULL-terminated. */
extern const char *const options_actions[];

/* What a row may have as `take`. */
int take_flag(struct parser *p, const struct row *row, const char *word);
int take_text(struct parser *p, const struct row *row, const char *word);
int take_number(struct parser *p, const struct row *row, const char *word);
int take_percent(struct parser *p, const struct row *row, const char *word);
int take_seconds(struct parser *p, const struct row *row, const char *word);
int take_word(struct parser *p, const struct row *row, const char *word);
int take_format(struct parser *p, const struct row *row, const char *word);
int take_scene(struct parser *p, const struct row *row, const char *word);
int take_pids(struct parser *p, const struct row *row, const char *word);
int take_action(struct parser *p, const struct row *row, const char *word);
int take_columns(struct parser *p, const struct row *row, const char *word);
int take_where(struct parser *p, const struct row *row, const char *word);
int take_list_flag(struct parser *p, const struct row *row, const char *word);
int take_filter(struct parser *p, const struct row *row, const char *word);

/*
 * -EINVAL, with "`before` 'WORD'`after`" as the error; the word is escaped and cut so that all of
 * it fits.
 */
int take_wrong(struct parser *p, const char *before, const char *word, const char *after);

/* Whether what was asked for goes together: 0 or -EINVAL. */
int options_check(struct parser *p);

#endif
