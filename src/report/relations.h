/* What a snapshot knows, the other way round: whose children, and who is blocked on a pipe. */
#ifndef REPORT_RELATIONS_H
#define REPORT_RELATIONS_H

#include "model/snapshot.h"

struct kin {
	int32_t parent, child;   /* pids */
};

struct relations;

/* NULL when there is no memory. */
struct relations *relations_new(const struct snapshot *s);

/* The children of a process, by pid; NULL and 0 when it has none. */
const struct kin *relations_children(const struct relations *r, int32_t parent, size_t *ret_count);

/* Is a thread of the process blocked in a write (or a read) of the pipe? */
bool relations_blocked(const struct relations *r, uint32_t pipe, uint32_t process, bool writes);

void relations_free(struct relations *r);

#endif
