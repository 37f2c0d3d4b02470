/*
 * Builds the wait-for graph of one look, in the order of its nodes, so that each node's releasers
 * lie together. A process that has exited releases nobody; a node that would have no releaser
 * left is not waited for, or moves.
 */
#include "analysis/graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/housekeeping.h"

/* Tracees by their tracer: of process p, list[first[p]] up to list[first[p + 1]]. */
struct tracees {
	uint32_t *first, *list;
};

struct building {
	struct graph *graph;
	const struct evidence *e;
	const struct snapshot *s;
	struct tracees tracees;
};

static void add_edge(struct building *b, uint32_t releaser)
{
	b->graph->releasers[b->graph->edge_count++] = releaser;
}

static void open_node(struct building *b, uint32_t node)
{
	b->graph->first_releaser[node] = b->graph->edge_count;
}

static int list_tracees(struct arena *arena, struct building *b)
{
	const uint32_t *tracer = b->e->family->tracer;
	uint32_t count = b->s->process_count;
	struct tracees t = {
		.first = arena_array(arena, (size_t)count + 1, sizeof(uint32_t)),
		.list = arena_array(arena, count, sizeof(uint32_t)),
	};

	if (!t.first || !t.list)
		return -ENOMEM;
	b->tracees = t;
	if (!b->e->close)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		if (tracer[i] != NONE)
			t.first[tracer[i]]++;
	for (uint32_t i = 0; i < count; i++)
		t.first[i + 1] += t.first[i];
	for (uint32_t i = count; i-- > 0;)
		if (tracer[i] != NONE)
			t.list[--t.first[tracer[i]]] = i;
	return 0;
}

static bool has_tracees(const struct building *b, uint32_t tracer)
{
	return b->tracees.first[tracer] < b->tracees.first[tracer + 1];
}

static void add_tracees(struct building *b, uint32_t tracer)
{
	for (uint32_t k = b->tracees.first[tracer]; k < b->tracees.first[tracer + 1]; k++)
		add_edge(b, graph_process(b->s, b->tracees.list[k]));
}

static void add_children(struct building *b, uint32_t process)
{
	if (b->e->family->running[process] > 0 || has_tracees(b, process))
		add_edge(b, graph_children(b->s, process));
}

/* To the init of a PID namespace come all its orphans. */
static void add_orphans(struct building *b, uint32_t process)
{
	const struct process *p = &b->s->processes[process];

	if (movers_examined(b->e, process) && p->namespace_init != FACT_NO &&
	    b->e->family->running[process] > 0)
		add_edge(b, graph_heirs(b->s, process));
}

/*
 * For any child, and for a group (a child may join the group before it exits), also the other
 * threads of the process: they may fork.
 */
static void add_any_child(struct building *b, uint32_t process)
{
	add_children(b, process);
	add_edge(b, graph_process(b->s, process));
	add_orphans(b, process);
}

static void add_child_exit(struct building *b, const struct task *t)
{
	if (t->wait.children == CHILDREN_ONE)
		add_edge(b, graph_process(b->s, snapshot_find_process(b->s, t->wait.child)));
	else
		add_any_child(b, t->process);
}

static void add_vfork(struct building *b, const struct task *t)
{
	if (t->wait.child > 0)
		add_edge(b, graph_process(b->s, snapshot_find_process(b->s, t->wait.child)));
	else
		add_children(b, t->process);
}

static void add_target(struct building *b, const struct target *target)
{
	if (target->kind == TARGET_SPACE)
		add_edge(b, graph_readers(b->graph, target->pipe));
	else if (target->kind == TARGET_DATA)
		add_edge(b, graph_writers(b->graph, target->pipe));
	else
		add_edge(b, graph_process(b->s, target->process));
}

/* The other threads of the process may add to an epoll set while it is waited for. */
static void add_poll(struct building *b, const struct task *t)
{
	for (uint32_t i = 0; i < t->wait.targets; i++)
		add_target(b, &b->s->targets[t->wait.first_target + i]);
	if (t->call && strncmp(t->call, "epoll", strlen("epoll")) == 0)
		add_edge(b, graph_process(b->s, t->process));
}

/* Of a thread that does not move by itself, so all that it refers to is there. */
static void add_wait(struct building *b, const struct task *t)
{
	switch (t->wait.kind) {
	case WAIT_PIPE_SPACE:
		add_edge(b, graph_readers(b->graph, t->wait.pipe));
		break;
	case WAIT_PIPE_DATA:
		add_edge(b, graph_writers(b->graph, t->wait.pipe));
		break;
	case WAIT_CHILD_EXIT:
		add_child_exit(b, t);
		break;
	case WAIT_VFORK:
		add_vfork(b, t);
		break;
	case WAIT_POLL:
		add_poll(b, t);
		break;
	case WAIT_THREAD:
		add_edge(b, graph_process(b->s, t->process));
		break;
	default:
		break;
	}
	if (movers_hear_of_exits(b->e, t->process)) {
		add_children(b, t->process);
		add_orphans(b, t->process);
	}
}

