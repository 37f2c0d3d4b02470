/*
 * Owns the memory of a watch and how two looks are compared. Each look makes the memory of the next
 * one anew, in an arena of its own, so what has gone is forgotten by itself. The one before is
 * kept a look longer, since what is told of the gone stands there.
 *
 * Snapshots keep pipes by key and processes by pid, and so does the memory: looking up is a binary
 * search.
 */
#include "watch/changes.h"

#include <errno.h>
#include <stdlib.h>

#include "words/party.h"

/* The higher, the worse. What is on a higher level is on the lower ones too. */
enum level { LEVEL_QUIET, LEVEL_FULL, LEVEL_BLOCKED, LEVEL_STALLED, LEVEL_DEADLOCK };

struct known_pipe {
	struct pipe key;
	enum level level;
};

struct known_process {
	int32_t pid;
	uint64_t start_ticks;
	const char *comm;
};

struct memory {
	struct arena *arena;
	struct known_pipe *pipes;        /* by key */
	struct known_process *processes; /* by pid */
	struct change_deadlock *deadlocks;
	uint32_t pipe_count, process_count, deadlock_count;
	uint32_t last_number;            /* of a deadlock, given so far */
};

struct changes {
	struct memory last, before;
	bool looked;
};

/* One comparison: the memory that was, the one that will be, and what has changed. */
struct comparison {
	const struct memory *old;
	struct memory *now;
	const struct diagnosis *d;
	const struct snapshot *s;
	const struct change_ending *endings;
	uint32_t ending_count;
	bool first;
	struct change *list;
	uint32_t count;
};

static struct change *add(struct comparison *c, enum change_kind kind)
{
	struct change *change = &c->list[c->count++];

	*change = (struct change){
		.kind = kind, .time_ms = c->s->time_ms, .at = NONE, .finding = NONE,
	};
	return change;
}

/* ---- copies that outlive the snapshot ---- */

static int keep_text(struct memory *m, const char *text, const char **ret_copy)
{
	*ret_copy = text ? arena_strdup(m->arena, text) : NULL;
	return text && !*ret_copy ? -ENOMEM : 0;
}

static int keep_key(struct memory *m, const struct pipe *pipe, struct pipe *ret_key)
{
	*ret_key = (struct pipe){ .dev = pipe->dev, .ino = pipe->ino, .type = pipe->type };
	return keep_text(m, pipe->path, &ret_key->path);
}

/* ---- processes ---- */

static bool has_ended(const struct process *p)
{
	return (p->state == 'Z' || p->state == 'X') && p->thread_count <= 1;
}

static const struct change_ending *find_ending(const struct comparison *c, int32_t pid,
                                               uint64_t start_ticks)
{
	for (uint32_t i = 0; i < c->ending_count; i++)
		if (c->endings[i].pid == pid && c->endings[i].start_ticks == start_ticks)
			return &c->endings[i];
	return NULL;
}

