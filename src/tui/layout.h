/* Where things are on a screen of a given size: for the views that draw and for the mouse. Pure. */
#ifndef TUI_LAYOUT_H
#define TUI_LAYOUT_H

#include <stdbool.h>

#include "model/snapshot.h"
#include "tui/keys.h"
#include "tui/settings.h"

/* Rows; -1 for what has no place. */
struct layout {
	int title, counts, hint, heading;
	int list, list_rows;     /* the table, or the text */
	int rule, detail, detail_rows;
	int footer;
};

struct layout layout_rows(enum screen_name screen, int rows);

/* A column of the table and where it is. */
struct place {
	uint32_t column;         /* index in words/columns.h */
	int at, width;
	bool arrow;              /* the arrow from writer to reader stands before it */
};

struct places {
	struct place places[SETTINGS_COLUMNS];
	uint32_t count;
	int gauge;               /* cells of the gauge before the percents of "fill" */
	int arrow;               /* columns of the arrow */
};

/* Those columns of the settings that fit into the width. At least one. */
struct places layout_columns(const struct settings *settings, int width);

/* The column whose heading is there, or NONE. */
uint32_t layout_column_at(const struct places *places, int x);

#endif