static void build_tasks(struct building *b)
{
	for (uint32_t i = 0; i < b->s->task_count; i++) {
		const struct task *t = &b->s->tasks[i];
		bool moves = movers_task(b->e, i);

		open_node(b, i);
		b->graph->moves[i] = moves || b->graph->left_out[i];
		if (moves && b->graph->left_out[i])
			b->graph->spared[t->process] = true;
		if (!b->graph->moves[i])
			add_wait(b, t);
	}
}

/* Any thread of it may end the process, or close its ends. */
static void build_processes(struct building *b)
{
	for (uint32_t i = 0; i < b->s->process_count; i++) {
		const struct process *p = &b->s->processes[i];
		uint32_t node = graph_process(b->s, i);

		open_node(b, node);
		b->graph->moves[node] = movers_process(b->e, i);
		if (b->graph->moves[node])
			continue;
		for (uint32_t k = p->first_task; k < p->first_task + p->tasks; k++)
			if (b->s->tasks[k].wait.kind != WAIT_EXITED && !b->graph->left_out[k])
				add_edge(b, k);
	}
}

/*
 * Without a holder that was seen, a waiter is released by the hang-up; and where there was no
 * hang-up, somebody holds the end whom we did not see.
 */
static void build_side(struct building *b, uint32_t node, const struct pipe *pipe, bool readers)
{
	open_node(b, node);
	for (uint32_t k = 0; k < pipe->ends; k++) {
		const struct holder *h = snapshot_end(b->s, pipe, k);

		if ((readers ? h->reads : h->writes) && !b->e->family->exited[h->process])
			add_edge(b, graph_process(b->s, h->process));
	}
	b->graph->moves[node] = b->graph->first_releaser[node] == b->graph->edge_count;
}

static void build_pipes(struct building *b)
{
	for (uint32_t i = 0; i < b->graph->pipe_count; i++) {
		const struct pipe *pipe = &b->s->pipes[b->graph->pipes[i]];

		build_side(b, b->graph->first_side + 2 * i, pipe, true);
		build_side(b, b->graph->first_side + 2 * i + 1, pipe, false);
	}
	open_node(b, b->graph->node_count);
}

static void build_relatives(struct building *b)
{
	const struct family *f = b->e->family;

	for (uint32_t i = 0; i < b->s->process_count; i++) {
		open_node(b, graph_children(b->s, i));
		for (uint32_t k = f->first_child[i]; k < f->first_child[i + 1]; k++)
			if (!f->exited[f->children[k]])
				add_edge(b, graph_process(b->s, f->children[k]));
		add_tracees(b, i);
		open_node(b, graph_heirs(b->s, i));
		for (uint32_t k = f->first_child[i]; k < f->first_child[i + 1]; k++) {
			uint32_t child = f->children[k];

			if (!f->exited[child])
				add_edge(b, graph_process(b->s, child));
			if (f->running[child] > 0)
				add_edge(b, graph_heirs(b->s, child));
		}
	}
}

/* Without close facts also those at work: that their process is stuck is worth a close look. */
static void leave_out_housekeepers(const struct evidence *e, bool *left_out)
{
	const struct snapshot *s = e->snapshot;

	for (uint32_t i = 0; i < s->process_count; i++) {
		const struct process *p = &s->processes[i];

		if (p->tasks < 2 || !housekeeping_runtime(s, p))
			continue;
		for (uint32_t k = p->first_task; k < p->first_task + p->tasks; k++)
			left_out[k] = housekeeping_idle(&s->tasks[k]) ||
			              (!e->close && housekeeping_busy(&s->tasks[k]));
	}
}

/* A process with nobody but housekeepers is not known well enough to be called stuck. */
static void keep_lone_housekeepers(struct building *b)
{
	for (uint32_t i = 0; i < b->s->process_count; i++) {
		uint32_t node = graph_process(b->s, i);

		if (b->graph->first_releaser[node] == b->graph->first_releaser[node + 1])
			b->graph->moves[node] = !b->e->family->exited[i];
	}
}

