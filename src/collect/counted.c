/*
 * The steps of a look that the kernel itself answers, by the census, instead of /proc: who is
 * there, which ends they hold, and how full the pipes are. Nobody's pipe is touched for it.
 *
 * Left to /proc is what the census lacks and few are asked for: by which path a FIFO was opened,
 * and which numbers stat(2) has for it (those of the file system may differ from the kernel's own).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/calls.h"
#include "collect/iterator.h"
#include "collect/look.h"
#include "collect/probe.h"
#include "collect/proc.h"

enum { PASSES_AT_MOST = 10, PF_KTHREAD = 0x00200000 };

/* ---- the passes ---- */

static int take(void *context, const char *data, size_t length)
{
	return census_take(context, data, length);
}

static int pass(struct look *look, bool descriptors, struct census *c)
{
	int64_t met;

	census_begin(c);
	met = iterator_pass(look->c->iterator, descriptors, take, c);
	if (met < 0)
		return (int)met;
	if (descriptors)
		look->head->fds_seen = (uint64_t)met;
	return census_end(c);
}

/*
 * Whoever got an end while we passed is somebody new, or got it from one who was there before:
 * when listing again brings nobody new and nobody is missed, all holders have been seen.
 */
static int settle(struct look *look)
{
	struct census again = { 0 };
	int r = 0;

	for (int i = 0; i < PASSES_AT_MOST && r == 0 && !look->head->settled; i++) {
		r = pass(look, false, &again);
		if (r == 0)
			look->head->settled = census_same_processes(look->census, &again);
		if (r == 0 && !look->head->settled)
			r = pass(look, true, look->census);
	}
	census_free(&again);
	return r;
}

/* ---- who is there ---- */

/* The number of a table among those of a process, by the first thread that uses it. */
static uint16_t number_of(const struct census *c, uint32_t first, uint32_t end, uint64_t table)
{
	uint16_t number = 0;

	for (uint32_t i = first; i < end && c->threads[i].table != table; i++) {
		bool new = true;

		for (uint32_t k = first; k < i && new; k++)
			new = c->threads[k].table != c->threads[i].table;
		number = (uint16_t)(number + new);
	}
	return number;
}

static int add_threads(struct look *look, uint32_t first, uint32_t end)
{
	const struct census *c = look->census;
	uint64_t leader = c->threads[first].table;
	int r = 0;

	for (uint32_t i = first; i < end && r == 0; i++) {
		const struct thread_record *t = &c->threads[i];

		r = look_add_thread(look, t->pid, t->tid,
		                    t->table == leader ? 0 : number_of(c, first, end, t->table));
	}
	return r;
}

/* Ends are told by the kernel each time; what /proc tells of a process is kept until it runs. */
static int keep_texts(struct look *look, const struct process *process,
                      const struct thread_record *leader)
{
	const struct descriptors nothing = { 0 };
	struct descriptors found;
	struct kept_stamp stamp;
	int r;

	snprintf(stamp.text, sizeof(stamp.text), "%" PRIu64, leader->ran_ns);
	r = kept_take(look->c->kept, look->b, process, &stamp, &found);
	if (r == 0)
		r = kept_store(look->c->kept, look->b, process, &stamp, builder_seen_count(look->b),
		               &nothing);
	return r < 0 ? r : 0;
}

static int add_process(struct look *look, uint32_t first, uint32_t end)
{
	static const int64_t ns = 1000000000;
	const struct thread_record *leader = &look->census->threads[first];
	struct process *process = builder_add_process(look->b, leader->pid);
	uint32_t flags = 0;

	if (!process)
		return -ENOMEM;
	process->ppid = leader->ppid;
	process->pgid = leader->pgid;
	process->start_ticks = leader->start_ns / (uint64_t)(ns / sysconf(_SC_CLK_TCK));
	process->exit_signal = leader->exit_signal;
	process->thread_count = leader->threads;
	process->uid = leader->uid;
	process->state = census_state(leader);
	process->kernel_thread = leader->task_flags & PF_KTHREAD;
	process->comm = arena_strdup(builder_arena(look->b), leader->comm);
	if (!process->comm)
		return -ENOMEM;
	process->tracer = 0;
	for (uint32_t i = first; i < end; i++) {
		if (!process->tracer)
			process->tracer = look->census->threads[i].tracer;
		flags |= look->census->threads[i].flags;
	}
	process->has_uring = flags & RECORD_RING;
	look->in_flight |= (flags & RECORD_FLIGHT) != 0;
	if (leader->pid == look->c->self)
		return look_add_self(look, process);
	process->access = ACCESS_NOTHING;
	if (process->kernel_thread || (process->state == 'Z' && process->thread_count <= 1))
		return 0;
	process->access = flags & RECORD_NO_TABLE ? ACCESS_TIMED_OUT : ACCESS_READ;
	if (keep_texts(look, process, leader) < 0)
		return -ENOMEM;
	return add_threads(look, first, end);
}

