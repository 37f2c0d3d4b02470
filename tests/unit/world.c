/* Small worlds for tests, see world.h. Whatever fails here ends the test program. */
#include "world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEVICE = 13, CAPACITY = 65536 };

struct world {
	struct builder *builder;
	struct task *last;
};

static void *need(const void *pointer, const char *what)
{
	if (!pointer) {
		fprintf(stderr, "world: no %s\n", what);
		abort();
	}
	return (void *)pointer;
}

static void check(int r)
{
	if (r < 0) {
		fprintf(stderr, "world: error %d\n", r);
		abort();
	}
}

struct world *world_new(void)
{
	struct world *w = need(calloc(1, sizeof(*w)), "memory");
	struct snapshot *head;

	check(builder_new(&w->builder));
	head = builder_head(w->builder);
	head->settled = true;
	head->descriptors_in_flight = FACT_NO;
	head->alarm_pending = FACT_NO;
	return w;
}

void world_process(struct world *w, int32_t pid, int32_t ppid)
{
	struct process *p = need(builder_add_process(w->builder, pid), "process");

	p->ppid = ppid;
	p->pgid = pid;
	p->start_ticks = (uint64_t)pid;
	p->comm = "program";
	p->state = 'S';
	p->access = ACCESS_READ;
	p->examined = p->signals_known = true;
	p->tracer = 0;
	p->exit_signal = SIGCHLD;
	p->namespace_init = p->posix_timers = p->async_descriptors = FACT_NO;
}

static void add_end(struct world *w, int32_t pid, int32_t fd, const char *mode, uint64_t ino,
                    enum pipe_type type, enum fact named)
{
	check(builder_add_end(w->builder, &(struct seen_end){
		.dev = DEVICE, .ino = ino, .pid = pid, .fd = fd,
		.reads = strchr(mode, 'r'), .writes = strchr(mode, 'w'),
		.type = type, .named = named, .nonblocking = FACT_NO, .packet = FACT_NO,
	}));
}

void world_end(struct world *w, int32_t pid, int32_t fd, const char *mode, uint64_t ino)
{
	add_end(w, pid, fd, mode, ino, PIPE_ANONYMOUS, FACT_NO);
}

void world_fifo(struct world *w, int32_t pid, int32_t fd, const char *mode, uint64_t ino,
                enum fact named)
{
	add_end(w, pid, fd, mode, ino, PIPE_FIFO, named);
}

void world_link(struct world *w)
{
	check(builder_link(w->builder));
	for (uint32_t i = 0; i < builder_pipe_count(w->builder); i++) {
		struct pipe *pipe = builder_pipe(w->builder, i);

		pipe->fill_bytes = 0;
		pipe->capacity_bytes = CAPACITY;
		pipe->full = FACT_NO;
		pipe->no_readers = pipe->no_writers = FACT_NO;
	}
}

static uint32_t find_pipe(struct world *w, uint64_t ino)
{
	for (uint32_t i = 0; i < builder_pipe_count(w->builder); i++)
		if (builder_pipe(w->builder, i)->ino == ino)
			return i;
	need(NULL, "such pipe");
	return NONE;
}

struct pipe *world_pipe_at(struct world *w, uint64_t ino)
{
	return builder_pipe(w->builder, find_pipe(w, ino));
}

struct process *world_process_at(struct world *w, int32_t pid)
{
	return builder_process(w->builder, builder_find_process(w->builder, pid));
}

struct snapshot *world_head(struct world *w)
{
	return builder_head(w->builder);
}

struct task *world_task(struct world *w, int32_t pid, int32_t tid, enum wait_kind kind)
{
	uint32_t process = builder_find_process(w->builder, pid);
	struct task *t = need(builder_add_task(w->builder, process, tid), "task");

	t->start_ticks = (uint64_t)tid;
	t->state = kind == WAIT_RUNNING ? 'R' : kind == WAIT_EXITED ? 'Z' : 'S';
	t->syscall = (int32_t)kind;
	t->sp = 0x7ffc0000;
	t->voluntary_switches = 10;
	t->blocked_ms = 5000;
	t->wait.kind = kind;
	builder_process(w->builder, process)->thread_count++;
	return w->last = t;
}

static struct task *pipe_wait(struct world *w, int32_t pid, enum wait_kind kind, uint64_t ino)
{
	struct task *t = world_task(w, pid, pid, kind);

	t->wait.pipe = find_pipe(w, ino);
	return t;
}

struct task *world_writes(struct world *w, int32_t pid, uint64_t ino)
{
	struct pipe *pipe = world_pipe_at(w, ino);

	pipe->fill_bytes = pipe->capacity_bytes;
	pipe->full = FACT_YES;
	return pipe_wait(w, pid, WAIT_PIPE_SPACE, ino);
}

struct task *world_reads(struct world *w, int32_t pid, uint64_t ino)
{
	return pipe_wait(w, pid, WAIT_PIPE_DATA, ino);
}

struct task *world_waits(struct world *w, int32_t pid, int32_t child)
{
	struct task *t = world_task(w, pid, pid, WAIT_CHILD_EXIT);

	t->wait.children = CHILDREN_ONE;
	t->wait.child = child;
	return t;
}

struct task *world_waits_any(struct world *w, int32_t pid)
{
	struct task *t = world_task(w, pid, pid, WAIT_CHILD_EXIT);

	t->wait.children = CHILDREN_ANY;
	return t;
}

struct task *world_sleeps(struct world *w, int32_t pid)
{
	struct task *t = world_task(w, pid, pid, WAIT_OUTSIDE);

	t->wait.what = "sleep";
	return t;
}

struct target *world_polls(struct world *w, enum target_kind kind, uint64_t ino)
{
	struct wait *wait = &w->last->wait;
	struct target *target;

	if (wait->targets == 0)
		wait->first_target = builder_target_count(w->builder);
	wait->kind = WAIT_POLL;
	wait->targets++;
	target = need(builder_add_target(w->builder), "target");
	target->kind = kind;
	if (ino != 0)
		target->pipe = find_pipe(w, ino);
	return target;
}

struct snapshot *world_seal(struct world *w)
{
	struct snapshot *s;

	check(builder_seal(w->builder, &s));
	free(w);
	return s;
}

struct task *world_edit_task(struct snapshot *s, int32_t pid, int32_t tid)
{
	uint32_t index = snapshot_find_task(s, pid, tid);

	return need(index == NONE ? NULL : &s->tasks[index], "such task");
}

struct process *world_edit_process(struct snapshot *s, int32_t pid)
{
	uint32_t index = snapshot_find_process(s, pid);

	return need(index == NONE ? NULL : &s->processes[index], "such process");
}

struct pipe *world_edit_pipe(struct snapshot *s, uint64_t ino)
{
	uint32_t index = snapshot_find_pipe(s, DEVICE, ino);

	return need(index == NONE ? NULL : &s->pipes[index], "such pipe");
}
