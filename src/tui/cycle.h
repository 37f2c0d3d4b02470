/* A deadlock as a drawing: its members in boxes, and who waits for whom as arrows between them. */
#ifndef TUI_CYCLE_H
#define TUI_CYCLE_H

#include "analysis/diagnosis.h"
#include "tui/grid.h"

/*
 * Draws the knot and returns the row behind it. Two members stand side by side where the width
 * allows it; all others below each other, with less air where not `roomy`.
 */
int cycle_draw(struct grid *g, int row, int column, int width, bool roomy,
               const struct diagnosis *d, const struct deadlock *deadlock);

/* Those that are doomed with it, one a row, at most `most` of them. */
int cycle_draw_victims(struct grid *g, int row, int column, int width, uint32_t most,
                       const struct diagnosis *d, const struct deadlock *deadlock);

#endif
