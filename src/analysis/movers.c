/*
 * Who can move by itself. Everything here errs on one side: what is not known moves.
 *
 * A thread moves when it runs, when the outside world ends its wait, when its wait has a time-out,
 * and when the moment of its wait has passed: the pipe has room after all, the child is dead
 * already. A close look at its process adds what signals may do: timers that run out, self-pipes.
 */
#include "analysis/movers.h"

#include <signal.h>

#include "analysis/signals.h"

bool movers_examined(const struct evidence *e, uint32_t process)
{
	return e->close && e->snapshot->processes[process].examined;
}

bool movers_hear_of_exits(const struct evidence *e, uint32_t process)
{
	return movers_examined(e, process) &&
	       e->snapshot->processes[process].signals_caught & e->family->exit_signals[process];
}

/* A pipe of which the process itself holds the write end, in the waiter's table. */
static bool is_self_pipe(const struct snapshot *s, const struct task *t, const struct pipe *pipe)
{
	uint32_t low = 0, high = pipe->ends;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct holder *h = snapshot_end(s, pipe, middle);

		if (h->process < t->process || (h->process == t->process && h->table < t->table))
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < pipe->ends; low++) {
		const struct holder *h = snapshot_end(s, pipe, low);

		if (h->process != t->process || h->table != t->table)
			return false;
		if (h->writes)
			return true;
	}
	return false;
}

/* A handler may write to a self-pipe: that is what they are for (signal-safety(7)). */
static bool handler_may_write(const struct evidence *e, const struct task *t,
                              const struct pipe *pipe)
{
	return movers_examined(e, t->process) &&
	       signals_any(&e->snapshot->processes[t->process]) &&
	       is_self_pipe(e->snapshot, t, pipe);
}

/* Anybody may open a FIFO that has a name, and write. */
static bool world_may_write(const struct pipe *pipe)
{
	return pipe->type == PIPE_FIFO && pipe->named != FACT_NO;
}

static bool data_moves(const struct evidence *e, const struct task *t, uint32_t index)
{
	const struct pipe *pipe = &e->snapshot->pipes[index];

	return pipe->fill_bytes != 0 || pipe->unseen_writers == FACT_YES || world_may_write(pipe) ||
	       handler_may_write(e, t, pipe);
}

static bool space_moves(const struct evidence *e, uint32_t index)
{
	const struct pipe *pipe = &e->snapshot->pipes[index];

	return pipe->full != FACT_YES || pipe->unseen_readers == FACT_YES;
}

static bool target_moves(const struct evidence *e, const struct task *t,
                         const struct target *target)
{
	if (target->ready)
		return true;
	switch (target->kind) {
	case TARGET_SPACE:
		return target->pipe == NONE || space_moves(e, target->pipe);
	case TARGET_DATA:
		return target->pipe == NONE || data_moves(e, t, target->pipe);
	case TARGET_EXIT:
		return target->process == NONE || e->family->exited[target->process];
	case TARGET_OUTSIDE:
	case TARGET_UNKNOWN:
		break;
	}
	return true;
}

/* A poll of nothing at all is ended by a signal, as pause(2) is. */
static bool poll_moves(const struct evidence *e, const struct task *t)
{
	for (uint32_t i = 0; i < t->wait.targets; i++)
		if (target_moves(e, t, &e->snapshot->targets[t->wait.first_target + i]))
			return true;
	return t->wait.targets == 0;
}

/* wait4(2) fails at once for a process that is neither a child nor traced by the caller. */
static bool child_moves(const struct evidence *e, const struct task *t)
{
	uint32_t child = snapshot_find_process(e->snapshot, t->wait.child);

	if (child == NONE || e->family->exited[child])
		return true;
	return !family_is_child(e->snapshot, child, t->process) && e->close &&
	       e->family->tracer[child] != t->process;
}

static bool any_child_moves(const struct family *f, uint32_t process)
{
	uint32_t children = f->first_child[process + 1] - f->first_child[process];

	return f->running[process] == 0 || f->running[process] < children;
}

