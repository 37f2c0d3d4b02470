/*
 * The views: (state, size of the grid) -> cells. They know no terminal and no time but the
 * state's, so a test sees what a person sees.
 */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "tui/grid.h"
#include "tui/layout.h"
#include "tui/state.h"

/*
 * Draws the whole screen onto a blank grid. Returns how many lines the detail has: the state's
 * detail_lines to be.
 */
uint32_t view_draw(const struct state *state, struct grid *g);

/* One a screen: everything between header and footer. */
void view_pipes(const struct state *state, struct grid *g, const struct layout *layout);
void view_tree(const struct state *state, struct grid *g, const struct layout *layout);
void view_text(const struct state *state, struct grid *g, const struct layout *layout);
void view_setup(const struct state *state, struct grid *g, const struct layout *layout);
void view_signals(const struct state *state, struct grid *g, const struct layout *layout);

/* The detail of the selected pipe, from line `top` on, into `rows` rows. Returns its lines. */
uint32_t view_detail(const struct state *state, struct grid *g, int row, int rows, uint32_t top,
                     bool whole);

/* In which style a verdict is shown. */
enum style view_verdict_style(enum verdict verdict);

/* "log[90909]", escaped. */
void view_process_name(const struct process *process, char *out, size_t size);

/* A gauge of `cells` cells, for 0 to 100 percent. Returns the column behind. */
int view_gauge(struct grid *g, int row, int column, int cells, unsigned style, int percent);

#endif
