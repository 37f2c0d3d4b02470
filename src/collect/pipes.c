/*
 * Fill, capacity and fullness of every pipe, once however many hold it.
 *
 * The end to touch is a write end, of a process that lets us, and the pipes are gone through in
 * the order of those processes, so that one pidfd serves all pipes of one, some thousands at a
 * time: what a scout tells lies in memory of its own. Whether it is full, and
 * whether a side has hung up, is asked only where the answer matters: where bytes lie in it and
 * somebody waits at its write end, and where a side has no holder that was seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "collect/look.h"
#include "collect/probe.h"
#include "collect/proc.h"
#include "collect/scout.h"

enum { PROBE_LIMIT_MS = 300, HURRIED = 64, AT_A_TIME = 16384 };

/* Write ends come first, since only they tell fullness; then whom a pidfd leads to on any kernel.
   Never 0. */
enum { HIGHEST_RANK = 4 };

static int rank(const struct holder *holder, bool leader)
{
	return (holder->writes ? 3 : 1) + leader;
}

/* A thread that uses the table, the leader if he does and has not exited; 0 when there is none. */
static int32_t user_of(const struct look *look, const struct process *process, uint16_t table)
{
	uint32_t count, first;

	if (table == 0 && process->state != 'Z')
		return process->pid;
	first = look_threads(look, process->pid, &count);
	for (uint32_t i = first; i < first + count; i++)
		if (look->threads[i].table == table && look->threads[i].tid != process->pid)
			return look->threads[i].tid;
	return 0;
}

/* The holder by whom a pipe is to be touched, or NONE. */
static uint32_t choose(struct look *look, uint32_t index)
{
	const struct pipe *pipe = builder_pipe(look->b, index);
	const struct holder *first = builder_holder(look->b, 0);
	uint32_t best = NONE;
	int best_rank = 0;

	if (look->locked[index])
		return NONE;
	for (uint32_t k = 0; k < pipe->ends && best_rank < HIGHEST_RANK; k++) {
		const struct holder *holder = builder_end(look->b, index, k);
		const struct process *process = builder_process(look->b, holder->process);
		int32_t tid = user_of(look, process, holder->table);
		int own_rank = tid ? rank(holder, tid == process->pid) : 0;

		if (process->access == ACCESS_READ && own_rank > best_rank) {
			best_rank = own_rank;
			best = (uint32_t)(holder - first);
		}
	}
	return best;
}

/* Whether a side has no holder that was seen. */
static bool is_one_sided(struct look *look, uint32_t index)
{
	const struct pipe *pipe = builder_pipe(look->b, index);
	bool reads = false, writes = false;

	for (uint32_t k = 0; k < pipe->ends && !(reads && writes); k++) {
		const struct holder *holder = builder_end(look->b, index, k);

		reads |= holder->reads;
		writes |= holder->writes;
	}
	return !reads || !writes;
}

/* What the scout needs, and what he found. */
struct touched {
	struct look *look;
	const uint32_t *holders; /* by whom: indices */
	/* Of each; shared with him. Zeroed where nothing was: no pipe has room for nothing. */
	struct probe_result *found;
	int32_t tid;             /* whose pidfd is open */
	int pidfd;
	bool hurries;
	struct probe_pace pace;  /* when he does not */
};

/* Kernels before 6.9 have no pidfds of threads: there the way by /proc is left. */
static int open_pidfd(struct touched *t, int32_t tid, bool leader)
{
	enum { PIDFD_OF_THREAD = O_EXCL }; /* PIDFD_THREAD, include/uapi/linux/pidfd.h */

	if (t->tid != tid) {
		proc_close(&t->pidfd);
		t->tid = tid;
		t->pidfd = pidfd_open(tid, leader ? 0 : PIDFD_OF_THREAD);
	}
	return t->pidfd;
}

static void probe_pipe(struct touched *t, uint32_t i)
{
	const struct holder *holder = builder_holder(t->look->b, t->holders[i]);
	const struct process *process = builder_process(t->look->b, holder->process);
	const struct pipe *pipe = builder_pipe(t->look->b, holder->pipe);
	const struct probe_end end = {
		.pid = user_of(t->look, process, holder->table), .fd = holder->fd, .dev = pipe->dev,
		.ino = pipe->ino, .writes = holder->writes, .fifo = pipe->type == PIPE_FIFO,
	};
	int pidfd = open_pidfd(t, end.pid, end.pid == process->pid);
	bool one_sided = is_one_sided(t->look, holder->pipe);
	struct probe_result found = { 0 };
	int r = probe(pidfd, &end, one_sided, &found);

	if (r == 0 && !one_sided && t->look->wants_full[holder->pipe] && found.fill_bytes > 0)
		r = probe(pidfd, &end, true, &found);
	if (r == 0)
		t->found[i] = found;
}

/* He lets others go first between so many pipes, when he holds none. */
static void keep_pace(struct touched *t, uint32_t i)
{
	if (t->hurries && i % HURRIED)
		return;
	if (t->hurries)
		probe_relax(&t->pace);
	probe_hurry(&t->pace);
	t->hurries = true;
}

