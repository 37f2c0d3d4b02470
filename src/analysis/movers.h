/* Who can move by itself, whatever the others do: the leaves of the proof. */
#ifndef ANALYSIS_MOVERS_H
#define ANALYSIS_MOVERS_H

#include "analysis/family.h"
#include "analysis/steady.h"

/* What the rules look at. */
struct evidence {
	const struct snapshot *snapshot;
	const struct family *family;
	const struct steady *steady; /* against an earlier look, or NULL */
	bool close;              /* use what a close look found; else everybody counts as mild */
};

/* May the rules of the close look be used on this process? */
bool movers_examined(const struct evidence *e, uint32_t process);

/* Does it catch a signal that the end of a child sends it? */
bool movers_hear_of_exits(const struct evidence *e, uint32_t process);

/* Does nobody need to release the thread? */
bool movers_task(const struct evidence *e, uint32_t task);

/* Does it seem stuck, while one of the facts that say so is in doubt? */
bool movers_doubtful(const struct evidence *e, uint32_t task);

/* Does the process count as able to move, whatever its threads wait for? */
bool movers_process(const struct evidence *e, uint32_t process);

#endif
