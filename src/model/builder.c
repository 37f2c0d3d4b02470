/*
 * The builder keeps growing arrays on the heap until all is known, and hands them to the arena
 * when it seals. There may be ends by the hundred thousand, so what many of them tell of one pipe
 * is put into the pipe at once, which a hash table finds, and an end is a holder from the
 * beginning.
 */
#include "model/builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/index.h"

/* A growing array of objects of one size. */
struct list {
	void *items;
	size_t size;
	uint32_t count, room;
};

struct builder {
	struct snapshot *head;
	struct list processes, pipes, paths, holders, seconds, ends, tasks, targets;
	struct index index;      /* of the pipes, until builder_link() */
};

/* A zeroed new last item, or NULL. NONE is never a valid index. */
static void *list_add(struct list *list)
{
	void *item;

	if (list->count == list->room) {
		size_t room = list->room ? (size_t)list->room * 2 : 64;
		void *items = room < NONE ? reallocarray(list->items, room, list->size) : NULL;

		if (!items)
			return NULL;
		list->items = items;
		list->room = (uint32_t)room;
	}
	item = (char *)list->items + list->size * list->count++;
	return memset(item, 0, list->size);
}

static void list_free(struct list *list)
{
	free(list->items);
	*list = (struct list){ .size = list->size };
}

/* Hands the items to the arena; NULL when there is no memory. Never NULL for no items. */
static void *list_seal(struct list *list, struct arena *arena)
{
	void *items;

	if (!list->count)
		return arena_alloc(arena, 0);
	items = reallocarray(list->items, list->count, list->size);
	if (items)
		list->items = items;
	items = list->items;
	if (arena_adopt(arena, items, list->size * list->count) < 0)
		return NULL;
	*list = (struct list){ .size = list->size };
	return items;
}

static struct index_key key_of_pipe(const void *item)
{
	const struct pipe *pipe = item;

	return (struct index_key){ pipe->dev, pipe->ino };
}

int builder_new(struct builder **ret_builder)
{
	struct builder *b = calloc(1, sizeof(*b));
	struct arena *arena = arena_new();
	struct snapshot *head = arena ? arena_alloc(arena, sizeof(*head)) : NULL;

	if (!b || !head) {
		arena_free(arena);
		free(b);
		return -ENOMEM;
	}
	*head = (struct snapshot){
		.arena = arena,
		.uptime_ms = UNKNOWN,
		.pipe_max_size = UNKNOWN,
		.pipe_user_pages_soft = UNKNOWN,
		.pipe_user_pages_hard = UNKNOWN,
	};
	b->head = head;
	b->processes.size = sizeof(struct process);
	b->index.key_of = key_of_pipe;
	b->pipes.size = sizeof(struct pipe);
	b->paths.size = sizeof(struct pipe_path);
	b->holders.size = sizeof(struct holder);
	b->seconds.size = b->ends.size = sizeof(uint32_t);
	b->tasks.size = sizeof(struct task);
	b->targets.size = sizeof(struct target);
	*ret_builder = b;
	return 0;
}

struct arena *builder_arena(struct builder *b)
{
	return b->head->arena;
}

struct snapshot *builder_head(struct builder *b)
{
	return b->head;
}

struct process *builder_add_process(struct builder *b, int32_t pid)
{
	struct process *process = list_add(&b->processes);

	if (process) {
		process->pid = pid;
		process->exit_signal = UNKNOWN;
		process->uid = UNKNOWN;
		process->tracer = UNKNOWN;
		process->state = '?';
		process->access = ACCESS_DENIED;
	}
	return process;
}

static struct pipe *pipe_at(const struct builder *b, uint32_t index)
{
	return (struct pipe *)b->pipes.items + index;
}

/* The index of the pipe of an end, a new one if need be; NONE without memory. */
static uint32_t pipe_of(struct builder *b, const struct seen_end *end)
{
	uint32_t index = index_find(&b->index, b->pipes.items, b->pipes.size, b->pipes.count,
	                            (struct index_key){ end->dev, end->ino });
	struct pipe *pipe;

	if (index < b->pipes.count || index == NONE)
		return index;
	pipe = list_add(&b->pipes);
	if (!pipe)
		return NONE;
	pipe->dev = (uint32_t)end->dev;
	pipe->ino = end->ino;
	pipe->type = end->type;
	pipe->fill_bytes = UNKNOWN;
	pipe->capacity_bytes = UNKNOWN;
	return index;
}

