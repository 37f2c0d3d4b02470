/*
 * What did not move between two looks.
 *
 * A thread that blocks makes a voluntary switch (proc_pid_status(5)), so one that was asleep in
 * both looks with the same count has not run in between. Its call, arguments and stack pointer
 * are compared too: the facts of one look are not read in one instant.
 *
 * Threads and pipes are merged in the order in which snapshots keep them.
 *
 * A narrow look (LIMIT_NARROW) is about the pipes that held bytes in the survey with which it is
 * compared: of the others it tells nothing. Threads that it lacks count as having moved, as they
 * do elsewhere: who moved is stuck nowhere, so it can clear somebody but accuse nobody.
 */
#include "analysis/steady.h"

#include <errno.h>
#include <string.h>

static bool same_process(const struct process *a, const struct process *b)
{
	return a->pid == b->pid && a->start_ticks == b->start_ticks;
}

static enum steadiness compare_calls(const struct task *a, const struct task *b)
{
	if (a->syscall == UNKNOWN || b->syscall == UNKNOWN)
		return STEADY_UNKNOWN;
	if (a->syscall != b->syscall || memcmp(a->args, b->args, sizeof(a->args)) != 0)
		return STEADY_MOVED;
	if (a->sp == 0 || b->sp == 0)
		return STEADY_UNKNOWN;
	return a->sp == b->sp ? STEADY_STILL : STEADY_MOVED;
}

static enum steadiness compare_counts(int64_t a, int64_t b)
{
	if (a == UNKNOWN || b == UNKNOWN)
		return STEADY_UNKNOWN;
	return a == b ? STEADY_STILL : STEADY_MOVED;
}

static enum steadiness least(enum steadiness a, enum steadiness b)
{
	return a < b ? a : b;
}

enum steadiness steady_task(const struct task *a, const struct task *b)
{
	enum steadiness ran = least(compare_calls(a, b), compare_counts(a->voluntary_switches,
	                                                                b->voluntary_switches));

	bool start_known = a->start_ticks != 0 && b->start_ticks != 0;

	if (a->wait.kind != b->wait.kind || (start_known && a->start_ticks != b->start_ticks))
		return STEADY_MOVED;
	return start_known ? ran : least(ran, STEADY_UNKNOWN);
}

static bool task_before(const struct snapshot *a, const struct task *x,
                        const struct snapshot *b, const struct task *y)
{
	int32_t pid_x = a->processes[x->process].pid, pid_y = b->processes[y->process].pid;

	return pid_x != pid_y ? pid_x < pid_y : x->tid < y->tid;
}

static void merge_tasks(const struct snapshot *earlier, const struct snapshot *later,
                        enum steadiness *ret)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < later->task_count; i++) {
		const struct task *b = &later->tasks[i];

		while (k < earlier->task_count &&
		       task_before(earlier, &earlier->tasks[k], later, b))
			k++;
		ret[i] = STEADY_MOVED;
		if (k == earlier->task_count || task_before(later, b, earlier, &earlier->tasks[k]))
			continue;
		ret[i] = steady_task(&earlier->tasks[k], b);
	}
}

static bool same_holder(const struct snapshot *earlier, const struct holder *a,
                        const struct snapshot *later, const struct holder *b)
{
	return a->fd == b->fd && a->reads == b->reads && a->writes == b->writes &&
	       same_process(&earlier->processes[a->process], &later->processes[b->process]);
}

static enum steadiness compare_holders(const struct snapshot *earlier, const struct pipe *a,
                                       const struct snapshot *later, const struct pipe *b)
{
	if (a->ends != b->ends)
		return STEADY_MOVED;
	for (uint32_t k = 0; k < a->ends; k++)
		if (!same_holder(earlier, snapshot_end(earlier, a, k),
		                 later, snapshot_end(later, b, k)))
			return STEADY_MOVED;
	return STEADY_STILL;
}

static bool pipe_before(const struct pipe *a, const struct pipe *b)
{
	return a->dev != b->dev ? a->dev < b->dev : a->ino < b->ino;
}

static void merge_pipes(const struct snapshot *earlier, const struct snapshot *later,
                        struct steady *ret)
{
	bool narrow = earlier->view_limits & LIMIT_NARROW;
	uint32_t k = 0;

	for (uint32_t i = 0; i < later->pipe_count; i++) {
		const struct pipe *b = &later->pipes[i];

		if (narrow && b->fill_bytes <= 0) {
			ret->pipes[i] = STEADY_UNKNOWN;
			continue;
		}
		while (k < earlier->pipe_count && pipe_before(&earlier->pipes[k], b))
			k++;
		ret->pipes[i] = STEADY_MOVED;
		if (k == earlier->pipe_count || pipe_before(b, &earlier->pipes[k]))
			continue;
		const struct pipe *a = &earlier->pipes[k];
		enum steadiness fill = compare_counts(a->fill_bytes, b->fill_bytes);

		ret->same_fill[i] = fill == STEADY_STILL;
		ret->pipes[i] = least(fill, compare_counts(a->capacity_bytes, b->capacity_bytes));
		ret->pipes[i] = least(ret->pipes[i], compare_holders(earlier, a, later, b));
	}
}

int steady_compare(struct arena *arena, const struct snapshot *earlier,
                   const struct snapshot *later, struct steady *ret_steady)
{
	struct steady steady = {
		.tasks = arena_array(arena, later->task_count, sizeof(enum steadiness)),
		.pipes = arena_array(arena, later->pipe_count, sizeof(enum steadiness)),
		.same_fill = arena_array(arena, later->pipe_count, sizeof(bool)),
	};

	if (!steady.tasks || !steady.pipes || !steady.same_fill)
		return -ENOMEM;
	merge_tasks(earlier, later, steady.tasks);
	merge_pipes(earlier, later, &steady);
	*ret_steady = steady;
	return 0;
}