/* A group without a living child of ours, or with a dead one. An unknown group may be this one. */
static bool group_moves(const struct evidence *e, const struct task *t)
{
	const struct family *f = e->family;
	uint32_t living = 0;

	for (uint32_t k = f->first_child[t->process]; k < f->first_child[t->process + 1]; k++) {
		uint32_t child = f->children[k];
		int32_t group = e->snapshot->processes[child].pgid;

		if (f->exited[child] && (group == t->wait.child || group <= 0))
			return true;
		living += !f->exited[child] && group == t->wait.child;
	}
	return living == 0 || t->wait.child <= 0;
}

/* To process 1 come the orphans of everybody in our own PID namespace, where we at least live. */
static bool children_move(const struct evidence *e, const struct task *t)
{
	if (t->wait.children == CHILDREN_ONE)
		return child_moves(e, t);
	if (e->snapshot->processes[t->process].pid == 1)
		return true;
	if (t->wait.children == CHILDREN_GROUP)
		return group_moves(e, t);
	return any_child_moves(e->family, t->process);
}

/* A zombie is not the vfork child: its exit would have ended the wait. */
static bool vfork_moves(const struct evidence *e, const struct task *t)
{
	return t->wait.child > 0 ? child_moves(e, t) : e->family->running[t->process] == 0;
}

static bool wait_moves(const struct evidence *e, const struct task *t)
{
	const struct wait *wait = &t->wait;

	if (wait->timed || wait->ready)
		return true;
	switch (wait->kind) {
	case WAIT_PIPE_SPACE:
		return wait->pipe == NONE || space_moves(e, wait->pipe);
	case WAIT_PIPE_DATA:
		return wait->pipe == NONE || data_moves(e, t, wait->pipe);
	case WAIT_CHILD_EXIT:
		return children_move(e, t);
	case WAIT_VFORK:
		return vfork_moves(e, t);
	case WAIT_POLL:
		return poll_moves(e, t);
	case WAIT_THREAD:
		return false;
	case WAIT_UNKNOWN:
	case WAIT_RUNNING:
	case WAIT_FIFO_OPEN:
	case WAIT_STOPPED:
	case WAIT_OUTSIDE:
	case WAIT_EXITED:
		break;
	}
	return wait->kind != WAIT_EXITED;
}

/* By a signal that is bound to come, or that is the very way in which the process gets its work. */
static bool signal_moves(const struct evidence *e, const struct task *t)
{
	const struct process *p = &e->snapshot->processes[t->process];

	if (!p->signals_known || p->posix_timers == FACT_YES)
		return true;
	if (signals_catch(p, SIGALRM) && e->snapshot->alarm_pending != FACT_NO)
		return true;
	if (signals_any(p) && p->async_descriptors != FACT_NO)
		return true;
	return t->wait.by_signal && signals_work(p);
}

bool movers_task(const struct evidence *e, uint32_t task)
{
	const struct task *t = &e->snapshot->tasks[task];

	if (t->wait.kind == WAIT_EXITED)
		return false;
	if (e->steady && e->steady->tasks[task] == STEADY_MOVED)
		return true;
	if (movers_examined(e, t->process) && signal_moves(e, t))
		return true;
	return wait_moves(e, t);
}

bool movers_doubtful(const struct evidence *e, uint32_t task)
{
	const struct task *t = &e->snapshot->tasks[task];
	const struct process *p = &e->snapshot->processes[t->process];

	return (e->steady && e->steady->tasks[task] != STEADY_STILL) || !p->examined ||
	       p->posix_timers == FACT_UNKNOWN || p->thread_count <= 0 || t->wait.inferred ||
	       t->wait.stopped || t->wait.by_signal || t->wait.odd_wchan;
}

bool movers_process(const struct evidence *e, uint32_t process)
{
	const struct process *p = &e->snapshot->processes[process];

	if (e->family->exited[process])
		return false;
	if (p->self || p->kernel_thread || p->tasks == 0)
		return true;
	return p->thread_count > 0 && (uint32_t)p->thread_count > p->tasks;
}
