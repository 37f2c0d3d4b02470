/*
 * Waits for children. A pid in the arguments is a number of the caller's own PID namespace,
 * pid_namespaces(7); status shows the numbers of a process in every namespace that it is in.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "collect/parse.h"
#include "collect/proc.h"
#include "collect/reading.h"
#include "collect/targets.h"

/* Whether a thread's own number for a process, `depth` namespaces down, means this one. */
static bool has_number(const struct reading *r, uint32_t process, uint32_t depth, bool group,
                       int32_t number)
{
	const struct process *p = builder_process(r->look->b, process);
	char path[PROC_PATH_SIZE], text[READING_SIZE];
	struct status_lines status;
	ssize_t length;

	if (p->ppid != r->process->pid)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/status", p->pid);
	length = proc_read(AT_FDCWD, path, text, sizeof(text));
	if (length < 0 || parse_status(text, (size_t)length, &status) < 0 ||
	    status.ns_depth <= depth)
		return false;
	return (group ? status.ns_pgids : status.ns_pids)[depth] == number;
}

/*
 * A pid or group in the arguments is one of the caller's PID namespace; the snapshot's are ours.
 * A number that fits no child makes the wait unknown.
 */
static void translate_child(const struct reading *r, struct wait *wait)
{
	bool group = wait->children == CHILDREN_GROUP;
	char text[READING_SIZE];
	struct status_lines status;
	ssize_t length = reading_text(r, "status", text);

	if (length < 0 || parse_status(text, (size_t)length, &status) < 0) {
		wait->kind = WAIT_UNKNOWN;
		return;
	}
	if (group && wait->child == 0) {
		wait->child = r->process->pgid;
		return;
	}
	if (status.ns_depth <= 1)
		return;
	for (uint32_t i = 0; i < builder_process_count(r->look->b); i++) {
		const struct process *p = builder_process(r->look->b, i);

		if (has_number(r, i, status.ns_depth - 1, group, wait->child)) {
			wait->child = group ? p->pgid : p->pid;
			return;
		}
	}
	wait->kind = WAIT_UNKNOWN;
}

void reading_children(const struct reading *r, const struct call *call)
{
	struct wait *wait = &reading_task(r)->wait;

	wait->kind = WAIT_CHILD_EXIT;
	wait->children = call->children;
	wait->child = call->child;
	wait->timed = call->timed;
	if (call->pidfd) {
		wait->fd = call->child;
		wait->child = targets_pidfd(reading_dir(r), reading_task(r)->tid, call->child);
		wait->ready = wait->child == UNKNOWN;
		if (wait->child == 0)
			wait->kind = WAIT_UNKNOWN;
	} else if (call->children != CHILDREN_ANY) {
		translate_child(r, wait);
	}
}

/* dash's `wait`: it sleeps until SIGCHLD comes and then looks for its children. */
void reading_signal(const struct reading *r)
{
	struct wait *wait = &reading_task(r)->wait;
	const uint64_t child = UINT64_C(1) << (SIGCHLD - 1);
	struct status_lines status;
	char text[READING_SIZE];
	ssize_t length;

	reading_outside(wait, "signal");
	if (!r->look->has_children[r->index])
		return;
	length = reading_text(r, "status", text);
	/* The call has put its own mask in place of the thread's. */
	if (length < 0 || parse_status(text, (size_t)length, &status) < 0 ||
	    !status.signals_known || !(status.signals_caught & child) ||
	    (status.signals_blocked & child))
		return;
	*wait = (struct wait){ .kind = WAIT_CHILD_EXIT, .children = CHILDREN_ANY, .by_signal = true,
	                       .fd = UNKNOWN, .count_bytes = UNKNOWN, .pipe = NONE };
}
