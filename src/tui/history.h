/* What is remembered of each pipe over the looks: its fill, for the sparkline. */
#ifndef TUI_HISTORY_H
#define TUI_HISTORY_H

#include "model/snapshot.h"

enum { HISTORY_SAMPLES = 120, HISTORY_GAP = 255 };

struct history;

int history_new(struct history **ret_history);
void history_free(struct history *h);

/* Adds one sample of every pipe; those that are gone are forgotten. 0, or -ENOMEM and no change. */
int history_add(struct history *h, const struct snapshot *s);

/*
 * The last `count` samples of a pipe, the oldest first: percents, or HISTORY_GAP where nothing is
 * known. Returns how many of the last ones there are (0 for a pipe that was never seen).
 */
int history_read(const struct history *h, uint64_t dev, uint64_t ino, uint8_t *out, int count);

#endif
