/*
 * Descriptors come down by inheritance (fork(2)): whoever holds an end of a pipe descends from the
 * process that made it, and so does the lowest common ancestor of the holders that were seen. A
 * process that could not be read may be one more of them when it is younger than that ancestor;
 * an older one only when it is among the ancestors itself and nobody who lacks the pipe stands
 * between it and the holders. So one unreadable process 1 does not spoil every proof.
 *
 * An io_uring holds files that were registered in it (io_uring_register(2)) although their
 * descriptors are closed: its owner is one who could not be read.
 *
 * Descriptors also travel through sockets (unix(7), SCM_RIGHTS); those on their way are a doubt
 * of their own.
 *
 * Where the kernel has counted, nothing needs to be concluded.
 */
#include "analysis/unseen.h"

bool unseen_in_uring(const struct process *p)
{
	return p->access == ACCESS_READ && p->has_uring && p->uring_files != FACT_NO;
}

/* Who ended before he was read holds nothing; whom he may have left is the crowd's doubt. */
static bool is_unreadable(const struct snapshot *s, const struct family *f, uint32_t process)
{
	const struct process *p = &s->processes[process];

	return !p->kernel_thread && !p->self && !f->exited[process] &&
	       (p->access == ACCESS_DENIED || p->access == ACCESS_TIMED_OUT || unseen_in_uring(p));
}

/* A start time that was not read counts as the youngest. */
static bool is_younger(const struct process *a, const struct process *b)
{
	return a->start_ticks == 0 || b->start_ticks == 0 || a->start_ticks >= b->start_ticks;
}

struct unseen unseen_look(const struct snapshot *s, const struct family *f)
{
	struct unseen u = { .snapshot = s, .family = f, .youngest = NONE };

	for (uint32_t i = 0; i < s->process_count; i++) {
		if (!is_unreadable(s, f, i))
			continue;
		if (u.youngest == NONE || (s->processes[u.youngest].start_ticks != 0 &&
		                           is_younger(&s->processes[i], &s->processes[u.youngest])))
			u.youngest = i;
	}
	return u;
}

static uint32_t common_ancestor(const struct unseen *u, const struct pipe *pipe)
{
	uint32_t common = NONE;

	for (uint32_t k = 0; k < pipe->ends; k++) {
		uint32_t process = snapshot_end(u->snapshot, pipe, k)->process;

		common = k == 0 ? process : family_common(u->family, common, process);
		if (common == NONE)
			return NONE;
	}
	return common;
}

static bool holds(const struct snapshot *s, const struct pipe *pipe, uint32_t process)
{
	uint32_t low = 0, high = pipe->ends;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (snapshot_end(s, pipe, middle)->process < process)
			low = middle + 1;
		else
			high = middle;
	}
	return low < pipe->ends && snapshot_end(s, pipe, low)->process == process;
}

/*
 * Of a readable common ancestor (an unreadable one is no older than itself). No process above it is
 * a visible holder, so the first readable one lacks the pipe.
 */
static uint32_t unreadable_ancestor(const struct unseen *u, const struct pipe *pipe,
                                    uint32_t common)
{
	if (!holds(u->snapshot, pipe, common))
		return NONE;
	common = u->family->parent[common];
	return common != NONE && is_unreadable(u->snapshot, u->family, common) ? common : NONE;
}

uint32_t unseen_holder(const struct unseen *u, const struct pipe *pipe)
{
	const struct process *processes = u->snapshot->processes;
	uint32_t common;

	if (u->youngest == NONE)
		return NONE;
	common = common_ancestor(u, pipe);
	if (common == NONE || is_younger(&processes[u->youngest], &processes[common]))
		return u->youngest;
	return unreadable_ancestor(u, pipe, common);
}

bool unseen_none(const struct pipe *pipe)
{
	return pipe->unseen_readers == FACT_NO && pipe->unseen_writers == FACT_NO;
}

bool unseen_world(const struct snapshot *s)
{
	return s->view_limits & (LIMIT_PID_NAMESPACE | LIMIT_HIDEPID);
}

static bool unseen_any(const struct unseen *u, const struct pipe *pipe)
{
	const struct snapshot *s = u->snapshot;

	return unseen_world(s) || s->view_limits & LIMIT_MAX_FDS ||
	       (s->fds_unidentified > 0 && pipe->type == PIPE_FIFO) ||
	       unseen_holder(u, pipe) != NONE;
}

/* Nobody was seen: the hang-up tells. Somebody was: there may be more. */
static enum fact unseen_side(const struct unseen *u, const struct pipe *pipe, bool seen,
                             enum fact nobody)
{
	if (nobody == FACT_YES)
		return FACT_NO;
	if (!seen && nobody == FACT_NO)
		return FACT_YES;
	return seen && !unseen_any(u, pipe) ? FACT_NO : FACT_UNKNOWN;
}

enum fact unseen_writers(const struct unseen *u, const struct pipe *pipe)
{
	bool seen = false;

	if (pipe->unseen_writers != FACT_UNKNOWN)
		return pipe->unseen_writers;
	for (uint32_t k = 0; k < pipe->ends && !seen; k++)
		seen = snapshot_end(u->snapshot, pipe, k)->writes;
	return unseen_side(u, pipe, seen, pipe->no_writers);
}

enum fact unseen_readers(const struct unseen *u, const struct pipe *pipe)
{
	bool seen = false;

	if (pipe->unseen_readers != FACT_UNKNOWN)
		return pipe->unseen_readers;
	for (uint32_t k = 0; k < pipe->ends && !seen; k++)
		seen = snapshot_end(u->snapshot, pipe, k)->reads;
	return unseen_side(u, pipe, seen, pipe->no_readers);
}