/* Into its place; mostly that is the last one. */
static int add_path(struct builder *b, uint32_t pipe, const char *path)
{
	struct pipe_path *at = list_add(&b->paths);

	if (!at)
		return -ENOMEM;
	for (; at > (struct pipe_path *)b->paths.items && at[-1].pipe > pipe; at--)
		at[0] = at[-1];
	*at = (struct pipe_path){ pipe, path };
	pipe_at(b, pipe)->has_path = true;
	return 0;
}

/* What an end tells of its pipe. */
static int add_to_pipe(struct builder *b, uint32_t index, const struct seen_end *end)
{
	struct pipe *pipe = pipe_at(b, index);

	if (pipe->named != FACT_YES && end->named != FACT_UNKNOWN)
		pipe->named = end->named;
	if (pipe->packet != FACT_YES && end->packet != FACT_UNKNOWN)
		pipe->packet = end->packet;
	return end->path && !pipe->has_path ? add_path(b, index, end->path) : 0;
}

bool builder_fits(int32_t pid, int32_t fd)
{
	return pid >= 0 && pid < HOLDER_PROCESSES && fd >= 0 && fd < HOLDER_FDS;
}

/* Until builder_link() a holder has the pid of its process in the place of the index. */
int builder_add_end(struct builder *b, const struct seen_end *end)
{
	bool fits = builder_fits(end->pid, end->fd) && end->dev <= UINT32_MAX;
	uint32_t pipe = fits ? pipe_of(b, end) : HOLDER_PIPES;
	struct holder *holder = pipe < HOLDER_PIPES ? list_add(&b->holders) : NULL;

	if (!holder)
		return pipe == HOLDER_PIPES ? -EOVERFLOW : -ENOMEM;
	if (add_to_pipe(b, pipe, end) < 0)
		return -ENOMEM;
	*holder = (struct holder){
		.pipe = pipe % HOLDER_PIPES, .process = (uint32_t)end->pid % HOLDER_PROCESSES,
		.fd = (uint32_t)end->fd % HOLDER_FDS, .table = end->table,
		.reads = end->reads, .writes = end->writes, .nonblocking = end->nonblocking,
	};
	return 0;
}

uint32_t builder_seen_count(const struct builder *b)
{
	return b->holders.count;
}

struct seen_end builder_seen(const struct builder *b, uint32_t index)
{
	const struct holder *holder = (const struct holder *)b->holders.items + index;
	const struct pipe *pipe = pipe_at(b, holder->pipe);
	const struct snapshot view = { .pipes = b->pipes.items, .paths = b->paths.items, .path_count = b->paths.count };

	return (struct seen_end){
		.dev = pipe->dev, .ino = pipe->ino, .pid = (int32_t)holder->process, .fd = holder->fd,
		.table = holder->table, .reads = holder->reads, .writes = holder->writes,
		.type = pipe->type, .nonblocking = holder->nonblocking, .packet = pipe->packet,
		.named = pipe->named, .path = snapshot_path(&view, holder->pipe),
	};
}

static int order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_processes(const void *left, const void *right)
{
	const struct process *a = left, *b = right;

	return order((uint32_t)a->pid, (uint32_t)b->pid);
}

static int compare_pipes(const void *left, const void *right)
{
	const struct pipe *a = left, *b = right;

	if (a->dev != b->dev)
		return order(a->dev, b->dev);
	return order(a->ino, b->ino);
}

static int compare_holders(const void *left, const void *right)
{
	const struct holder *a = left, *b = right;

	if (a->process != b->process)
		return order(a->process, b->process);
	if (a->table != b->table)
		return order(a->table, b->table);
	return order(a->fd, b->fd);
}

static int compare_paths(const void *left, const void *right)
{
	const struct pipe_path *a = left, *b = right;

	return order(a->pipe, b->pipe);
}

static bool is_sorted(const struct list *list, int (*compare)(const void *, const void *))
{
	const char *items = list->items;

	for (uint32_t i = 1; i < list->count; i++)
		if (compare(items + list->size * (i - 1), items + list->size * i) > 0)
			return false;
	return true;
}

/* Much comes in order already. */
static void sort(struct list *list, int (*compare)(const void *, const void *))
{
	if (!is_sorted(list, compare))
		qsort(list->items, list->count, list->size, compare);
}

