/*
 * Who is there, and which ends of pipes they hold.
 *
 * Processes can fork and exit faster than they are read, and so hand an end on unseen. A holder
 * can only come from a holder (or through a socket or /proc, which is looked after elsewhere): so
 * when listing again brings nobody new and nobody was lost before it was read, all holders have
 * been seen. That is only worth the time when there is a suspect.
 *
 * Descriptor tables belong to threads, not to processes: the leader may have exited and left its
 * own empty, a thread may have unshared its own (unshare(2), CLONE_FILES). kcmp(2) tells whether
 * two threads share one.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collect/look.h"
#include "collect/proc.h"
#include "collect/remote.h"

enum { ROUNDS_AT_MOST = 10 };

struct known {
	int32_t pid;
	uint64_t start_ticks;
};

struct crowd {
	struct look *look;
	struct known *known;     /* `sorted` of them by pid; those of this round behind */
	uint32_t known_count, known_room, sorted;
	uint32_t lost;           /* in this round, before they were read */
	bool reused;             /* a pid has changed its owner since it was read */
};

static int compare_known(const void *left, const void *right)
{
	const struct known *a = left, *b = right;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* The array with room for one more item, or NULL. */
static void *grow(void *items, uint32_t count, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 512;
	void *larger;

	if (count < *room)
		return items;
	larger = reallocarray(items, more, size);
	if (larger)
		*room = more;
	return larger;
}

static int remember(struct crowd *crowd, const struct listed_process *listed)
{
	struct known *known =
		grow(crowd->known, crowd->known_count, &crowd->known_room, sizeof(*known));

	if (!known)
		return -ENOMEM;
	crowd->known = known;
	known[crowd->known_count++] = (struct known){ listed->pid, listed->start_ticks };
	return 0;
}

static const struct known *find_known(const struct crowd *crowd, int32_t pid)
{
	const struct known key = { .pid = pid };

	if (!crowd->sorted)
		return NULL;
	return bsearch(&key, crowd->known, crowd->sorted, sizeof(key), compare_known);
}

int look_add_thread(struct look *look, int32_t pid, int32_t tid, uint16_t table)
{
	struct thread *threads =
		grow(look->threads, look->thread_count, &look->thread_room, sizeof(*threads));

	if (!threads)
		return -ENOMEM;
	look->threads = threads;
	threads[look->thread_count++] = (struct thread){ pid, tid, NONE, table };
	return 0;
}

/*
 * What the thread that was added last waits for, of a process that is known to matter: its file is
 * read while all that the kernel keeps of it is at hand, which costs a third less.
 */
static int read_call(struct look *look, int dir, const char *path)
{
	struct shown_call *calls =
		grow(look->calls, look->call_count, &look->call_room, sizeof(*calls));
	char text[256];
	ssize_t length;

	if (!calls)
		return -ENOMEM;
	look->calls = calls;
	length = proc_read(dir, path, text, sizeof(text));
	if (length >= 0 && parse_syscall(text, (size_t)length, &calls[look->call_count]) == 0)
		look->threads[look->thread_count - 1].call = look->call_count++;
	return 0;
}

int look_add_own_ends(struct look *look)
{
	for (uint32_t i = 0; i < look->c->own_count; i++) {
		const struct own_end *own = &look->c->own[i];
		const struct seen_end end = {
			.dev = own->dev, .ino = own->ino, .pid = look->c->self, .fd = own->fd,
			.reads = own->reads, .writes = own->writes, .type = own->type,
			.nonblocking = own->nonblocking, .packet = own->packet, .named = own->named,
		};
		int r = builder_add_end(look->b, &end);

		if (r < 0)
			return r;
	}
	return 0;
}

int look_add_self(struct look *look, struct process *process)
{
	process->access = ACCESS_READ;
	process->self = true;
	return look_add_thread(look, process->pid, process->pid, 0);
}

static enum access access_of(int error)
{
	if (error == -EACCES || error == -EPERM)
		return ACCESS_DENIED;
	return error == -ETIMEDOUT || error == -EOVERFLOW ? ACCESS_TIMED_OUT : ACCESS_VANISHED;
}

static void count_in(struct look *look, struct process *process, const struct descriptors *found)
{
	look->head->fds_seen += found->seen;
	look->head->fds_unidentified += found->unidentified;
	process->has_uring |= found->uring;
	if (found->uring && process->uring_files != FACT_YES)
		process->uring_files = found->uring_files ? FACT_YES : FACT_NO;
	look->in_flight |= found->in_flight;
}

/* The directory of the descriptors of a thread, or of the leader (0), or -errno. */
static int open_table(const struct process *process, int dir, int32_t tid)
{
	char path[PROC_PATH_SIZE];
	int fd;

	if (dir == AT_FDCWD)
		proc_path(path, process->pid, "fd");
	else
		proc_task_path(path, tid, "fd");
	fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Reads one table into the builder, by the directory of the process or, of its leader, without. */
static int read_table(struct look *look, struct process *process, int dir, int32_t tid,
                      uint16_t table, struct descriptors *found)
{
	__attribute__((cleanup(proc_close))) int fd_dir = -EBADF;
	uint64_t left = look->c->max_fds - look->head->fds_seen;
	int r;

	*found = (struct descriptors){ 0 };
	if (look->c->max_fds <= look->head->fds_seen) {
		look->head->view_limits |= LIMIT_MAX_FDS;
		return -ETIMEDOUT;
	}
	r = fd_dir = open_table(process, dir, tid);
	if (fd_dir >= 0)
		r = descriptors_read(look->b, fd_dir, process->pid, tid, table, look->mounts,
		                     look->remote, &look->c->facts,
		                     look->request->suspect_count > 0, left, found);
	if (found->cut)
		look->head->view_limits |= LIMIT_MAX_FDS;
	count_in(look, process, found);
	return r;
}

/* The leader's table, from which what can be is kept. */
static int read_first_table(struct look *look, struct process *process, int dir,
                            const struct kept_stamp *stamp)
{
	uint32_t first_end = builder_seen_count(look->b);
	struct descriptors found;
	int r = read_table(look, process, dir, 0, 0, &found);

	return r < 0 ? r : kept_store(look->c->kept, look->b, process, stamp, first_end, &found);
}

/* A descriptor table of a process, by a thread that uses it. */
struct table {
	int32_t tid;
	uint16_t number;
};

/* The threads of one process, while they are listed. */
struct listing {
	struct crowd *crowd;
	struct process *process;
	int dir;
	struct table *tables;    /* in the kernel's order */
	uint32_t table_count, table_room;
	uint32_t next_number;
	uint32_t first_end;      /* of the process, among those that were seen */
	bool partly;             /* some table has too large a number, or too large ones in it */
};

/* Less than, equal to or greater than 0. */
static int compare_tables(int32_t a, int32_t b)
{
	long r = syscall(SYS_kcmp, a, b, KCMP_FILES, 0, 0);

	/* Where kcmp is refused the tables are not readable either; where the kernel lacks it, or
	   one of the threads has ended, a table read twice does no harm. */
	if (r == 0 || (r < 0 && errno == EPERM))
		return 0;
	return r == 1 ? -1 : 1;
}

/* The place of the thread's table among those known, or where it is to be put. */
static uint32_t place_of(const struct listing *l, int32_t tid, bool *ret_known)
{
	uint32_t low = 0, high = l->table_count;

	*ret_known = false;
	while (low < high && !*ret_known) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare_tables(l->tables[middle].tid, tid);

		*ret_known = order == 0;
		if (order < 0)
			low = middle + 1;
		else if (order > 0)
			high = middle;
		else
			low = middle;
	}
	return low;
}

static int add_table(struct listing *l, uint32_t place, int32_t tid, uint16_t number)
{
	if (l->table_count == l->table_room) {
		uint32_t room = l->table_room ? l->table_room * 2 : 8;
		struct table *larger = reallocarray(l->tables, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		l->tables = larger;
		l->table_room = room;
	}
	memmove(&l->tables[place + 1], &l->tables[place],
	        (l->table_count - place) * sizeof(*l->tables));
	l->tables[place] = (struct table){ tid, number };
	l->table_count++;
	return 0;
}

static bool holds_ends(const struct listing *l)
{
	return builder_seen_count(l->crowd->look->b) > l->first_end;
}

static int add_listed_thread(void *context, int tasks, int32_t tid)
{
	struct listing *l = context;
	struct descriptors found;
	bool known;
	uint32_t place = place_of(l, tid, &known);
	uint32_t number = known ? l->tables[place].number : l->next_number;
	char path[PROC_PATH_SIZE];
	int r;

	/* Nobody has so many; there is no number left. */
	if (number > UINT16_MAX) {
		l->partly = true;
		number = 0;
		known = true;
	}
	r = look_add_thread(l->crowd->look, l->process->pid, tid, (uint16_t)number);
	if (r == 0 && holds_ends(l))
		r = read_call(l->crowd->look, tasks, proc_thread_path(path, tid, "syscall"));
	if (r < 0 || known)
		return r;
	/*
	 * Also one that is only read in part, since its thread has ended, keeps its number for
	 * itself.
	 */
	l->next_number++;
	r = read_table(l->crowd->look, l->process, l->dir, tid, (uint16_t)number, &found);
	if (r == -ENOMEM)
		return r;
	l->partly |= r == -EOVERFLOW;
	if (r < 0)
		return 0;
	l->process->access = ACCESS_READ;
	return add_table(l, place, tid, (uint16_t)number);
}

/* Its leader's table was read, unless the leader has exited. */
static int read_threads(struct crowd *crowd, struct process *process, int dir, uint32_t first_end)
{
	struct listing l = {
		.crowd = crowd, .process = process, .dir = dir, .next_number = 1,
		.first_end = first_end,
	};
	int r = 0;

	if (process->state != 'Z' && process->access == ACCESS_READ)
		r = add_table(&l, 0, process->pid, 0);
	if (r == 0)
		r = tasks_each_thread(dir, add_listed_thread, &l);
	if (l.partly)
		process->access = ACCESS_TIMED_OUT;
	free(l.tables);
	return r;
}

/* Of one thread, unless it is kept, so that its call will be. */
static int read_only_thread(struct look *look, const struct process *process,
                            const struct kept_stamp *stamp, bool holds)
{
	char path[PROC_PATH_SIZE];
	int r = look_add_thread(look, process->pid, process->pid, 0);

	if (r == 0 && holds && !*stamp->text)
		r = read_call(look, AT_FDCWD, proc_path(path, process->pid, "syscall"));
	return r;
}

/* For one thread the directory of its table is enough. */
static int read_process(struct crowd *crowd, struct process *process,
                        const struct kept_stamp *stamp)
{
	__attribute__((cleanup(proc_close))) int dir =
		process->thread_count > 1 ? proc_open(process->pid) : AT_FDCWD;
	uint32_t first_end = builder_seen_count(crowd->look->b);
	int r = dir == AT_FDCWD ? 0 : dir;

	if (r >= 0 && process->state != 'Z')
		r = read_first_table(crowd->look, process, dir, stamp);
	if (r == -ENOMEM)
		return r;
	process->access = r < 0 ? access_of(r) : ACCESS_READ;
	if (process->access == ACCESS_VANISHED)
		crowd->lost++;
	if (dir >= 0 && process->thread_count > 1)
		return read_threads(crowd, process, dir, first_end);
	return read_only_thread(crowd->look, process, stamp,
	                        builder_seen_count(crowd->look->b) > first_end);
}

/* One who has not run since he was read needs no reading. */
static int take_process(struct crowd *crowd, struct process *process)
{
	struct look *look = crowd->look;
	struct kept_stamp stamp = kept_read_stamp(look->c->kept, process);
	struct descriptors found;
	int r = kept_take(look->c->kept, look->b, process, &stamp, &found);

	if (r < 0)
		return r;
	if (r == 0)
		return read_process(crowd, process, &stamp);
	count_in(look, process, &found);
	process->access = ACCESS_READ;
	return look_add_thread(look, process->pid, process->pid, 0);
}

static int add_process(void *context, const struct listed_process *listed)
{
	struct crowd *crowd = context;
	struct look *look = crowd->look;
	const struct known *known = find_known(crowd, listed->pid);
	struct process *process;
	int r;

	if (known) {
		crowd->reused |= known->start_ticks != listed->start_ticks;
		return 0;
	}
	r = remember(crowd, listed);
	if (r < 0)
		return r;
	process = builder_add_process(look->b, listed->pid);
	if (!process)
		return -ENOMEM;
	process->ppid = listed->ppid;
	process->pgid = listed->pgid;
	process->start_ticks = listed->start_ticks;
	process->exit_signal = listed->exit_signal;
	process->thread_count = listed->thread_count;
	process->uid = listed->uid;
	process->state = listed->state;
	process->kernel_thread = listed->kernel_thread;
	process->comm = arena_strdup(builder_arena(look->b), listed->comm ? listed->comm : "?");
	if (!process->comm)
		return -ENOMEM;
	if (listed->pid == look->c->self) {
		r = look_add_self(look, process);
		return r < 0 ? r : look_add_own_ends(look);
	}
	if (process->kernel_thread || (process->state == 'Z' && process->thread_count <= 1)) {
		process->access = ACCESS_NOTHING;
		return 0;
	}
	return take_process(crowd, process);
}

static bool is_wanted(const void *context, int32_t pid)
{
	return look_wants(context, pid);
}

/* Of a narrow look. */
static int add_wanted(struct crowd *crowd)
{
	int32_t *pids = NULL;
	uint32_t count;
	int r = proc_list(is_wanted, crowd->look, &pids, &count);

	if (r == 0)
		r = tasks_each_named(crowd->look->c->tasks, pids, count, add_process, crowd);
	free(pids);
	return r;
}

/* One listing. Whether it brought nobody new and lost nobody. */
static int round_of(struct crowd *crowd, bool *ret_quiet)
{
	int r;

	crowd->lost = 0;
	if (crowd->look->request->again)
		r = add_wanted(crowd);
	else
		r = tasks_each_process(crowd->look->c->tasks, add_process, crowd);
	if (r < 0)
		return r;
	*ret_quiet = crowd->known_count == crowd->sorted && crowd->lost == 0 && !crowd->reused;
	qsort(crowd->known, crowd->known_count, sizeof(*crowd->known), compare_known);
	crowd->sorted = crowd->known_count;
	return 0;
}

static int compare_threads(const void *left, const void *right)
{
	const struct thread *a = left, *b = right;

	if (a->pid != b->pid)
		return (a->pid > b->pid) - (a->pid < b->pid);
	return (a->tid > b->tid) - (a->tid < b->tid);
}

void look_sort_threads(struct look *look)
{
	if (look->thread_count)
		qsort(look->threads, look->thread_count, sizeof(*look->threads), compare_threads);
}

int look_at_crowd(struct look *look)
{
	int rounds = look->request->settle ? ROUNDS_AT_MOST : 1;
	struct crowd crowd = { .look = look };
	uint64_t late = 0;       /* descriptors that were put by and not identified */
	uint32_t first_late;
	bool quiet = false;
	int r = 0;

	for (int i = 0; i < rounds && !quiet && r == 0; i++)
		r = round_of(&crowd, &quiet);
	first_late = builder_seen_count(look->b);
	if (r == 0)
		r = remote_identify(look->remote, look->b, &late);
	look->head->fds_unidentified += late;
	kept_end(look->c->kept, look->b, first_late, r == 0 && late == 0);
	look->head->settled = quiet;
	free(crowd.known);
	if (r == 0)
		look_sort_threads(look);
	return r;
}

int look_at_some(struct look *look, const int32_t *pids, uint32_t count)
{
	struct crowd crowd = { .look = look };
	int r = tasks_each_named(look->c->tasks, pids, count, add_process, &crowd);

	if (r == 0)
		r = remote_identify(look->remote, look->b, &look->head->fds_unidentified);
	free(crowd.known);
	return r;
}

uint32_t look_threads(const struct look *look, int32_t pid, uint32_t *ret_count)
{
	uint32_t low = 0, high = look->thread_count, end;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (look->threads[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < look->thread_count && look->threads[end].pid == pid; end++)
		;
	*ret_count = end - low;
	return low;
}
