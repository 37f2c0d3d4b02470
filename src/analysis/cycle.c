/*
 * How many steps is each member away from the first one? Whoever is n steps away waits for
 * somebody who is n - 1 steps away, so the farthest come first. The distances are found by going
 * back from the first along the edges inside the knot.
 */
#include "analysis/cycle.h"

#include <errno.h>
#include <stdlib.h>

int cycle_new(struct arena *arena, const struct graph *g, struct cycle *ret_cycle)
{
	struct cycle cycle = {
		.distance = arena_array(arena, g->node_count, sizeof(uint32_t)),
		.queue = arena_array(arena, g->node_count, sizeof(uint32_t)),
	};

	if (!cycle.distance || !cycle.queue)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->node_count; i++)
		cycle.distance[i] = NONE;
	*ret_cycle = cycle;
	return 0;
}

/* Where the telling begins: with a writer, else with a reader, else with a poll. */
static int rank(const struct task *task)
{
	static const int ranks[] = {
		[WAIT_PIPE_SPACE] = -3, [WAIT_PIPE_DATA] = -2, [WAIT_POLL] = -1, [WAIT_EXITED] = 0,
	};

	return ranks[task->wait.kind];
}

static void bring_first_to_front(const struct snapshot *s, uint32_t *members, uint32_t count)
{
	uint32_t best = 0, first;

	for (uint32_t i = 1; i < count; i++)
		if (rank(&s->tasks[members[i]]) < rank(&s->tasks[members[best]]))
			best = i;
	first = members[best];
	members[best] = members[0];
	members[0] = first;
}

static void measure(struct cycle *cycle, const struct graph *g, const struct knots *k,
                    uint32_t first)
{
	uint32_t head = 0, tail = 0;

	cycle->distance[first] = 0;
	cycle->queue[tail++] = first;
	while (head < tail) {
		uint32_t node = cycle->queue[head++];

		for (uint32_t i = g->first_waiter[node]; i < g->first_waiter[node + 1]; i++) {
			uint32_t waiter = g->waiters[i];

			if (k->component[waiter] != k->component[first] ||
			    cycle->distance[waiter] != NONE)
				continue;
			cycle->distance[waiter] = cycle->distance[node] + 1;
			cycle->queue[tail++] = waiter;
		}
	}
}

static int farthest_first(const void *left, const void *right, void *distance)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	const uint32_t *d = distance;

	if (d[a] != d[b])
		return d[a] > d[b] ? -1 : 1;
	return (a > b) - (a < b);
}

void cycle_order(struct cycle *cycle, const struct graph *g, const struct knots *k,
                 uint32_t *members, uint32_t count)
{
	bring_first_to_front(g->snapshot, members, count);
	measure(cycle, g, k, members[0]);
	qsort_r(members + 1, count - 1, sizeof(*members), farthest_first, cycle->distance);
}
