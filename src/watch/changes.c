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

#include "watch/compare.h"
#include "words/party.h"

struct changes {
	struct memory last, before;
	bool looked;
};

struct change *compare_add(struct comparison *c, enum change_kind kind)
{
	struct change *change = &c->list[c->count++];

	*change = (struct change){
		.kind = kind, .time_ms = c->s->time_ms, .at = NONE, .finding = NONE,
	};
	return change;
}

/* ---- copies that outlive the snapshot ---- */

int compare_keep_text(struct memory *m, const char *text, const char **ret_copy)
{
	*ret_copy = text ? arena_strdup(m->arena, text) : NULL;
	return text && !*ret_copy ? -ENOMEM : 0;
}

int compare_keep_key(struct memory *m, const struct change_pipe *key, struct change_pipe *ret_key)
{
	*ret_key = *key;
	return compare_keep_text(m, key->path, &ret_key->path);
}

struct change_pipe compare_key(const struct snapshot *s, uint32_t pipe)
{
	return (struct change_pipe){
		.dev = s->pipes[pipe].dev, .ino = s->pipes[pipe].ino, .type = s->pipes[pipe].type,
		.path = snapshot_path(s, pipe),
	};
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
		struct change *change = compare_add(c, CHANGE_EXITED);

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
		compare_add(c, CHANGE_EXITED)->ending = (struct change_ending){
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
		if (compare_keep_text(c->now, p->comm, &known->comm) < 0)
			return -ENOMEM;
		c->now->process_count++;
	}
	return 0;
}

/* ---- pipes ---- */

static int compare_pipes(const void *key, const void *member)
{
	const struct pipe *a = key;
	const struct change_pipe *b = &((const struct known_pipe *)member)->key;

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

static void tell_pipe(struct comparison *c, enum change_kind kind, uint32_t at,
                      const struct known_pipe *known)
{
	struct change *change = compare_add(c, kind);

	change->pipe = &known->key;
	change->at = at;
}

static int remember_pipe(struct comparison *c, uint32_t at, const struct known_pipe *old)
{
	struct known_pipe *known = &c->now->pipes[c->now->pipe_count];
	enum level was = old ? old->level : LEVEL_QUIET;
	enum level is = c->d->pipes[at].in_scope ? level_of(c->d, at, was) : was;
	const struct change_pipe key = compare_key(c->s, at);
	enum change_kind kind;

	/* Still full, so it has not moved. */
	if (was == LEVEL_BLOCKED && is == LEVEL_FULL)
		is = was;
	if (!old && !c->first)
		tell_pipe(c, CHANGE_OPENED, at, known);
	if (is_told(was, is, &kind))
		tell_pipe(c, kind, at, known);
	known->level = is;
	c->now->pipe_count++;
	return compare_keep_key(c->now, &key, &known->key);
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
		const struct change_pipe *key = &c->old->pipes[i].key;

		if (snapshot_find_pipe(c->s, key->dev, key->ino) == NONE)
			compare_add(c, CHANGE_CLOSED)->pipe = key;
	}
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
	if (remember_processes(c) < 0 || remember_pipes(c) < 0 || compare_deadlocks(c) < 0)
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
		[CHANGE_EXITED] = "exited",     [CHANGE_CLEARED] = "cleared",
		[CHANGE_CLOSED] = "closed",     [CHANGE_OPENED] = "opened",
		[CHANGE_MOVING] = "moving",     [CHANGE_FULL] = "full",
		[CHANGE_BLOCKED] = "blocked",   [CHANGE_STALLED] = "stalled",
		[CHANGE_DEADLOCK] = "deadlock",
	};

	return names[kind];
}
