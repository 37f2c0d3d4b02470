/*
 * Which deadlocks of one look are those of the one before, which are new, and which have cleared.
 */
#include "watch/compare.h"

#include <errno.h>

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
	struct change_member *members =
		arena_array(c->now->arena, k->member_count, sizeof(*members));

	if (!members)
		return -ENOMEM;
	for (uint32_t i = 0; i < k->member_count; i++) {
		const struct task *task = &c->s->tasks[k->members[i]];
		const struct process *process = &c->s->processes[task->process];

		members[i] = (struct change_member){
			.pid = process->pid, .tid = task->tid, .start_ticks = task->start_ticks,
			.switches = task->voluntary_switches,
		};
		if (compare_keep_text(c->now, process->comm, &members[i].comm) < 0)
			return -ENOMEM;
	}
	ret->members = members;
	ret->member_count = k->member_count;
	return 0;
}

static int keep_keys(struct comparison *c, const struct deadlock *k, struct change_deadlock *ret)
{
	struct change_pipe *keys = arena_array(c->now->arena, k->pipe_count, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	for (uint32_t i = 0; i < k->pipe_count; i++) {
		const struct change_pipe key = compare_key(c->s, k->pipes[i]);

		if (compare_keep_key(c->now, &key, &keys[i]) < 0)
			return -ENOMEM;
	}
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
	change = compare_add(c, CHANGE_DEADLOCK);
	change->deadlock = now;
	change->finding = finding;
	return 0;
}

static int copy_deadlock(struct comparison *c, const struct change_deadlock *old)
{
	struct change_deadlock *now = &c->now->deadlocks[c->now->deadlock_count++];
	struct change_member *members =
		arena_array(c->now->arena, old->member_count, sizeof(*members));
	struct change_pipe *keys = arena_array(c->now->arena, old->pipe_count, sizeof(*keys));
	int r = members && keys ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < old->member_count; i++) {
		members[i] = old->members[i];
		r = compare_keep_text(c->now, old->members[i].comm, &members[i].comm);
	}
	for (uint32_t i = 0; r == 0 && i < old->pipe_count; i++)
		r = compare_keep_key(c->now, &old->pipes[i], &keys[i]);
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
			compare_add(c, CHANGE_CLEARED)->deadlock = old;
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

int compare_deadlocks(struct comparison *c)
{
	int r = end_deadlocks(c);

	return r < 0 ? r : remember_deadlocks(c);
}
