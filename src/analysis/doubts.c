/*
 * A deadlock is proved when no rule of this table finds anything. Each names the first one that it
 * is about, in the order of the cycle: one reason of a kind is reason enough.
 */
#include "analysis/doubts.h"

#include <errno.h>
#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct task *member(const struct doubting *d, const struct deadlock *k, uint32_t i)
{
	return &d->evidence->snapshot->tasks[k->members[i]];
}

/* The first member of which `holds` is true becomes the doubt's task and process. */
static bool any_member(const struct doubting *d, const struct deadlock *k, struct doubt *doubt,
                       bool (*holds)(const struct doubting *, const struct task *))
{
	for (uint32_t i = 0; i < k->member_count; i++) {
		if (!holds(d, member(d, k, i)))
			continue;
		doubt->task = k->members[i];
		doubt->process = member(d, k, i)->process;
		return true;
	}
	return false;
}

static bool any_pipe(const struct doubting *d, const struct deadlock *k, struct doubt *doubt,
                     bool (*holds)(const struct doubting *, uint32_t pipe, struct doubt *))
{
	for (uint32_t i = 0; i < k->pipe_count; i++) {
		if (!holds(d, k->pipes[i], doubt))
			continue;
		doubt->pipe = k->pipes[i];
		return true;
	}
	return false;
}

static const struct process *process_of(const struct doubting *d, const struct task *t)
{
	return &d->evidence->snapshot->processes[t->process];
}

/* ---- the looks ---- */

static bool one_look(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	(void)k, (void)doubt;
	return !d->evidence->steady;
}

static bool waits_for_any_child(const struct task *t)
{
	return t->wait.kind == WAIT_CHILD_EXIT && t->wait.children != CHILDREN_ONE;
}

/* Of whomever it is the parent, or the tracer, the end lets it go on. */
static bool expects_anybody(const struct doubting *d, const struct task *t)
{
	return waits_for_any_child(t) || movers_hear_of_exits(d->evidence, t->process);
}

static bool is_unsteady(const struct doubting *d, uint32_t pipe, struct doubt *doubt)
{
	(void)doubt;
	return d->evidence->steady->pipes[pipe] != STEADY_STILL;
}

static bool unsteady_pipe(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return d->evidence->steady && any_pipe(d, k, doubt, is_unsteady);
}

static bool is_not_surely_still(const struct doubting *d, const struct task *t)
{
	return d->evidence->steady->tasks[t - d->evidence->snapshot->tasks] != STEADY_STILL;
}

static bool switches_unknown(const struct doubting *d, const struct deadlock *k,
                             struct doubt *doubt)
{
	return d->evidence->steady && any_member(d, k, doubt, is_not_surely_still);
}

/* ---- the waits ---- */

static bool is_inferred(const struct doubting *d, const struct task *t)
{
	(void)d;
	return t->wait.inferred;
}

static bool inferred(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, is_inferred);
}

static bool is_odd(const struct doubting *d, const struct task *t)
{
	(void)d;
	return t->wait.odd_wchan;
}

static bool odd_wchan(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, is_odd);
}

static bool is_stopped(const struct doubting *d, const struct task *t)
{
	(void)d;
	return t->wait.stopped;
}

static bool stopped_job(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, is_stopped);
}

static bool is_by_signal(const struct doubting *d, const struct task *t)
{
	(void)d;
	return t->wait.by_signal;
}

static bool signal_wait(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, is_by_signal);
}

/*
 * The kernel has copied the set when the call began; what lies in memory was read just now. An
 * epoll has its set in the kernel.
 */
static bool may_poll_another_set(const struct doubting *d, const struct task *t)
{
	const struct snapshot *s = d->evidence->snapshot;
	const struct process *p = process_of(d, t);
	uint32_t living = 0;

	if (t->wait.kind != WAIT_POLL ||
	    (t->call && strncmp(t->call, "epoll", strlen("epoll")) == 0))
		return false;
	for (uint32_t i = p->first_task; i < p->first_task + p->tasks; i++)
		living += s->tasks[i].wait.kind != WAIT_EXITED;
	return living > 1;
}

static bool poll_set(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, may_poll_another_set);
}

/* ---- who else may hold an end ---- */

static bool is_feared(const struct doubting *d, uint32_t pipe, struct doubt *doubt)
{
	const struct pipe *p = &d->evidence->snapshot->pipes[pipe];

	doubt->process = unseen_none(p) ? NONE : unseen_holder(&d->unseen, p);
	return doubt->process != NONE;
}