static int add_processes(struct look *look)
{
	int r = 0;

	for (uint32_t i = 0, end; i < look->census->thread_count && r == 0; i = end) {
		end = census_process_end(look->census, i);
		if (look_wants(look, look->census->threads[i].pid))
			r = add_process(look, i, end);
	}
	return r;
}

/* ---- whom it does not show ---- */

static bool is_missing(const void *context, int32_t pid)
{
	return !census_find(context, pid, pid);
}

/*
 * Some sandboxes hide their own process 1 from such programs: there /proc tells of whom it alone
 * shows. Elsewhere it has nobody to add but those who have come since, and takes long to list.
 */
static int add_missing(struct look *look)
{
	int32_t *pids = NULL;
	uint32_t count = 0;
	int r = 0;

	if (!census_find(look->census, 1, 1))
		r = proc_list(is_missing, look->census, &pids, &count);
	look->missing = count;
	if (r == 0 && count)
		r = look_at_some(look, pids, count);
	free(pids);
	return r;
}

/* ---- which ends they hold ---- */

/* A table that no thread was seen with gets a number of its own: none of them waits with it. */
static uint16_t table_of(const struct census *c, const struct census_end *end)
{
	const struct census_holder *holder = census_holder(c, end);
	uint32_t first = holder->leader;

	if (first == NONE || c->threads[first].table == holder->table)
		return 0;
	return number_of(c, first, census_process_end(c, first), holder->table);
}

/*
 * What a FIFO is called, and known by, according to the first holder who tells. While /proc tells
 * it holds the open file; whoever closes that has not closed it before.
 */
static int identify(struct look *look, const struct census_pipe *pipe, struct seen_end *ret)
{
	int r = -ENOENT;

	for (uint32_t i = pipe->first_end; i != NONE && r == -ENOENT;
	     i = look->census->ends[i].next) {
		const struct census_end *e = &look->census->ends[i];
		__attribute__((cleanup(proc_close))) int fd_dir = -EBADF;
		char path[PROC_PATH_SIZE];
		struct probe_pace pace;

		snprintf(path, sizeof(path), "/proc/%d/fd", census_holder(look->census, e)->pid);
		if (table_of(look->census, e) == 0)
			fd_dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd_dir < 0)
			continue;
		probe_hurry(&pace);
		r = descriptors_identify(look->b, fd_dir, e->fd, look->mounts, ret);
		probe_relax(&pace);
	}
	return r == -ENOENT ? 0 : r;
}

/* What all ends of its pipe have in common; a path stands at the first of them. */
static int describe(struct look *look, struct census_pipe *pipe, struct seen_end *ret)
{
	int r = 0;

	*ret = (struct seen_end){ .dev = pipe->dev, .ino = pipe->ino, .named = FACT_NO };
	if (pipe->dev == look->c->facts.pipe_device)
		return 0;
	ret->type = PIPE_FIFO;
	ret->named = pipe->named ? FACT_YES : FACT_NO;
	if (!pipe->identified) {
		r = identify(look, pipe, ret);
		pipe->dev = ret->dev;
		pipe->identified = true;
	}
	return r;
}

static int add_end(struct look *look, const struct census_end *e)
{
	struct seen_end end;
	int r = describe(look, &look->census->pipes[e->pipe], &end);

	if (r < 0)
		return r;
	end.pid = census_holder(look->census, e)->pid;
	end.fd = e->fd;
	end.table = table_of(look->census, e);
	end.reads = e->reads;
	end.writes = e->writes;
	end.nonblocking = e->nonblocking ? FACT_YES : FACT_NO;
	if (end.writes)
		end.packet = e->packet ? FACT_YES : FACT_NO;
	return builder_add_end(look->b, &end);
}