/* Those of a process that was not added are dropped; counts the ends of each pipe. */
static void find_processes(struct builder *b)
{
	struct holder *holders = b->holders.items;
	uint32_t count = 0, pid = 0, process = NONE;

	for (uint32_t i = 0; i < b->holders.count; i++) {
		struct holder holder = holders[i];

		if (i == 0 || holder.process != pid) {
			pid = holder.process;
			process = builder_find_process(b, (int32_t)pid);
		}
		if (process == NONE)
			continue;
		holder.process = process % HOLDER_PROCESSES;
		pipe_at(b, holder.pipe)->ends++;
		holders[count++] = holder;
	}
	b->holders.count = count;
}

/* Those of pipes that were dropped go with them. */
static void sort_paths(struct builder *b, const uint32_t *new)
{
	struct pipe_path *paths = b->paths.items;
	uint32_t count = 0;

	for (uint32_t i = 0; i < b->paths.count; i++)
		if (new[paths[i].pipe] != NONE)
			paths[count++] = (struct pipe_path){ new[paths[i].pipe], paths[i].path };
	b->paths.count = count;
	sort(&b->paths, compare_paths);
}

/* Drops pipes that nobody holds, and sorts the rest. */
static int sort_pipes(struct builder *b)
{
	/* The index of each old one. */
	uint32_t *new = malloc((size_t)b->pipes.count * sizeof(*new) + 1);
	struct holder *holders = b->holders.items;
	uint32_t count = 0;

	index_free(&b->index);
	if (!new)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->pipes.count; i++) {
		struct pipe *pipe = pipe_at(b, i);

		pipe->first_end = i;
		new[i] = NONE;
		if (pipe->ends)
			*pipe_at(b, count++) = *pipe;
	}
	b->pipes.count = count;
	sort(&b->pipes, compare_pipes);
	for (uint32_t i = 0; i < count; i++)
		new[pipe_at(b, i)->first_end] = i;
	for (uint32_t i = 0; i < b->holders.count; i++)
		holders[i].pipe = new[holders[i].pipe] % HOLDER_PIPES;
	sort_paths(b, new);
	free(new);
	return 0;
}

/* Which holders a process has. */
static void link_processes(struct builder *b)
{
	const struct holder *holders = b->holders.items;
	struct process *processes = b->processes.items;

	for (uint32_t i = 0; i < b->holders.count; i++) {
		struct process *process = &processes[holders[i].process];

		if (!process->holders++)
			process->first_holder = i;
	}
}

/* Makes room for the ends of the pipes that have more than two. */
static int make_ends(struct builder *b)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < b->pipes.count; i++) {
		struct pipe *pipe = pipe_at(b, i);

		pipe->first_end = pipe->ends > 2 ? next : NONE;
		next += pipe->ends > 2 ? pipe->ends : 0;
	}
	b->seconds.items = calloc((size_t)b->pipes.count + 1, sizeof(uint32_t));
	b->ends.items = malloc((size_t)next * sizeof(uint32_t) + 1);
	b->seconds.count = b->pipes.count;
	b->ends.count = next;
	return b->seconds.items && b->ends.items ? 0 : -ENOMEM;
}

/* Which ends a pipe has, in the order of the holders. */
static int link_pipes(struct builder *b)
{
	const struct holder *holders = b->holders.items;
	int r = make_ends(b);
	uint32_t *seconds = b->seconds.items, *ends = b->ends.items;

	for (uint32_t i = 0; r == 0 && i < b->holders.count; i++) {
		struct pipe *pipe = pipe_at(b, holders[i].pipe);
		uint32_t *second = &seconds[holders[i].pipe];

		if (pipe->ends > 2)
			ends[pipe->first_end + (*second)++] = i;
		else if (pipe->first_end == NONE)
			pipe->first_end = i;
		else
			*second = i;
	}
	return r;
}

int builder_link(struct builder *b)
{
	int r;

	sort(&b->processes, compare_processes);
	find_processes(b);
	r = sort_pipes(b);
	if (r < 0)
		return r;
	sort(&b->holders, compare_holders);
	link_processes(b);
	return link_pipes(b);
}

uint32_t builder_process_count(const struct builder *b)
{
	return b->processes.count;
}

uint32_t builder_pipe_count(const struct builder *b)
{
	return b->pipes.count;
}

struct process *builder_process(struct builder *b, uint32_t index)
{
	return (struct process *)b->processes.items + index;
}

struct pipe *builder_pipe(struct builder *b, uint32_t index)
{
	return pipe_at(b, index);
}

uint32_t builder_find_process(const struct builder *b, int32_t pid)
{
	const struct snapshot view = { .processes = b->processes.items, .process_count = b->processes.count };

	return snapshot_find_process(&view, pid);
}

