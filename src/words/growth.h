/*
 * What has become of a pipe's writers now that it has more room, from the looks before and after.
 */
#ifndef WORDS_GROWTH_H
#define WORDS_GROWTH_H

#include "model/snapshot.h"

/*
 * "log (90909) went on": a clause for each thread that waited for room in it, none is left out
 * silently. A new string, to be freed, or NULL when there is no memory.
 */
char *growth_text(const struct snapshot *before, uint32_t pipe, const struct snapshot *after);

#endif
