/* The main table: one row a pipe, and the detail of the selected one below it. */
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#include "tui/glyphs.h"
#include "words/columns.h"

static bool is_named(const struct place *place, const char *name)
{
	return strcmp(columns[place->column].name, name) == 0;
}

static void draw_heading(const struct state *state, struct grid *g, int row,
                         const struct places *places)
{
	bool down = columns[state->settings.sort].number != NULL;

	for (int x = 0; x < g->columns; x++)
		grid_text(g, row, x, STYLE_HEADING, " ");
	for (uint32_t i = 0; i < places->count; i++) {
		const struct place *place = &places->places[i];
		const struct column *column = &columns[place->column];
		bool sorted = place->column == state->settings.sort;
		unsigned style;
		char heading[64];

		snprintf(heading, sizeof heading, "%s%s", column->heading,
		         !sorted ? "" : down != state->settings.reversed ? g->glyphs->descending
		                                                         : g->glyphs->ascending);
		style = sorted ? STYLE_HEADING_SORTED : STYLE_HEADING;
		if (column->right && !(is_named(place, "fill") && places->gauge > 0))
			grid_right(g, row, place->at, place->width, style, heading);
		else
			grid_field(g, row, place->at, place->width, 0, style, heading);
	}
}

static void draw_fill(struct grid *g, int row, const struct places *places,
                      const struct place *place, unsigned style, const struct pipe *pipe,
                      const char *text)
{
	int x = place->at;

	if (places->gauge > 0)
		x = view_gauge(g, row, x, places->gauge, style, columns_percent(pipe)) + 1;
	grid_right(g, row, x, place->at + place->width - x, style, text);
}

/* The style of one field of a row. */
static unsigned field_style(const struct row *row, const struct place *place,
                            unsigned verdict_style)
{
	bool party = is_named(place, "writer") || is_named(place, "reader");

	if (row->gone)
		return STYLE_DIM;
	if (is_named(place, "verdict") || is_named(place, "fill"))
		return verdict_style;
	return party && verdict_style == STYLE_DEADLOCK ? STYLE_DEADLOCK : STYLE_NORMAL;
}

/*
 * Marks the row of the cursor, and in it the side that b, F and K are about. Its gauge is left
 * out: in reverse a full one would look empty.
 */
static void mark_selected(const struct state *state, struct grid *g, int row,
                          const struct places *places)
{
	const char *side = state->side == SIDE_WRITER ? "writer" : "reader";

	grid_text(g, row, 0, STYLE_BOLD, g->glyphs->cursor);
	grid_flag(g, row, 0, g->columns, STYLE_SELECTED);
	for (uint32_t i = 0; i < places->count; i++) {
		const struct place *place = &places->places[i];

		if (is_named(place, side))
			grid_flag(g, row, place->at, place->width, STYLE_UNDERLINED);
		for (int x = place->at; is_named(place, "fill") && x < place->at + places->gauge;
		     x++)
			grid_cell(g, row, x)->style &= (unsigned char)~STYLE_SELECTED;
	}
}

static void draw_arrow(struct grid *g, int row, const struct places *places,
                       const struct place *place, unsigned style, bool strong)
{
	const char *glyph = strong ? g->glyphs->strong_arrow : g->glyphs->arrow;

	if (!place->arrow)
		return;
	if (places->arrow == 1)
		glyph = g->glyphs->right;
	grid_text(g, row, place->at - places->arrow - 1, style, glyph);
}

static void draw_row(const struct state *state, struct grid *g, int y, const struct row *row,
                     const struct places *places, bool selected)
{
	const struct diagnosis *d = look_diagnosis(row->look);
	const struct pipe *pipe = &d->snapshot->pipes[row->pipe];
	enum verdict verdict = d->pipes[row->pipe].verdict;
	unsigned color = row->gone ? STYLE_DIM : view_verdict_style(verdict);

	for (uint32_t i = 0; i < places->count; i++) {
		const struct place *place = &places->places[i];
		const struct column *column = &columns[place->column];
		unsigned style = field_style(row, place, color);
		char text[4096];

		column->text(d, row->pipe, text, sizeof text);
		if (row->gone && is_named(place, "verdict"))
			snprintf(text, sizeof text, "closed");
		if (strcmp(text, "-") == 0)
			text[0] = '\0';
		draw_arrow(g, y, places, place, color, verdict == VERDICT_DEADLOCK);
		if (is_named(place, "fill"))
			draw_fill(g, y, places, place, style, pipe, text);
		else if (column->right)
			grid_right(g, y, place->at, place->width, style, text);
		else
			grid_field(g, y, place->at, place->width,
			           column->weight > 0 ? state->left : 0, style, text);
	}
	if (selected)
		mark_selected(state, g, y, places);
}

static void draw_nothing(const struct state *state, struct grid *g, int row)
{
	if (state->filter[0] != '\0')
		grid_text(g, row, 2, STYLE_DIM, "Nothing fits the filter (Esc shows all again).");
	else if (state->only_stuck)
		grid_text(g, row, 2, STYLE_DIM, "Nothing is stuck (a shows all pipes again).");
	else
		grid_text(g, row, 2, STYLE_DIM, "No process that can be seen holds a pipe.");
}

static void draw_rule(const struct state *state, struct grid *g, int row)
{
	uint32_t shown = state->scrolls[SCREEN_PIPES].cursor + (state->table.count > 0);
	char place[48];

	grid_repeat(g, row, 0, g->columns, STYLE_RULE, g->glyphs->line);
	snprintf(place, sizeof place, " %u of %u, Enter: whole screen ", shown, state->table.count);
	grid_text(g, row, g->columns - grid_width(g, place) - 2, STYLE_DIM, place);
}

void view_pipes(const struct state *state, struct grid *g, const struct layout *layout)
{
	const struct scroll *scroll = &state->scrolls[SCREEN_PIPES];
	struct places places = layout_columns(&state->settings, g->columns);

	if (layout->heading >= 0)
		draw_heading(state, g, layout->heading, &places);
	for (int i = 0; i < layout->list_rows; i++) {
		uint32_t line = scroll->top + (uint32_t)i;

		if (line < state->table.count)
			draw_row(state, g, layout->list + i, &state->table.rows[line], &places,
			         line == scroll->cursor);
	}
	if (state->table.count == 0 && layout->list >= 0)
		draw_nothing(state, g, layout->list);
	if (layout->rule < 0)
		return;
	draw_rule(state, g, layout->rule);
	view_detail(state, g, layout->detail, layout->detail_rows, 0, false);
}
