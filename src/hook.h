/*
 * --on-deadlock: a shell command for each new deadlock, with the report of the diagnosis as JSON
 * on its standard input, and in $1 which one of its deadlocks (their `id`) is meant. main's room.
 */
#ifndef HOOK_H
#define HOOK_H

#include "analysis/diagnosis.h"
#include "trust/helper.h"

/* Has the helper run its command for a deadlock, and does not wait for it. 0 or -errno. */
int hook_run(struct helper *helper, const struct diagnosis *d, uint32_t deadlock);

#endif
