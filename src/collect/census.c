/*
 * The records of the kernel's programs, in order, and what follows from them by counting.
 *
 * pipe->readers and pipe->writers (fs/pipe.c) count open file descriptions, open(2), and a
 * description is shared by all who got it by fork(2), dup(2) or through a socket. So that nobody
 * else holds a side takes all of these: as many descriptions as were seen, of each as many
 * references (file_count()) as there are descriptors that lead to it, and of the tables that these
 * are in as many users (clone(2), CLONE_FILES) as there are threads that were seen with them.
 */
#include "collect/census.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* ---- taking records ---- */

/* A new last item of a growing array, or NULL. */
static void *add(void **items, uint32_t *count, uint32_t *room, size_t size)
{
	if (*count == *room) {
		uint32_t larger = *room ? *room * 2 : 256;
		void *moved = larger > *room ? reallocarray(*items, larger, size) : NULL;

		if (!moved)
			return NULL;
		*items = moved;
		*room = larger;
	}
	return (char *)*items + size * (*count)++;
}

static int take_thread(struct census *c, const void *record)
{
	struct thread_record thread, *added;

	memcpy(&thread, record, sizeof(thread));
	c->current = (struct census_holder){ 0 };
	if (thread.pid <= 0 || thread.tid <= 0)
		return 0;
	thread.comm[sizeof(thread.comm) - 1] = '\0';
	added = add((void **)&c->threads, &c->thread_count, &c->thread_room, sizeof(*added));
	if (!added)
		return -ENOMEM;
	*added = thread;
	c->current = (struct census_holder){ .table = thread.table, .pid = thread.pid };
	return 0;
}

/* f_mode, include/linux/fs.h */
enum { READS = 1, WRITES = 2 };

static int32_t int_or_unknown(int64_t number)
{
	return number < 0 || number > INT32_MAX ? UNKNOWN : (int32_t)number;
}

/* The pipe of an end, a new one if need be; NULL without memory. */
static struct census_pipe *pipe_of(struct census *c, const struct end_record *r)
{
	_Static_assert(offsetof(struct census_pipe, dev) == 0 &&
	                       offsetof(struct census_pipe, ino) == sizeof(uint64_t),
	               "it begins with its key");
	const struct index_key key = { makedev(r->dev >> 20, r->dev & 0xfffff), r->ino };
	uint32_t index = index_find(&c->index, c->pipes, sizeof(*c->pipes), c->pipe_count, key);
	struct census_pipe *pipe;

	if (index < c->pipe_count)
		return &c->pipes[index];
	pipe = index == NONE ? NULL :
		add((void **)&c->pipes, &c->pipe_count, &c->pipe_room, sizeof(*pipe));
	if (pipe)
		*pipe = (struct census_pipe){
			.dev = key.dev,
			.ino = key.ino,
			.first_end = NONE,
			.fill_bytes = UNKNOWN,
			.capacity_bytes =
				int_or_unknown((int64_t)r->usable_slots * sysconf(_SC_PAGESIZE)),
			.readers = { r->readers, r->readers },
			.writers = { r->writers, r->writers },
			.full = FACT_YES,
			.known = true,
			.named = r->links,
		};
	return pipe;
}

static void widen(struct census_range *range, uint32_t count)
{
	if (count < range->least)
		range->least = count;
	if (count > range->most)
		range->most = count;
}

static void add_to_pipe(struct census_pipe *pipe, const struct end_record *r)
{
	uint32_t used = r->head_slot - r->tail_slot;

	pipe->known &= r->has_pipe != 0;
	if (pipe->fill_bytes == UNKNOWN)
		pipe->fill_bytes = int_or_unknown(r->fill_bytes);
	/* pipe_full(), include/linux/pipe_fs_i.h. More than all: it moved between the two. */
	if (used < r->usable_slots)
		pipe->full = FACT_NO;
	else if (used > r->usable_slots && pipe->full == FACT_YES)
		pipe->full = FACT_UNKNOWN;
	widen(&pipe->readers, r->readers);
	widen(&pipe->writers, r->writers);
}

enum { MOST_REFERENCES = (1 << 28) - 1 };

static uint32_t references_of(const struct end_record *r)
{
	return r->references > 0 && r->references <= MOST_REFERENCES ? (uint32_t)r->references : 0;
}

