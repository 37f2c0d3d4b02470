/* The members of a knot, in the order in which a person would tell it. */
#ifndef ANALYSIS_CYCLE_H
#define ANALYSIS_CYCLE_H

#include "analysis/knots.h"

/* Room for a value a node, made once and used for every knot. */
struct cycle {
	uint32_t *distance;      /* NONE where not reached */
	uint32_t *queue;
};

/* 0 or -ENOMEM. The arrays live in `arena`. */
int cycle_new(struct arena *arena, const struct graph *g, struct cycle *ret_cycle);

/*
 * Orders the tasks of one knot: a writer first, if there is one, and then so that each waits for a
 * later one or for the first. The same for the same snapshot.
 */
void cycle_order(struct cycle *cycle, const struct graph *g, const struct knots *k,
                 uint32_t *members, uint32_t count);

#endif
