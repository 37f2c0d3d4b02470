/*
 * Random small systems, see system.h. Every other one is grave: nobody in it sleeps or runs, and
 * who waits on a pipe really has to, so that knots are common.
 */
#include "system.h"

#include <stdio.h>

#include "../unit/world.h"

/* splitmix64 (Steele, Lea and Flood, 2014). */
int system_random(uint64_t *seed, int limit)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (int)((z ^ (z >> 31)) % (uint64_t)limit);
}

static bool one_in(uint64_t *seed, int n)
{
	return system_random(seed, n) == 0;
}

static void generate_processes(uint64_t *seed, struct system *y)
{
	y->process_count = 1 + system_random(seed, MAX_PROCESSES);
	for (int i = 0; i < y->process_count; i++) {
		y->processes[i].parent = i == 0 || one_in(seed, 8) ? NOBODY : system_random(seed, i);
		y->processes[i].tracer = NOBODY;
		y->processes[i].group = system_random(seed, GROUPS);
		y->processes[i].catches_sigchld = one_in(seed, 8);
		y->processes[i].namespace_init = one_in(seed, 12);
	}
}

static void generate_pipes(uint64_t *seed, struct system *y)
{
	y->pipe_count = 1 + system_random(seed, MAX_PIPES);
	for (int i = 0; i < y->pipe_count; i++) {
		y->pipes[i].capacity = 1 + system_random(seed, 2);
		y->pipes[i].fill = system_random(seed, y->pipes[i].capacity + 1);
	}
	y->end_count = system_random(seed, MAX_ENDS + 1);
	for (int i = 0; i < y->end_count; i++) {
		int mode = system_random(seed, 7);

		y->ends[i].process = system_random(seed, y->process_count);
		y->ends[i].pipe = system_random(seed, y->pipe_count);
		y->ends[i].reads = mode < 4;
		y->ends[i].writes = mode > 2;
	}
}

static void generate_targets(uint64_t *seed, struct system *y, int thread)
{
	static const enum target_kind kinds[] = {
		TARGET_SPACE, TARGET_DATA, TARGET_DATA, TARGET_EXIT,
	};

	y->threads[thread].target_count = 1 + system_random(seed, MAX_TARGETS);
	for (int i = 0; i < y->threads[thread].target_count; i++) {
		enum target_kind kind = kinds[system_random(seed, 4)];
		int limit = kind == TARGET_EXIT ? y->process_count : y->pipe_count;
		int operand = system_random(seed, limit);

		/* Nobody lives to see the exit of its own process. */
		if (kind == TARGET_EXIT && operand == y->threads[thread].process)
			kind = TARGET_OUTSIDE;
		y->threads[thread].targets[i].kind = one_in(seed, 20) ? TARGET_OUTSIDE : kind;
		y->threads[thread].targets[i].operand = operand;
	}
}

static void generate_wait(uint64_t *seed, struct system *y, int i, bool grave)
{
	enum { GRAVE = 12 };
	static const enum wait_kind kinds[] = {
		WAIT_PIPE_SPACE, WAIT_PIPE_SPACE, WAIT_PIPE_SPACE, WAIT_PIPE_DATA, WAIT_PIPE_DATA,
		WAIT_CHILD_EXIT, WAIT_CHILD_EXIT, WAIT_CHILD_EXIT, WAIT_POLL, WAIT_POLL,
		WAIT_VFORK, WAIT_THREAD, WAIT_THREAD, WAIT_EXITED, WAIT_OUTSIDE, WAIT_RUNNING,
	};
	static const enum children sets[] = { CHILDREN_ONE, CHILDREN_ONE, CHILDREN_GROUP, CHILDREN_ANY };

	y->threads[i].kind = kinds[system_random(seed, grave ? GRAVE : 16)];
	y->threads[i].operand = system_random(seed, y->pipe_count);
	y->threads[i].timed = !grave && one_in(seed, 25);
	if (y->threads[i].kind == WAIT_POLL)
		generate_targets(seed, y, i);
	if (y->threads[i].kind != WAIT_CHILD_EXIT)
		return;
	y->threads[i].children = sets[system_random(seed, 4)];
	y->threads[i].operand = y->threads[i].children == CHILDREN_GROUP
		? system_random(seed, GROUPS) : system_random(seed, y->process_count);
}

