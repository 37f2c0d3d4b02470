/* The two menus: what can be set up, and which signal to send. */
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>

#include "tui/glyphs.h"
#include "words/columns.h"

static void draw_heading(struct grid *g, const struct layout *layout, const char *text)
{
	if (layout->heading < 0)
		return;
	grid_field(g, layout->heading, 0, g->columns, 0, STYLE_HEADING, "");
	grid_text(g, layout->heading, 1, STYLE_HEADING, text);
}

static void setup_line(const struct state *state, uint32_t line, char *out, size_t size)
{
	uint32_t column = state_setup_column(state, line);

	if (line == column_count + SETUP_INTERVAL)
		snprintf(out, size, "interval         %g s",
		         (double)state->settings.interval_ms / 1000);
	else if (line == column_count + SETUP_COLOR)
		snprintf(out, size, "color            %s",
		         settings_color_name(state->settings.color));
	else
		snprintf(out, size, "[%c] %-16s %s", state_setup_shown(state, line) ? 'x' : ' ',
		         columns[column].name, columns[column].help);
}

static void signal_line(const struct state *state, uint32_t line, char *out, size_t size)
{
	(void)state;
	snprintf(out, size, "%2d %-5s %s", menu_signals[line].number, menu_signals[line].name,
	         menu_signals[line].help);
}

static void draw_lines(const struct state *state, struct grid *g, const struct layout *layout,
                       void (*text)(const struct state *, uint32_t, char *, size_t))
{
	enum screen_name screen = state_screen(state);
	const struct scroll *scroll = &state->scrolls[screen];

	for (int i = 0; i < layout->list_rows; i++) {
		uint32_t line = scroll->top + (uint32_t)i;
		char out[256];

		if (line >= state_lines(state, screen))
			break;
		text(state, line, out, sizeof out);
		grid_field(g, layout->list + i, 2, g->columns - 2, state->left, STYLE_NORMAL, out);
		if (line != scroll->cursor)
			continue;
		grid_text(g, layout->list + i, 0, STYLE_BOLD, g->glyphs->cursor);
		grid_flag(g, layout->list + i, 0, g->columns, STYLE_SELECTED);
	}
}

void view_setup(const struct state *state, struct grid *g, const struct layout *layout)
{
	draw_heading(g, layout, "SETUP: columns from left to right (W saves)");
	draw_lines(state, g, layout, setup_line);
}

void view_signals(const struct state *state, struct grid *g, const struct layout *layout)
{
	uint32_t process = state->subject_process;
	char name[COLUMNS_TEXT + 16] = "?", heading[COLUMNS_TEXT + 64];

	if (state->subject_look != NULL && process != NONE)
		view_process_name(&look_snapshot(state->subject_look)->processes[process], name,
		                  sizeof name);
	snprintf(heading, sizeof heading, "SIGNAL to %s", name);
	draw_heading(g, layout, heading);
	draw_lines(state, g, layout, signal_line);
}