/* Makes the current thread the last holder, if it is not yet. */
static int add_holder(struct census *c)
{
	const struct census_holder *last = c->holder_count ? &c->holders[c->holder_count - 1] : NULL;
	struct census_holder *added;

	if (last && last->pid == c->current.pid && last->table == c->current.table)
		return 0;
	added = add((void **)&c->holders, &c->holder_count, &c->holder_room, sizeof(*added));
	if (!added)
		return -ENOMEM;
	*added = c->current;
	return 0;
}

static int take_end(struct census *c, const void *record)
{
	struct end_record r;
	struct census_end *end;
	struct census_pipe *pipe;

	if (!c->current.pid)
		return 0;
	memcpy(&r, record, sizeof(r));
	pipe = add_holder(c) < 0 ? NULL : pipe_of(c, &r);
	end = pipe ? add((void **)&c->ends, &c->end_count, &c->end_room, sizeof(*end)) : NULL;
	if (!end)
		return -ENOMEM;
	*end = (struct census_end){
		.file = r.file, .fd = r.fd, .holder = c->holder_count - 1,
		.references = references_of(&r) & MOST_REFERENCES,
		.pipe = (uint32_t)(pipe - c->pipes), .next = pipe->first_end,
		.reads = r.mode & READS, .writes = r.mode & WRITES,
		.nonblocking = r.flags & O_NONBLOCK, .packet = r.flags & O_DIRECT,
	};
	pipe->first_end = c->end_count - 1;
	add_to_pipe(pipe, &r);
	return 0;
}

/* The record is about the last thread. */
static int mark(struct census *c, uint32_t flag)
{
	if (c->current.pid)
		c->threads[c->thread_count - 1].flags |= flag;
	return 0;
}

static int take_uring(struct census *c, const void *record)
{
	(void)record;
	return mark(c, RECORD_RING);
}

static int take_unread(struct census *c, const void *record)
{
	(void)record;
	return mark(c, RECORD_NO_TABLE);
}

static const struct {
	size_t size;
	int (*take)(struct census *c, const void *record);
} kinds[] = {
	[RECORD_THREAD] = { sizeof(struct thread_record), take_thread },
	[RECORD_END] = { sizeof(struct end_record), take_end },
	[RECORD_URING] = { sizeof(struct record_head), take_uring },
	[RECORD_UNREAD] = { sizeof(struct record_head), take_unread },
};

int census_take(struct census *c, const char *data, size_t length)
{
	while (length) {
		struct record_head head;
		int r;

		if (length < sizeof(head))
			return -EBADMSG;
		memcpy(&head, data, sizeof(head));
		if (head.kind >= sizeof(kinds) / sizeof(*kinds) || !kinds[head.kind].take ||
		    head.size != kinds[head.kind].size || head.size > length)
			return -EBADMSG;
		r = kinds[head.kind].take(c, data);
		if (r < 0)
			return r;
		data += head.size;
		length -= head.size;
	}
	return 0;
}

/* ---- order ---- */

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_threads(const void *left, const void *right)
{
	const struct thread_record *a = left, *b = right;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if ((a->tid == a->pid) != (b->tid == b->pid))
		return a->tid == a->pid ? -1 : 1;
	return (a->tid > b->tid) - (a->tid < b->tid);
}

/* They come by tid, so most often in this order. */
static void order_threads(struct census *c)
{
	uint32_t i = 1;

	while (i < c->thread_count && compare_threads(&c->threads[i - 1], &c->threads[i]) < 0)
		i++;
	if (i < c->thread_count)
		qsort(c->threads, c->thread_count, sizeof(*c->threads), compare_threads);
}

static int compare_slots(const struct census *c, const struct census_end *a,
                         const struct census_end *b)
{
	int r = order(a->file, b->file);

	if (r == 0)
		r = order(c->holders[a->holder].table, c->holders[b->holder].table);
	return r ? r : (a->fd > b->fd) - (a->fd < b->fd);
}

static int compare_ends(const void *left, const void *right, void *census)
{
	const struct census *c = census;
	const struct census_end *a = *(struct census_end *const *)left;
	const struct census_end *b = *(struct census_end *const *)right;
	int32_t pid_a = c->holders[a->holder].pid, pid_b = c->holders[b->holder].pid;
	int r = compare_slots(c, a, b);

	return r ? r : (pid_a > pid_b) - (pid_a < pid_b);
}

