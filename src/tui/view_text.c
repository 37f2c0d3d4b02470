/* A text to scroll through: the bytes of a pipe, a backtrace, the help. */
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>

void view_text(const struct state *state, struct grid *g, const struct layout *layout)
{
	enum screen_name screen = state_screen(state);
	const struct text *text = &state->texts[screen];
	uint32_t top = state->scrolls[screen].top;
	char place[48];

	if (layout->heading >= 0) {
		snprintf(place, sizeof place, "%" PRIu32 " lines", text->count);
		grid_field(g, layout->heading, 0, g->columns, 0, STYLE_HEADING, "");
		grid_text(g, layout->heading, 1, STYLE_HEADING,
		          text->title == NULL ? "" : text->title);
		grid_text(g, layout->heading, g->columns - grid_width(g, place) - 1, STYLE_HEADING,
		          place);
	}
	for (int i = 0; i < layout->list_rows && top + (uint32_t)i < text->count; i++)
		grid_field(g, layout->list + i, 1, g->columns - 1, state->left, STYLE_NORMAL,
		           text->lines[top + (uint32_t)i]);
	if (text->count == 0 && layout->list >= 0)
		grid_text(g, layout->list, 2, STYLE_DIM, "Nothing.");
}
