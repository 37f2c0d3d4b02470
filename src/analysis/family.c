/*
 * Who descends from whom. /proc gives each process its ppid (proc_pid_stat(5)); children lists
 * are missing on many kernels, so they are turned around from there.
 *
 * Common ancestors are found by jump pointers (Myers, "An applicative random-access stack", 1983):
 * one pointer more a process makes any climb logarithmic, so that a chain of ten thousand shells
 * does not make the analysis quadratic.
 */
#include "analysis/family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/*
 * A zombie leader with threads left is no zombie: it still holds its descriptors. What is not known
 * counts as not exited, which is the side of the doubt: somebody who may move.
 */
static bool has_exited(const struct snapshot *s, const struct process *p)
{
	if (p->thread_count <= 0 || p->kernel_thread || p->self)
		return false;
	if (p->tasks == 0)
		return (p->state == 'Z' || p->state == 'X') && p->thread_count == 1;
	if ((uint32_t)p->thread_count > p->tasks)
		return false;
	for (uint32_t i = 0; i < p->tasks; i++)
		if (s->tasks[p->first_task + i].wait.kind != WAIT_EXITED)
			return false;
	return true;
}

static uint32_t find_parent(const struct snapshot *s, uint32_t process)
{
	int32_t ppid = s->processes[process].ppid;

	if (ppid <= 0 || ppid == s->processes[process].pid)
		return NONE;
	return snapshot_find_process(s, ppid);
}

/* clone(2) chooses it; SIGCHLD comes besides when a child is stopped, and from tracees. */
static uint64_t exit_signal_of(const struct process *child)
{
	if (child->exit_signal < 0 || child->exit_signal > 64)
		return UINT64_MAX;
	return child->exit_signal ? UINT64_C(1) << (child->exit_signal - 1) : 0;
}

static void list_children(const struct snapshot *s, struct family *f, uint32_t *cursor)
{
	for (uint32_t i = 0; i < s->process_count; i++)
		if (f->parent[i] != NONE)
			f->first_child[f->parent[i] + 1]++;
	for (uint32_t i = 0; i < s->process_count; i++) {
		f->first_child[i + 1] += f->first_child[i];
		cursor[i] = f->first_child[i];
	}
	for (uint32_t i = 0; i < s->process_count; i++) {
		uint32_t parent = f->parent[i];

		if (parent == NONE)
			continue;
		f->children[cursor[parent]++] = i;
		f->running[parent] += !f->exited[i];
		if (!f->exited[i])
			f->exit_signals[parent] |= exit_signal_of(&s->processes[i]);
	}
}

static void place_below(struct family *f, uint32_t parent, uint32_t child)
{
	uint32_t jump = f->jump[parent];
	bool even = f->depth[parent] - f->depth[jump] == f->depth[jump] - f->depth[f->jump[jump]];

	f->depth[child] = f->depth[parent] + 1;
	f->jump[child] = even ? f->jump[jump] : parent;
}

/* From the roots down. Whom that does not reach is on a loop, or below one: made a root. */
static void measure_depths(const struct snapshot *s, struct family *f, uint32_t *queue)
{
	uint32_t head = 0, tail = 0;

	for (uint32_t i = 0; i < s->process_count; i++) {
		f->jump[i] = NONE;
		if (f->parent[i] == NONE) {
			f->jump[i] = i;
			queue[tail++] = i;
		}
	}
	while (head < tail) {
		uint32_t parent = queue[head++];

		for (uint32_t k = f->first_child[parent]; k < f->first_child[parent + 1]; k++) {
			place_below(f, parent, f->children[k]);
			queue[tail++] = f->children[k];
		}
	}
	for (uint32_t i = 0; i < s->process_count; i++) {
		if (f->jump[i] != NONE)
			continue;
		f->jump[i] = i;
		f->parent[i] = NONE;
	}
}

struct thread {
	int32_t tid;
	uint32_t process;
};

static int compare_threads(const void *left, const void *right)
{
	const struct thread *a = left, *b = right;

	return (a->tid > b->tid) - (a->tid < b->tid);
}

