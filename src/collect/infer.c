/*
 * A wait without `syscall`: that file needs PTRACE_MODE_ATTACH, which yama's ptrace_scope refuses
 * an ordinary user even for his own processes, while wchan needs only PTRACE_MODE_READ.
 */
#include "collect/reading.h"
#include "collect/wchan.h"

/*
 * Who sleeps for room leaves a full pipe, who sleeps for data an empty one; what was not told may
 * be so.
 */
static bool may_sleep_on(const struct pipe *pipe, bool writes)
{
	if (!writes)
		return pipe->fill_bytes <= 0;
	return pipe->full == FACT_YES || (pipe->full == FACT_UNKNOWN && pipe->fill_bytes != 0);
}

/* The end of the process that this thread sleeps at: of the only pipe that it can be. */
static void settle_end(struct look *look, struct task *task)
{
	const struct process *process = builder_process(look->b, task->process);
	struct wait *wait = &task->wait;
	bool writes = wait->kind == WAIT_PIPE_SPACE;

	for (uint32_t i = 0; i < process->holders; i++) {
		const struct holder *holder = builder_holder(look->b, process->first_holder + i);

		if (!(writes ? holder->writes : holder->reads) || holder->pipe == wait->pipe ||
		    !may_sleep_on(builder_pipe(look->b, holder->pipe), writes))
			continue;
		if (wait->pipe != NONE) {
			wait->kind = WAIT_UNKNOWN;
			wait->pipe = NONE;
			wait->fd = UNKNOWN;
			return;
		}
		wait->pipe = holder->pipe;
		wait->fd = holder->fd;
	}
	if (wait->pipe == NONE)
		wait->kind = WAIT_UNKNOWN;
}

void infer_settle(struct look *look, struct task *task)
{
	const struct wait *wait = &task->wait;

	if (wait->inferred && (wait->kind == WAIT_PIPE_SPACE || wait->kind == WAIT_PIPE_DATA))
		settle_end(look, task);
}

static void want_full(const struct reading *r)
{
	uint32_t first = r->process->first_holder;

	for (uint32_t i = first; i < first + r->process->holders; i++) {
		const struct holder *holder = builder_holder(r->look->b, i);

		if (holder->writes)
			r->look->wants_full[holder->pipe] = true;
	}
}

/*
 * Without ptrace's permission `syscall` is refused, and wchan alone tells what a thread sleeps in
 * but not on which descriptor: that is told once the pipes are known, if only one can be meant.
 */
void reading_infer(const struct reading *r)
{
	struct wait *wait = &reading_task(r)->wait;
	unsigned bits = reading_wchan(r);

	wait->inferred = true;
	if (bits == WCHAN_PIPE_SPACE) {
		wait->kind = WAIT_PIPE_SPACE;
		want_full(r);
	} else if (bits == WCHAN_PIPE_DATA) {
		wait->kind = WAIT_PIPE_DATA;
	} else if (bits == WCHAN_CHILD) {
		wait->kind = WAIT_CHILD_EXIT;
		wait->children = CHILDREN_ANY;
	} else if (bits & WCHAN_FIFO_OPEN) {
		wait->kind = WAIT_FIFO_OPEN;
	} else if (bits & WCHAN_STOPPED) {
		wait->kind = WAIT_STOPPED;
	} else if (bits & WCHAN_SIGNAL) {
		reading_outside(wait, "signal");
	}
}
