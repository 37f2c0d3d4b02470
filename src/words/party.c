/* Picks one holder and one of its threads for each side of a pipe. Pure. */
#include "words/party.h"

#include <inttypes.h>
#include <stdio.h>

#include "words/escape.h"
#include "words/explain.h"

bool party_waits_here(const struct snapshot *s, const struct task *task, uint32_t pipe,
                      enum side side)
{
	const struct wait *wait = &task->wait;
	bool space = side == SIDE_WRITER;

	if (wait->kind == (space ? WAIT_PIPE_SPACE : WAIT_PIPE_DATA))
		return wait->pipe == pipe;
	if (wait->kind != WAIT_POLL)
		return false;
	for (uint32_t i = wait->first_target; i < wait->first_target + wait->targets; i++)
		if (s->targets[i].kind == (space ? TARGET_SPACE : TARGET_DATA) &&
		    s->targets[i].pipe == pipe)
			return true;
	return false;
}

/* The higher, the more the thread has to do with what is wrong. */
static int importance(const struct diagnosis *d, uint32_t task, uint32_t pipe, enum side side)
{
	const struct task_finding *own = &d->tasks[task];
	uint32_t deadlock = diagnosis_deadlock(d, pipe), index = diagnosis_stall(d, pipe);
	const struct stall *stall = index == NONE ? NULL : &d->stalls[index];
	bool here = party_waits_here(d->snapshot, &d->snapshot->tasks[task], pipe, side);

	if (deadlock != NONE && own->deadlock == deadlock && own->member)
		return here ? 6 : 5;
	if (stall != NULL && task == (side == SIDE_WRITER ? stall->writer : stall->reader))
		return 4;
	if (here)
		return 3;
	return own->doomed ? 2 : 1;
}

static bool on_side(const struct holder *holder, enum side side)
{
	return side == SIDE_WRITER ? holder->writes : holder->reads;
}

/* The thread of the holder's process that matters most; 0 where no thread is known. */
static int best_task(const struct diagnosis *d, const struct holder *holder, enum side side,
                     uint32_t *ret_task)
{
	const struct process *process = &d->snapshot->processes[holder->process];
	int best = 0;

	*ret_task = NONE;
	for (uint32_t t = process->first_task; t < process->first_task + process->tasks; t++) {
		int rank = importance(d, t, holder->pipe, side);

		if (rank > best) {
			best = rank;
			*ret_task = t;
		}
	}
	return best;
}

struct party party_find(const struct diagnosis *d, uint32_t pipe, enum side side)
{
	const struct snapshot *s = d->snapshot;
	const struct pipe *p = &s->pipes[pipe];
	struct party party = {.holder = NONE, .task = NONE};
	uint32_t processes = 0, last = NONE;
	int best = -1;

	for (uint32_t k = 0; k < p->ends; k++) {
		const struct holder *holder = snapshot_end(s, p, k);
		uint32_t task;
		int rank;

		if (!on_side(holder, side))
			continue;
		processes += holder->process != last;
		last = holder->process;
		rank = best_task(d, holder, side, &task);
		if (rank > best) {
			best = rank;
			party.holder = (uint32_t)(holder - s->holders);
			party.task = task;
		}
	}
	party.others = processes > 0 ? processes - 1 : 0;
	party.blocked =
		party.task != NONE && party_waits_here(s, &s->tasks[party.task], pipe, side);
	return party;
}

void party_call(const struct task *task, char *out, size_t size)
{
	const struct wait *wait = &task->wait;
	char call[64];

	/* A record may name its calls as it likes. */
	escape_text(call, sizeof call, task->call != NULL ? task->call : explain_wait_name(wait));
	if (wait->kind == WAIT_UNKNOWN && task->call == NULL)
		snprintf(out, size, "%s", "");
	else if (wait->kind == WAIT_RUNNING || wait->kind == WAIT_STOPPED)
		snprintf(out, size, "%s", explain_wait_name(wait));
	else if (wait->kind == WAIT_EXITED)
		snprintf(out, size, "exited");
	else if (wait->kind == WAIT_CHILD_EXIT && wait->children == CHILDREN_ANY)
		snprintf(out, size, "%s(-1)", call);
	else if (wait->kind == WAIT_CHILD_EXIT)
		snprintf(out, size, "%s(%s%" PRId32 ")", call,
		         wait->children == CHILDREN_GROUP ? "-" : "", wait->child);
	else if (wait->fd != UNKNOWN && wait->kind != WAIT_POLL)
		snprintf(out, size, "%s(%" PRId32 ")", call, wait->fd);
	else
		snprintf(out, size, "%s", call);
}

int64_t party_blocked_ms(const struct diagnosis *d, uint32_t pipe)
{
	uint32_t deadlock = diagnosis_deadlock(d, pipe), stall = diagnosis_stall(d, pipe);
	int64_t longest = UNKNOWN;

	if (deadlock != NONE)
		return d->deadlocks[deadlock].blocked_ms;
	if (stall != NONE)
		return d->stalls[stall].blocked_ms;
	for (enum side side = SIDE_WRITER; side <= SIDE_READER; side++) {
		struct party party = party_find(d, pipe, side);

		if (party.blocked && d->snapshot->tasks[party.task].blocked_ms > longest)
			longest = d->snapshot->tasks[party.task].blocked_ms;
	}
	return longest;
}
