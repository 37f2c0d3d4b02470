/*
 * Whom the next look should examine closely: everybody who is stuck if nobody does anything with
 * signals, timers and tracers.
 */
#include "analysis/suspects.h"

#include <errno.h>

int suspects_find(struct arena *scratch, const struct family *f, const struct deadlocks *candidates,
                  struct diagnosis *d)
{
	const struct snapshot *s = d->snapshot;
	bool *marked = arena_array(scratch, s->process_count, sizeof(*marked));
	int32_t *pids = arena_array(d->arena, s->process_count, sizeof(*pids));

	if (!marked || !pids)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->task_count; i++)
		if (candidates->of_node[i] != NONE)
			marked[s->tasks[i].process] = true;
	for (uint32_t i = 0; i < s->process_count; i++)
		if (marked[i] && !f->exited[i])
			pids[d->suspect_count++] = s->processes[i].pid;
	d->suspects = pids;
	return 0;
}
