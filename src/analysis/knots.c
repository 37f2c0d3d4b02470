/*
 * Tarjan's strongly connected components ("Depth-first search and linear graph algorithms", 1972)
 * over the doomed part of the graph, with a stack of our own: a chain of a hundred thousand waits
 * must not end ours. A component that waits for no other one is a knot.
 */
#include "analysis/knots.h"

#include <errno.h>

struct search {
	const struct graph *graph;
	struct knots *knots;
	uint32_t *order, *low;   /* 0: not visited yet */
	uint32_t *next_edge;     /* of each node on the path */
	uint32_t *path, path_length;
	uint32_t *open, open_count; /* visited, and in no component yet */
	uint32_t visited;
};

static void enter(struct search *s, uint32_t node)
{
	s->order[node] = s->low[node] = ++s->visited;
	s->next_edge[node] = s->graph->first_releaser[node];
	s->path[s->path_length++] = node;
	s->open[s->open_count++] = node;
}

static void lower(uint32_t *low, uint32_t value)
{
	if (value < *low)
		*low = value;
}

static void follow(struct search *s, uint32_t node, uint32_t releaser)
{
	if (s->order[releaser] == 0)
		enter(s, releaser);
	else if (s->knots->component[releaser] == NONE)
		lower(&s->low[node], s->order[releaser]);
}

static void leave(struct search *s, uint32_t node)
{
	s->path_length--;
	if (s->path_length > 0)
		lower(&s->low[s->path[s->path_length - 1]], s->low[node]);
	if (s->low[node] < s->order[node])
		return;
	do
		s->knots->component[s->open[--s->open_count]] = s->knots->count;
	while (s->open[s->open_count] != node);
	s->knots->count++;
}

static void visit(struct search *s, uint32_t root)
{
	if (s->order[root] != 0)
		return;
	enter(s, root);
	while (s->path_length > 0) {
		uint32_t node = s->path[s->path_length - 1];

		if (s->next_edge[node] < s->graph->first_releaser[node + 1])
			follow(s, node, s->graph->releasers[s->next_edge[node]++]);
		else
			leave(s, node);
	}
}

static void mark_leads_on(const struct graph *g, struct knots *k)
{
	for (uint32_t node = 0; node < g->node_count; node++) {
		if (k->component[node] == NONE)
			continue;
		for (uint32_t i = g->first_releaser[node]; i < g->first_releaser[node + 1]; i++)
			if (k->component[g->releasers[i]] != k->component[node])
				k->leads_on[k->component[node]] = true;
	}
}

static void list_tasks(uint32_t task_count, struct knots *k, uint32_t *cursor)
{
	for (uint32_t i = 0; i < task_count; i++)
		if (k->component[i] != NONE)
			k->first_task[k->component[i] + 1]++;
	for (uint32_t c = 0; c < k->count; c++) {
		k->first_task[c + 1] += k->first_task[c];
		cursor[c] = k->first_task[c];
	}
	for (uint32_t i = 0; i < task_count; i++)
		if (k->component[i] != NONE)
			k->tasks[cursor[k->component[i]]++] = i;
}

int knots_find(struct arena *arena, const struct graph *g, const struct liveness *l,
               struct knots *ret_knots)
{
	size_t nodes = g->node_count;
	struct knots k = {
		.component = arena_array(arena, nodes, sizeof(uint32_t)),
		.leads_on = arena_array(arena, nodes, sizeof(bool)),
		.first_task = arena_array(arena, nodes + 1, sizeof(uint32_t)),
		.tasks = arena_array(arena, g->snapshot->task_count, sizeof(uint32_t)),
	};
	struct search s = {
		.graph = g, .knots = &k,
		.order = arena_array(arena, nodes, sizeof(uint32_t)),
		.low = arena_array(arena, nodes, sizeof(uint32_t)),
		.next_edge = arena_array(arena, nodes, sizeof(uint32_t)),
		.path = arena_array(arena, nodes, sizeof(uint32_t)),
		.open = arena_array(arena, nodes, sizeof(uint32_t)),
	};

	if (!k.component || !k.leads_on || !k.first_task || !k.tasks || !s.order || !s.low ||
	    !s.next_edge || !s.path || !s.open)
		return -ENOMEM;
	for (uint32_t node = 0; node < g->node_count; node++)
		k.component[node] = NONE;
	for (uint32_t i = 0; i < g->snapshot->task_count; i++)
		if (liveness_doomed(l, g->snapshot, i))
			visit(&s, i);
	mark_leads_on(g, &k);
	list_tasks(g->snapshot->task_count, &k, s.path);
	*ret_knots = k;
	return 0;
}
