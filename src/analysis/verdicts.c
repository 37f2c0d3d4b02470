/*
 * What is to be said of each pipe. "Full" is what the kernel says, never bytes = capacity
 * (pipe(7)). A reader that frees a slot wakes the writer, so a writer that has been blocked for
 * long tells by itself that nobody freed one in that time.
 */
#include "analysis/verdicts.h"

#include <errno.h>
#include <stdlib.h>

/* A thread that waits at an end of a pipe: most pipes have none. */
struct waiter {
	uint32_t pipe, task;
	bool writes;
};

/* All of them, by pipe and task. */
struct waiters {
	struct waiter *list;
	uint32_t count;
};

/* Who waits on one pipe. */
struct waiting {
	uint32_t writer;         /* the task that has been blocked longest, or NONE */
	bool reader;
};

static int compare_waiters(const void *left, const void *right)
{
	const struct waiter *a = left, *b = right;

	if (a->pipe != b->pipe)
		return a->pipe < b->pipe ? -1 : 1;
	return (a->task > b->task) - (a->task < b->task);
}

static void add_waiter(struct waiters *w, uint32_t pipe, uint32_t task, bool writes)
{
	if (pipe != NONE)
		w->list[w->count++] = (struct waiter){ pipe, task, writes };
}

static void add_targets(struct waiters *w, const struct snapshot *s, uint32_t task)
{
	const struct wait *wait = &s->tasks[task].wait;

	for (uint32_t i = 0; i < wait->targets; i++) {
		const struct target *target = &s->targets[wait->first_target + i];

		if (!target->ready && (target->kind == TARGET_SPACE || target->kind == TARGET_DATA))
			add_waiter(w, target->pipe, task, target->kind == TARGET_SPACE);
	}
}

static int find_waiters(struct arena *arena, const struct snapshot *s, struct waiters *ret)
{
	size_t most = (size_t)s->task_count + s->target_count;

	*ret = (struct waiters){ .list = arena_array(arena, most, sizeof(*ret->list)) };
	if (!ret->list)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->task_count; i++) {
		const struct wait *wait = &s->tasks[i].wait;

		if (wait->kind == WAIT_PIPE_SPACE || wait->kind == WAIT_PIPE_DATA)
			add_waiter(ret, wait->pipe, i, wait->kind == WAIT_PIPE_SPACE);
		else if (wait->kind == WAIT_POLL)
			add_targets(ret, s, i);
	}
	if (ret->count)
		qsort(ret->list, ret->count, sizeof(*ret->list), compare_waiters);
	return 0;
}

static struct waiting waiting_on(const struct waiters *w, const struct snapshot *s, uint32_t pipe)
{
	struct waiting found = { .writer = NONE };
	uint32_t low = 0, high = w->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (w->list[middle].pipe < pipe)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < w->count && w->list[low].pipe == pipe; low++) {
		uint32_t task = w->list[low].task;

		if (!w->list[low].writes)
			found.reader = true;
		else if (found.writer == NONE ||
		         s->tasks[task].blocked_ms > s->tasks[found.writer].blocked_ms)
			found.writer = task;
	}
	return found;
}

static bool is_stalled(const struct judging *j, uint32_t pipe, const struct waiting *w)
{
	return w->writer != NONE && j->snapshot->tasks[w->writer].blocked_ms >= j->stall_ms &&
	       (!j->steady || j->steady->same_fill[pipe]);
}

static bool is_moving(const struct judging *j, uint32_t pipe)
{
	return j->steady && j->steady->pipes[pipe] == STEADY_MOVED;
}

static enum verdict verdict_of(const struct judging *j, uint32_t index, const struct waiting *w)
{
	const struct pipe *pipe = &j->snapshot->pipes[index];

	if (pipe->full == FACT_YES)
		return is_stalled(j, index, w) ? VERDICT_STALLED : VERDICT_BACKPRESSURE;
	if (pipe->fill_bytes == 0 && w->reader && pipe->no_writers != FACT_YES)
		return VERDICT_STARVED;
	if (pipe->no_writers == FACT_YES || pipe->no_readers == FACT_YES)
		return VERDICT_HALF_OPEN;
	if (is_moving(j, index))
		return VERDICT_MOVING;
	if (pipe->fill_bytes == UNKNOWN || (w->writer != NONE && pipe->full == FACT_UNKNOWN))
		return VERDICT_UNKNOWN;
	return VERDICT_IDLE;
}

static int how_busy(const struct judging *j, uint32_t task)
{
	enum wait_kind kind = j->snapshot->tasks[task].wait.kind;

	if (kind == WAIT_EXITED)
		return 0;
	if (!j->liveness->live[task])
		return 1;
	return kind == WAIT_RUNNING ? 3 : 2;
}

