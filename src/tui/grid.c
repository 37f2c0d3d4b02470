/*
 * Cells, and text put into them. Widths are those of wcwidth(3) in the locale that main has set;
 * a character without one shows as "?" and takes one column, so that no text can shift a row.
 */
#include "tui/grid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/glyphs.h"

int grid_new(int rows, int columns, bool ascii, struct grid **ret_grid)
{
	struct grid *g = calloc(1, sizeof *g);

	if (g == NULL)
		return -ENOMEM;
	g->rows = rows < 1 ? 1 : rows;
	g->columns = columns < 1 ? 1 : columns;
	g->ascii = ascii;
	g->glyphs = ascii ? &glyphs_ascii : &glyphs_unicode;
	g->cells = calloc((size_t)g->rows * (size_t)g->columns, sizeof *g->cells);
	if (g->cells == NULL) {
		free(g);
		return -ENOMEM;
	}
	for (int i = 0; i < g->rows * g->columns; i++)
		g->cells[i].text[0] = L' ';
	*ret_grid = g;
	return 0;
}

void grid_free(struct grid *g)
{
	if (g == NULL)
		return;
	free(g->cells);
	free(g);
}

struct cell *grid_cell(const struct grid *g, int row, int column)
{
	if (row < 0 || row >= g->rows || column < 0 || column >= g->columns)
		return NULL;
	return &g->cells[row * g->columns + column];
}

/* ---- characters ---- */

/* The next character of valid UTF-8; anything else reads byte by byte as U+FFFD. */
static wchar_t next_char(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	int extra = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : -1;
	uint32_t c = extra <= 0 ? *p : *p & (0x3fu >> extra);

	if (extra < 0)
		c = 0xfffd;
	p++;
	for (int i = 0; i < extra; i++, p++) {
		if ((*p & 0xc0) != 0x80) {
			c = 0xfffd;
			break;
		}
		c = c << 6 | (*p & 0x3fu);
	}
	*text = (const char *)p;
	return (wchar_t)c;
}

/* As wcwidth(3), which is slow for what nearly all of a screen is. */
static int width_of(wchar_t c)
{
	return c >= 0x20 && c < 0x7f ? 1 : wcwidth(c);
}

/* How a character is spelt on a grid: itself, or what stands for it in ASCII. */
static const wchar_t *spelt(const struct grid *g, wchar_t c, wchar_t buffer[2])
{
	buffer[0] = c;
	buffer[1] = L'\0';
	if (c == L'\t')
		buffer[0] = L' ';
	else if (g->ascii && c == 0x2026)
		return L"...";
	else if (g->ascii && (c == 0x2013 || c == 0x2014))
		buffer[0] = L'-';
	else if (c < 0x20 || c == 0x7f || width_of(c) < 0 || (g->ascii && c > 0x7e))
		buffer[0] = L'?';
	return buffer;
}

static void add_mark(struct cell *cell, wchar_t mark)
{
	size_t n = wcslen(cell->text);

	if (n == 0 || n > CELL_MARKS)
		return;
	cell->text[n] = mark;
	cell->text[n + 1] = L'\0';
}

/* Whoever overwrites one half of a wide character blanks the other half. */
static void split_wide(struct grid *g, int row, int column)
{
	struct cell *here = grid_cell(g, row, column), *before = grid_cell(g, row, column - 1);
	struct cell *after = grid_cell(g, row, column + 1);

	if (here->text[0] == L'\0' && before != NULL)
		wcscpy(before->text, L" ");
	if (after != NULL && after->text[0] == L'\0')
		wcscpy(after->text, L" ");
}

static void set_cell(struct grid *g, int row, int column, unsigned style, const wchar_t *text)
{
	struct cell *cell = grid_cell(g, row, column);

	split_wide(g, row, column);
	wcscpy(cell->text, text);
	cell->style = (unsigned char)style;
}

/* Puts a character of `width` columns, or blanks where only a part of it is inside [from, to). */
static void put_char(struct grid *g, int row, int column, int width, int from, int to,
                     unsigned style, wchar_t c)
{
	bool whole = column >= from && column + width <= to;

	for (int i = column; i < column + width; i++) {
		if (i < from || i >= to || grid_cell(g, row, i) == NULL)
			continue;
		set_cell(g, row, i, style, !whole ? L" " : i == column ? (wchar_t[]){c, 0} : L"");
	}
}

/*
 * Text that begins at `column`, of which [from, to) may be written to. Returns the column behind,
 * as if all had been written.
 */
static int put_text(struct grid *g, int row, int column, int from, int to, unsigned style,
                    const char *text)
{
	struct cell *last = NULL;

	from = from < 0 ? 0 : from;
	to = to > g->columns ? g->columns : to;
	while (*text != '\0') {
		wchar_t buffer[2];

		for (const wchar_t *s = spelt(g, next_char(&text), buffer); *s != L'\0'; s++) {
			int width = width_of(*s);

			if (width == 0) {
				if (last != NULL)
					add_mark(last, *s);
				continue;
			}
			put_char(g, row, column, width, from, to, style, *s);
			last = column >= from && column + width <= to ? grid_cell(g, row, column)
			                                              : NULL;
			column += width;
		}
	}
	return column;
}

/* ---- text ---- */

