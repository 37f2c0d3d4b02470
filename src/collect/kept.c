/*
 * Keeps two generations: what is there at a look goes over from the old one to the new, so what
 * has gone is forgotten by itself.
 *
 * /proc/PID/schedstat (Documentation/scheduler/sched-stats.rst) has the time that a thread has run
 * and how often it was put on a CPU. It is read first, so whatever the thread does later shows
 * there; but one that is on a CPU just then has its time added only at the next tick, so who runs
 * ('R') is not kept. Of several threads each would have to be asked, which costs as much as reading
 * anew, so only processes with one thread are kept. Kernels without CONFIG_SCHED_INFO say "0 0 0".
 * Where the kernel itself tells of descriptors and calls (counted.c) only texts are kept, and it
 * says when somebody last ran.
 *
 * A table can be shared with another process (clone(2), CLONE_FILES), which may change it. That is
 * rare, and only surveys use this, never the close looks that a verdict stands on; so it is enough
 * that nothing is kept for long.
 */
#include "collect/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collect/proc.h"

enum { KEPT_MS = 30000, ENDS_AT_MOST = 16384, PIPES_AT_MOST = 16384, LONGEST_TEXT = 512 };

/* The files of which kept_text() is. */
static const char *const files[] = { "syscall", "wchan", "cmdline", "cgroup" };
enum { TEXTS = sizeof(files) / sizeof(*files) };

struct kept_process {
	int32_t pid;
	uint64_t start_ticks;
	int64_t read_ms;
	struct kept_stamp stamp;
	struct descriptors found;
	bool carried;            /* not read in this look */
	uint32_t first_end, ends;
	const char *texts[TEXTS];
};

struct kept_pipe {
	uint64_t dev, ino;
	struct probe_result result;
};

struct generation {
	struct arena *arena;     /* of paths and texts */
	struct kept_process *list; /* by pid */
	struct seen_end *ends;
	struct kept_pipe *pipes; /* by dev, ino */
	uint32_t count, room, end_count, end_room, pipe_count, pipe_room;
};

struct kept {
	struct generation old, now;
	int64_t now_ms;
	bool on;
};

static void generation_clear(struct generation *g)
{
	arena_free(g->arena);
	free(g->list);
	free(g->ends);
	free(g->pipes);
	*g = (struct generation){ 0 };
}

struct kept *kept_new(void)
{
	return calloc(1, sizeof(struct kept));
}

