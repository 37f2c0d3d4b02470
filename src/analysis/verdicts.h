/* One verdict for each pipe, and what the readers of stalled ones do instead. */
#ifndef ANALYSIS_VERDICTS_H
#define ANALYSIS_VERDICTS_H

#include "analysis/diagnosis.h"
#include "analysis/liveness.h"
#include "analysis/scope.h"

struct judging {
	const struct snapshot *snapshot;
	const struct steady *steady; /* or NULL */
	const struct liveness *liveness;
	const struct scope *scope;
	int64_t stall_ms;
};

/*
 * Fills in the verdict and scope of each of the diagnosis's pipes (`findings`, the same array), the
 * stalls, the causes and the counts. The deadlocks must be there. 0 or -ENOMEM.
 */
int verdicts_find(struct arena *scratch, const struct judging *j, struct diagnosis *d,
                  struct pipe_finding *findings);

#endif
