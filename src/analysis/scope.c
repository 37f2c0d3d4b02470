/*
 * The processes that were asked about, found by two walks: down the tree of processes, then along
 * the pipes, a step for each unit of depth. Every process and every pipe is visited once.
 */
#include "analysis/scope.h"

#include <errno.h>
#include <string.h>

struct walk {
	const struct snapshot *snapshot;
	bool *in;
	uint32_t *queue, head, count;
	bool *pipe_seen;
};

static void reach(struct walk *w, uint32_t process)
{
	if (process == NONE || w->in[process])
		return;
	w->in[process] = true;
	w->queue[w->count++] = process;
}

static void walk_down(struct walk *w, const struct family *f)
{
	for (; w->head < w->count; w->head++) {
		uint32_t p = w->queue[w->head];

		for (uint32_t k = f->first_child[p]; k < f->first_child[p + 1]; k++)
			reach(w, f->children[k]);
	}
}

static void cross_pipe(struct walk *w, uint32_t index)
{
	const struct pipe *pipe = &w->snapshot->pipes[index];

	if (w->pipe_seen[index])
		return;
	w->pipe_seen[index] = true;
	for (uint32_t k = 0; k < pipe->ends; k++)
		reach(w, snapshot_end(w->snapshot, pipe, k)->process);
}

/* One step along the pipes from those that the step before reached. */
static void walk_across(struct walk *w)
{
	uint32_t end = w->count;

	for (; w->head < end; w->head++) {
		const struct process *p = &w->snapshot->processes[w->queue[w->head]];

		for (uint32_t k = 0; k < p->holders; k++)
			cross_pipe(w, w->snapshot->holders[p->first_holder + k].pipe);
	}
}

static uint32_t find_named(const struct snapshot *s, const struct diagnosis_settings *settings,
                           uint32_t i)
{
	uint32_t process = snapshot_find_process(s, settings->pids[i]);

	if (process != NONE && settings->start_ticks &&
	    s->processes[process].start_ticks != settings->start_ticks[i])
		return NONE;
	return process;
}

static void find_asked(struct walk *w, const struct family *f,
                       const struct diagnosis_settings *settings)
{
	if (settings->pid_count == 0)
		for (uint32_t i = 0; i < w->snapshot->process_count; i++)
			reach(w, i);
	for (uint32_t i = 0; i < settings->pid_count; i++)
		reach(w, find_named(w->snapshot, settings, i));
	walk_down(w, f);
}

int scope_find(struct arena *arena, const struct snapshot *s, const struct family *f,
               const struct diagnosis_settings *settings, struct scope *ret_scope)
{
	struct scope scope = {
		.asked = arena_array(arena, s->process_count, sizeof(bool)),
		.processes = arena_array(arena, s->process_count, sizeof(bool)),
	};
	struct walk w = {
		.snapshot = s, .in = scope.processes,
		.queue = arena_array(arena, s->process_count, sizeof(uint32_t)),
		.pipe_seen = arena_array(arena, s->pipe_count, sizeof(bool)),
	};

	if (!scope.asked || !scope.processes || !w.queue || !w.pipe_seen)
		return -ENOMEM;
	find_asked(&w, f, settings);
	memcpy(scope.asked, scope.processes, s->process_count * sizeof(bool));
	w.head = 0;
	walk_across(&w);
	for (uint32_t step = 1; step < settings->depth && w.head < w.count; step++)
		walk_across(&w);
	/* Without a step it is their own pipes all the same, but nobody at the other ends. */
	if (settings->depth == 0)
		memcpy(scope.processes, scope.asked, s->process_count * sizeof(bool));
	scope.pipes = w.pipe_seen;
	*ret_scope = scope;
	return 0;
}

static bool asks_for(const struct scope *scope, const struct snapshot *s, const uint32_t *tasks,
                     uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (scope->asked[s->tasks[tasks[i]].process])
			return true;
	return false;
}

bool scope_has_deadlock(const struct scope *scope, const struct snapshot *s,
                        const struct deadlock *k)
{
	for (uint32_t i = 0; i < k->pipe_count; i++)
		if (scope->pipes[k->pipes[i]])
			return true;
	return asks_for(scope, s, k->members, k->member_count) ||
	       asks_for(scope, s, k->victims, k->victim_count);
}
