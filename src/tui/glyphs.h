/* What is drawn with: one set for Unicode, one for ASCII. */
#ifndef TUI_GLYPHS_H
#define TUI_GLYPHS_H

enum { GLYPHS_LEVELS = 8 };

struct glyphs {
	const char *gauge[GLYPHS_LEVELS + 1]; /* a cell of a gauge, from empty to full */
	const char *spark[GLYPHS_LEVELS];     /* a cell of a sparkline, from low to high */
	const char *cursor;                   /* before the selected row */
	const char *arrow, *strong_arrow;     /* from a writer to a reader, three columns */
	const char *line, *strong_line;
	const char *right, *left, *down;      /* arrow heads */
	const char *bar;                      /* an upright line */
	const char *corner[4];                /* top left, top right, bottom left, bottom right */
	const char *tee_down;                 /* a line that leaves a box at its bottom */
	const char *branch, *last_branch, *trunk, *no_trunk; /* of a tree, three columns each */
	const char *open, *closed;            /* a tree's node, one column */
	const char *ascending, *descending;
	const char *more;                     /* something is cut off here */
	const char *bullet;
};

extern const struct glyphs glyphs_unicode, glyphs_ascii;

#endif