void kept_free(struct kept *k)
{
	if (!k)
		return;
	generation_clear(&k->old);
	generation_clear(&k->now);
	free(k);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void kept_begin(struct kept *k, bool on)
{
	k->on = on;
	if (!on)
		return;
	generation_clear(&k->old);
	k->old = k->now;
	k->now = (struct generation){ .arena = arena_new() };
	k->now_ms = now_ms();
	k->on = k->now.arena != NULL;
}

static int compare_pids(const void *left, const void *right)
{
	const struct kept_process *a = left, *b = right;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static struct kept_process *find(const struct generation *g, int32_t pid)
{
	const struct kept_process key = { .pid = pid };

	return g->count ? bsearch(&key, g->list, g->count, sizeof(key), compare_pids) : NULL;
}

void kept_end(struct kept *k, const struct builder *b, uint32_t first_late, bool identified)
{
	struct generation *g = &k->now;

	if (!k->on)
		return;
	if (g->count > 1)
		qsort(g->list, g->count, sizeof(*g->list), compare_pids);
	for (uint32_t i = 0; i < g->count && !identified; i++)
		if (g->list[i].found.put_by)
			*g->list[i].stamp.text = '\0';
	for (uint32_t i = first_late; i < builder_seen_count(b); i++) {
		struct kept_process *p = find(g, builder_seen(b, i).pid);

		if (p)
			*p->stamp.text = '\0';
	}
}

/* ---- adding to a generation ---- */

static void *grow(void *items, uint32_t count, uint32_t *room, size_t size)
{
	void *larger;

	if (count < *room)
		return items;
	larger = reallocarray(items, (size_t)*room * 2 + 64, size);
	if (larger)
		*room = *room * 2 + 64;
	return larger;
}

static int add_end(struct generation *g, const struct seen_end *end)
{
	struct seen_end *ends = grow(g->ends, g->end_count, &g->end_room, sizeof(*ends));
	const char *path = end->path ? arena_strdup(g->arena, end->path) : NULL;

	if (!ends)
		return -ENOMEM;
	g->ends = ends;
	if (end->path && !path)
		return -ENOMEM;
	ends[g->end_count] = *end;
	ends[g->end_count++].path = path;
	return 0;
}

static int add_process(struct generation *g, const struct kept_process *p)
{
	struct kept_process *list = grow(g->list, g->count, &g->room, sizeof(*list));

	if (!list)
		return -ENOMEM;
	g->list = list;
	list[g->count] = *p;
	list[g->count].first_end = g->end_count;
	list[g->count].ends = 0;
	g->count++;
	return 0;
}

static int add_texts_of_last(struct generation *g, const struct kept_process *p)
{
	struct kept_process *last = &g->list[g->count - 1];

	for (int i = 0; i < TEXTS; i++) {
		last->texts[i] = p->texts[i] ? arena_strdup(g->arena, p->texts[i]) : NULL;
		if (p->texts[i] && !last->texts[i])
			return -ENOMEM;
	}
	return 0;
}

static int add_end_of_last(struct generation *g, const struct seen_end *end)
{
	int r = add_end(g, end);

	g->list[g->count - 1].ends += r == 0;
	return r;
}

/* ---- taking and storing ---- */

static bool may_be_kept(const struct kept *k, const struct process *process)
{
	return k->on && process->thread_count == 1 && process->state != 'R';
}

struct kept_stamp kept_read_stamp(const struct kept *k, const struct process *process)
{
	struct kept_stamp stamp = { "" };
	char path[PROC_PATH_SIZE];
	ssize_t length;

	if (!may_be_kept(k, process))
		return stamp;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", process->pid);
	length = proc_read(AT_FDCWD, path, stamp.text, sizeof(stamp.text) - 1);
	stamp.text[length > 0 ? length : 0] = '\0';
	if (strcmp(stamp.text, "0 0 0\n") == 0)
		*stamp.text = '\0';
	return stamp;
}

static int carry_over(struct kept *k, struct builder *b, const struct kept_process *p)
{
	int r = add_process(&k->now, p);

	if (r == 0)
		r = add_texts_of_last(&k->now, p);
	if (r == 0)
		k->now.list[k->now.count - 1].carried = true;
	for (uint32_t i = 0; i < p->ends && r == 0; i++) {
		struct seen_end end = k->old.ends[p->first_end + i];

		r = add_end_of_last(&k->now, &end);
		if (r == 0 && end.path) {
			end.path = arena_strdup(builder_arena(b), end.path);
			r = end.path ? 0 : -ENOMEM;
		}
		if (r == 0)
			r = builder_add_end(b, &end);
	}
	return r;
}

int kept_take(struct kept *k, struct builder *b, const struct process *process,
              const struct kept_stamp *stamp, struct descriptors *ret)
{
	const struct kept_process *p = may_be_kept(k, process) ? find(&k->old, process->pid) : NULL;
	int r;

	if (!p || !*stamp->text || p->start_ticks != process->start_ticks ||
	    k->now_ms - p->read_ms > KEPT_MS || strcmp(p->stamp.text, stamp->text) != 0)
		return 0;
	r = carry_over(k, b, p);
	*ret = p->found;
	return r < 0 ? r : 1;
}

int kept_store(struct kept *k, struct builder *b, const struct process *process,
               const struct kept_stamp *stamp, uint32_t first_end,
               const struct descriptors *found)
{
	const struct kept_process p = {
		.pid = process->pid, .start_ticks = process->start_ticks, .read_ms = k->now_ms,
		.stamp = *stamp, .found = *found,
	};
	uint32_t end = builder_seen_count(b);
	int r;

	if (!may_be_kept(k, process) || !*stamp->text || found->unidentified ||
	    k->now.end_count + (end - first_end) > ENDS_AT_MOST)
		return 0;
	r = add_process(&k->now, &p);
	for (uint32_t i = first_end; i < end && r == 0; i++) {
		const struct seen_end seen = builder_seen(b, i);

		r = add_end_of_last(&k->now, &seen);
	}
	return r;
}

/* ---- texts ---- */

static int file_of(const char *name)
{
	int i = 0;

	while (i < TEXTS && strcmp(files[i], name) != 0)
		i++;
	return i;
}

const char *kept_text(const struct kept *k, int32_t pid, const char *name)
{
	const struct kept_process *p = k->on ? find(&k->now, pid) : NULL;
	int file = file_of(name);

	return p && file < TEXTS ? p->texts[file] : NULL;
}

int kept_store_text(struct kept *k, int32_t pid, const char *name, const char *text, size_t length)
{
	struct kept_process *p = k->on ? find(&k->now, pid) : NULL;
	int file = file_of(name);

	if (!p || file == TEXTS || length > LONGEST_TEXT ||
	    (length >= 7 && memcmp(text, "running", 7) == 0))
		return 0;
	p->texts[file] = arena_strndup(k->now.arena, text, length);
	return p->texts[file] ? 0 : -ENOMEM;
}

/* ---- pipes ---- */

static int compare_pipes(const void *left, const void *right)
{
	const struct kept_pipe *a = left, *b = right;

	if (a->dev != b->dev)
		return (a->dev > b->dev) - (a->dev < b->dev);
	return (a->ino > b->ino) - (a->ino < b->ino);
}

const struct probe_result *kept_pipe(const struct kept *k, struct builder *b, uint32_t pipe)
{
	const struct pipe *p = builder_pipe(b, pipe);
	const struct kept_pipe key = { .dev = p->dev, .ino = p->ino }, *found;

	if (!k->on || !k->old.pipe_count)
		return NULL;
	found = bsearch(&key, k->old.pipes, k->old.pipe_count, sizeof(key), compare_pipes);
	for (uint32_t i = 0; found && i < p->ends; i++) {
		uint32_t holder = builder_end(b, pipe, i)->process;
		const struct kept_process *process = find(&k->now, builder_process(b, holder)->pid);

		if (!process || !process->carried)
			return NULL;
	}
	return found ? &found->result : NULL;
}

int kept_store_pipe(struct kept *k, const struct pipe *pipe, const struct probe_result *result)
{
	struct generation *g = &k->now;
	struct kept_pipe *pipes;

	if (!k->on || g->pipe_count == PIPES_AT_MOST)
		return 0;
	pipes = grow(g->pipes, g->pipe_count, &g->pipe_room, sizeof(*pipes));
	if (!pipes)
		return -ENOMEM;
	g->pipes = pipes;
	pipes[g->pipe_count++] = (struct kept_pipe){ pipe->dev, pipe->ino, *result };
	return 0;
}