/* Everybody has a thread, some have more. */
static void generate_threads(uint64_t *seed, struct system *y, bool grave)
{
	y->thread_count = y->process_count + system_random(seed, MAX_THREADS - y->process_count + 1);
	for (int i = 0; i < y->thread_count; i++) {
		y->threads[i].process = i < y->process_count ? i : system_random(seed, y->process_count);
		generate_wait(seed, y, i, grave);
	}
}

bool system_is_zombie(const struct system *y, int process)
{
	for (int i = 0; i < y->thread_count; i++)
		if (y->threads[i].process == process && y->threads[i].kind != WAIT_EXITED)
			return false;
	return true;
}

static bool has_living_child(const struct system *y, int process)
{
	for (int i = 0; i < y->process_count; i++)
		if (y->processes[i].parent == process && !system_is_zombie(y, i))
			return true;
	return false;
}

/*
 * A zombie has no children (they were handed on). A tracer without a child of its own counts as
 * able to move: the one place where the analysis is less exact than the search.
 */
static void settle_families(uint64_t *seed, struct system *y)
{
	for (int i = 0; i < y->process_count; i++)
		if (y->processes[i].parent != NOBODY && system_is_zombie(y, y->processes[i].parent))
			y->processes[i].parent = NOBODY;
	for (int i = 0; i < y->process_count; i++) {
		int tracer = system_random(seed, y->process_count);

		if (one_in(seed, 10) && tracer != i && has_living_child(y, tracer))
			y->processes[i].tracer = tracer;
	}
}

/* Full where somebody waits for room, else empty. */
static void settle_pipes(struct system *y)
{
	for (int i = 0; i < y->pipe_count; i++)
		y->pipes[i].fill = 0;
	for (int i = 0; i < y->thread_count; i++) {
		int pipe = y->threads[i].operand;

		if (y->threads[i].kind == WAIT_PIPE_SPACE)
			y->pipes[pipe].fill = y->pipes[pipe].capacity;
	}
}

void system_generate(uint64_t *seed, struct system *ret_system)
{
	struct system y = { 0 };
	bool grave = one_in(seed, 2);

	generate_processes(seed, &y);
	generate_pipes(seed, &y);
	generate_threads(seed, &y, grave);
	if (grave)
		settle_pipes(&y);
	settle_families(seed, &y);
	*ret_system = y;
}

static int32_t pid_of(int process)
{
	return process == NOBODY ? 1 : 100 * (process + 1);
}

static int32_t group_of(int group)
{
	return 5000 + group;
}

static uint64_t ino_of(int pipe)
{
	return 1 + (uint64_t)pipe;
}

static void tell_pipes(const struct system *y, struct world *w)
{
	bool held[MAX_PIPES][2] = { 0 };

	for (int i = 0; i < y->end_count; i++) {
		held[y->ends[i].pipe][0] |= y->ends[i].reads;
		held[y->ends[i].pipe][1] |= y->ends[i].writes;
	}
	for (int i = 0; i < y->pipe_count; i++) {
		if (!held[i][0] && !held[i][1])
			continue;
		struct pipe *pipe = world_pipe_at(w, ino_of(i));

		pipe->fill_bytes = y->pipes[i].fill;
		pipe->capacity_bytes = y->pipes[i].capacity;
		pipe->full = y->pipes[i].fill == y->pipes[i].capacity ? FACT_YES : FACT_NO;
		pipe->no_readers = held[i][0] ? FACT_NO : FACT_YES;
		pipe->no_writers = held[i][1] ? FACT_NO : FACT_YES;
		/* Half of them are counted. */
		pipe->unseen_readers = pipe->unseen_writers = i % 2 ? FACT_NO : FACT_UNKNOWN;
	}
}

/* A pipe that nobody holds is in no snapshot. */
static uint32_t pipe_index(const struct system *y, int pipe)
{
	uint32_t index = 0;

	for (int k = 0; k <= pipe; k++) {
		bool held = false;

		for (int i = 0; i < y->end_count; i++)
			held |= y->ends[i].pipe == k;
		if (k == pipe)
			return held ? index : NONE;
		index += held;
	}
	return NONE;
}

