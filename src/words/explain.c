/*
 * Owns the names of things and the words for what a thread does: pipes, processes, calls, waits.
 * A call is written as strace writes it; what could not be read is left out, never made up.
 */
#include "words/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/phrase.h"

enum { TARGETS_NAMED = 3 }; /* of a poll set; the others are counted */

const char explain_proved[] =
	"Proved: as long as nobody sends a signal, traces, resizes the pipe, or opens it by a name "
	"or through /proc, none of them can ever run.";

/* ---- names ---- */

char *explain_pipe_key(enum pipe_type type, uint64_t ino, const char *path)
{
	struct phrase phrase = { 0 };

	if (type == PIPE_FIFO && path)
		phrase_add_foreign(&phrase, path);
	else
		phrase_add(&phrase, "pipe:[%" PRIu64 "]", ino);
	return phrase_take(&phrase);
}

char *explain_pipe_id(const struct snapshot *s, uint32_t pipe)
{
	return explain_pipe_key(s->pipes[pipe].type, s->pipes[pipe].ino, snapshot_path(s, pipe));
}

char *explain_process(const struct process *process)
{
	struct phrase phrase = { 0 };

	phrase_add_foreign(&phrase, process->comm);
	phrase_add(&phrase, " (%" PRId32 ")", process->pid);
	return phrase_take(&phrase);
}

char *explain_end(int32_t status, int32_t signal)
{
	struct phrase phrase = { 0 };

	phrase_add(&phrase, "%s", "");
	if (signal > 0)
		phrase_add(&phrase, ", killed by signal %" PRId32 " (%s)", signal,
		           sigdescr_np(signal) ? sigdescr_np(signal) : "?");
	else if (status != UNKNOWN)
		phrase_add(&phrase, ", status %" PRId32, status);
	return phrase_take(&phrase);
}

char *explain_task(const struct snapshot *s, const struct task *task)
{
	const struct process *process = &s->processes[task->process];
	struct phrase phrase = { 0 };

	if (task->tid == process->pid)
		return explain_process(process);
	phrase_add_foreign(&phrase, process->comm);
	phrase_add(&phrase, " (%" PRId32 ", thread %" PRId32 ")", process->pid, task->tid);
	return phrase_take(&phrase);
}

/* A process of which perhaps the pid alone is known. */
static char *name_pid(const struct snapshot *s, int32_t pid)
{
	uint32_t index = snapshot_find_process(s, pid);
	struct phrase phrase = { 0 };

	if (index != NONE)
		return explain_process(&s->processes[index]);
	phrase_add(&phrase, "process %" PRId32, pid);
	return phrase_take(&phrase);
}

/* ---- calls ---- */

/* The operands of a wait for children: of waitid an id type and an id, else one number. */
static void add_children(struct phrase *phrase, const struct task *task)
{
	static const struct {
		const char *id_type;
		const char *sign;
	} forms[] = {
		[CHILDREN_ONE] = { "P_PID, ", "" },
		[CHILDREN_GROUP] = { "P_PGID, ", "-" },
		[CHILDREN_ANY] = { "P_ALL", "-1" },
	};
	const struct wait *wait = &task->wait;
	bool waitid = !strcmp(task->call, "waitid");

	if (waitid && wait->fd != UNKNOWN) {
		phrase_add(phrase, "P_PIDFD, %" PRId32, wait->fd);
		return;
	}
	phrase_add(phrase, "%s",
	           waitid ? forms[wait->children].id_type : forms[wait->children].sign);
	if (wait->children != CHILDREN_ANY)
		phrase_add(phrase, "%" PRId32, wait->child);
}