/* Threads that share a table of which the leader has no part are shown each with all of it. */
static void link_ends(struct census *c, struct census_pipe *pipe, struct census_end **sorted)
{
	uint32_t *link = &pipe->first_end, count = 0;

	for (uint32_t i = pipe->first_end; i != NONE; i = c->ends[i].next)
		sorted[count++] = &c->ends[i];
	qsort_r(sorted, count, sizeof(*sorted), compare_ends, c);
	for (uint32_t i = 0; i < count; i++) {
		if (i && compare_ends(&sorted[i - 1], &sorted[i], c) == 0) {
			sorted[i]->pipe = NONE;
			continue;
		}
		*link = (uint32_t)(sorted[i] - c->ends);
		link = &sorted[i]->next;
	}
	*link = NONE;
}

static int order_ends(struct census *c)
{
	struct census_end **sorted = malloc((size_t)c->end_count * sizeof(*sorted) + 1);

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->pipe_count; i++)
		link_ends(c, &c->pipes[i], sorted);
	free(sorted);
	return 0;
}

static int compare_tables(const void *left, const void *right)
{
	const struct census_table *a = left, *b = right;

	return order(a->table, b->table);
}

static int count_tables(struct census *c)
{
	struct census_table *tables =
		reallocarray(c->tables, (size_t)c->thread_count + 1, sizeof(*tables));
	uint32_t count = 0;

	if (!tables)
		return -ENOMEM;
	c->tables = tables;
	for (uint32_t i = 0; i < c->thread_count; i++)
		tables[i] =
			(struct census_table){ c->threads[i].table, 1, c->threads[i].table_users };
	if (c->thread_count)
		qsort(tables, c->thread_count, sizeof(*tables), compare_tables);
	for (uint32_t i = 0; i < c->thread_count; i++) {
		struct census_table *last = count ? &tables[count - 1] : NULL;

		if (!last || last->table != tables[i].table) {
			tables[count++] = tables[i];
			continue;
		}
		last->seen++;
		if (last->users < tables[i].users)
			last->users = tables[i].users;
	}
	c->table_count = count;
	return 0;
}

const struct census_table *census_find_table(const struct census *c, uint64_t table)
{
	const struct census_table key = { .table = table };

	if (!c->table_count)
		return NULL;
	return bsearch(&key, c->tables, c->table_count, sizeof(key), compare_tables);
}

static bool has_unseen_users(const struct census *c, uint64_t table)
{
	const struct census_table *t = census_find_table(c, table);

	return !t || t->users == 0 || t->users > t->seen;
}

static void find_leaders(struct census *c)
{
	for (uint32_t i = 0; i < c->holder_count; i++) {
		struct census_holder *holder = &c->holders[i];
		const struct thread_record *leader = census_find(c, holder->pid, holder->pid);

		holder->leader = leader ? (uint32_t)(leader - c->threads) : NONE;
		holder->unseen_users = has_unseen_users(c, holder->table);
	}
}

const struct census_holder *census_holder(const struct census *c, const struct census_end *end)
{
	return &c->holders[end->holder];
}

void census_begin(struct census *c)
{
	index_free(&c->index);
	c->thread_count = c->pipe_count = c->holder_count = c->end_count = 0;
	c->current = (struct census_holder){ 0 };
}

int census_end(struct census *c)
{
	int r;

	order_threads(c);
	index_free(&c->index);
	r = order_ends(c);
	if (r == 0)
		r = count_tables(c);
	if (r == 0)
		find_leaders(c);
	return r;
}

const struct thread_record *census_find(const struct census *c, int32_t pid, int32_t tid)
{
	const struct thread_record key = { .pid = pid, .tid = tid };

	if (!c->thread_count)
		return NULL;
	return bsearch(&key, c->threads, c->thread_count, sizeof(key), compare_threads);
}

uint32_t census_process_end(const struct census *c, uint32_t first)
{
	uint32_t end = first;

	while (end < c->thread_count && c->threads[end].pid == c->threads[first].pid)
		end++;
	return end;
}

bool census_same_processes(const struct census *a, const struct census *b)
{
	uint32_t i = 0, k = 0;

	while (i < a->thread_count && k < b->thread_count) {
		if (a->threads[i].pid != b->threads[k].pid ||
		    a->threads[i].start_ns != b->threads[k].start_ns)
			return false;
		i = census_process_end(a, i);
		k = census_process_end(b, k);
	}
	return i == a->thread_count && k == b->thread_count;
}

/* ---- counting ---- */

static int compare_calls(const void *left, const void *right)
{
	const struct census_call *a = left, *b = right;

	return a->table != b->table ? order(a->table, b->table) : (a->fd > b->fd) - (a->fd < b->fd);
}

