/*
 * A knot is a deadlock of ours when somebody on it waits for a pipe. Idle thread pools are knots
 * too, and so are servers that sleep until somebody signals them: those are left alone.
 */
#include "analysis/deadlocks.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/cycle.h"
#include "analysis/signals.h"

/* What a thread waits for, as bits; a poll for several at once. */
enum need { NEED_ROOM = 1, NEED_DATA = 2, NEED_EXIT = 4 };

static const unsigned char needs_of_wait[] = {
	[WAIT_PIPE_SPACE] = NEED_ROOM, [WAIT_PIPE_DATA] = NEED_DATA,
	[WAIT_CHILD_EXIT] = NEED_EXIT, [WAIT_VFORK] = NEED_EXIT,
	[WAIT_EXITED] = 0,
};

static const unsigned char needs_of_target[] = {
	[TARGET_SPACE] = NEED_ROOM, [TARGET_DATA] = NEED_DATA, [TARGET_EXIT] = NEED_EXIT,
	[TARGET_UNKNOWN] = 0,
};

static unsigned needs_of(const struct snapshot *s, const struct task *t)
{
	unsigned needs = needs_of_wait[t->wait.kind];

	if (t->wait.kind == WAIT_POLL)
		for (uint32_t i = 0; i < t->wait.targets; i++)
			needs |= needs_of_target[s->targets[t->wait.first_target + i].kind];
	return needs;
}

static unsigned needs_of_all(const struct snapshot *s, const uint32_t *members, uint32_t count)
{
	unsigned needs = 0;

	for (uint32_t i = 0; i < count; i++)
		needs |= needs_of(s, &s->tasks[members[i]]);
	return needs;
}

static bool one_process(const struct snapshot *s, const struct deadlock *d)
{
	for (uint32_t i = 1; i < d->member_count; i++)
		if (s->tasks[d->members[i]].process != s->tasks[d->members[0]].process)
			return false;
	return true;
}

static enum deadlock_kind kind_of(const struct snapshot *s, const struct deadlock *d)
{
	bool self = one_process(s, d);

	switch (needs_of_all(s, d->members, d->member_count)) {
	case NEED_ROOM | NEED_EXIT:
		return KIND_WRITE_WAIT;
	case NEED_ROOM:
		return self ? KIND_WRITE_SELF : KIND_WRITE_WRITE;
	case NEED_ROOM | NEED_DATA:
		return KIND_READ_WRITE;
	case NEED_DATA | NEED_EXIT:
		return KIND_READ_WAIT;
	case NEED_DATA:
		return self ? KIND_READ_SELF : KIND_READ_READ;
	default:
		return KIND_MIXED;
	}
}

/*
 * Nobody idles by blocking in write; who waits for data or an exit may just wait for a signal, and
 * who has become a suspect only in the second look was not asked which ones he catches.
 */
static bool is_idle(const struct graph *g, const uint32_t *members, uint32_t count, unsigned needs)
{
	const struct snapshot *s = g->snapshot;

	if (needs & NEED_ROOM)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t process = s->tasks[members[i]].process;

		bool examined = movers_examined(g->evidence, process);

		if (examined ? signals_work(&s->processes[process]) :
		    g->evidence->close && g->evidence->steady != NULL)
			return true;
	}
	return false;
}

static bool is_ours(const struct graph *g, const uint32_t *members, uint32_t count)
{
	unsigned needs = needs_of_all(g->snapshot, members, count);

	return needs & (NEED_ROOM | NEED_DATA) && !is_idle(g, members, count, needs);
}

/* The pipes that a task waits for, into `list`; returns how many. */
static uint32_t pipes_of(const struct snapshot *s, const struct task *t, uint32_t *list)
{
	uint32_t count = 0;

	if (t->wait.kind == WAIT_PIPE_SPACE || t->wait.kind == WAIT_PIPE_DATA)
		list[count++] = t->wait.pipe;
	if (t->wait.kind != WAIT_POLL)
		return count;
	for (uint32_t i = 0; i < t->wait.targets; i++)
		if (s->targets[t->wait.first_target + i].pipe != NONE)
			list[count++] = s->targets[t->wait.first_target + i].pipe;
	return count;
}

static int list_pipes(struct arena *arena, const struct snapshot *s, struct deadlock *d)
{
	size_t room = 0;
	uint32_t count = 0;
	uint32_t *list;

	for (uint32_t i = 0; i < d->member_count; i++)
		room += 1 + (size_t)s->tasks[d->members[i]].wait.targets;
	list = arena_array(arena, room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->member_count; i++)
		count += pipes_of(s, &s->tasks[d->members[i]], list + count);
	d->pipes = list;
	d->pipe_count = graph_unique(list, count);
	return 0;
}

/* For how long the whole has been stuck; not known if that of any member is not known. */
static int64_t blocked_ms_of(const struct snapshot *s, const struct deadlock *d)
{
	int64_t least = s->tasks[d->members[0]].blocked_ms;

	for (uint32_t i = 1; i < d->member_count; i++)
		if (s->tasks[d->members[i]].blocked_ms < least)
			least = s->tasks[d->members[i]].blocked_ms;
	return least < 0 ? UNKNOWN : least;
}