/* For each process the thread that tells best what it does, or NONE. */
static uint32_t *find_speakers(struct arena *arena, const struct judging *j)
{
	const struct snapshot *s = j->snapshot;
	uint32_t *speakers = arena_array(arena, s->process_count, sizeof(*speakers));

	for (uint32_t i = 0; speakers && i < s->process_count; i++)
		speakers[i] = NONE;
	for (uint32_t i = 0; speakers && i < s->task_count; i++) {
		uint32_t *speaker = &speakers[s->tasks[i].process];

		if (*speaker == NONE || how_busy(j, i) > how_busy(j, *speaker))
			*speaker = i;
	}
	return speakers;
}

static uint32_t find_reader(const struct judging *j, const struct pipe *pipe,
                            const uint32_t *speakers)
{
	uint32_t best = NONE;

	for (uint32_t k = 0; k < pipe->ends; k++) {
		const struct holder *h = snapshot_end(j->snapshot, pipe, k);
		uint32_t speaker = speakers[h->process];

		if (h->reads && speaker != NONE &&
		    (best == NONE || how_busy(j, speaker) > how_busy(j, best)))
			best = speaker;
	}
	return best;
}

static int longest_first(const void *left, const void *right)
{
	const struct stall *a = left, *b = right;

	if (a->blocked_ms != b->blocked_ms)
		return a->blocked_ms > b->blocked_ms ? -1 : 1;
	return (a->pipe > b->pipe) - (a->pipe < b->pipe);
}

static int list_stalls(struct arena *scratch, const struct judging *j,
                       const struct waiters *waiters, struct diagnosis *d,
                       struct pipe_finding *findings)
{
	const struct snapshot *s = j->snapshot;
	struct stall *stalls =
		arena_array(d->arena, d->verdict_counts[VERDICT_STALLED], sizeof(*stalls));
	uint32_t *speakers = find_speakers(scratch, j);
	uint32_t count = 0;

	if (!stalls || !speakers)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->pipe_count; i++) {
		uint32_t writer;

		if (findings[i].verdict != VERDICT_STALLED || !findings[i].in_scope)
			continue;
		writer = waiting_on(waiters, s, i).writer;
		stalls[count++] = (struct stall){
			.pipe = i, .writer = writer, .blocked_ms = s->tasks[writer].blocked_ms,
			.reader = find_reader(j, &s->pipes[i], speakers),
		};
	}
	if (count > 1)
		qsort(stalls, count, sizeof(*stalls), longest_first);
	d->stalls = stalls;
	d->stall_count = count;
	return 0;
}

static int compare_causes(const void *left, const void *right)
{
	const struct pipe_cause *a = left, *b = right;

	if (a->pipe != b->pipe)
		return a->pipe < b->pipe ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

/* Of several deadlocks the last one counts. */
static int list_causes(struct diagnosis *d)
{
	struct pipe_cause *causes;
	size_t most = d->stall_count;
	uint32_t count = 0, kept = 0;

	for (uint32_t i = 0; i < d->deadlock_count; i++)
		most += d->deadlocks[i].pipe_count;
	causes = arena_array(d->arena, most, sizeof(*causes));
	if (!causes)
		return -ENOMEM;
	for (uint32_t i = 0; i < d->deadlock_count; i++)
		for (uint32_t k = 0; k < d->deadlocks[i].pipe_count; k++)
			causes[count++] = (struct pipe_cause){ d->deadlocks[i].pipes[k], i };
	for (uint32_t i = 0; i < d->stall_count; i++)
		causes[count++] = (struct pipe_cause){ d->stalls[i].pipe, i };
	if (count > 1)
		qsort(causes, count, sizeof(*causes), compare_causes);
	for (uint32_t i = 0; i < count; i++)
		if (i + 1 == count || causes[i].pipe != causes[i + 1].pipe)
			causes[kept++] = causes[i];
	d->causes = causes;
	d->cause_count = kept;
	return 0;
}

/* All pipes of a deadlock that is told of are in scope with it. */
static void mark_deadlocks(const struct diagnosis *d, struct pipe_finding *findings)
{
	for (uint32_t i = 0; i < d->deadlock_count; i++)
		for (uint32_t k = 0; k < d->deadlocks[i].pipe_count; k++) {
			findings[d->deadlocks[i].pipes[k]].verdict = VERDICT_DEADLOCK;
			findings[d->deadlocks[i].pipes[k]].in_scope = true;
		}
}

int verdicts_find(struct arena *scratch, const struct judging *j, struct diagnosis *d,
                  struct pipe_finding *findings)
{
	const struct snapshot *s = j->snapshot;
	struct waiters waiters;
	int r = find_waiters(scratch, s, &waiters);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < s->pipe_count; i++) {
		const struct waiting waiting = waiting_on(&waiters, s, i);

		findings[i].verdict = verdict_of(j, i, &waiting);
		findings[i].in_scope = j->scope->pipes[i];
	}
	mark_deadlocks(d, findings);
	for (uint32_t i = 0; i < s->pipe_count; i++)
		d->verdict_counts[findings[i].verdict] += findings[i].in_scope;
	r = list_stalls(scratch, j, &waiters, d, findings);
	return r < 0 ? r : list_causes(d);
}
