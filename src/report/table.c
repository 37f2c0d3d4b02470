/*
 * Owns the layout of the table of pipes. All cells are written into one text first, with a tab
 * after each and a newline after each row (escaped text has neither), so that the columns can be
 * as wide as they need to be and a row costs no allocation of its own.
 */
#include "report/table.h"

#include <stdlib.h>
#include <string.h>

#include "words/columns.h"
#include "words/escape.h"
#include "words/explain.h"
#include "words/phrase.h"

/* What is not counted in the width of its column, being wider than `most`, pushes its row aside. */
static const struct cell {
	const char *name;        /* of the column, see words/columns.h */
	size_t most;
} cells[] = {
	{ "verdict", 16 }, { "fill", 8 }, { "size", 24 }, { "stuck", 8 }, { "writer", 40 },
	{ "reader", 40 }, { "pipe", 24 },
};

enum { CELLS = sizeof(cells) / sizeof(cells[0]), STUCK = 3, WRITER = 4, READER = 5, PIPE = 6 };

struct layout {
	const struct column *columns[CELLS];
	size_t widths[CELLS];    /* 0: left out */
	bool calls;              /* what each side does is shown */
};

/* "log[90909] +2" of "log[90909] +2 write(2)" */
static size_t without_call(const char *side, size_t length)
{
	const char *end = memrchr(side, ']', length);

	if (!end)
		return length;
	end++;
	if (!strncmp(end, " +", 2))
		end += 2 + strspn(end + 2, "0123456789");
	return (size_t)(end - side);
}

/* How much of a cell is shown. */
static size_t shown_length(const struct layout *layout, size_t cell, const char *text,
                           size_t length)
{
	bool side = cell == WRITER || cell == READER;

	return side && !layout->calls ? without_call(text, length) : length;
}

static void add_cell(struct phrase *rows, const struct diagnosis *d, size_t cell, uint32_t pipe)
{
	uint32_t column = columns_find(cells[cell].name, strlen(cells[cell].name));
	char text[COLUMNS_TEXT];

	if (cell == PIPE) {
		/* A path may be longer than any buffer. */
		phrase_add_taken(rows, explain_pipe_id(d->snapshot, pipe));
	} else {
		columns[column].text(d, pipe, text, sizeof(text));
		phrase_add(rows, "%s", text);
	}
	phrase_add(rows, "%c", cell + 1 < CELLS ? '\t' : '\n');
}

/* Widths of the columns; returns that of the table. */
static size_t measure(struct layout *layout, const char *rows)
{
	size_t total = 0;

	for (size_t i = 0; i < CELLS; i++) {
		layout->columns[i] = &columns[columns_find(cells[i].name, strlen(cells[i].name))];
		layout->widths[i] = strlen(layout->columns[i]->heading);
	}
	for (size_t cell = 0; *rows; cell = (cell + 1) % CELLS) {
		size_t length = strcspn(rows, "\t\n");
		size_t taken = escape_columns(rows, shown_length(layout, cell, rows, length));

		if (taken > layout->widths[cell] && taken <= cells[cell].most)
			layout->widths[cell] = taken;
		rows += length + 1;
	}
	for (size_t i = 0; i < CELLS; i++)
		total += 2 + layout->widths[i];
	return total;
}

/* Where the width is too small for everything, what each side does goes first. */
static struct layout fit(const char *rows, size_t width)
{
	struct layout layout = { .calls = true };

	if (measure(&layout, rows) <= width)
		return layout;
	layout.calls = false;
	if (measure(&layout, rows) > width)
		layout.widths[STUCK] = 0;
	return layout;
}

static void write_cell(struct page *page, const struct layout *layout, size_t cell,
                       enum style style, const char *text, size_t *start)
{
	size_t width = layout->widths[cell], taken = escape_columns(text, strlen(text));

	if (!width)
		return;
	page_pad(page,
	         *start + (layout->columns[cell]->right && taken < width ? width - taken : 0));
	page_text(page, style, text);
	*start += width + 2;
}

static void write_headings(struct page *page, const struct layout *layout)
{
	size_t start = 2;

	for (size_t i = 0; i < CELLS; i++)
		write_cell(page, layout, i, STYLE_DIM, layout->columns[i]->heading, &start);
	page_end_line(page);
}

static enum style style_of(enum verdict verdict, size_t cell)
{
	static const enum style styles[VERDICT_COUNT] = {
		[VERDICT_DEADLOCK] = STYLE_DEADLOCK,
		[VERDICT_STALLED] = STYLE_STALLED,
		[VERDICT_BACKPRESSURE] = STYLE_BACKPRESSURE,
		[VERDICT_IDLE] = STYLE_DIM,
	};

	return cell == 0 || verdict == VERDICT_IDLE ? styles[verdict] : STYLE_PLAIN;
}

/* One row, cut into its cells; returns what follows it. */
static char *write_row(struct page *page, const struct layout *layout, enum verdict verdict,
                       char *row)
{
	size_t start = 2;

	for (size_t i = 0; i < CELLS; i++) {
		size_t length = strcspn(row, "\t\n");

		row[shown_length(layout, i, row, length)] = '\0';
		write_cell(page, layout, i, style_of(verdict, i), row, &start);
		row += length + 1;
	}
	page_end_line(page);
	return row;
}

void table_write(struct page *page, const struct diagnosis *d, const uint32_t *pipes,
                 uint32_t count)
{
	struct phrase rows = { 0 };
	struct layout layout;
	char *text, *row;

	for (uint32_t i = 0; i < count; i++) {
		for (size_t cell = 0; cell < CELLS; cell++)
			add_cell(&rows, d, cell, pipes[i]);
	}
	text = row = page_shown(page, phrase_take(&rows));
	if (!text)
		return;
	layout = fit(text, (size_t)page->settings->width);
	write_headings(page, &layout);
	for (uint32_t i = 0; i < count; i++)
		row = write_row(page, &layout, d->pipes[pipes[i]].verdict, row);
	free(text);
}
