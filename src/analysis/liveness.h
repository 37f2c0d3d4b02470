/* The least fixpoint of "can still move". */
#ifndef ANALYSIS_LIVENESS_H
#define ANALYSIS_LIVENESS_H

#include "analysis/graph.h"

struct liveness {
	bool *live;              /* one for each node of the graph */
	uint64_t steps;          /* nodes and edges that were looked at */
};

/* 0 or -ENOMEM. The array lives in `arena`. */
int liveness_run(struct arena *arena, const struct graph *g, struct liveness *ret_liveness);

/* The same when every thread whose being stuck is in doubt counts as able to move. */
int liveness_run_doubting(struct arena *arena, const struct graph *g,
                          struct liveness *ret_liveness);

/* A thread that nothing can release. One that has ended is neither live nor doomed. */
bool liveness_doomed(const struct liveness *l, const struct snapshot *s, uint32_t task);

#endif
