/*
 * An exhaustive search of what a small system can do. It knows nothing of wait-for graphs; it has
 * a machine with states and steps, and programs that do whatever a program may do: a thread that
 * runs can read and write a byte, close an end, end its process, fork, change its group, wake a
 * thread of its own process. A blocked one runs again when the condition of its system call holds.
 *
 * Only what can be taken back, or can be missed, is a step of its own: bytes, ends, exits, groups.
 * That a thread may run again is remembered for good: having one more who may act, or not, never
 * keeps anybody else from acting.
 */
#include "search.h"

#include <assert.h>
#include <stdlib.h>

enum { TABLE = 1 << 20 };

static_assert(2 * MAX_PIPES <= 8 && MAX_ENDS <= 8 && MAX_PROCESSES <= 8 && MAX_THREADS <= 8,
              "each fits into a byte");

/* All in one word, so that states can be compared and remembered. */
union state {
	struct {
		uint8_t fills;   /* two bits a pipe; of the others one bit each */
		uint8_t open, exited, groups, runs;
	};
	uint64_t word;
};

struct search {
	const struct system *y;
	uint8_t zombies;         /* processes that had exited before we came */
	uint64_t seen[TABLE];
	uint32_t stamp[TABLE], now;
	union state stack[TABLE];
	size_t depth;
	uint8_t movable;
	bool ghosts;
	uint64_t states;
};

struct search *search_new(void)
{
	struct search *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	return s;
}

void search_free(struct search *s)
{
	free(s);
}

uint64_t search_states(const struct search *s)
{
	return s->states;
}

static bool bit(unsigned set, int i)
{
	return set >> i & 1;
}

static void add(uint8_t *set, int i)
{
	*set = (uint8_t)(*set | 1u << i);
}

static void drop(uint8_t *set, int i)
{
	*set = (uint8_t)(*set & ~(1u << i));
}

static int fill_of(union state x, int pipe)
{
	return x.fills >> 2 * pipe & 3;
}

static bool has_end(const struct search *s, union state x, int pipe, bool reading)
{
	for (int i = 0; i < s->y->end_count; i++)
		if (bit(x.open, i) && s->y->ends[i].pipe == pipe &&
		    (reading ? s->y->ends[i].reads : s->y->ends[i].writes))
			return true;
	return false;
}

static bool has_room(const struct search *s, union state x, int pipe)
{
	return fill_of(x, pipe) < s->y->pipes[pipe].capacity || !has_end(s, x, pipe, true);
}

/* A handler may write to a pipe of its own process, whenever somebody sends the signal. */
static bool handler_writes(const struct search *s, union state x, int process, int pipe)
{
	for (int i = 0; i < s->y->end_count; i++)
		if (s->y->processes[process].catches_sigchld && bit(x.open, i) &&
		    s->y->ends[i].process == process && s->y->ends[i].pipe == pipe &&
		    s->y->ends[i].writes)
			return true;
	return false;
}

static bool has_data(const struct search *s, union state x, int process, int pipe)
{
	return fill_of(x, pipe) > 0 || !has_end(s, x, pipe, false) ||
	       handler_writes(s, x, process, pipe);
}

static bool is_over(const struct search *s, union state x, int process)
{
	return bit(x.exited, process) && !(s->ghosts && !bit(s->zombies, process));
}

/* Has the process a thread that runs? */
static bool acts(const struct search *s, union state x, int process)
{
	for (int i = 0; i < s->y->thread_count; i++)
		if (s->y->threads[i].process == process && bit(x.runs, i))
			return !is_over(s, x, process);
	return false;
}

/* Its tracer is told whatever a tracee does. */
static bool tracee_moved(const struct search *s, union state x, int tracer, int tracee)
{
	return s->y->processes[tracee].tracer == tracer && !bit(s->zombies, tracee) &&
	       (acts(s, x, tracee) || bit(x.exited, tracee));
}

