/*
 * The wait-for graph: who can release whom. Its nodes are threads and processes, and, so that it
 * stays linear in the number of ends and children, what many wait for together:
 *
 *   readers, writers of a pipe   one of the processes that hold such an end; only of pipes that
 *                                somebody waits at, since most boxes have few of them among many
 *   children of a process        one of its living children, or of its tracees
 *   heirs of a process           one of its living descendants
 *
 * A node is released when any one of its releasers can move.
 */
#ifndef ANALYSIS_GRAPH_H
#define ANALYSIS_GRAPH_H

#include "analysis/movers.h"

struct graph {
	const struct evidence *evidence;
	const struct snapshot *snapshot;
	uint32_t node_count, edge_count;
	bool *moves;             /* by itself; such a node has no releasers */
	uint32_t *first_releaser, *releasers; /* of node n: from first_releaser[n] to [n + 1] */
	uint32_t *first_waiter, *waiters;     /* the same edges, turned around */
	bool *left_out;          /* tasks that keep house: nobody waits for them */
	bool *spared;            /* processes of which such a task would have moved */
	uint32_t *pipes;         /* that somebody waits at, ascending */
	uint32_t pipe_count;
	uint32_t first_side;     /* node of the first one's readers, its writers' is next, and so on */
};

/* 0 or -ENOMEM. The arrays live in `arena`; `e` must outlive the graph. */
int graph_build(struct arena *arena, const struct evidence *e, struct graph *ret_graph);

/* Tasks come first: node i is task i. */
static inline uint32_t graph_process(const struct snapshot *s, uint32_t process)
{
	return s->task_count + process;
}

static inline uint32_t graph_children(const struct snapshot *s, uint32_t process)
{
	return s->task_count + s->process_count + 2 * process;
}

static inline uint32_t graph_heirs(const struct snapshot *s, uint32_t process)
{
	return graph_children(s, process) + 1;
}

/* Sorts indices, drops what is there twice, returns how many are left. */
uint32_t graph_unique(uint32_t *list, uint32_t count);

/* Of a pipe that somebody waits at. */
uint32_t graph_readers(const struct graph *g, uint32_t pipe);

static inline uint32_t graph_writers(const struct graph *g, uint32_t pipe)
{
	return graph_readers(g, pipe) + 1;
}

#endif
