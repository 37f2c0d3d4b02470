/* Threads that a language runtime keeps for its own housekeeping. */
#ifndef ANALYSIS_HOUSEKEEPING_H
#define ANALYSIS_HOUSEKEEPING_H

#include "model/snapshot.h"

/* The beginning of the name by which a thread may be taken for one; NULL where it is no such. */
const char *housekeeping_name(const char *comm);

/* Has the process a thread by whose name a runtime of the table is known? */
bool housekeeping_runtime(const struct snapshot *s, const struct process *p);

/* In such a process: is this one of its housekeepers, and does it do nothing for the program? */
bool housekeeping_idle(const struct task *task);

/* Or may it be one that is at work for a moment, after which it will be idle again? */
bool housekeeping_busy(const struct task *task);

#endif