static bool waits_over_one(const struct search *s, union state x, int waiter, int child)
{
	bool related = s->y->processes[child].parent == waiter ||
	               s->y->processes[child].tracer == waiter;

	return !related || bit(x.exited, child) || tracee_moved(s, x, waiter, child);
}

static bool descends(const struct search *s, int process, int ancestor)
{
	for (int p = s->y->processes[process].parent; p != NOBODY; p = s->y->processes[p].parent)
		if (p == ancestor)
			return true;
	return false;
}

/* To an init come the children of whoever ends below it. */
static bool gets_orphan(const struct search *s, union state x, int init)
{
	if (s->y->processes[init].namespace_init)
		for (int i = 0; i < s->y->process_count; i++)
			if (descends(s, i, init) && acts(s, x, i))
				return true;
	return false;
}

/* What a fork of somebody else brings to the waiter: its own, or an orphan for an init. */
static bool gets_new_child(const struct search *s, union state x, int waiter)
{
	return acts(s, x, waiter) || gets_orphan(s, x, waiter);
}

/* `group` is NOBODY for any child. */
static bool waits_over_some(const struct search *s, union state x, int waiter, int group)
{
	bool none = true;

	for (int i = 0; i < s->y->process_count; i++) {
		if (tracee_moved(s, x, waiter, i))
			return true;
		if (s->y->processes[i].parent != waiter ||
		    (group != NOBODY && (int)bit(x.groups, i) != group))
			continue;
		if (bit(x.exited, i))
			return true;
		none = false;
	}
	return none || gets_new_child(s, x, waiter);
}

static bool child_over(const struct search *s, union state x, int thread)
{
	int waiter = s->y->threads[thread].process, operand = s->y->threads[thread].operand;

	switch (s->y->threads[thread].children) {
	case CHILDREN_ONE:
		return waits_over_one(s, x, waiter, operand);
	case CHILDREN_GROUP:
		return waits_over_some(s, x, waiter, operand);
	default:
		return waits_over_some(s, x, waiter, NOBODY);
	}
}

/* Some child that lived when we came may exec or exit; it might be the one. */
static bool vfork_over(const struct search *s, union state x, int waiter)
{
	bool none = true;

	for (int i = 0; i < s->y->process_count; i++) {
		bool child = s->y->processes[i].parent == waiter && !bit(s->zombies, i);

		if (tracee_moved(s, x, waiter, i))
			return true;
		if (child && (acts(s, x, i) || bit(x.exited, i)))
			return true;
		none &= !child;
	}
	return none;
}

static bool target_ready(const struct search *s, union state x, int thread, int k)
{
	int operand = s->y->threads[thread].targets[k].operand;

	switch (s->y->threads[thread].targets[k].kind) {
	case TARGET_SPACE:
		return has_room(s, x, operand);
	case TARGET_DATA:
		return has_data(s, x, s->y->threads[thread].process, operand);
	case TARGET_EXIT:
		return bit(x.exited, operand);
	default:
		return true;
	}
}

static bool poll_over(const struct search *s, union state x, int thread)
{
	for (int k = 0; k < s->y->threads[thread].target_count; k++)
		if (target_ready(s, x, thread, k))
			return true;
	return false;
}

static bool sigchld_comes(const struct search *s, union state x, int process)
{
	if (!s->y->processes[process].catches_sigchld)
		return false;
	for (int i = 0; i < s->y->process_count; i++)
		if (tracee_moved(s, x, process, i) ||
		    (s->y->processes[i].parent == process && bit(x.exited, i) && !bit(s->zombies, i)))
			return true;
	return gets_orphan(s, x, process);
}

static bool wait_over(const struct search *s, union state x, int thread)
{
	int process = s->y->threads[thread].process, operand = s->y->threads[thread].operand;

	if (s->y->threads[thread].timed || sigchld_comes(s, x, process))
		return true;
	switch (s->y->threads[thread].kind) {
	case WAIT_PIPE_SPACE:
		return has_room(s, x, operand);
	case WAIT_PIPE_DATA:
		return has_data(s, x, process, operand);
	case WAIT_CHILD_EXIT:
		return child_over(s, x, thread);
	case WAIT_VFORK:
		return vfork_over(s, x, process);
	case WAIT_POLL:
		return poll_over(s, x, thread);
	case WAIT_THREAD:
		return acts(s, x, process);
	default:
		return true;
	}
}

