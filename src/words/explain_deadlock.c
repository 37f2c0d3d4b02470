/*
 * Owns the reasons: why a knot cannot move, why that is not proved, what a reader does while its
 * pipe is full. "No slot freed" is all that is known of such a reader: it may well have read (a
 * shell reads byte by byte, and 4 KiB last it long), so nothing here says that it has not.
 */
#include "words/explain.h"

#include <inttypes.h>
#include <string.h>

#include "words/escape.h"
#include "words/phrase.h"
#include "words/units.h"

enum { HOLDERS_NAMED = 3 };

static const struct process *process_of(const struct snapshot *s, const struct task *task)
{
	return &s->processes[task->process];
}

/* ---- deadlocks ---- */

/* "; only python3 (90908) could make it" */
static void add_releasers(struct phrase *phrase, const struct snapshot *s, const struct task *task)
{
	bool space = task->wait.kind == WAIT_PIPE_SPACE;
	uint32_t named[HOLDERS_NAMED];
	uint32_t count =
		explain_holders(s, &s->pipes[task->wait.pipe], !space, named, HOLDERS_NAMED);

	if (!count)
		return;
	phrase_add(phrase, "; only ");
	for (uint32_t i = 0; i < count && i < HOLDERS_NAMED; i++) {
		phrase_add(phrase, "%s", !i ? "" : i + 1 == count ? " and " : ", ");
		phrase_add_taken(phrase, explain_process(&s->processes[named[i]]));
		if (named[i] == task->process)
			phrase_add(phrase, " itself");
	}
	if (count > HOLDERS_NAMED)
		phrase_add(phrase, " and %" PRIu32 " others", count - HOLDERS_NAMED);
	phrase_add(phrase, " could %s", space ? "make it" : "write any");
}

static bool is_awaited(const struct snapshot *s, const struct task *waiter, const struct task *task)
{
	const struct process *parent = process_of(s, waiter), *child = process_of(s, task);

	return child->ppid == parent->pid && (waiter->wait.children == CHILDREN_ANY ||
	                                      child->pgid == waiter->wait.child);
}

/* One of the tasks whose process the waiter waits for, or NULL. */
static const struct task *find_awaited(const struct snapshot *s, const struct task *waiter,
                                       const uint32_t *tasks, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (is_awaited(s, waiter, &s->tasks[tasks[i]]))
			return &s->tasks[tasks[i]];
	}
	return NULL;
}

char *explain_wait_in(const struct diagnosis *d, const struct deadlock *deadlock,
                      const struct task *task)
{
	const struct snapshot *s = d->snapshot;
	const struct wait *wait = &task->wait;
	const struct task *child = NULL;
	struct phrase phrase = { 0 };

	phrase_add_taken(&phrase, explain_wait(s, task));
	if (wait->kind == WAIT_CHILD_EXIT && wait->children != CHILDREN_ONE)
		child = find_awaited(s, task, deadlock->members, deadlock->member_count);
	if (wait->kind == WAIT_CHILD_EXIT && wait->children != CHILDREN_ONE && !child)
		child = find_awaited(s, task, deadlock->victims, deadlock->victim_count);
	if (child) {
		phrase_add(&phrase, ", such as ");
		phrase_add_taken(&phrase, explain_process(process_of(s, child)));
	}
	return phrase_take(&phrase);
}

static bool waits_for_pipe(const struct wait *wait)
{
	return (wait->kind == WAIT_PIPE_SPACE || wait->kind == WAIT_PIPE_DATA) &&
	       wait->pipe != NONE;
}

/* The same as the member before it: then who could release it has been said. */
static bool waits_likewise(const struct snapshot *s, const struct deadlock *deadlock, uint32_t at)
{
	const struct wait *wait = &s->tasks[deadlock->members[at]].wait;
	const struct wait *before = at ? &s->tasks[deadlock->members[at - 1]].wait : NULL;

	return before && before->kind == wait->kind && before->pipe == wait->pipe;
}

