/* Whom the next look should examine closely. */
#ifndef ANALYSIS_SUSPECTS_H
#define ANALYSIS_SUSPECTS_H

#include "analysis/deadlocks.h"
#include "analysis/family.h"

/* Fills in the suspects of the diagnosis. 0 or -ENOMEM. */
int suspects_find(struct arena *scratch, const struct family *f, const struct deadlocks *candidates,
                  struct diagnosis *d);

#endif
