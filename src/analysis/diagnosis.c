/*
 * The way from looks to verdicts; README.md has the rules and their reasons.
 *
 * It is gone twice. First as if nobody did anything with signals, timers and tracers: whoever is
 * doomed then is a suspect, whom the next look should examine closely. Then, if there are any,
 * with all that a close look found. So a suspect stays one, look after look, also when the close
 * facts clear it; and who is no suspect need never be examined.
 */
#include "analysis/diagnosis.h"

#include <errno.h>
#include <string.h>

#include "analysis/deadlocks.h"
#include "analysis/doubts.h"
#include "analysis/suspects.h"
#include "analysis/verdicts.h"

/* One way through graph, fixpoint and knots. */
struct pass {
	struct evidence evidence;
	struct graph graph;
	struct liveness liveness;
	struct knots knots;
	struct deadlocks deadlocks;
};

struct work {
	struct arena *scratch;
	struct family family;
	struct steady steady;
	struct scope scope;
	struct pass mild, close;
};

static int run_pass(struct arena *arena, struct pass *p)
{
	if (graph_build(arena, &p->evidence, &p->graph) < 0 ||
	    liveness_run(arena, &p->graph, &p->liveness) < 0 ||
	    knots_find(arena, &p->graph, &p->liveness, &p->knots) < 0 ||
	    deadlocks_find(arena, &p->graph, &p->liveness, &p->knots, &p->deadlocks) < 0)
		return -ENOMEM;
	return 0;
}

/* Is somebody cleared only by a housekeeper that was at work just then? */
static bool cleared_for_now(const struct work *w, const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->task_count; i++)
		if (w->mild.graph.left_out[i] && !w->close.graph.left_out[i] &&
		    w->mild.deadlocks.of_node[graph_process(s, s->tasks[i].process)] != NONE)
			return true;
	return false;
}

/* Close facts only let more of them move: without a suspect there is nothing left to find. */
static int run_passes(struct work *w, const struct snapshot *earlier, struct diagnosis *d,
                      const struct pass **ret_last)
{
	struct evidence e = { .snapshot = d->snapshot, .family = &w->family };

	if (earlier) {
		if (steady_compare(w->scratch, earlier, d->snapshot, &w->steady) < 0)
			return -ENOMEM;
		e.steady = &w->steady;
	}
	w->mild.evidence = e;
	*ret_last = &w->mild;
	if (run_pass(w->scratch, &w->mild) < 0 ||
	    suspects_find(w->scratch, &w->family, &w->mild.deadlocks, d) < 0)
		return -ENOMEM;
	if (d->suspect_count == 0)
		return 0;
	e.close = true;
	w->close.evidence = e;
	*ret_last = &w->close;
	if (run_pass(w->scratch, &w->close) < 0)
		return -ENOMEM;
	d->look_again = cleared_for_now(w, d->snapshot);
	return 0;
}

static const uint32_t *copy(struct arena *arena, const uint32_t *list, uint32_t count)
{
	uint32_t *kept = arena_array(arena, count, sizeof(*kept));

	if (kept && count)
		memcpy(kept, list, count * sizeof(*kept));
	return kept;
}

/* Out of the scratch arena. */
static int keep(struct diagnosis *d, struct deadlock *k)
{
	k->members = copy(d->arena, k->members, k->member_count);
	k->victims = copy(d->arena, k->victims, k->victim_count);
	k->pipes = copy(d->arena, k->pipes, k->pipe_count);
	return k->members && k->victims && k->pipes ? 0 : -ENOMEM;
}

/* Those in scope, with their doubts. */
static int judge_deadlocks(const struct work *w, const struct pass *p, struct diagnosis *d)
{
	struct liveness doubting_all;
	struct doubting doubting = {
		.evidence = &p->evidence, .graph = &p->graph, .doubting = &doubting_all,
		.unseen = unseen_look(d->snapshot, &w->family),
	};
	struct deadlock *list = arena_array(d->arena, p->deadlocks.count, sizeof(*list));

	if (!list || liveness_run_doubting(w->scratch, &p->graph, &doubting_all) < 0)
		return -ENOMEM;
	d->deadlocks = list;
	for (uint32_t i = 0; i < p->deadlocks.count; i++) {
		if (!scope_has_deadlock(&w->scope, d->snapshot, &p->deadlocks.list[i]))
			continue;
		struct deadlock *k = &list[d->deadlock_count++];

		*k = p->deadlocks.list[i];
		k->id = d->deadlock_count;
		if (keep(d, k) < 0 || doubts_collect(d->arena, &doubting, k) < 0)
			return -ENOMEM;
		for (uint32_t n = 0; n < k->doubt_count; n++)
			d->look_again |= doubts_passing(d->snapshot, &k->doubts[n]);
	}
	return 0;
}

