/*
 * Owns the choice of what is drawn. Whoever looks at a drawing looks for what is wrong, so idle
 * pipes and readers that wait for work are left out where not everything was asked for.
 *
 * Processes stand together by trees: the topmost drawn ancestor and, if it has one that is not
 * init, its parent (proc_pid_stat(5), ppid), so that the parts of a shell's pipeline are one tree
 * though nobody drew the shell. A record may claim a circle of parents, so the way up is bounded.
 */
#include "report/drawing.h"

#include <errno.h>
#include <stdlib.h>

enum { GENERATIONS = 64 };

/* Of the snapshot. */
struct choice {
	bool *pipes, *processes; /* chosen? */
	uint32_t *trees;         /* of each process that is chosen */
	enum verdict *worst;     /* of the tree of each process */
};

static bool pipe_is_drawn(const struct pipe_finding *finding,
                          const struct report_settings *settings)
{
	bool asked = settings->all || settings->verdicts;

	return report_shows(settings, finding) &&
	       (asked || (finding->verdict != VERDICT_IDLE && finding->verdict != VERDICT_STARVED));
}

/* With the pipe that it is blocked on, or how it is tied to the knot would not be seen. */
static void choose_doomed(struct choice *choice, const struct diagnosis *d)
{
	for (uint32_t i = 0; i < d->snapshot->task_count; i++) {
		const struct task *task = &d->snapshot->tasks[i];

		if (d->tasks[i].deadlock == NONE)
			continue;
		choice->processes[task->process] = true;
		if (task->wait.pipe != NONE)
			choice->pipes[task->wait.pipe] = true;
	}
}

static void choose_pipes(struct choice *choice, const struct diagnosis *d,
                         const struct report_settings *settings)
{
	const struct snapshot *s = d->snapshot;

	for (uint32_t i = 0; i < s->pipe_count; i++) {
		if (pipe_is_drawn(&d->pipes[i], settings))
			choice->pipes[i] = true;
		for (uint32_t k = 0; choice->pipes[i] && k < s->pipes[i].ends; k++)
			choice->processes[snapshot_end(s, &s->pipes[i], k)->process] = true;
	}
}

/* NONE for a child of init, and where the parent was not seen. */
static uint32_t parent_of(const struct snapshot *s, uint32_t process)
{
	int32_t ppid = s->processes[process].ppid;

	return ppid > 1 ? snapshot_find_process(s, ppid) : NONE;
}

static uint32_t tree_of(const struct snapshot *s, const struct choice *choice, uint32_t process)
{
	uint32_t top = process, parent;

	for (uint32_t at = process, n = 0; at != NONE && n < GENERATIONS;
	     at = parent_of(s, at), n++) {
		if (choice->processes[at])
			top = at;
	}
	parent = parent_of(s, top);
	return parent == NONE ? top : parent;
}

/* The one tree that all holders stand in, or NONE. */
static uint32_t tree_of_pipe(const struct snapshot *s, const struct choice *choice,
                             const struct pipe *pipe)
{
	uint32_t tree = NONE;

	for (uint32_t k = 0; k < pipe->ends; k++) {
		uint32_t next = choice->trees[snapshot_end(s, pipe, k)->process];

		if (tree != NONE && next != tree)
			return NONE;
		tree = next;
	}
	return tree;
}

static void worsen(struct choice *choice, uint32_t process, enum verdict verdict)
{
	enum verdict *worst = &choice->worst[choice->trees[process]];

	if (verdict < *worst)
		*worst = verdict;
}

static void find_trees(struct choice *choice, const struct diagnosis *d)
{
	const struct snapshot *s = d->snapshot;

	for (uint32_t i = 0; i < s->process_count; i++) {
		choice->worst[i] = VERDICT_UNKNOWN;
		choice->trees[i] = choice->processes[i] ? tree_of(s, choice, i) : NONE;
	}
	for (uint32_t i = 0; i < s->pipe_count; i++) {
		for (uint32_t k = 0; choice->pipes[i] && k < s->pipes[i].ends; k++)
			worsen(choice, snapshot_end(s, &s->pipes[i], k)->process,
			       d->pipes[i].verdict);
	}
	for (uint32_t i = 0; i < s->task_count; i++) {
		if (d->tasks[i].deadlock != NONE)
			worsen(choice, s->tasks[i].process, VERDICT_DEADLOCK);
	}
}

static int drawn_order(const void *left, const void *right)
{
	const struct drawn *a = left, *b = right;

	if (a->worst != b->worst)
		return a->worst > b->worst ? -1 : 1;
	if (a->tree != b->tree)
		return a->tree < b->tree ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

static void fill(struct drawing *drawing, const struct choice *choice, const struct diagnosis *d)
{
	const struct snapshot *s = d->snapshot;

	for (uint32_t i = 0; i < s->process_count; i++) {
		if (choice->processes[i])
			drawing->processes[drawing->process_count++] =
				(struct drawn){ choice->trees[i], choice->worst[choice->trees[i]],
				                i };
	}
	for (uint32_t i = 0; i < s->pipe_count; i++) {
		uint32_t tree = choice->pipes[i] ? tree_of_pipe(s, choice, &s->pipes[i]) : NONE;

		if (choice->pipes[i])
			drawing->pipes[drawing->pipe_count++] =
				(struct drawn){ tree, tree == NONE ? 0 : choice->worst[tree], i };
		drawing->left_out += d->pipes[i].in_scope && !choice->pipes[i];
	}
	qsort(drawing->processes, drawing->process_count, sizeof(*drawing->processes), drawn_order);
	qsort(drawing->pipes, drawing->pipe_count, sizeof(*drawing->pipes), drawn_order);
	for (uint32_t i = 0; i < drawing->process_count; i++)
		drawing->tree_count +=
			!i || drawing->processes[i].tree != drawing->processes[i - 1].tree;
}

int drawing_init(struct drawing *drawing, const struct diagnosis *d,
                 const struct report_settings *settings)
{
	size_t processes = (size_t)d->snapshot->process_count + 1;
	size_t pipes = (size_t)d->snapshot->pipe_count + 1;
	struct choice choice = {
		.pipes = calloc(pipes, sizeof(bool)),
		.processes = calloc(processes, sizeof(bool)),
		.trees = calloc(processes, sizeof(uint32_t)),
		.worst = calloc(processes, sizeof(enum verdict)),
	};
	int r = -ENOMEM;

	*drawing = (struct drawing){
		.pipes = calloc(pipes, sizeof(struct drawn)),
		.processes = calloc(processes, sizeof(struct drawn)),
	};
	if (choice.pipes && choice.processes && choice.trees && choice.worst && drawing->pipes &&
	    drawing->processes) {
		choose_doomed(&choice, d);
		choose_pipes(&choice, d, settings);
		find_trees(&choice, d);
		fill(drawing, &choice, d);
		r = 0;
	} else {
		drawing_free(drawing);
	}
	free(choice.pipes);
	free(choice.processes);
	free(choice.trees);
	free(choice.worst);
	return r;
}

void drawing_free(struct drawing *drawing)
{
	free(drawing->pipes);
	free(drawing->processes);
	*drawing = (struct drawing){ 0 };
}