static void add_member(struct phrase *phrase, const struct diagnosis *d,
                       const struct deadlock *deadlock, uint32_t at)
{
	const struct snapshot *s = d->snapshot;
	const struct task *task = &s->tasks[deadlock->members[at]];

	phrase_add_taken(phrase, explain_task(s, task));
	phrase_add(phrase, " ");
	phrase_add_taken(phrase, explain_wait_in(d, deadlock, task));
	if (waits_for_pipe(&task->wait) && waits_likewise(s, deadlock, at))
		phrase_add(phrase, " too");
	else if (waits_for_pipe(&task->wait))
		add_releasers(phrase, s, task);
	phrase_add(phrase, ". ");
}

char *explain_deadlock(const struct diagnosis *d, const struct deadlock *deadlock)
{
	static const char *const endings[][2] = {
		{ "As far as can be seen, it can never move.", "It can never move." },
		{ "As far as can be seen, neither can ever move.", "Neither can ever move." },
		{ "As far as can be seen, none of them can ever move.",
		  "None of them can ever move." },
	};
	uint32_t count = deadlock->member_count;
	struct phrase phrase = { 0 };
	char *notes = explain_notes(d, deadlock);

	for (uint32_t i = 0; i < count; i++)
		add_member(&phrase, d, deadlock, i);
	phrase_add(&phrase, "%s", endings[count < 2 ? 0 : count > 2 ? 2 : 1][deadlock->proved]);
	if (!notes || *notes)
		phrase_add(&phrase, " ");
	phrase_add_taken(&phrase, notes);
	return phrase_take(&phrase);
}

/* ---- doubts ---- */

/* "%t" stands for the task, "%p" for the process, "%i" for the pipe, "%w" for the odd wchan. */
static const char *const doubts[] = {
	[DOUBT_ONE_LOOK] = "there was no second look",
	[DOUBT_UNSTEADY_PIPE] = "%i changed between the looks",
	[DOUBT_SWITCHES_UNKNOWN] = "whether %t ran between the looks could not be read",
	[DOUBT_INFERRED] =
		"the wait of %t was inferred from wchan, its system call being unreadable",
	[DOUBT_ODD_WCHAN] = "%t sleeps in a kernel function that is not known: %w",
	[DOUBT_STOPPED_JOB] = "%t was stopped (Ctrl-Z) and will wait again when it goes on",
	[DOUBT_SIGNAL_WAIT] = "%t waits for its child by sleeping until SIGCHLD",
	[DOUBT_POLL_SET] =
		"another thread may have changed the memory where the set of %t was read",
	[DOUBT_UNSEEN_PROCESS] = "%p could not be read and may hold %i",
	[DOUBT_UNSEEN_FD] = "descriptors that could not be identified may be ends of %i",
	[DOUBT_PID_NAMESPACE] = "processes outside this PID namespace cannot be seen",
	[DOUBT_IN_FLIGHT] = "descriptors are on their way through a unix socket",
	[DOUBT_REFERENCES] = "somebody unseen, or the kernel itself, refers to an end of %i",
	[DOUBT_URING] = "%p holds %i and an io_uring, by which the kernel may use it",
	[DOUBT_URING_FILES] = "%p keeps files in an io_uring, and %i may be among them",
	[DOUBT_CROWD] = "processes came and went faster than they could be read",
	[DOUBT_SUBREAPER] = "the end of any child lets %p go on, and an orphan might become one",
	[DOUBT_TRACERS_UNKNOWN] = "%p waits for any child, and might trace somebody unseen",
	[DOUBT_TRACED] = "%p is being traced, and its tracer may have it go on",
	[DOUBT_HOUSEKEEPING] = "threads of %p that only keep house were left out",
	[DOUBT_TIMERS_UNKNOWN] = "whether a timer will wake %p could not be read",
	[DOUBT_NOT_EXAMINED] = "%p was not looked at closely",
};

static void add_operand(struct phrase *phrase, const struct snapshot *s, const struct doubt *doubt,
                        char letter)
{
	if (letter == 'i' && doubt->pipe != NONE)
		phrase_add_taken(phrase, explain_pipe_id(s, doubt->pipe));
	else if (letter == 'p' && doubt->process != NONE)
		phrase_add_taken(phrase, explain_process(&s->processes[doubt->process]));
	else if (letter == 't' && doubt->task != NONE)
		phrase_add_taken(phrase, explain_task(s, &s->tasks[doubt->task]));
	else if (letter == 'w' && doubt->task != NONE)
		phrase_add_foreign(phrase, s->tasks[doubt->task].wait.odd_wchan);
	else
		phrase_add(phrase, "%s", letter == 'i' ? "the pipe" : letter == 'p' ? "a process"
		           : letter == 't' ? "a member" : "?");
}

