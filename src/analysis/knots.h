/* The strongly connected components of the doomed, and which of them are knots. */
#ifndef ANALYSIS_KNOTS_H
#define ANALYSIS_KNOTS_H

#include "analysis/liveness.h"

struct knots {
	uint32_t count;          /* of components */
	uint32_t *component;     /* of each node; NONE: not doomed, or no doomed thread needs it */
	bool *leads_on;          /* of each component: it waits for another one, so it is no knot */
	uint32_t *first_task, *tasks; /* of component c: from first_task[c] to [c + 1], ascending */
};

/* 0 or -ENOMEM. The arrays live in `arena`. */
int knots_find(struct arena *arena, const struct graph *g, const struct liveness *l,
               struct knots *ret_knots);

#endif