/* Whose leader was not seen, of him /proc has told, with all of his ends. */
static bool is_ours_to_tell(const struct look *look, const struct census_holder *holder)
{
	return holder->pid != look->c->self && holder->leader != NONE &&
		look_wants(look, holder->pid);
}

static int add_ends(struct look *look)
{
	const struct census *c = look->census;
	uint32_t holder = NONE;
	bool ours = false;
	int r = 0;

	for (uint32_t i = 0; i < c->end_count && r == 0; i++) {
		if (c->ends[i].holder != holder)
			ours = is_ours_to_tell(look, census_holder(c, &c->ends[i]));
		holder = c->ends[i].holder;
		if (ours && c->ends[i].pipe != NONE)
			r = add_end(look, &c->ends[i]);
	}
	if (r == 0 && census_find(c, look->c->self, look->c->self))
		r = look_add_own_ends(look);
	return r;
}

int look_at_census(struct look *look)
{
	int r = pass(look, true, look->census);

	if (r == 0 && look->request->settle)
		r = settle(look);
	if (r == 0)
		r = add_processes(look);
	if (r == 0)
		r = add_missing(look);
	if (r == 0)
		r = add_ends(look);
	kept_end(look->c->kept, look->b, builder_seen_count(look->b), false);
	look_sort_threads(look);
	return r;
}

/* ---- the pipes ---- */

static bool shares_table(const struct census *c, const struct thread_record *t)
{
	const struct census_table *table = census_find_table(c, t->table);

	return table && table->seen > 1;
}

/* Who is stopped, or traced to a stop, has left his call, and will begin it anew. */
static bool sleeps_in_call(const struct thread_record *t)
{
	enum { STOPPED = 0x4, TRACED = 0x8 }; /* include/linux/sched.h */

	return t->state && !(t->state & (STOPPED | TRACED)) && !t->exit_state &&
	       t->syscall >= 0 && !(t->flags & RECORD_ON_CPU);
}

/*
 * What sleeping calls hold references to; of those that only may, they say so: see census_count().
 */
struct calls {
	struct census_call *list;
	uint32_t count;
};

static void add_call(struct calls *calls, const struct thread_record *t, int32_t fd, bool sure)
{
	calls->list[calls->count++] = (struct census_call){ t->table, fd, sure };
}

/*
 * While a thread of several sleeps in a call on a descriptor, the call holds a reference of its own
 * to the file (fs/file.c, fdget()); that of one who has the table to himself does not need to,
 * unless somebody who shared it has ended meanwhile.
 */
static void list_calls(const struct census *c, struct calls *calls)
{
	for (uint32_t i = 0; i < c->thread_count; i++) {
		const struct thread_record *t = &c->threads[i];
		struct call call;

		if (!sleeps_in_call(t))
			continue;
		call_decode(t->flags & RECORD_COMPAT, t->syscall, t->args, &call);
		if (call.shape != CALL_WRITE && call.shape != CALL_READ && call.shape != CALL_MOVE)
			continue;
		add_call(calls, t, call.fd, shares_table(c, t));
		if (call.shape == CALL_MOVE)
			add_call(calls, t, call.fd_out, shares_table(c, t));
	}
}

static bool holds_what_it_polls(const struct task *task)
{
	struct call call;

	if (task->syscall == UNKNOWN || task->wait.kind != WAIT_POLL)
		return false;
	call_decode(task->compat, task->syscall, task->args, &call);
	return call.shape == CALL_POLL || call.shape == CALL_SELECT || call.shape == CALL_RESTART;
}

/*
 * A sleeping poll(2) or select(2) holds one reference for each queue that it sleeps in
 * (fs/select.c, __pollwait()): a read end and a write end have one. An epoll holds none.
 */
