/* What the signals that a process catches say about who may wake it. */
#ifndef ANALYSIS_SIGNALS_H
#define ANALYSIS_SIGNALS_H

#include "model/snapshot.h"

/* Does the process catch this one? False when that is not known. */
bool signals_catch(const struct process *p, int signal);

/* Does it catch any that somebody might send: not just faults and the C library's own? */
bool signals_any(const struct process *p);

/*
 * Does it catch any by which somebody gives work to an idle process: none of the above, and none
 * of those that shells and interpreters catch as a matter of course?
 */
bool signals_work(const struct process *p);

#endif
