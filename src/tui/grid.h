/*
 * A grid of character cells: what a view draws on. Nothing here knows a terminal; screen.c puts a
 * grid on one, a test reads it as text.
 *
 * Text is valid UTF-8 (words/escape.h sees to that). A wide character fills two cells, combining
 * ones share their base's cell. An ASCII grid holds ASCII alone: everything else is spelt in it.
 */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

/* How a cell looks, by its meaning. screen.c has the table of colours and attributes. */
enum style {
	STYLE_NORMAL,
	STYLE_DIM,
	STYLE_BOLD,
	STYLE_TITLE,             /* the name of the program, of a screen */
	STYLE_HEADING,           /* of the table */
	STYLE_HEADING_SORTED,    /* the one that is sorted by */
	STYLE_RULE,              /* lines and boxes */
	STYLE_KEY,               /* a key to press */
	STYLE_KEY_NAME,          /* what it does, in the footer */
	STYLE_HINT,
	STYLE_MESSAGE,
	STYLE_PROMPT,
	STYLE_ERROR,
	STYLE_DEADLOCK,
	STYLE_STALLED,
	STYLE_BACKPRESSURE,
	STYLE_STARVED,
	STYLE_HALF_OPEN,
	STYLE_MOVING,
	STYLE_COUNT,
	STYLE_FOUND = 0x20,      /* or-ed to a style: a match of the search */
	STYLE_UNDERLINED = 0x40, /* or-ed to a style */
	STYLE_SELECTED = 0x80    /* or-ed to a style: the row of the cursor */
};

enum { CELL_MARKS = 2 };     /* combining characters that are kept of a cell */

struct cell {
	wchar_t text[1 + CELL_MARKS + 1]; /* empty in the right half of a wide one */
	unsigned char style;
};

struct glyphs;

struct grid {
	int rows, columns;
	const struct glyphs *glyphs; /* of this grid: those of Unicode or of ASCII */
	bool ascii;
	struct cell *cells;
};

/* A grid of blanks. 0 or -ENOMEM. Sizes below 1 count as 1. */
int grid_new(int rows, int columns, bool ascii, struct grid **ret_grid);
void grid_free(struct grid *g);

/* NULL outside of the grid. */
struct cell *grid_cell(const struct grid *g, int row, int column);

/*
 * Writes text at a place and returns the column behind it. What lies outside of the grid is left
 * out. The second form fills exactly `width` columns: it leaves out the first `skip` columns of
 * the text, pads with blanks, and shows by a mark that something is cut off at the end.
 */
int grid_text(struct grid *g, int row, int column, unsigned style, const char *text);
int grid_field(struct grid *g, int row, int column, int width, int skip, unsigned style,
               const char *text);
int grid_printf(struct grid *g, int row, int column, unsigned style, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* The same aligned to the right of `width` columns. */
int grid_right(struct grid *g, int row, int column, int width, unsigned style, const char *text);

/* Breaks the text at blanks into lines of `width`; returns the row behind the last one. */
int grid_wrapped(struct grid *g, int row, int column, int width, unsigned style, const char *text);

/* One glyph `count` times; returns the column behind. */
int grid_repeat(struct grid *g, int row, int column, int count, unsigned style, const char *glyph);

/* Ors a flag (STYLE_SELECTED, STYLE_UNDERLINED, STYLE_FOUND) to cells of a row. */
void grid_flag(struct grid *g, int row, int column, int width, enum style flag);

/* The same wherever the text stands in the row, in small or capital letters. */
void grid_flag_text(struct grid *g, int row, const char *text, enum style flag);

/* Copies `rows` rows, from row `from` of one grid to row `to` of another. */
void grid_copy(struct grid *to_grid, int to, const struct grid *from_grid, int from, int rows);

/* How many columns the text takes on this grid. */
int grid_width(const struct grid *g, const char *text);

/* The grid as lines of UTF-8 without blanks at their ends; NULL when there is no memory. */
char *grid_dump(const struct grid *g);

#endif