static void list_polls(const struct look *look, struct calls *calls)
{
	for (uint32_t i = 0; i < builder_task_count(look->b); i++) {
		const struct task *task = builder_task(look->b, i);
		const struct thread_record *t = holds_what_it_polls(task) ?
			census_find(look->census, builder_process(look->b, task->process)->pid,
			            task->tid) : NULL;

		for (uint32_t k = 0; t && sleeps_in_call(t) && k < task->wait.targets; k++) {
			const struct target *target =
				builder_target(look->b, task->wait.first_target + k);
			const struct holder *holder = builder_find_holder(look->b, task->process,
			                                                  task->table, target->fd);

			if (!holder || target->nested)
				continue;
			add_call(calls, t, target->fd, holder->reads != holder->writes);
			if (holder->reads && holder->writes)
				add_call(calls, t, target->fd, false);
		}
	}
}

/* Its index in the snapshot, by an end that was put there; NONE when nobody but us holds it. */
static uint32_t find_pipe(struct look *look, const struct census_pipe *pipe)
{
	for (uint32_t i = pipe->first_end; i != NONE; i = look->census->ends[i].next) {
		const struct census_end *e = &look->census->ends[i];
		uint32_t process = builder_find_process(look->b, census_holder(look->census, e)->pid);
		const struct holder *holder = process == NONE ? NULL :
			builder_find_holder(look->b, process, table_of(look->census, e), e->fd);

		if (holder)
			return holder->pipe;
	}
	return NONE;
}

/* Whether a holder is among those whom only /proc showed: the counts are not about him. */
static bool has_missing(struct look *look, uint32_t index)
{
	for (uint32_t k = 0; look->missing && k < builder_pipe(look->b, index)->ends; k++) {
		uint32_t holder = builder_end(look->b, index, k)->process;
		int32_t pid = builder_process(look->b, holder)->pid;

		if (!census_find(look->census, pid, pid))
			return true;
	}
	return false;
}

/*
 * A call that holds no reference to the file that its descriptor leads to has begun with another
 * one, which somebody has closed meanwhile, or replaced (dup2(2)): nobody knows what it waits for.
 */
static void forget_calls(struct look *look, const struct census_end *e)
{
	int32_t pid = census_holder(look->census, e)->pid;

	for (uint32_t i = 0; i < builder_task_count(look->b); i++) {
		struct task *task = builder_task(look->b, i);

		if (builder_process(look->b, task->process)->pid == pid &&
		    task->table == table_of(look->census, e))
			task->wait.ready = true;
	}
}

static void forget_misplaced(struct look *look, const struct census_pipe *pipe, uint64_t file)
{
	for (uint32_t i = pipe->first_end; file && i != NONE; i = look->census->ends[i].next)
		if (look->census->ends[i].file == file)
			forget_calls(look, &look->census->ends[i]);
}

static void keep(struct look *look, uint32_t index, const struct census_pipe *seen,
                 const struct census_count *count)
{
	struct pipe *pipe = builder_pipe(look->b, index);

	if (!seen->known)
		return;
	pipe->fill_bytes = seen->fill_bytes;
	pipe->capacity_bytes = seen->capacity_bytes;
	pipe->full = seen->full;
	pipe->no_readers = count->no_readers;
	pipe->no_writers = count->no_writers;
	if (has_missing(look, index))
		return;
	pipe->unseen_readers = count->unseen_readers;
	pipe->unseen_writers = count->unseen_writers;
	pipe->extra_references = count->extra_references;
}

int look_at_counted_pipes(struct look *look)
{
	const struct census *c = look->census;
	size_t most = 2 * ((size_t)c->thread_count + builder_target_count(look->b)) + 1;
	struct calls calls = { .list = calloc(most, sizeof(*calls.list)) };

	if (!calls.list)
		return -ENOMEM;
	list_calls(c, &calls);
	list_polls(look, &calls);
	census_sort_calls(calls.list, calls.count);
	for (uint32_t i = 0; i < c->pipe_count; i++) {
		uint32_t pipe = find_pipe(look, &c->pipes[i]);
		const struct census_count count = census_count(c, i, calls.list, calls.count);

		if (pipe != NONE)
			keep(look, pipe, &c->pipes[i], &count);
		forget_misplaced(look, &c->pipes[i], count.misplaced);
	}
	free(calls.list);
	return 0;
}