static int fill_in(struct arena *arena, const struct graph *g, const struct knots *k,
                   struct cycle *cycle, uint32_t component, struct deadlock *ret)
{
	uint32_t *members = &k->tasks[k->first_task[component]];
	uint32_t count = k->first_task[component + 1] - k->first_task[component];
	struct deadlock d = { .members = members, .member_count = count };

	cycle_order(cycle, g, k, members, count);
	d.kind = kind_of(g->snapshot, &d);
	d.blocked_ms = blocked_ms_of(g->snapshot, &d);
	if (list_pipes(arena, g->snapshot, &d) < 0)
		return -ENOMEM;
	*ret = d;
	return 0;
}

static int collect(struct arena *arena, const struct graph *g, const struct knots *k,
                   struct deadlocks *all)
{
	struct cycle cycle;

	if (cycle_new(arena, g, &cycle) < 0)
		return -ENOMEM;
	for (uint32_t c = 0; c < k->count; c++) {
		uint32_t count = k->first_task[c + 1] - k->first_task[c];

		if (k->leads_on[c] || !is_ours(g, &k->tasks[k->first_task[c]], count))
			continue;
		if (fill_in(arena, g, k, &cycle, c, &all->list[all->count++]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static uint32_t lowest_member(const struct deadlock *d)
{
	uint32_t lowest = d->members[0];

	for (uint32_t i = 1; i < d->member_count; i++)
		if (d->members[i] < lowest)
			lowest = d->members[i];
	return lowest;
}

/* UNKNOWN is less than any time, so those come last. Tasks are in the order of their pids. */
static int worst_first(const void *left, const void *right)
{
	const struct deadlock *a = left, *b = right;
	uint32_t low_a = lowest_member(a), low_b = lowest_member(b);

	if (a->blocked_ms != b->blocked_ms)
		return a->blocked_ms > b->blocked_ms ? -1 : 1;
	return (low_a > low_b) - (low_a < low_b);
}

/* Going back from all knots at once, so that each victim comes to the nearest. */
struct spreading {
	const struct graph *graph;
	uint32_t *of_node;       /* deadlock, or NONE */
	uint32_t *queue, count;
};

static void reach(struct spreading *s, uint32_t node, uint32_t deadlock)
{
	if (s->of_node[node] != NONE)
		return;
	s->of_node[node] = deadlock;
	s->queue[s->count++] = node;
}

static void spread(struct spreading *s, const struct liveness *l, const struct deadlocks *all)
{
	for (uint32_t i = 0; i < all->count; i++)
		for (uint32_t k = 0; k < all->list[i].member_count; k++)
			reach(s, all->list[i].members[k], i);
	for (uint32_t head = 0; head < s->count; head++) {
		uint32_t node = s->queue[head];

		for (uint32_t k = s->graph->first_waiter[node];
		     k < s->graph->first_waiter[node + 1]; k++)
			if (!l->live[s->graph->waiters[k]])
				reach(s, s->graph->waiters[k], s->of_node[node]);
	}
}

/* Hands out what was reached behind the members, in that order. */
static int list_victims(struct arena *arena, const struct spreading *s, uint32_t members,
                        struct deadlocks *all)
{
	uint32_t task_count = s->graph->snapshot->task_count;
	uint32_t *victims = arena_array(arena, task_count, sizeof(uint32_t));
	uint32_t **end = arena_array(arena, all->count, sizeof(*end));

	if (!victims || !end)
		return -ENOMEM;
	for (uint32_t i = members; i < s->count; i++)
		if (s->queue[i] < task_count)
			all->list[s->of_node[s->queue[i]]].victim_count++;
	for (uint32_t i = 0; i < all->count; i++) {
		all->list[i].victims = end[i] = victims;
		victims += all->list[i].victim_count;
	}
	for (uint32_t i = members; i < s->count; i++)
		if (s->queue[i] < task_count)
			*end[s->of_node[s->queue[i]]]++ = s->queue[i];
	return 0;
}

static int find_victims(struct arena *arena, const struct graph *g, const struct liveness *l,
                        struct deadlocks *all)
{
	struct spreading s = {
		.graph = g,
		.of_node = arena_array(arena, g->node_count, sizeof(uint32_t)),
		.queue = arena_array(arena, g->node_count, sizeof(uint32_t)),
	};
	uint32_t members = 0;

	if (!s.of_node || !s.queue)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->node_count; i++)
		s.of_node[i] = NONE;
	for (uint32_t i = 0; i < all->count; i++)
		members += all->list[i].member_count;
	spread(&s, l, all);
	all->of_node = s.of_node;
	return list_victims(arena, &s, members, all);
}

int deadlocks_find(struct arena *arena, const struct graph *g, const struct liveness *l,
                   const struct knots *k, struct deadlocks *ret_deadlocks)
{
	struct deadlocks all = { .list = arena_array(arena, k->count, sizeof(struct deadlock)) };

	if (!all.list || collect(arena, g, k, &all) < 0)
		return -ENOMEM;
	if (all.count > 1)
		qsort(all.list, all.count, sizeof(*all.list), worst_first);
	if (find_victims(arena, g, l, &all) < 0)
		return -ENOMEM;
	*ret_deadlocks = all;
	return 0;
}