static int list_threads(struct arena *arena, const struct snapshot *s, struct thread **ret_threads)
{
	struct thread *threads = arena_array(arena, s->task_count, sizeof(*threads));

	if (!threads)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->task_count; i++)
		threads[i] = (struct thread){ s->tasks[i].tid, s->tasks[i].process };
	if (s->task_count > 1)
		qsort(threads, s->task_count, sizeof(*threads), compare_threads);
	*ret_threads = threads;
	return 0;
}

static uint32_t find_thread(const struct thread *threads, uint32_t count, int32_t tid)
{
	const struct thread key = { .tid = tid };
	const struct thread *found = count
		? bsearch(&key, threads, count, sizeof(*threads), compare_threads) : NULL;

	return found ? found->process : NONE;
}

/*
 * TracerPid of /proc/PID/status is a tid: the tracer is one thread, task_state() in
 * fs/proc/array.c.
 */
static int find_tracers(struct arena *arena, const struct snapshot *s, struct family *f)
{
	struct thread *threads = NULL;

	f->tracers_known = true;
	for (uint32_t i = 0; i < s->process_count; i++) {
		const struct process *p = &s->processes[i];

		f->tracer[i] = NONE;
		if (f->exited[i] || p->kernel_thread)
			continue;
		f->tracers_known &= p->tracer != UNKNOWN;
		if (p->tracer <= 0)
			continue;
		f->tracer[i] = snapshot_find_process(s, p->tracer);
		if (f->tracer[i] != NONE)
			continue;
		if (!threads && list_threads(arena, s, &threads) < 0)
			return -ENOMEM;
		f->tracer[i] = find_thread(threads, s->task_count, p->tracer);
	}
	return 0;
}

int family_build(struct arena *arena, const struct snapshot *s, struct family *ret_family)
{
	size_t count = s->process_count;
	struct family f = {
		.parent = arena_array(arena, count, sizeof(uint32_t)),
		.first_child = arena_array(arena, count + 1, sizeof(uint32_t)),
		.children = arena_array(arena, count, sizeof(uint32_t)),
		.exited = arena_array(arena, count, sizeof(bool)),
		.running = arena_array(arena, count, sizeof(uint32_t)),
		.exit_signals = arena_array(arena, count, sizeof(uint64_t)),
		.tracer = arena_array(arena, count, sizeof(uint32_t)),
		.depth = arena_array(arena, count, sizeof(uint32_t)),
		.jump = arena_array(arena, count, sizeof(uint32_t)),
	};
	uint32_t *scratch = arena_array(arena, count, sizeof(uint32_t));

	if (!f.parent || !f.first_child || !f.children || !f.exited || !f.running ||
	    !f.exit_signals || !f.tracer || !f.depth || !f.jump || !scratch)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->process_count; i++) {
		f.parent[i] = find_parent(s, i);
		f.exited[i] = has_exited(s, &s->processes[i]);
		f.exit_signals[i] = UINT64_C(1) << (SIGCHLD - 1);
	}
	list_children(s, &f, scratch);
	measure_depths(s, &f, scratch);
	if (find_tracers(arena, s, &f) < 0)
		return -ENOMEM;
	*ret_family = f;
	return 0;
}

bool family_is_child(const struct snapshot *s, uint32_t child, uint32_t parent)
{
	return s->processes[child].ppid == s->processes[parent].pid;
}

static uint32_t climb_to(const struct family *f, uint32_t process, uint32_t depth)
{
	while (f->depth[process] > depth)
		process = f->depth[f->jump[process]] >= depth ? f->jump[process]
		                                              : f->parent[process];
	return process;
}

uint32_t family_common(const struct family *f, uint32_t a, uint32_t b)
{
	a = climb_to(f, a, f->depth[b]);
	b = climb_to(f, b, f->depth[a]);
	while (a != b) {
		if (f->parent[a] == NONE || f->parent[b] == NONE)
			return NONE;
		bool far = f->jump[a] != f->jump[b];

		a = far ? f->jump[a] : f->parent[a];
		b = far ? f->jump[b] : f->parent[b];
	}
	return a;
}