static bool is_feared_unread(const struct doubting *d, uint32_t pipe, struct doubt *doubt)
{
	return is_feared(d, pipe, doubt) &&
	       !unseen_in_uring(&d->evidence->snapshot->processes[doubt->process]);
}

static bool is_feared_in_uring(const struct doubting *d, uint32_t pipe, struct doubt *doubt)
{
	return is_feared(d, pipe, doubt) && !is_feared_unread(d, pipe, doubt);
}

static bool all_counted(const struct doubting *d, const struct deadlock *k)
{
	for (uint32_t i = 0; i < k->pipe_count; i++)
		if (!unseen_none(&d->evidence->snapshot->pipes[k->pipes[i]]))
			return false;
	return k->pipe_count > 0;
}

/* How many threads it has was not read: there may be one more. */
static bool has_uncounted_threads(const struct doubting *d, const struct task *t)
{
	return process_of(d, t)->thread_count <= 0;
}

static bool unseen_process(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_pipe(d, k, doubt, is_feared_unread) ||
	       any_member(d, k, doubt, has_uncounted_threads);
}

static bool may_be_unidentified(const struct doubting *d, uint32_t pipe, struct doubt *doubt)
{
	const struct snapshot *s = d->evidence->snapshot;

	(void)doubt;
	return !unseen_none(&s->pipes[pipe]) &&
	       (s->view_limits & LIMIT_MAX_FDS ||
	        (s->fds_unidentified > 0 && s->pipes[pipe].type == PIPE_FIFO));
}

static bool unseen_fd(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_pipe(d, k, doubt, may_be_unidentified);
}

static bool pid_namespace(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	(void)doubt;
	return unseen_world(d->evidence->snapshot) && !all_counted(d, k);
}

static bool in_flight(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	(void)doubt;
	return d->evidence->snapshot->descriptors_in_flight != FACT_NO && !all_counted(d, k);
}

static bool has_extra_references(const struct doubting *d, uint32_t pipe, struct doubt *doubt)
{
	(void)doubt;
	return d->evidence->snapshot->pipes[pipe].extra_references == FACT_YES;
}

static bool references(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_pipe(d, k, doubt, has_extra_references);
}

/* What a crowd may have left unseen is a holder, or an orphan that becomes somebody's child. */
static bool crowd(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	struct doubt unused = *doubt;

	return !d->evidence->snapshot->settled &&
	       (!all_counted(d, k) || any_member(d, k, &unused, expects_anybody));
}

/* ---- who else may act ---- */

static bool has_uring_holder(const struct doubting *d, uint32_t pipe, struct doubt *doubt)
{
	const struct snapshot *s = d->evidence->snapshot;

	for (uint32_t k = 0; k < s->pipes[pipe].ends; k++) {
		uint32_t process = snapshot_end(s, &s->pipes[pipe], k)->process;

		if (!s->processes[process].has_uring)
			continue;
		doubt->process = process;
		return true;
	}
	return false;
}

static bool uring(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_pipe(d, k, doubt, has_uring_holder);
}

/* A holder's own is doubt enough. */
static bool uring_files(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	struct doubt holder;

	return !uring(d, k, &holder) && any_pipe(d, k, doubt, is_feared_in_uring);
}

/*
 * An orphan goes to the nearest subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), which nothing in
 * /proc shows, or to the init of its PID namespace, which others may have joined. A descendant
 * that only seems to be stuck may leave one behind.
 */
static bool may_adopt(const struct doubting *d, const struct task *t)
{
	return expects_anybody(d, t) &&
	       (process_of(d, t)->namespace_init != FACT_NO ||
	        d->doubting->live[graph_heirs(d->evidence->snapshot, t->process)]);
}

static bool subreaper(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, may_adopt);
}

/*
 * Anybody whose tracer is not known may be the tracee of somebody who waits for any child, or for a
 * vfork child of whom only that is known: the graph has children and tracees together.
 */
static bool may_trace(const struct doubting *d, const struct task *t)
{
	bool any = expects_anybody(d, t) || (t->wait.kind == WAIT_VFORK && t->wait.child <= 0);

	return any && !d->evidence->family->tracers_known;
}

static bool tracers_unknown(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, may_trace);
}

/* By which signals it hears of its children belongs to it. */
static bool is_not_examined(const struct doubting *d, const struct task *t)
{
	return !process_of(d, t)->examined ||
	       d->evidence->family->exit_signals[t->process] == UINT64_MAX;
}

