/*
 * Owns what stands between two members of a knot: what the one that comes next is to the one that
 * waits. The order of the cycle says only that each waits for a later one or the first, so there
 * may be nothing to say.
 */
#include "words/explain.h"

#include <inttypes.h>

#include "words/phrase.h"

/* "only reader", "one of 3 readers": the process as a holder of what somebody waits for. */
static void add_holder_role(struct phrase *phrase, const struct snapshot *s, uint32_t pipe,
                            bool space, uint32_t process)
{
	const char *role = space ? "reader" : "writer";
	bool holds = false;
	uint32_t count;

	for (uint32_t k = 0; pipe != NONE && !holds && k < s->pipes[pipe].ends; k++) {
		const struct holder *holder = snapshot_end(s, &s->pipes[pipe], k);

		holds = holder->process == process && (space ? holder->reads : holder->writes);
	}
	if (!holds)
		return;
	count = explain_holders(s, &s->pipes[pipe], !space, NULL, 0);
	if (count == 1)
		phrase_add(phrase, "only %s", role);
	else
		phrase_add(phrase, "one of %" PRIu32 " %ss, none of which can move", count, role);
}

static void add_poll_role(struct phrase *phrase, const struct snapshot *s, const struct wait *wait,
                          uint32_t process)
{
	for (uint32_t i = 0; i < wait->targets && !phrase->length; i++) {
		const struct target *target = &s->targets[wait->first_target + i];

		if (target->kind == TARGET_SPACE || target->kind == TARGET_DATA)
			add_holder_role(phrase, s, target->pipe, target->kind == TARGET_SPACE,
			                process);
	}
}

/*
 * What `other` is to the task that waits. Nothing where the task waits for an exit: then its own
 * sentence names the one.
 */
static void add_role(struct phrase *phrase, const struct snapshot *s, const struct task *task,
                     const struct task *other)
{
	const struct wait *wait = &task->wait;
	bool space = wait->kind == WAIT_PIPE_SPACE;

	if (space || wait->kind == WAIT_PIPE_DATA)
		add_holder_role(phrase, s, wait->pipe, space, other->process);
	else if (wait->kind == WAIT_POLL)
		add_poll_role(phrase, s, wait, other->process);
	else if (wait->kind == WAIT_THREAD && other->process == task->process)
		phrase_add(phrase, "its other thread");
	else if (wait->kind == WAIT_VFORK &&
	         s->processes[other->process].ppid == s->processes[task->process].pid)
		phrase_add(phrase, "its child");
}

char *explain_tie(const struct diagnosis *d, const struct deadlock *deadlock, uint32_t at)
{
	const struct snapshot *s = d->snapshot;
	const struct task *task = &s->tasks[deadlock->members[at]];
	bool last = at + 1 == deadlock->member_count;
	const struct task *other = &s->tasks[deadlock->members[last ? 0 : at + 1]];
	struct phrase phrase = { 0 };

	add_role(&phrase, s, task, other);
	if (!last || !phrase.length)
		return phrase_take(&phrase);
	/* Nobody stands below the last one to be pointed from. */
	phrase_add(&phrase, ": ");
	if (other == task)
		phrase_add(&phrase, "itself");
	else
		phrase_add_taken(&phrase, explain_task(s, other));
	return phrase_take(&phrase);
}
