/*
 * Starts from who moves by itself and follows the edges back to those whom that releases, until
 * nothing changes. Every node enters the work list once and every edge is looked at once, so the
 * cost is linear. What is left is doomed: each of its releasers is doomed too, so no schedule,
 * however lucky, lets any of it run again (Holt 1972; Chandy, Misra and Haas 1983: the OR model).
 */
#include "analysis/liveness.h"

#include <errno.h>

static int spread(struct arena *arena, const struct graph *g, struct liveness *ret_liveness,
                  bool (*moves)(const struct graph *, uint32_t node))
{
	struct liveness l = { .live = arena_array(arena, g->node_count, sizeof(bool)) };
	uint32_t *work = arena_array(arena, g->node_count, sizeof(uint32_t));
	uint32_t head = 0, tail = 0;

	if (!l.live || !work)
		return -ENOMEM;
	for (uint32_t node = 0; node < g->node_count; node++) {
		l.live[node] = moves(g, node);
		if (l.live[node])
			work[tail++] = node;
	}
	while (head < tail) {
		uint32_t node = work[head++];

		l.steps++;
		for (uint32_t k = g->first_waiter[node]; k < g->first_waiter[node + 1]; k++) {
			uint32_t waiter = g->waiters[k];

			l.steps++;
			if (l.live[waiter])
				continue;
			l.live[waiter] = true;
			work[tail++] = waiter;
		}
	}
	*ret_liveness = l;
	return 0;
}

static bool moves(const struct graph *g, uint32_t node)
{
	return g->moves[node];
}

static bool may_move(const struct graph *g, uint32_t node)
{
	const struct snapshot *s = g->snapshot;

	if (node >= s->task_count || s->tasks[node].wait.kind == WAIT_EXITED)
		return g->moves[node];
	return g->moves[node] || movers_doubtful(g->evidence, node);
}

int liveness_run(struct arena *arena, const struct graph *g, struct liveness *ret_liveness)
{
	return spread(arena, g, ret_liveness, moves);
}

int liveness_run_doubting(struct arena *arena, const struct graph *g,
                          struct liveness *ret_liveness)
{
	return spread(arena, g, ret_liveness, may_move);
}

bool liveness_doomed(const struct liveness *l, const struct snapshot *s, uint32_t task)
{
	return !l->live[task] && s->tasks[task].wait.kind != WAIT_EXITED;
}