static int compare_processes(const void *key, const void *member)
{
	const struct process *a = key;
	const struct known_process *b = member;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static bool is_known(const struct memory *m, const struct process *p)
{
	const struct known_process *known = m->process_count
		? bsearch(p, m->processes, m->process_count, sizeof(*known), compare_processes)
		: NULL;

	return known && known->start_ticks == p->start_ticks;
}

static void tell_endings(struct comparison *c)
{
	for (uint32_t i = 0; i < c->ending_count; i++) {
		struct change *change = add(c, CHANGE_EXITED);

		change->time_ms = c->endings[i].time_ms;
		change->ending = c->endings[i];
	}
}

static void tell_exits(struct comparison *c)
{
	for (uint32_t i = 0; i < c->old->process_count; i++) {
		const struct known_process *known = &c->old->processes[i];
		uint32_t at = snapshot_find_process(c->s, known->pid);
		const struct process *p = at == NONE ? NULL : &c->s->processes[at];

		if (p && p->start_ticks == known->start_ticks && !has_ended(p))
			continue;
		if (find_ending(c, known->pid, known->start_ticks))
			continue;
		add(c, CHANGE_EXITED)->ending = (struct change_ending){
			.pid = known->pid, .start_ticks = known->start_ticks, .comm = known->comm,
			.time_ms = c->s->time_ms, .status = UNKNOWN, .signal = UNKNOWN,
		};
	}
}

static int remember_processes(struct comparison *c)
{
	for (uint32_t i = 0; i < c->s->process_count; i++) {
		const struct process *p = &c->s->processes[i];
		struct known_process *known = &c->now->processes[c->now->process_count];

		if (!(c->d->asked[i] && p->holders) && !is_known(c->old, p))
			continue;
		if (has_ended(p) || find_ending(c, p->pid, p->start_ticks))
			continue;
		*known = (struct known_process){ .pid = p->pid, .start_ticks = p->start_ticks };
		if (keep_text(c->now, p->comm, &known->comm) < 0)
			return -ENOMEM;
		c->now->process_count++;
	}
	return 0;
}

/* ---- pipes ---- */

static int compare_pipes(const void *key, const void *member)
{
	const struct pipe *a = key, *b = &((const struct known_pipe *)member)->key;

	if (a->dev != b->dev)
		return (a->dev > b->dev) - (a->dev < b->dev);
	return (a->ino > b->ino) - (a->ino < b->ino);
}

static const struct known_pipe *find_known(const struct memory *m, const struct pipe *pipe)
{
	if (!m->pipe_count)
		return NULL;
	return bsearch(pipe, m->pipes, m->pipe_count, sizeof(*m->pipes), compare_pipes);
}

/* What can't be told is what it was. */
static enum level level_of(const struct diagnosis *d, uint32_t pipe, enum level was)
{
	switch (d->pipes[pipe].verdict) {
	case VERDICT_DEADLOCK:
		return LEVEL_DEADLOCK;
	case VERDICT_STALLED:
		return LEVEL_STALLED;
	case VERDICT_BACKPRESSURE:
		return party_find(d, pipe, SIDE_WRITER).blocked ? LEVEL_BLOCKED : LEVEL_FULL;
	case VERDICT_UNKNOWN:
		return was;
	default:
		return LEVEL_QUIET;
	}
}

/* The line for a change of level; false where there is none. */
static bool is_told(enum level was, enum level is, enum change_kind *ret_kind)
{
	static const enum change_kind reached[] = {
		[LEVEL_FULL] = CHANGE_FULL, [LEVEL_BLOCKED] = CHANGE_BLOCKED,
		[LEVEL_STALLED] = CHANGE_STALLED,
	};

	/* The lines of the deadlock itself tell of both. */
	if (is == was || is == LEVEL_DEADLOCK || (was == LEVEL_DEADLOCK && is == LEVEL_QUIET))
		return false;
	*ret_kind = is < was && was != LEVEL_DEADLOCK ? CHANGE_MOVING : reached[is];
	return true;
}

static void tell_pipe(struct comparison *c, enum change_kind kind, uint32_t at)
{
	struct change *change = add(c, kind);

	change->pipe = &c->s->pipes[at];
	change->at = at;
}

static int remember_pipe(struct comparison *c, uint32_t at, const struct known_pipe *old)
{
	struct known_pipe *known = &c->now->pipes[c->now->pipe_count];
	enum level was = old ? old->level : LEVEL_QUIET;
	enum level is = c->d->pipes[at].in_scope ? level_of(c->d, at, was) : was;
	enum change_kind kind;

	/* Still full, so it has not moved. */
	if (was == LEVEL_BLOCKED && is == LEVEL_FULL)
		is = was;
	if (!old && !c->first)
		tell_pipe(c, CHANGE_OPENED, at);
	if (is_told(was, is, &kind))
		tell_pipe(c, kind, at);
	known->level = is;
	c->now->pipe_count++;
	return keep_key(c->now, &c->s->pipes[at], &known->key);
}

static int remember_pipes(struct comparison *c)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < c->s->pipe_count; i++) {
		const struct known_pipe *old = find_known(c->old, &c->s->pipes[i]);

		if (old || c->d->pipes[i].in_scope)
			r = remember_pipe(c, i, old);
	}
	return r;
}

static void tell_closed(struct comparison *c)
{
	for (uint32_t i = 0; i < c->old->pipe_count; i++) {
		const struct pipe *key = &c->old->pipes[i].key;

		if (snapshot_find_pipe(c->s, key->dev, key->ino) == NONE)
			add(c, CHANGE_CLOSED)->pipe = key;
	}
}

/* ---- deadlocks ---- */

static uint32_t find_member(const struct snapshot *s, const struct change_member *member)
{
	uint32_t task = snapshot_find_task(s, member->pid, member->tid);

	return task != NONE && s->tasks[task].start_ticks == member->start_ticks ? task : NONE;
}

