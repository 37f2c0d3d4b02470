/* What is asked about: -p and --depth. */
#ifndef ANALYSIS_SCOPE_H
#define ANALYSIS_SCOPE_H

#include "analysis/diagnosis.h"
#include "analysis/family.h"

struct scope {
	bool *asked;             /* the processes that were named, and their descendants */
	bool *processes;         /* and those at the other ends of their pipes */
};

/* 0 or -ENOMEM. The arrays live in `arena`. */
int scope_find(struct arena *arena, const struct snapshot *s, const struct family *f,
               const struct diagnosis_settings *settings, struct scope *ret_scope);

/* Is any of the tasks one of an asked process? */
bool scope_touches(const struct scope *scope, const struct snapshot *s, const uint32_t *tasks,
                   uint32_t count);

/* Does any process in scope hold an end of the pipe? */
bool scope_holds(const struct scope *scope, const struct snapshot *s, const struct pipe *pipe);

#endif