/* On x86 before Linux 5.16, unless it was built with frame pointers, wchan tells nothing. */
static bool is_mute(const struct snapshot *s, const struct doubt *doubt)
{
	const char *name = doubt->kind == DOUBT_ODD_WCHAN && doubt->task != NONE
		? s->tasks[doubt->task].wait.odd_wchan : NULL;

	return name && !*name;
}

char *explain_doubt(const struct diagnosis *d, const struct doubt *doubt)
{
	const char *rest = is_mute(d->snapshot, doubt)
	                           ? "this kernel does not tell in which of its functions %t sleeps"
	                           : doubts[doubt->kind];
	struct phrase phrase = { 0 };

	while (*rest) {
		size_t plain = strcspn(rest, "%");

		phrase_add(&phrase, "%.*s", (int)plain, rest);
		rest += plain;
		if (*rest) {
			add_operand(&phrase, d->snapshot, doubt, rest[1]);
			rest += 2;
		}
	}
	return phrase_take(&phrase);
}

/* ---- stalls ---- */

/* A thread of the reader that waits for the writer's exit: the half of the article's deadlock. */
static const struct task *waiter_for(const struct snapshot *s, const struct process *reader,
                                     const struct task *writer)
{
	for (uint32_t i = 0; i < reader->tasks; i++) {
		const struct task *task = &s->tasks[reader->first_task + i];
		const struct wait *wait = &task->wait;

		if (wait->kind != WAIT_CHILD_EXIT)
			continue;
		if (wait->children == CHILDREN_ONE ? wait->child == process_of(s, writer)->pid
		                                   : is_awaited(s, task, writer))
			return task;
	}
	return NULL;
}

static bool polls_pipe(const struct snapshot *s, const struct wait *wait, uint32_t pipe)
{
	for (uint32_t i = 0; i < wait->targets; i++) {
		const struct target *target = &s->targets[wait->first_target + i];

		if (target->pipe == pipe || target->kind == TARGET_UNKNOWN)
			return true;
	}
	return false;
}

/* "is in epoll_wait on other files", "sleeps", … */
static void add_deed(struct phrase *phrase, const struct snapshot *s, const struct task *task,
                     uint32_t pipe)
{
	if (task->wait.kind == WAIT_POLL && task->call && !polls_pipe(s, &task->wait, pipe)) {
		phrase_add(phrase, "is in ");
		phrase_add_foreign(phrase, task->call);
		phrase_add(phrase, " on other files");
		return;
	}
	phrase_add_taken(phrase, explain_wait(s, task));
	if (task->wait.kind == WAIT_OUTSIDE && task->call) {
		phrase_add(phrase, " in ");
		phrase_add_taken(phrase, explain_call(s, task));
	}
}

char *explain_stall(const struct diagnosis *d, const struct stall *stall)
{
	const struct snapshot *s = d->snapshot;
	const struct task *reader = stall->reader == NONE ? NULL : &s->tasks[stall->reader];
	const struct task *waiter = NULL;
	struct phrase phrase = { 0 };
	char span[UNITS_SIZE];

	phrase_add(&phrase, "no slot freed for %s: ", units_span(span, stall->blocked_ms));
	if (!reader) {
		phrase_add(&phrase, "what its readers do could not be seen");
		return phrase_take(&phrase);
	}
	if (stall->writer != NONE)
		waiter = waiter_for(s, process_of(s, reader), &s->tasks[stall->writer]);
	phrase_add(&phrase, "its reader ");
	phrase_add_taken(&phrase, explain_task(s, reader));
	phrase_add(&phrase, " ");
	add_deed(&phrase, s, reader, stall->pipe);
	if (waiter && waiter != reader)
		phrase_add(&phrase, ", and may still make room, while its thread %" PRId32
		           " waits for the writer to exit", waiter->tid);
	return phrase_take(&phrase);
}