int grid_width(const struct grid *g, const char *text)
{
	int width = 0;

	while (*text != '\0') {
		wchar_t buffer[2];

		for (const wchar_t *s = spelt(g, next_char(&text), buffer); *s != L'\0'; s++)
			width += width_of(*s);
	}
	return width;
}

int grid_text(struct grid *g, int row, int column, unsigned style, const char *text)
{
	return put_text(g, row, column, 0, g->columns, style, text);
}

int grid_field(struct grid *g, int row, int column, int width, int skip, unsigned style,
               const char *text)
{
	int end;

	if (width <= 0)
		return column;
	end = put_text(g, row, column - skip, column, column + width, style, text);
	if (end > column + width)
		put_text(g, row, column + width - 1, 0, g->columns, style, g->glyphs->more);
	for (int i = end < column ? column : end; i < column + width; i++)
		put_text(g, row, i, 0, g->columns, style, " ");
	return column + width;
}

int grid_printf(struct grid *g, int row, int column, unsigned style, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return column;
	column = grid_text(g, row, column, style, text);
	free(text);
	return column;
}

int grid_right(struct grid *g, int row, int column, int width, unsigned style, const char *text)
{
	int missing = width - grid_width(g, text);

	for (int i = 0; i < missing && i < width; i++)
		put_text(g, row, column + i, 0, g->columns, style, " ");
	if (missing >= 0)
		return put_text(g, row, column + missing, 0, g->columns, style, text);
	return grid_field(g, row, column, width, 0, style, text);
}

/* Bytes of the text that fit into `width` columns, whole words if there is one that fits. */
static size_t line_bytes(const struct grid *g, const char *text, int width)
{
	const char *p = text, *word_end = NULL;
	int used = 0;

	while (*p != '\0' && *p != '\n') {
		const char *here = p;
		wchar_t buffer[2];

		if (*p == ' ')
			word_end = p;
		for (const wchar_t *s = spelt(g, next_char(&p), buffer); *s != L'\0'; s++)
			used += width_of(*s);
		if (used > width && here != text)
			return (size_t)((word_end != NULL && word_end != text ? word_end : here) -
			                text);
	}
	return (size_t)(p - text);
}

int grid_wrapped(struct grid *g, int row, int column, int width, unsigned style, const char *text)
{
	while (*text != '\0') {
		size_t bytes = line_bytes(g, text, width < 1 ? 1 : width);
		char *line = strndup(text, bytes);

		if (line == NULL)
			return row;
		put_text(g, row++, column, 0, column + width, style, line);
		free(line);
		text += bytes;
		while (*text == ' ')
			text++;
		if (*text == '\n')
			text++;
	}
	return row;
}

int grid_repeat(struct grid *g, int row, int column, int count, unsigned style, const char *glyph)
{
	for (int i = 0; i < count; i++)
		column = grid_text(g, row, column, style, glyph);
	return column;
}

/* ---- whole rows ---- */

void grid_flag(struct grid *g, int row, int column, int width, enum style flag)
{
	for (int i = column; i < column + width; i++) {
		struct cell *cell = grid_cell(g, row, i);

		if (cell != NULL)
			cell->style |= (unsigned char)flag;
	}
}

static bool same_letters(const struct cell *left, const struct cell *right, int count)
{
	for (int i = 0; i < count; i++)
		if (wcscasecmp(left[i].text, right[i].text) != 0)
			return false;
	return true;
}

void grid_flag_text(struct grid *g, int row, const char *text, enum style flag)
{
	int width = grid_width(g, text);
	struct grid *sought;

	if (width == 0 || grid_new(1, width, g->ascii, &sought) < 0)
		return;
	grid_text(sought, 0, 0, STYLE_NORMAL, text);
	for (int x = 0; x + width <= g->columns; x++)
		if (same_letters(grid_cell(g, row, x), sought->cells, width))
			grid_flag(g, row, x, width, flag);
	grid_free(sought);
}

void grid_copy(struct grid *to_grid, int to, const struct grid *from_grid, int from, int rows)
{
	for (int row = 0; row < rows; row++) {
		for (int column = 0; column < to_grid->columns; column++) {
			struct cell *target = grid_cell(to_grid, to + row, column);
			const struct cell *source = grid_cell(from_grid, from + row, column);

			if (target != NULL && source != NULL)
				*target = *source;
		}
	}
}

static void write_utf8(FILE *file, wchar_t wide)
{
	uint32_t c = (uint32_t)wide;

	if (c < 0x80) {
		fputc((int)c, file);
	} else if (c < 0x800) {
		fprintf(file, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		fprintf(file, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)),
		        (int)(0x80 | (c & 0x3f)));
	} else {
		fprintf(file, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3f)),
		        (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
	}
}

char *grid_dump(const struct grid *g)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (file == NULL)
		return NULL;
	for (int row = 0; row < g->rows; row++) {
		int end = g->columns;

		while (end > 0 && wcscmp(grid_cell(g, row, end - 1)->text, L" ") == 0)
			end--;
		for (int column = 0; column < end; column++)
			for (const wchar_t *s = grid_cell(g, row, column)->text; *s != L'\0'; s++)
				write_utf8(file, *s);
		fputc('\n', file);
	}
	if (fclose(file) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
