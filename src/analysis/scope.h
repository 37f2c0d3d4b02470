/* What is asked about: -p and --depth. */
#ifndef ANALYSIS_SCOPE_H
#define ANALYSIS_SCOPE_H

#include "analysis/diagnosis.h"
#include "analysis/family.h"

struct scope {
	bool *asked;             /* the processes that were named, and their descendants */
	bool *processes;         /* and those at the other ends, as many steps away as --depth */
	bool *pipes;             /* that these steps go along; those of the asked without a step */
};

/* 0 or -ENOMEM. The arrays live in `arena`. */
int scope_find(struct arena *arena, const struct snapshot *s, const struct family *f,
               const struct diagnosis_settings *settings, struct scope *ret_scope);

/* Is an asked process a member or a victim of it, or a pipe of it in scope? */
bool scope_has_deadlock(const struct scope *scope, const struct snapshot *s,
                        const struct deadlock *k);

#endif
