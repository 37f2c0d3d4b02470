/*
 * The columns of the table of pipes, for the screen and for --report -o: a new column is a row
 * here. All text is escaped.
 */
#ifndef WORDS_COLUMNS_H
#define WORDS_COLUMNS_H

#include "analysis/diagnosis.h"

enum { COLUMNS_TEXT = 512 };     /* bytes that are enough for every text but commands and paths */

struct column {
	const char *name;        /* what -o and pipetoprc call it */
	const char *heading;
	const char *help;
	int width;               /* that it needs at least */
	int weight;              /* its share of the room that is left; 0: it never grows */
	int rank;                /* 1 is given up last when there is no room for all */
	bool right;              /* aligned to the right */
	/*
	 * Writes the text as snprintf(3) does; "-" where there is nothing to say, "?" for unknown.
	 */
	void (*text)(const struct diagnosis *d, uint32_t pipe, char *out, size_t size);
	/* To sort by, the largest first; NULL: the text is sorted by, from A to Z. */
	int64_t (*number)(const struct diagnosis *d, uint32_t pipe);
};

extern const struct column columns[];
extern const uint32_t column_count;

/* Index, or NONE. */
uint32_t columns_find(const char *name, size_t length);

/*
 * A list of names between commas into indices (at most column_count of them; each once). A list
 * that begins with "+" adds to what is in `list` already. -EINVAL, and the offending word, when a
 * name is unknown.
 */
int columns_parse(const char *text, uint32_t *list, uint32_t *count, const char **ret_word,
                  size_t *ret_length);

/* Those that are shown when nothing else was asked for. */
uint32_t columns_default(uint32_t *list);

/*
 * The text of a column, for a list: sizes are always exact there, or always in units as people
 * read them.
 */
void columns_text(const struct diagnosis *d, uint32_t column, uint32_t pipe, bool exact, char *out,
                  size_t size);

/* How full, from 0 to 100, or UNKNOWN; 100 exactly when the kernel calls the pipe full. */
int columns_percent(const struct pipe *pipe);

#endif