static void turn_around(struct graph *g, uint32_t *cursor)
{
	for (uint32_t i = 0; i < g->edge_count; i++)
		g->first_waiter[g->releasers[i] + 1]++;
	for (uint32_t i = 0; i < g->node_count; i++) {
		g->first_waiter[i + 1] += g->first_waiter[i];
		cursor[i] = g->first_waiter[i];
	}
	for (uint32_t node = 0; node < g->node_count; node++)
		for (uint32_t k = g->first_releaser[node]; k < g->first_releaser[node + 1]; k++)
			g->waiters[cursor[g->releasers[k]]++] = node;
}

static int compare_indices(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

uint32_t graph_unique(uint32_t *list, uint32_t count)
{
	uint32_t kept = 0;

	if (count > 1)
		qsort(list, count, sizeof(*list), compare_indices);
	for (uint32_t i = 0; i < count; i++)
		if (kept == 0 || list[i] != list[kept - 1])
			list[kept++] = list[i];
	return kept;
}

static void add_pipe(struct graph *g, uint32_t pipe)
{
	if (pipe != NONE)
		g->pipes[g->pipe_count++] = pipe;
}

/* The pipes that somebody waits at, each once. Their sides are numbered behind all other nodes. */
static int find_pipes(struct arena *arena, const struct snapshot *s, struct graph *g)
{
	g->pipes = arena_array(arena, (size_t)s->task_count + s->target_count, sizeof(uint32_t));
	if (!g->pipes)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->task_count; i++) {
		const struct wait *wait = &s->tasks[i].wait;

		add_pipe(g, wait->pipe);
		for (uint32_t k = 0; k < wait->targets; k++)
			add_pipe(g, s->targets[wait->first_target + k].pipe);
	}
	g->pipe_count = graph_unique(g->pipes, g->pipe_count);
	return 0;
}

uint32_t graph_readers(const struct graph *g, uint32_t pipe)
{
	const uint32_t *found =
		bsearch(&pipe, g->pipes, g->pipe_count, sizeof(pipe), compare_indices);

	return g->first_side + 2 * (uint32_t)(found - g->pipes);
}

/*
 * At most: six a task and one to it besides its targets, two an end, and of each process one as a
 * child, two for its parent's heirs, one as a tracee.
 */
static uint64_t most_edges(const struct snapshot *s, const struct graph *g)
{
	uint64_t edges = 7 * (uint64_t)s->task_count + 4 * (uint64_t)s->process_count;

	for (uint32_t i = 0; i < s->task_count; i++)
		edges += s->tasks[i].wait.targets;
	for (uint32_t i = 0; i < g->pipe_count; i++)
		edges += 2 * (uint64_t)s->pipes[g->pipes[i]].ends;
	return edges;
}

static int allocate(struct arena *arena, const struct snapshot *s, struct graph *g, size_t edges)
{
	size_t nodes = g->node_count;

	g->moves = arena_array(arena, nodes, sizeof(bool));
	g->first_releaser = arena_array(arena, nodes + 1, sizeof(uint32_t));
	g->releasers = arena_array(arena, edges, sizeof(uint32_t));
	g->first_waiter = arena_array(arena, nodes + 1, sizeof(uint32_t));
	g->waiters = arena_array(arena, edges, sizeof(uint32_t));
	g->left_out = arena_array(arena, s->task_count, sizeof(bool));
	g->spared = arena_array(arena, s->process_count, sizeof(bool));
	return g->moves && g->first_releaser && g->releasers && g->first_waiter && g->waiters &&
	       g->left_out && g->spared ? 0 : -ENOMEM;
}

int graph_build(struct arena *arena, const struct evidence *e, struct graph *ret_graph)
{
	const struct snapshot *s = e->snapshot;
	struct graph g = { .evidence = e, .snapshot = s };
	struct building b = { .graph = &g, .e = e, .s = s };
	uint64_t first = s->task_count + 3 * (uint64_t)s->process_count, nodes, edges;
	uint32_t *cursor;

	if (find_pipes(arena, s, &g) < 0)
		return -ENOMEM;
	nodes = first + 2 * (uint64_t)g.pipe_count;
	edges = most_edges(s, &g);
	g.first_side = (uint32_t)first;
	g.node_count = (uint32_t)nodes;
	if (nodes >= NONE || edges >= NONE || allocate(arena, s, &g, edges) < 0)
		return -ENOMEM;
	cursor = arena_array(arena, nodes, sizeof(uint32_t));
	if (!cursor || list_tracees(arena, &b) < 0)
		return -ENOMEM;
	leave_out_housekeepers(e, g.left_out);
	build_tasks(&b);
	build_processes(&b);
	build_relatives(&b);
	build_pipes(&b);
	keep_lone_housekeepers(&b);
	turn_around(&g, cursor);
	*ret_graph = g;
	return 0;
}