static void step(void *context, uint32_t i)
{
	keep_pace(context, i);
	probe_pipe(context, i);
}

static struct goal goal_of(const void *context, uint32_t i)
{
	const struct touched *t = context;
	const struct pipe *pipe =
		builder_pipe(t->look->b, builder_holder(t->look->b, t->holders[i])->pipe);

	return (struct goal){ pipe->dev, pipe->ino };
}

static void keep(struct pipe *pipe, const struct probe_result *result)
{
	pipe->fill_bytes = result->fill_bytes;
	pipe->capacity_bytes = result->capacity_bytes;
	pipe->full = result->full;
	pipe->no_readers = result->no_readers;
	pipe->no_writers = result->no_writers;
}

/* Whether it need not be touched: nobody who was seen to hold it has run since it was. */
static bool keep_kept(struct look *look, uint32_t index)
{
	const struct probe_result *kept = look->wants_full[index]
		? NULL : kept_pipe(look->c->kept, look->b, index);

	if (kept)
		keep(builder_pipe(look->b, index), kept);
	return kept != NULL;
}

static int keep_for_later(struct look *look)
{
	int r = 0;

	for (uint32_t i = 0; i < builder_pipe_count(look->b) && r == 0; i++) {
		const struct pipe *pipe = builder_pipe(look->b, i);
		const struct probe_result result = {
			.fill_bytes = pipe->fill_bytes, .capacity_bytes = pipe->capacity_bytes,
			.full = pipe->full, .no_readers = pipe->no_readers,
			.no_writers = pipe->no_writers,
		};

		if (pipe->fill_bytes != UNKNOWN)
			r = kept_store_pipe(look->c->kept, pipe, &result);
	}
	return r;
}

static int probe_some(struct look *look, const uint32_t *holders, uint32_t count)
{
	struct touched t = { .look = look, .holders = holders, .pidfd = -1 };
	const struct errand errand = {
		.step = step, .goal = goal_of, .context = &t, .count = count,
		.limit_ms = PROBE_LIMIT_MS,
	};

	t.found = scout_memory(count * sizeof(*t.found));
	if (!t.found)
		return -ENOMEM;
	if (!scout_do(look->c->scouts, &errand))
		look->head->view_limits |= LIMIT_TIMEOUT;
	for (uint32_t i = 0; i < count; i++)
		if (t.found[i].capacity_bytes != 0)
			keep(builder_pipe(look->b, builder_holder(look->b, holders[i])->pipe),
			     &t.found[i]);
	scout_forget(t.found, count * sizeof(*t.found));
	return 0;
}

/* O_NONBLOCK and O_DIRECT cost more than all else of an end: only where something is going on. */
static void read_flags(struct look *look)
{
	for (uint32_t i = 0; i < builder_process_count(look->b); i++) {
		const struct process *process = builder_process(look->b, i);
		int dir = -1;

		for (uint32_t k = 0; k < process->holders && !process->self; k++) {
			struct holder *holder = builder_holder(look->b, process->first_holder + k);
			struct pipe *pipe = builder_pipe(look->b, holder->pipe);
			enum fact direct = FACT_UNKNOWN;

			if (holder->nonblocking != FACT_UNKNOWN ||
			    (pipe->fill_bytes <= 0 && !look->wants_full[holder->pipe]))
				continue;
			if (dir < 0)
				dir = proc_open(process->pid);
			descriptors_flags(dir, user_of(look, process, holder->table), holder,
			                  &direct);
			if (holder->writes && pipe->packet != FACT_YES)
				pipe->packet = direct;
		}
		proc_close(&dir);
	}
}

/* By the holders that were chosen, which lie process by process. */
static int probe_all(struct look *look, const bool *chosen)
{
	uint32_t *holders = malloc(AT_A_TIME * sizeof(*holders));
	uint32_t all = builder_holder_count(look->b), count = 0;
	int r = holders ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < all && r == 0; i++) {
		if (chosen[i])
			holders[count++] = i;
		if (count == AT_A_TIME || (count && i + 1 == all)) {
			r = probe_some(look, holders, count);
			count = 0;
		}
	}
	free(holders);
	return r;
}

int look_at_pipes(struct look *look)
{
	bool *chosen = calloc((size_t)builder_holder_count(look->b) + 1, sizeof(*chosen));
	sigset_t saved;
	int r;

	if (!chosen)
		return -ENOMEM;
	for (uint32_t i = 0; i < builder_pipe_count(look->b); i++) {
		bool passed = !look_wants_pipe(look, builder_pipe(look->b, i)) || keep_kept(look, i);
		uint32_t holder = passed ? NONE : choose(look, i);

		if (holder != NONE)
			chosen[holder] = true;
	}
	probe_hold_signals(&saved);
	r = probe_all(look, chosen);
	probe_release_signals(&saved);
	free(chosen);
	if (r == 0)
		r = keep_for_later(look);
	read_flags(look);
	return r;
}
