/* Which pipes the main table shows, and in which order. */
#ifndef TUI_ROWS_H
#define TUI_ROWS_H

#include "tui/look.h"

struct row {
	const struct look *look; /* that the row is drawn from */
	uint32_t pipe;           /* its index there */
	bool gone;               /* it was in the look before, and is not any more */
};

struct rows {
	struct row *rows;
	uint32_t count;
	uint32_t hidden_deadlocks; /* pipes of a deadlock that the filter hides */
};

struct rows_query {
	uint32_t sort;           /* index of a column */
	bool reversed;
	bool only_stuck;         /* deadlocked and stalled ones alone */
	const char *filter;      /* a text that must occur; "" for none */
};

/*
 * The rows of `look`, and of `before` (NULL is allowed) those whose pipes are gone. 0 or -ENOMEM.
 * They are good for as long as the looks are.
 */
int rows_make(const struct look *look, const struct look *before, const struct rows_query *query,
              struct rows *ret_rows);
void rows_free(struct rows *rows);

/* Where the pipe is, or NONE. */
uint32_t rows_find(const struct rows *rows, uint64_t dev, uint64_t ino);

/* Does the text occur in what the table can show of the pipe? Upper and lower case are the same. */
bool rows_match(const struct look *look, uint32_t pipe, const char *text);

#endif