static void tell_targets(const struct system *y, struct world *w, int thread)
{
	for (int i = 0; i < y->threads[thread].target_count; i++) {
		int operand = y->threads[thread].targets[i].operand;
		struct target *target = world_polls(w, y->threads[thread].targets[i].kind, 0);

		if (target->kind == TARGET_EXIT)
			target->process = (uint32_t)operand;
		else if (target->kind != TARGET_OUTSIDE)
			target->pipe = pipe_index(y, operand);
	}
}

static void tell_thread(const struct system *y, struct world *w, int i)
{
	int operand = y->threads[i].operand;
	int32_t pid = pid_of(y->threads[i].process);
	struct task *t = world_task(w, pid, pid + (i < y->process_count ? 0 : i), y->threads[i].kind);

	t->wait.timed = y->threads[i].timed;
	t->wait.children = y->threads[i].children;
	if (t->wait.kind == WAIT_PIPE_SPACE || t->wait.kind == WAIT_PIPE_DATA)
		t->wait.pipe = pipe_index(y, operand);
	else if (t->wait.kind == WAIT_CHILD_EXIT && t->wait.children == CHILDREN_ONE)
		t->wait.child = pid_of(operand);
	else if (t->wait.kind == WAIT_CHILD_EXIT && t->wait.children == CHILDREN_GROUP)
		t->wait.child = group_of(operand);
	else if (t->wait.kind == WAIT_POLL)
		tell_targets(y, w, i);
}

static void tell_process(const struct system *y, struct world *w, int i)
{
	struct process *p = world_process_at(w, pid_of(i));

	p->pgid = group_of(y->processes[i].group);
	p->tracer = y->processes[i].tracer == NOBODY ? 0 : pid_of(y->processes[i].tracer);
	p->namespace_init = y->processes[i].namespace_init ? FACT_YES : FACT_NO;
	p->signals_caught = y->processes[i].catches_sigchld ? UINT64_C(1) << 16 : 0;
}

struct snapshot *system_snapshot(const struct system *y, uint32_t task_of[MAX_THREADS])
{
	struct world *w = world_new();
	struct snapshot *s;

	for (int i = 0; i < y->process_count; i++)
		world_process(w, pid_of(i), pid_of(y->processes[i].parent));
	for (int i = 0; i < y->end_count; i++)
		world_end(w, pid_of(y->ends[i].process), i,
		          y->ends[i].reads ? y->ends[i].writes ? "rw" : "r" : "w",
		          ino_of(y->ends[i].pipe));
	world_link(w);
	tell_pipes(y, w);
	for (int i = 0; i < y->thread_count; i++)
		tell_thread(y, w, i);
	for (int i = 0; i < y->process_count; i++)
		tell_process(y, w, i);
	s = world_seal(w);
	for (int i = 0; i < y->thread_count; i++) {
		int32_t pid = pid_of(y->threads[i].process);

		task_of[i] = snapshot_find_task(s, pid, pid + (i < y->process_count ? 0 : i));
	}
	return s;
}

void system_print(const struct system *y)
{
	for (int i = 0; i < y->process_count; i++)
		printf("# process %d: parent %d, tracer %d, group %d%s%s%s\n", i,
		       y->processes[i].parent, y->processes[i].tracer, y->processes[i].group,
		       y->processes[i].catches_sigchld ? ", catches SIGCHLD" : "",
		       y->processes[i].namespace_init ? ", init" : "",
		       system_is_zombie(y, i) ? ", zombie" : "");
	for (int i = 0; i < y->pipe_count; i++)
		printf("# pipe %d: %d of %d\n", i, y->pipes[i].fill, y->pipes[i].capacity);
	for (int i = 0; i < y->end_count; i++)
		printf("# end %d: process %d, pipe %d%s%s\n", i, y->ends[i].process, y->ends[i].pipe,
		       y->ends[i].reads ? ", reads" : "", y->ends[i].writes ? ", writes" : "");
	for (int i = 0; i < y->thread_count; i++) {
		printf("# thread %d: process %d, wait %d, children %d, operand %d%s",
		       i, y->threads[i].process, (int)y->threads[i].kind,
		       (int)y->threads[i].children, y->threads[i].operand,
		       y->threads[i].timed ? ", timed" : "");
		for (int k = 0; k < y->threads[i].target_count; k++)
			printf(", target %d of %d", (int)y->threads[i].targets[k].kind,
			       y->threads[i].targets[k].operand);
		printf("\n");
	}
}