/* Lets everybody run whose wait is over. */
static union state settle(const struct search *s, union state x)
{
	uint64_t before;

	do {
		before = x.word;
		for (int i = 0; i < s->y->thread_count; i++)
			if (s->y->threads[i].kind != WAIT_EXITED && !bit(x.runs, i) &&
			    !is_over(s, x, s->y->threads[i].process) && wait_over(s, x, i))
				add(&x.runs, i);
	} while (x.word != before);
	return x;
}

static void visit(struct search *s, union state x)
{
	size_t slot;

	x = settle(s, x);
	slot = (x.word * UINT64_C(0x9e3779b97f4a7c15)) >> 44;
	while (s->stamp[slot] == s->now && s->seen[slot] != x.word)
		slot = (slot + 1) % TABLE;
	if (s->stamp[slot] == s->now)
		return;
	if (++s->states == UINT64_MAX || s->depth == TABLE)
		abort();
	s->stamp[slot] = s->now;
	s->seen[slot] = x.word;
	s->movable = s->movable | x.runs;
	s->stack[s->depth++] = x;
}

static void set_fill(union state *x, int pipe, int fill)
{
	x->fills = (uint8_t)((x->fills & ~(3u << 2 * pipe)) | (unsigned)fill << 2 * pipe);
}

static void try_end(struct search *s, union state x, int end)
{
	int pipe = s->y->ends[end].pipe, fill = fill_of(x, pipe);
	union state next = x;

	drop(&next.open, end);
	visit(s, next);
	next = x;
	if (s->y->ends[end].reads && fill > 0) {
		set_fill(&next, pipe, fill - 1);
		visit(s, next);
	}
	next = x;
	if (s->y->ends[end].writes && fill < s->y->pipes[pipe].capacity) {
		set_fill(&next, pipe, fill + 1);
		visit(s, next);
	}
}

static void try_process(struct search *s, union state x, int process)
{
	union state exits = x, joins = x;

	add(&exits.exited, process);
	for (int i = 0; i < s->y->end_count; i++) {
		if (s->y->ends[i].process != process)
			continue;
		drop(&exits.open, i);
		if (bit(x.open, i))
			try_end(s, x, i);
	}
	visit(s, exits);
	joins.groups = (uint8_t)(joins.groups ^ 1u << process);
	visit(s, joins);
}

static union state start(const struct search *s)
{
	union state x = { .word = 0 };

	x.exited = s->zombies;
	for (int i = 0; i < s->y->pipe_count; i++)
		set_fill(&x, i, s->y->pipes[i].fill);
	for (int i = 0; i < s->y->end_count; i++)
		if (!bit(s->zombies, s->y->ends[i].process))
			add(&x.open, i);
	for (int i = 0; i < s->y->process_count; i++)
		if (s->y->processes[i].group)
			add(&x.groups, i);
	return x;
}

unsigned search_movable(struct search *s, const struct system *y, bool ghosts)
{
	uint8_t everybody = 0;

	s->y = y;
	s->ghosts = ghosts;
	s->zombies = s->movable = 0;
	s->depth = 0;
	s->now++;
	for (int i = 0; i < y->process_count; i++)
		if (system_is_zombie(y, i))
			add(&s->zombies, i);
	for (int i = 0; i < y->thread_count; i++)
		if (y->threads[i].kind != WAIT_EXITED)
			add(&everybody, i);
	visit(s, start(s));
	while (s->depth > 0 && s->movable != everybody) {
		union state x = s->stack[--s->depth];

		for (int i = 0; i < y->process_count; i++)
			if (acts(s, x, i))
				try_process(s, x, i);
	}
	return s->movable;
}