/* "[3, 5]": the descriptors of a poll set that was read. */
static void add_set(struct phrase *phrase, const struct snapshot *s, const struct wait *wait)
{
	const struct target *set = s->targets + wait->first_target;
	uint32_t count = 0;

	while (count < wait->targets && count < TARGETS_NAMED && set[count].fd != UNKNOWN)
		count++;
	if (!count) {
		phrase_add(phrase, "…");
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		phrase_add(phrase, "%s%" PRId32, i ? ", " : "[", set[i].fd);
	phrase_add(phrase, "%s", count < wait->targets ? ", …]" : "]");
}

char *explain_call(const struct snapshot *s, const struct task *task)
{
	const struct wait *wait = &task->wait;
	struct phrase phrase = { 0 };

	if (!task->call) {
		if (task->syscall == UNKNOWN)
			phrase_add(&phrase, "?");
		else
			phrase_add(&phrase, "syscall %" PRId32, task->syscall);
		return phrase_take(&phrase);
	}
	phrase_add_foreign(&phrase, task->call);
	phrase_add(&phrase, "(");
	if (wait->kind == WAIT_CHILD_EXIT && !wait->by_signal)
		add_children(&phrase, task);
	else if (wait->fd == UNKNOWN && wait->kind == WAIT_POLL)
		add_set(&phrase, s, wait);
	else if (wait->fd == UNKNOWN)
		phrase_add(&phrase, "…");
	else if (wait->count_bytes == UNKNOWN)
		phrase_add(&phrase, "%" PRId32, wait->fd);
	else
		phrase_add(&phrase, "%" PRId32 ", …, %" PRId64, wait->fd, wait->count_bytes);
	phrase_add(&phrase, ")");
	return phrase_take(&phrase);
}

/* ---- waits ---- */

const char *explain_wait_name(const struct wait *wait)
{
	static const char *const names[] = {
		[WAIT_UNKNOWN] = "unknown",
		[WAIT_RUNNING] = "running",
		[WAIT_PIPE_SPACE] = "pipe-space",
		[WAIT_PIPE_DATA] = "pipe-data",
		[WAIT_CHILD_EXIT] = "child-exit",
		[WAIT_VFORK] = "vfork",
		[WAIT_POLL] = "poll",
		[WAIT_THREAD] = "thread",
		[WAIT_FIFO_OPEN] = "fifo-open",
		[WAIT_STOPPED] = "stopped",
		[WAIT_OUTSIDE] = "outside",
		[WAIT_EXITED] = "outside", /* for its parent, or for its other threads */
	};

	return names[wait->kind];
}

/* "room in pipe:[6715]" */
static void add_pipe(struct phrase *phrase, const struct snapshot *s, bool space, uint32_t pipe)
{
	phrase_add(phrase, "%s in ", space ? "room" : "data");
	if (pipe == NONE)
		phrase_add(phrase, "a pipe");
	else
		phrase_add_taken(phrase, explain_pipe_id(s, pipe));
}

static void add_child_exit(struct phrase *phrase, const struct snapshot *s, const struct wait *wait)
{
	phrase_add(phrase, "waits for ");
	if (wait->children == CHILDREN_GROUP)
		phrase_add(phrase, "a child of process group %" PRId32, wait->child);
	else if (wait->children == CHILDREN_ANY)
		phrase_add(phrase, "any child");
	else if (wait->child <= 0)
		phrase_add(phrase, "a child");
	else
		phrase_add_taken(phrase, name_pid(s, wait->child));
	phrase_add(phrase, " to exit");
}

static bool target_is_named(const struct target *target)
{
	return target->kind == TARGET_SPACE || target->kind == TARGET_DATA ||
	       (target->kind == TARGET_EXIT && target->process != NONE);
}

static void add_target(struct phrase *phrase, const struct snapshot *s, const struct target *target)
{
	if (target->kind != TARGET_EXIT) {
		add_pipe(phrase, s, target->kind == TARGET_SPACE, target->pipe);
		return;
	}
	phrase_add(phrase, "the exit of ");
	phrase_add_taken(phrase, explain_process(&s->processes[target->process]));
}

/* "waits for data in pipe:[1], room in pipe:[2] or one of 3 other files" */
static void add_poll(struct phrase *phrase, const struct snapshot *s, const struct wait *wait)
{
	const struct target *named[TARGETS_NAMED];
	uint32_t count = 0, others;

	for (uint32_t i = 0; i < wait->targets && count < TARGETS_NAMED; i++) {
		if (target_is_named(&s->targets[wait->first_target + i]))
			named[count++] = &s->targets[wait->first_target + i];
	}
	others = wait->targets - count;
	phrase_add(phrase, "waits for ");
	for (uint32_t i = 0; i < count; i++) {
		add_target(phrase, s, named[i]);
		if (i + 2 < count || (i + 2 == count && others))
			phrase_add(phrase, ", ");
		else if (i + 1 < count || others)
			phrase_add(phrase, " or ");
	}
	if (others > 1)
		phrase_add(phrase, "one of %" PRIu32 "%s files", others, count ? " other" : "");
	else if (others || !count)
		phrase_add(phrase, count ? "another file" : "a file");
}

static void add_outside(struct phrase *phrase, const struct wait *wait)
{
	static const struct {
		const char *what, *words;
	} table[] = {
		{ "sleep", "sleeps" },
		{ "signal", "waits for a signal" },
		{ "socket", "waits on a socket" },
		{ "terminal", "waits for the terminal" },
		{ "disk", "waits for the disk" },
		{ "futex", "waits for a lock that others may release" },
		{ "file", "waits on a file" },
		{ "userfault", "waits for a page of memory" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (wait->what && !strcmp(wait->what, table[i].what)) {
			phrase_add(phrase, "%s", table[i].words);
			return;
		}
	}
	phrase_add(phrase, "waits for something else");
}

/* Waits that need no operand. */
static const char *const plain_waits[] = {
	[WAIT_UNKNOWN] = "does what could not be read",
	[WAIT_RUNNING] = "is running",
	[WAIT_VFORK] = "waits for its vfork child to exec or exit",
	[WAIT_THREAD] = "waits for another of its threads",
	[WAIT_FIFO_OPEN] = "waits for somebody to open the other end of a FIFO",
	[WAIT_STOPPED] = "is stopped",
	[WAIT_EXITED] = "has exited",
};

char *explain_wait(const struct snapshot *s, const struct task *task)
{
	const struct wait *wait = &task->wait;
	struct phrase phrase = { 0 };

	switch (wait->kind) {
	case WAIT_PIPE_SPACE:
	case WAIT_PIPE_DATA:
		phrase_add(&phrase, "waits for ");
		add_pipe(&phrase, s, wait->kind == WAIT_PIPE_SPACE, wait->pipe);
		break;
	case WAIT_CHILD_EXIT:
		add_child_exit(&phrase, s, wait);
		break;
	case WAIT_POLL:
		add_poll(&phrase, s, wait);
		break;
	case WAIT_OUTSIDE:
		add_outside(&phrase, wait);
		break;
	default:
		phrase_add(&phrase, "%s", plain_waits[wait->kind]);
	}
	return phrase_take(&phrase);
}

/* ---- holders ---- */

uint32_t explain_holders(const struct snapshot *s, const struct pipe *pipe, bool writers,
                         uint32_t *first, uint32_t size)
{
	uint32_t count = 0, last = NONE;

	/* The ends are sorted by process. */
	for (uint32_t k = 0; k < pipe->ends; k++) {
		const struct holder *holder = snapshot_end(s, pipe, k);

		if (!(writers ? holder->writes : holder->reads) || holder->process == last)
			continue;
		last = holder->process;
		if (count < size)
			first[count] = last;
		count++;
	}
	return count;
}

void explain_free_list(char **list)
{
	for (char **item = list; item && *item; item++)
		free(*item);
	free(list);
}
