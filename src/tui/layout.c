/*
 * Shares out rows and columns. What matters most is given up last: with one row it is the counts
 * (is there a deadlock?), with little width the verdict, the writer and the reader.
 */
#include "tui/layout.h"

#include <stdbool.h>
#include <string.h>

#include "words/columns.h"

enum {
	ROWS_FOR_FOOTER = 3, ROWS_FOR_TITLE = 6, ROWS_FOR_DETAIL = 15, ROWS_FOR_HINT = 20,
	DETAIL_MOST = 24,
	NARROW = 60              /* columns: below, the table is drawn in a shorter form */
};

struct layout layout_rows(enum screen_name screen, int rows)
{
	struct layout l = {-1, -1, -1, -1, -1, 0, -1, -1, 0, -1};
	int next = 0, end = rows;

	if (rows >= ROWS_FOR_TITLE)
		l.title = next++;
	l.counts = next++;
	if (rows >= ROWS_FOR_HINT)
		l.hint = next++;
	if (rows >= ROWS_FOR_TITLE)
		l.heading = next++;
	if (rows >= ROWS_FOR_FOOTER)
		l.footer = --end;
	l.list = next < end ? next : -1;
	l.list_rows = end - next > 0 ? end - next : 0;
	if (screen == SCREEN_PIPES && rows >= ROWS_FOR_DETAIL) {
		l.detail_rows = (l.list_rows - 1) * 3 / 5;
		if (l.detail_rows > DETAIL_MOST)
			l.detail_rows = DETAIL_MOST;
		l.list_rows -= l.detail_rows + 1;
		l.rule = l.list + l.list_rows;
		l.detail = l.rule + 1;
	}
	return l;
}

/* ---- columns ---- */

static bool is_named(uint32_t column, const char *name)
{
	return strcmp(columns[column].name, name) == 0;
}

/* What the column needs at least. */
static int least(uint32_t column, int width)
{
	if (width >= NARROW)
		return columns[column].width;
	if (columns[column].weight > 0)
		return columns[column].width / 2;
	return columns[column].width < 10 ? columns[column].width : 10;
}

/* Columns before the place, counted from the end of the one before it. */
static int gap(const struct places *p, uint32_t i)
{
	if (i == 0)
		return 1;
	if (p->places[i].arrow)
		return p->arrow + 2;
	return columns[p->places[i - 1].column].right && !columns[p->places[i].column].right ? 2
	                                                                                     : 1;
}

static int total(const struct places *p)
{
	int sum = 0;

	for (uint32_t i = 0; i < p->count; i++)
		sum += gap(p, i) + p->places[i].width;
	return sum;
}

static void mark_arrow(struct places *p)
{
	for (uint32_t i = 0; i < p->count; i++)
		p->places[i].arrow = i > 0 && is_named(p->places[i].column, "reader") &&
		                     is_named(p->places[i - 1].column, "writer");
}

static void give_up_one(struct places *p)
{
	uint32_t worst = 0;

	for (uint32_t i = 1; i < p->count; i++)
		if (columns[p->places[i].column].rank > columns[p->places[worst].column].rank)
			worst = i;
	memmove(&p->places[worst], &p->places[worst + 1],
	        (p->count - worst - 1) * sizeof p->places[0]);
	p->count--;
	mark_arrow(p);
}

/* The gauge takes what is left over, in one of two sizes. */
static void widen_gauge(struct places *p, int width)
{
	static const int sizes[] = {12, 5};

	for (uint32_t i = 0; i < p->count; i++) {
		for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
			if (!is_named(p->places[i].column, "fill") || p->gauge > 0 ||
			    total(p) + sizes[k] + 1 > width)
				continue;
			p->gauge = sizes[k];
			p->places[i].width += sizes[k] + 1;
		}
	}
}

static void widen_texts(struct places *p, int width)
{
	int left = width - total(p), weights = 0;

	for (uint32_t i = 0; i < p->count; i++)
		weights += columns[p->places[i].column].weight;
	for (uint32_t i = 0; i < p->count && weights > 0 && left > 0; i++) {
		int weight = columns[p->places[i].column].weight, share = left * weight / weights;

		p->places[i].width += share;
		left -= share;
		weights -= weight;
	}
}

struct places layout_columns(const struct settings *settings, int width)
{
	struct places p = {.count = settings->column_count, .arrow = width >= NARROW ? 3 : 1};
	int x = 0;

	for (uint32_t i = 0; i < p.count; i++)
		p.places[i] = (struct place){.column = settings->columns[i],
		                             .width = least(settings->columns[i], width)};
	mark_arrow(&p);
	while (p.count > 1 && total(&p) > width)
		give_up_one(&p);
	widen_gauge(&p, width);
	widen_texts(&p, width);
	for (uint32_t i = 0; i < p.count; i++) {
		p.places[i].at = x + gap(&p, i);
		x = p.places[i].at + p.places[i].width;
	}
	return p;
}

uint32_t layout_column_at(const struct places *places, int x)
{
	for (uint32_t i = 0; i < places->count; i++)
		if (x >= places->places[i].at && x < places->places[i].at + places->places[i].width)
			return places->places[i].column;
	return NONE;
}