static int judge_tasks(const struct pass *p, struct diagnosis *d)
{
	uint32_t count = d->snapshot->task_count;
	struct task_finding *tasks = arena_array(d->arena, count, sizeof(*tasks));

	if (!tasks)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		tasks[i].doomed = p->deadlocks.of_node[i] != NONE;
		tasks[i].deadlock = NONE;
	}
	for (uint32_t i = 0; i < d->deadlock_count; i++) {
		const struct deadlock *k = &d->deadlocks[i];

		for (uint32_t n = 0; n < k->victim_count; n++)
			tasks[k->victims[n]].deadlock = i;
		for (uint32_t n = 0; n < k->member_count; n++) {
			tasks[k->members[n]].deadlock = i;
			tasks[k->members[n]].member = true;
		}
	}
	d->tasks = tasks;
	return 0;
}

static int judge_pipes(const struct work *w, const struct pass *p, int64_t stall_ms,
                       struct diagnosis *d)
{
	const struct snapshot *s = d->snapshot;
	struct judging judging = {
		.snapshot = s, .steady = p->evidence.steady, .liveness = &p->liveness,
		.scope = &w->scope, .stall_ms = stall_ms,
	};
	struct unseen unseen = unseen_look(s, &w->family);
	struct pipe_finding *pipes = arena_array(d->arena, s->pipe_count, sizeof(*pipes));

	if (!pipes || verdicts_find(w->scratch, &judging, d, pipes) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->pipe_count; i++) {
		pipes[i].unseen_writers = unseen_writers(&unseen, &s->pipes[i]);
		pipes[i].unseen_readers = unseen_readers(&unseen, &s->pipes[i]);
	}
	d->pipes = pipes;
	return 0;
}

static int judge(struct work *w, const struct snapshot *earlier,
                 const struct diagnosis_settings *settings, struct diagnosis *d)
{
	const struct snapshot *s = d->snapshot;
	const struct pass *last;
	bool *processes = arena_array(d->arena, s->process_count, sizeof(bool));
	bool *asked = arena_array(d->arena, s->process_count, sizeof(bool));

	if (!processes || !asked || family_build(w->scratch, s, &w->family) < 0 ||
	    scope_find(w->scratch, s, &w->family, settings, &w->scope) < 0 ||
	    run_passes(w, earlier, d, &last) < 0 || judge_deadlocks(w, last, d) < 0 ||
	    judge_tasks(last, d) < 0 || judge_pipes(w, last, settings->stall_ms, d) < 0)
		return -ENOMEM;
	memcpy(processes, w->scope.processes, s->process_count * sizeof(bool));
	memcpy(asked, w->scope.asked, s->process_count * sizeof(bool));
	d->processes = processes;
	d->asked = asked;
	return 0;
}

int diagnose(const struct snapshot *earlier, const struct snapshot *later,
             const struct diagnosis_settings *settings, struct diagnosis **ret_diagnosis)
{
	struct work work = { .scratch = arena_new() };
	struct arena *arena = arena_new();
	struct diagnosis *d = arena ? arena_alloc(arena, sizeof(*d)) : NULL;
	int r = -ENOMEM;

	if (!work.scratch || !d)
		goto out;
	*d = (struct diagnosis){ .arena = arena, .snapshot = later, .two_looks = earlier };
	r = judge(&work, earlier, settings, d);
out:
	arena_free(work.scratch);
	if (r < 0)
		arena_free(arena);
	else
		*ret_diagnosis = d;
	return r;
}

static uint32_t cause_of(const struct diagnosis *d, uint32_t pipe, enum verdict verdict)
{
	uint32_t low = 0, high = d->cause_count;

	while (low < high && d->pipes[pipe].verdict == verdict) {
		uint32_t middle = low + (high - low) / 2;

		if (d->causes[middle].pipe == pipe)
			return d->causes[middle].index;
		if (d->causes[middle].pipe < pipe)
			low = middle + 1;
		else
			high = middle;
	}
	return NONE;
}

uint32_t diagnosis_deadlock(const struct diagnosis *d, uint32_t pipe)
{
	return cause_of(d, pipe, VERDICT_DEADLOCK);
}

uint32_t diagnosis_stall(const struct diagnosis *d, uint32_t pipe)
{
	return cause_of(d, pipe, VERDICT_STALLED);
}

void diagnosis_free(struct diagnosis *d)
{
	if (d)
		arena_free(d->arena);
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[VERDICT_COUNT] = {
		[VERDICT_DEADLOCK] = "deadlock", [VERDICT_STALLED] = "stalled",
		[VERDICT_BACKPRESSURE] = "backpressure", [VERDICT_STARVED] = "starved",
		[VERDICT_HALF_OPEN] = "half-open", [VERDICT_MOVING] = "moving",
		[VERDICT_IDLE] = "idle", [VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

const char *deadlock_kind_name(enum deadlock_kind kind)
{
	static const char *const names[] = {
		[KIND_WRITE_WAIT] = "write-wait", [KIND_WRITE_WRITE] = "write-write",
		[KIND_WRITE_SELF] = "write-self", [KIND_READ_WRITE] = "read-write",
		[KIND_READ_WAIT] = "read-wait", [KIND_READ_READ] = "read-read",
		[KIND_READ_SELF] = "read-self", [KIND_MIXED] = "mixed",
	};

	return names[kind];
}