/* A member that ended, ran, or does something that we know to be no part of a deadlock. */
static bool has_moved(const struct comparison *c, const struct change_member *member)
{
	uint32_t at = find_member(c->s, member);
	const struct task *task = at == NONE ? NULL : &c->s->tasks[at];

	if (!task || task->wait.kind == WAIT_EXITED)
		return true;
	if (task->voluntary_switches == UNKNOWN || member->switches == UNKNOWN)
		return task->wait.kind != WAIT_UNKNOWN;
	return task->voluntary_switches != member->switches;
}

/* Where it is in the diagnosis, by any one of its members; or NONE. */
static uint32_t find_again(const struct comparison *c, const struct change_deadlock *old)
{
	for (uint32_t i = 0; i < old->member_count; i++) {
		uint32_t task = find_member(c->s, &old->members[i]);

		if (task != NONE && c->d->tasks[task].member)
			return c->d->tasks[task].deadlock;
	}
	return NONE;
}

/* For each deadlock of the diagnosis which of those before it is; NONE stays where it is new. */
static void name_again(struct comparison *c, uint32_t *ret_of_finding)
{
	for (uint32_t i = 0; i < c->old->deadlock_count; i++) {
		uint32_t finding = find_again(c, &c->old->deadlocks[i]);

		if (finding != NONE && ret_of_finding[finding] == NONE)
			ret_of_finding[finding] = i;
	}
}

static int keep_members(struct comparison *c, const struct deadlock *k, struct change_deadlock *ret)
{
	struct change_member *members = arena_array(c->now->arena, k->member_count, sizeof(*members));

	if (!members)
		return -ENOMEM;
	for (uint32_t i = 0; i < k->member_count; i++) {
		const struct task *task = &c->s->tasks[k->members[i]];
		const struct process *process = &c->s->processes[task->process];

		members[i] = (struct change_member){
			.pid = process->pid, .tid = task->tid, .start_ticks = task->start_ticks,
			.switches = task->voluntary_switches,
		};
		if (keep_text(c->now, process->comm, &members[i].comm) < 0)
			return -ENOMEM;
	}
	ret->members = members;
	ret->member_count = k->member_count;
	return 0;
}

static int keep_keys(struct comparison *c, const struct deadlock *k, struct change_deadlock *ret)
{
	struct pipe *keys = arena_array(c->now->arena, k->pipe_count, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (uint32_t i = 0; i < k->pipe_count; i++)
		if (keep_key(c->now, &c->s->pipes[k->pipes[i]], &keys[i]) < 0)
			return -ENOMEM;
	ret->pipes = keys;
	ret->pipe_count = k->pipe_count;
	return 0;
}

/* `old` is NULL for a new one. */
static int remember_deadlock(struct comparison *c, uint32_t finding,
                             const struct change_deadlock *old)
{
	const struct deadlock *k = &c->d->deadlocks[finding];
	struct change_deadlock *now = &c->now->deadlocks[c->now->deadlock_count++];
	struct change *change;

	now->number = old ? old->number : ++c->now->last_number;
	now->since_ms = old ? old->since_ms : c->s->time_ms;
	now->kind = k->kind;
	now->proved = k->proved;
	if (keep_members(c, k, now) < 0 || keep_keys(c, k, now) < 0)
		return -ENOMEM;
	if (old)
		return 0;
	change = add(c, CHANGE_DEADLOCK);
	change->deadlock = now;
	change->finding = finding;
	return 0;
}

static int copy_deadlock(struct comparison *c, const struct change_deadlock *old)
{
	struct change_deadlock *now = &c->now->deadlocks[c->now->deadlock_count++];
	struct change_member *members = arena_array(c->now->arena, old->member_count, sizeof(*members));
	struct pipe *keys = arena_array(c->now->arena, old->pipe_count, sizeof(*keys));
	int r = members && keys ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < old->member_count; i++) {
		members[i] = old->members[i];
		r = keep_text(c->now, old->members[i].comm, &members[i].comm);
	}
	for (uint32_t i = 0; r == 0 && i < old->pipe_count; i++)
		r = keep_key(c->now, &old->pipes[i], &keys[i]);
	*now = *old;
	now->members = members;
	now->pipes = keys;
	return r;
}

/*
 * A deadlock that the diagnosis does not have, though no member has moved, was only not seen this
 * time (somebody could not be read): it stays.
 */