uint32_t builder_find_pipe(const struct builder *b, uint64_t dev, uint64_t ino)
{
	const struct snapshot view = { .pipes = b->pipes.items, .pipe_count = b->pipes.count };

	return snapshot_find_pipe(&view, dev, ino);
}

struct holder *builder_find_holder(struct builder *b, uint32_t process, uint16_t table, int32_t fd)
{
	const struct holder key = {
		.process = process % HOLDER_PROCESSES, .table = table,
		.fd = (uint32_t)fd % HOLDER_FDS,
	};

	if (!b->holders.count || fd < 0 || fd >= HOLDER_FDS)
		return NULL;
	return bsearch(&key, b->holders.items, b->holders.count, sizeof(key), compare_holders);
}

uint32_t builder_holder_count(const struct builder *b)
{
	return b->holders.count;
}

struct holder *builder_holder(struct builder *b, uint32_t index)
{
	return (struct holder *)b->holders.items + index;
}

struct holder *builder_end(struct builder *b, uint32_t pipe, uint32_t k)
{
	const struct snapshot view = {
		.pipes = b->pipes.items, .holders = b->holders.items, .seconds = b->seconds.items,
		.ends = b->ends.items,
	};

	return (struct holder *)snapshot_end(&view, &view.pipes[pipe], k);
}

struct task *builder_add_task(struct builder *b, uint32_t process, int32_t tid)
{
	struct task *task = list_add(&b->tasks);

	if (task) {
		task->process = process;
		task->tid = tid;
		task->state = '?';
		task->syscall = UNKNOWN;
		task->voluntary_switches = UNKNOWN;
		task->blocked_ms = UNKNOWN;
		task->wait.fd = UNKNOWN;
		task->wait.count_bytes = UNKNOWN;
		task->wait.pipe = NONE;
	}
	return task;
}

uint32_t builder_task_count(const struct builder *b)
{
	return b->tasks.count;
}

struct task *builder_task(struct builder *b, uint32_t index)
{
	return (struct task *)b->tasks.items + index;
}

struct target *builder_add_target(struct builder *b)
{
	struct target *target = list_add(&b->targets);

	if (target) {
		target->fd = UNKNOWN;
		target->pipe = NONE;
		target->process = NONE;
	}
	return target;
}

uint32_t builder_target_count(const struct builder *b)
{
	return b->targets.count;
}

const struct target *builder_target(const struct builder *b, uint32_t index)
{
	return (const struct target *)b->targets.items + index;
}

static int compare_tasks(const void *left, const void *right)
{
	const struct task *a = left, *b = right;

	if (a->process != b->process)
		return order(a->process, b->process);
	return order((uint32_t)a->tid, (uint32_t)b->tid);
}

static void link_tasks(struct builder *b)
{
	const struct task *tasks = b->tasks.items;
	struct process *processes = b->processes.items;

	sort(&b->tasks, compare_tasks);
	for (uint32_t i = 0; i < b->tasks.count; i++) {
		struct process *process = &processes[tasks[i].process];

		if (!process->tasks++)
			process->first_task = i;
	}
}

int builder_seal(struct builder *b, struct snapshot **ret_snapshot)
{
	struct snapshot *head = b->head;
	struct arena *arena = head->arena;

	link_tasks(b);
	head->process_count = b->processes.count;
	head->task_count = b->tasks.count;
	head->pipe_count = b->pipes.count;
	head->path_count = b->paths.count;
	head->holder_count = b->holders.count;
	head->target_count = b->targets.count;
	head->processes = list_seal(&b->processes, arena);
	head->tasks = list_seal(&b->tasks, arena);
	head->pipes = list_seal(&b->pipes, arena);
	head->paths = list_seal(&b->paths, arena);
	head->holders = list_seal(&b->holders, arena);
	head->seconds = list_seal(&b->seconds, arena);
	head->ends = list_seal(&b->ends, arena);
	head->targets = list_seal(&b->targets, arena);
	if (!head->processes || !head->tasks || !head->pipes || !head->paths || !head->holders ||
	    !head->seconds || !head->ends || !head->targets) {
		builder_free(b);
		return -ENOMEM;
	}
	b->head = NULL;
	builder_free(b);
	*ret_snapshot = head;
	return 0;
}

void builder_free(struct builder *b)
{
	if (!b)
		return;
	snapshot_free(b->head);
	index_free(&b->index);
	list_free(&b->processes);
	list_free(&b->pipes);
	list_free(&b->paths);
	list_free(&b->holders);
	list_free(&b->seconds);
	list_free(&b->ends);
	list_free(&b->tasks);
	list_free(&b->targets);
	free(b);
}
