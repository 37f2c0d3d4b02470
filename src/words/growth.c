/*
 * A thread that waited for room in a pipe has gone on when it waits for something else, or there
 * again but has run in between (steady.h). Pure.
 */
#include "words/growth.h"

#include <inttypes.h>

#include "analysis/steady.h"
#include "words/explain.h"
#include "words/party.h"
#include "words/phrase.h"

enum { NAMED = 4 };

/* One that has left its pipes may not have been looked at any more. */
static const char *fate_of_unseen(const struct snapshot *before, const struct task *task,
                                  const struct snapshot *after)
{
	const struct process *process = &before->processes[task->process];
	uint32_t i = snapshot_find_process(after, process->pid);

	return i != NONE && after->processes[i].start_ticks == process->start_ticks ? "went on"
	                                                                           : "has ended";
}

/* What follows its name. */
static const char *fate(const struct snapshot *before, const struct task *task,
                        const struct pipe *pipe, const struct snapshot *after)
{
	static const char *const waits_again[] = {
		[STEADY_MOVED] = "went on, and waits for room again",
		[STEADY_UNKNOWN] = "waits for room, and may have gone on before",
		[STEADY_STILL] = "has not gone on",
	};
	uint32_t i = snapshot_find_task(after, before->processes[task->process].pid, task->tid);
	uint32_t at = snapshot_find_pipe(after, pipe->dev, pipe->ino);
	const struct task *now = i == NONE ? NULL : &after->tasks[i];

	if (!now || now->start_ticks != task->start_ticks)
		return fate_of_unseen(before, task, after);
	if (now->wait.kind == WAIT_EXITED)
		return "has ended";
	if (now->wait.kind == WAIT_STOPPED)
		return "is stopped";
	if (now->wait.kind == WAIT_UNKNOWN)
		return "could not be looked at again";
	if (at == NONE || !party_waits_here(after, now, at, SIDE_WRITER))
		return "went on";
	return waits_again[steady_task(task, now)];
}

char *growth_text(const struct snapshot *before, uint32_t pipe, const struct snapshot *after)
{
	struct phrase text = { 0 };
	uint32_t count = 0;

	for (uint32_t i = 0; i < before->task_count; i++) {
		const struct task *task = &before->tasks[i];

		if (!party_waits_here(before, task, pipe, SIDE_WRITER) || count++ >= NAMED)
			continue;
		phrase_add(&text, count == 1 ? "" : "; ");
		phrase_add_taken(&text, explain_task(before, task));
		phrase_add(&text, " %s", fate(before, task, &before->pipes[pipe], after));
	}
	if (count > NAMED)
		phrase_add(&text, "; %" PRIu32 " more waited for room in it", count - NAMED);
	if (count == 0)
		phrase_add(&text, "nobody waited for room in it");
	return phrase_take(&text);
}
