/* The question on the last row: its line is edited, and every character may have its effect. */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "tui/state.h"

/* Asks, with an answer to begin with. */
void prompt_open(struct state *state, enum prompt prompt, const char *line);

enum effect prompt_event(struct state *state, const struct event *event);

/* What stands before the line. Static text. */
const char *prompt_label(enum prompt prompt);

/* Goes to the next (1) or the previous (-1) line that the search fits, beginning at `from`. */
bool prompt_find(struct state *state, uint32_t from, int direction);

#endif
