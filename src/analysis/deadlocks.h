/* From knots to deadlocks: which ones concern pipes, their kinds, members, pipes and victims. */
#ifndef ANALYSIS_DEADLOCKS_H
#define ANALYSIS_DEADLOCKS_H

#include "analysis/diagnosis.h"
#include "analysis/knots.h"

struct deadlocks {
	struct deadlock *list;   /* without ids and doubts; the longest blocked first */
	uint32_t count;
	uint32_t *of_node;       /* whose member or victim a node is: index in the list, or NONE */
};

/* 0 or -ENOMEM. Everything in the list lives in `arena`. */
int deadlocks_find(struct arena *arena, const struct graph *g, const struct liveness *l,
                   const struct knots *k, struct deadlocks *ret_deadlocks);

#endif