static bool has_unknown_tracer(const struct doubting *d, const struct task *t)
{
	return process_of(d, t)->tracer == UNKNOWN;
}

static bool not_examined(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	struct doubt other;

	return any_member(d, k, doubt, is_not_examined) ||
	       (!tracers_unknown(d, k, &other) && any_member(d, k, doubt, has_unknown_tracer));
}

/* Who can still run may have his tracee take a signal, or call what he likes (ptrace(2)). */
static bool is_traced(const struct doubting *d, const struct task *t)
{
	const struct snapshot *s = d->evidence->snapshot;
	int32_t pid = process_of(d, t)->tracer;
	uint32_t tracer = pid > 0 ? snapshot_find_process(s, pid) : NONE;

	if (pid <= 0)
		return false;
	return tracer == NONE || d->doubting->live[graph_process(s, tracer)];
}

static bool traced(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, is_traced);
}

static bool has_left_out(const struct doubting *d, const struct task *t)
{
	return d->graph->spared[t->process];
}

static bool housekeeping(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, has_left_out);
}

static bool has_unknown_timers(const struct doubting *d, const struct task *t)
{
	return process_of(d, t)->examined && process_of(d, t)->posix_timers == FACT_UNKNOWN;
}

static bool timers_unknown(const struct doubting *d, const struct deadlock *k, struct doubt *doubt)
{
	return any_member(d, k, doubt, has_unknown_timers);
}

/* ---- the table ---- */

static const struct {
	enum doubt_kind kind;
	bool (*applies)(const struct doubting *, const struct deadlock *, struct doubt *);
} rules[] = {
	{ DOUBT_ONE_LOOK, one_look },
	{ DOUBT_NOT_EXAMINED, not_examined },
	{ DOUBT_UNSTEADY_PIPE, unsteady_pipe },
	{ DOUBT_SWITCHES_UNKNOWN, switches_unknown },
	{ DOUBT_INFERRED, inferred },
	{ DOUBT_ODD_WCHAN, odd_wchan },
	{ DOUBT_STOPPED_JOB, stopped_job },
	{ DOUBT_SIGNAL_WAIT, signal_wait },
	{ DOUBT_POLL_SET, poll_set },
	{ DOUBT_UNSEEN_PROCESS, unseen_process },
	{ DOUBT_UNSEEN_FD, unseen_fd },
	{ DOUBT_PID_NAMESPACE, pid_namespace },
	{ DOUBT_IN_FLIGHT, in_flight },
	{ DOUBT_REFERENCES, references },
	{ DOUBT_CROWD, crowd },
	{ DOUBT_URING, uring },
	{ DOUBT_URING_FILES, uring_files },
	{ DOUBT_SUBREAPER, subreaper },
	{ DOUBT_TRACERS_UNKNOWN, tracers_unknown },
	{ DOUBT_TRACED, traced },
	{ DOUBT_HOUSEKEEPING, housekeeping },
	{ DOUBT_TIMERS_UNKNOWN, timers_unknown },
};

int doubts_collect(struct arena *arena, const struct doubting *d, struct deadlock *deadlock)
{
	struct doubt found[ARRAY_SIZE(rules)], *kept;
	uint32_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		found[count] = (struct doubt){ rules[i].kind, NONE, NONE, NONE };
		count += rules[i].applies(d, deadlock, &found[count]);
	}
	kept = arena_array(arena, count, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	memcpy(kept, found, count * sizeof(*kept));
	deadlock->doubts = kept;
	deadlock->doubt_count = count;
	deadlock->proved = count == 0;
	return 0;
}

bool doubts_passing(const struct snapshot *s, const struct doubt *doubt)
{
	switch (doubt->kind) {
	case DOUBT_ONE_LOOK:
	case DOUBT_CROWD:
	case DOUBT_REFERENCES:
		return true;
	case DOUBT_IN_FLIGHT:
		return s->descriptors_in_flight == FACT_YES;
	case DOUBT_NOT_EXAMINED:
		return !s->processes[doubt->process].examined;
	case DOUBT_UNSTEADY_PIPE:
		return s->pipes[doubt->pipe].fill_bytes != UNKNOWN;
	case DOUBT_SWITCHES_UNKNOWN:
		return s->tasks[doubt->task].voluntary_switches != UNKNOWN &&
		       s->tasks[doubt->task].syscall != UNKNOWN;
	default:
		return false;
	}
}