void census_sort_calls(struct census_call *calls, uint32_t count)
{
	if (count)
		qsort(calls, count, sizeof(*calls), compare_calls);
}

/* An open file description: how many references to it were seen, and how many there are. */
struct description {
	bool reads, writes;
	int64_t seen, possible, least, most;
	bool shared_unseen;      /* a table that it is in has users that were not seen */
};

static void count_calls(const struct census *c, const struct census_end *end,
                        const struct census_call *calls, uint32_t count, struct description *d)
{
	const struct census_call key = { .table = census_holder(c, end)->table, .fd = end->fd };
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (compare_calls(&calls[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && compare_calls(&calls[low], &key) == 0; low++) {
		d->seen += calls[low].sure;
		d->possible += !calls[low].sure;
	}
}

/* Of the one at `first`; the first end of another one, or NONE. */
static uint32_t describe(const struct census *c, uint32_t first, const struct census_call *calls,
                         uint32_t call_count, struct description *ret)
{
	const struct census_end *before = NULL, *end = &c->ends[first];
	uint32_t i = first;

	*ret = (struct description){
		.reads = end->reads, .writes = end->writes,
		.least = end->references, .most = end->references,
	};
	for (; i != NONE && c->ends[i].file == c->ends[first].file; i = end->next, before = end) {
		end = &c->ends[i];
		if (end->references < ret->least)
			ret->least = end->references;
		if (end->references > ret->most)
			ret->most = end->references;
		ret->shared_unseen |= census_holder(c, end)->unseen_users;
		/* Two processes may share a table, clone(2). */
		if (before && compare_slots(c, before, end) == 0)
			continue;
		ret->seen++;
		count_calls(c, end, calls, call_count, ret);
	}
	return i;
}

/* One side of a pipe. */
struct side {
	uint32_t descriptions;   /* that were seen */
	bool exact;              /* all references to each are accounted for */
};

static void add_to_side(struct side *side, const struct description *d)
{
	side->descriptions++;
	side->exact &=
		!d->shared_unseen && d->least > 0 && d->most == d->least && d->most <= d->seen;
}

static enum fact unseen(const struct side *side, const struct census_range *counted)
{
	if (counted->least > side->descriptions)
		return FACT_YES;
	return counted->least == counted->most && counted->most == side->descriptions && side->exact
	               ? FACT_NO
	               : FACT_UNKNOWN;
}

static enum fact none(const struct census_range *range)
{
	if (range->most == 0)
		return FACT_YES;
	return range->least > 0 ? FACT_NO : FACT_UNKNOWN;
}

struct census_count census_count(const struct census *c, uint32_t index,
                                 const struct census_call *calls, uint32_t call_count)
{
	const struct census_pipe *pipe = &c->pipes[index];
	struct side readers = { .exact = true }, writers = { .exact = true };
	struct census_count count = { 0 };

	if (!pipe->known)
		return count;
	count.no_readers = none(&pipe->readers);
	count.no_writers = none(&pipe->writers);
	count.extra_references = FACT_NO;
	for (uint32_t i = pipe->first_end, next; i != NONE; i = next) {
		struct description d;

		next = describe(c, i, calls, call_count, &d);
		if (d.least > 0 && d.most < d.seen)
			count.misplaced = c->ends[i].file;
		if (!d.shared_unseen && d.least > d.seen + d.possible)
			count.extra_references = FACT_YES;
		if (d.reads)
			add_to_side(&readers, &d);
		if (d.writes)
			add_to_side(&writers, &d);
	}
	count.unseen_readers = unseen(&readers, &pipe->readers);
	count.unseen_writers = unseen(&writers, &pipe->writers);
	return count;
}

/* ---- words ---- */

/* task_state_index() in include/linux/sched.h. */
char census_state(const struct thread_record *r)
{
	enum { UNINTERRUPTIBLE = 0x2, REPORTED = 0x7f, IDLE = 0x402 };
	static const char letters[] = "RSDTtXZP";
	uint32_t state = (r->state | r->exit_state) & REPORTED;
	uint32_t index = 0;

	if (r->state == IDLE)
		return 'I';
	/* Frozen, or waiting for a lock that sleeps on a real-time kernel. */
	if (r->state && !state)
		return 'D';
	while (state >> index)
		index++;
	return letters[index];
}

void census_free(struct census *c)
{
	free(c->threads);
	free(c->tables);
	free(c->pipes);
	free(c->holders);
	free(c->ends);
	index_free(&c->index);
	*c = (struct census){ 0 };
}
