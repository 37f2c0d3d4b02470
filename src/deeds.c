/* Where act/ meets the diagnosis: act/ knows nothing of who is stuck, and decides nothing. */
#include "deeds.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "act/backtrace.h"
#include "act/drain.h"
#include "act/grow.h"
#include "collect/registers.h"
#include "words/trace.h"

enum { STACK_SIZE = 8192, BACKTRACE_MS = 5000 };

int deeds_grow(const struct snapshot *s, const struct pipe *pipe, int64_t size_bytes,
               int64_t *ret_before_bytes, int64_t *ret_after_bytes)
{
	static const int errors[] = {
		[GROW_LARGE_ALREADY] = EALREADY, [GROW_BEYOND_MAX] = E2BIG, [GROW_USER_PAGES] = EDQUOT,
		[GROW_TOO_LARGE] = EFBIG, [GROW_NO_MEMORY] = ENOMEM,
	};
	struct grow grow;
	int r = grow_run(s, pipe, size_bytes, &grow);

	if (r == 0 && grow.outcome != GROW_DONE)
		r = -errors[grow.outcome];
	if (r < 0)
		return r;
	*ret_before_bytes = grow.before_bytes;
	*ret_after_bytes = grow.after_bytes;
	return 0;
}

/* One that was not looked at may do anything. */
static bool can_run(const struct diagnosis *d, const struct process *process)
{
	const struct snapshot *s = d->snapshot;

	for (uint32_t i = 0; i < process->tasks; i++) {
		uint32_t task = process->first_task + i;

		if (s->tasks[task].wait.kind != WAIT_EXITED && !d->tasks[task].doomed)
			return true;
	}
	return process->tasks == 0;
}

bool deeds_reader_lives(const struct diagnosis *d, uint32_t pipe)
{
	const struct snapshot *s = d->snapshot;

	for (uint32_t k = 0; k < s->pipes[pipe].ends; k++) {
		const struct holder *end = snapshot_end(s, &s->pipes[pipe], k);

		if (end->reads && can_run(d, &s->processes[end->process]))
			return true;
	}
	return d->pipes[pipe].unseen_readers == FACT_YES;
}

int deeds_drain(const struct diagnosis *d, uint32_t pipe, int out, int64_t *ret_bytes,
                bool *ret_raced)
{
	const struct snapshot *s = d->snapshot;
	struct drain drain = { 0 };
	int r = drain_run(s, &s->pipes[pipe], deeds_reader_lives(d, pipe), out, &drain);

	*ret_bytes = (int64_t)drain.taken_bytes;
	*ret_raced = drain.raced;
	return r < 0 ? r : drain.error;
}

static void add_kernel_stacks(struct traces *traces, struct helper *helper)
{
	char lines[STACK_SIZE];
	int fd;

	for (uint32_t i = 0; i < traces->count; i++) {
		ssize_t length;

		if (traces->traces[i].kernel ||
		    helper_stack(helper, traces->pid, traces->traces[i].tid, &fd) < 0)
			continue;
		length = read(fd, lines, sizeof(lines) - 1);
		close(fd);
		if (length <= 0)
			continue;
		lines[length] = '\0';
		backtrace_add_kernel(traces, i, lines);
	}
}

int deeds_backtrace(int32_t pid, uint64_t start_ticks, int32_t tid, struct helper *helper,
                    struct iterator *iterator, char **ret_text)
{
	struct backtrace_registers known = { 0 };
	struct registers *registers = NULL;
	struct traces *traces;
	char *text;
	int r;

	if (iterator && registers_read(iterator, pid, &registers, &known.count) == 0)
		known.list = registers;
	r = backtrace_take(pid, start_ticks, tid, known, BACKTRACE_MS, &traces);
	free(registers);
	if (r < 0)
		return r;
	add_kernel_stacks(traces, helper);
	text = trace_text(traces);
	traces_free(traces);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}
