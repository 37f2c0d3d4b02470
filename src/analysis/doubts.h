/* Why a deadlock is likely and not proved. */
#ifndef ANALYSIS_DOUBTS_H
#define ANALYSIS_DOUBTS_H

#include "analysis/diagnosis.h"
#include "analysis/liveness.h"
#include "analysis/unseen.h"

struct doubting {
	const struct evidence *evidence;
	const struct graph *graph;
	const struct liveness *doubting; /* of liveness_run_doubting() */
	struct unseen unseen;
};

/* Fills in .proved and .doubts, at most one of each kind. 0 or -ENOMEM. */
int doubts_collect(struct arena *arena, const struct doubting *d, struct deadlock *deadlock);

/* Might another pair of looks lift the doubt? */
bool doubts_passing(const struct snapshot *s, const struct doubt *doubt);

#endif