static int end_deadlocks(struct comparison *c)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < c->old->deadlock_count; i++) {
		const struct change_deadlock *old = &c->old->deadlocks[i];
		bool moved = false;

		if (find_again(c, old) != NONE)
			continue;
		for (uint32_t k = 0; k < old->member_count; k++)
			moved |= has_moved(c, &old->members[k]);
		if (moved)
			add(c, CHANGE_CLEARED)->deadlock = old;
		else
			r = copy_deadlock(c, old);
	}
	return r;
}

static int remember_deadlocks(struct comparison *c)
{
	uint32_t count = c->d->deadlock_count;
	uint32_t *old = arena_array(c->now->arena, count, sizeof(*old));
	int r = 0;

	if (!old)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		old[i] = NONE;
	name_again(c, old);
	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = remember_deadlock(c, i, old[i] == NONE ? NULL : &c->old->deadlocks[old[i]]);
	return r;
}

/* ---- the whole ---- */

/* In the order of their kinds; but who ended only after the look comes last, by time. */
static int sort_list(struct comparison *c)
{
	struct change *sorted = arena_array(c->now->arena, c->count, sizeof(*sorted));
	uint32_t count = 0;

	if (!sorted)
		return -ENOMEM;
	for (unsigned round = 0; round <= CHANGE_DEADLOCK + 1; round++)
		for (uint32_t i = 0; i < c->count; i++) {
			bool late = c->list[i].time_ms > c->s->time_ms;

			if (round == (late ? CHANGE_DEADLOCK + 1u : c->list[i].kind))
				sorted[count++] = c->list[i];
		}
	c->list = sorted;
	return 0;
}

static int make_room(struct comparison *c)
{
	const struct memory *old = c->old;
	struct memory *now = c->now;
	const struct snapshot *s = c->s;
	size_t deadlocks = (size_t)old->deadlock_count + c->d->deadlock_count;
	size_t changes = old->process_count + (size_t)c->ending_count + old->pipe_count +
	                 2 * (size_t)s->pipe_count + deadlocks;

	now->arena = arena_new();
	if (!now->arena)
		return -ENOMEM;
	now->pipes = arena_array(now->arena, s->pipe_count, sizeof(*now->pipes));
	now->processes = arena_array(now->arena, s->process_count, sizeof(*now->processes));
	now->deadlocks = arena_array(now->arena, deadlocks, sizeof(*now->deadlocks));
	c->list = arena_array(now->arena, changes, sizeof(*c->list));
	return now->pipes && now->processes && now->deadlocks && c->list ? 0 : -ENOMEM;
}

static int compare(struct comparison *c)
{
	if (make_room(c) < 0)
		return -ENOMEM;
	tell_endings(c);
	tell_exits(c);
	tell_closed(c);
	if (end_deadlocks(c) < 0 || remember_processes(c) < 0 || remember_pipes(c) < 0 ||
	    remember_deadlocks(c) < 0)
		return -ENOMEM;
	return sort_list(c);
}

struct changes *changes_new(void)
{
	return calloc(1, sizeof(struct changes));
}

int changes_find(struct changes *changes, const struct diagnosis *d,
                 const struct change_ending *endings, uint32_t ending_count,
                 const struct change **ret_list, uint32_t *ret_count)
{
	struct memory now = { .last_number = changes->last.last_number };
	struct comparison c = {
		.old = &changes->last, .now = &now, .d = d, .s = d->snapshot,
		.endings = endings, .ending_count = ending_count, .first = !changes->looked,
	};

	if (compare(&c) < 0) {
		arena_free(now.arena);
		return -ENOMEM;
	}
	arena_free(changes->before.arena);
	changes->before = changes->last;
	changes->last = now;
	changes->looked = true;
	*ret_list = c.list;
	*ret_count = c.count;
	return 0;
}

size_t changes_used(const struct changes *c)
{
	return (c->last.arena ? arena_used(c->last.arena) : 0) +
	       (c->before.arena ? arena_used(c->before.arena) : 0);
}

void changes_free(struct changes *c)
{
	if (!c)
		return;
	arena_free(c->last.arena);
	arena_free(c->before.arena);
	free(c);
}

const char *change_name(enum change_kind kind)
{
	static const char *const names[] = {
		[CHANGE_EXITED] = "exited", [CHANGE_CLEARED] = "cleared", [CHANGE_CLOSED] = "closed",
		[CHANGE_OPENED] = "opened", [CHANGE_MOVING] = "moving", [CHANGE_FULL] = "full",
		[CHANGE_BLOCKED] = "blocked", [CHANGE_STALLED] = "stalled",
		[CHANGE_DEADLOCK] = "deadlock",
	};

	return names[kind];
}
