/* Look-ups in a sealed snapshot: binary searches over its sorted arrays. */
#include "model/snapshot.h"

#include <signal.h>

#include "model/arena.h"

uint32_t snapshot_find_process(const struct snapshot *s, int32_t pid)
{
	uint32_t low = 0, high = s->process_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (s->processes[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->process_count && s->processes[low].pid == pid ? low : NONE;
}

uint32_t snapshot_find_task(const struct snapshot *s, int32_t pid, int32_t tid)
{
	uint32_t process = snapshot_find_process(s, pid);
	uint32_t low, end, high;

	if (process == NONE)
		return NONE;
	low = s->processes[process].first_task;
	end = high = low + s->processes[process].tasks;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (s->tasks[middle].tid < tid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < end && s->tasks[low].tid == tid ? low : NONE;
}

uint32_t snapshot_find_pipe(const struct snapshot *s, uint64_t dev, uint64_t ino)
{
	uint32_t low = 0, high = s->pipe_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct pipe *pipe = &s->pipes[middle];

		if (pipe->dev < dev || (pipe->dev == dev && pipe->ino < ino))
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->pipe_count && s->pipes[low].dev == dev && s->pipes[low].ino == ino ? low
	                                                                                   : NONE;
}

const char *snapshot_path(const struct snapshot *s, uint32_t pipe)
{
	uint32_t low = 0, high = s->path_count;

	while (low < high && s->pipes[pipe].has_path) {
		uint32_t middle = low + (high - low) / 2;

		if (s->paths[middle].pipe == pipe)
			return s->paths[middle].path;
		if (s->paths[middle].pipe < pipe)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct holder *snapshot_end(const struct snapshot *s, const struct pipe *pipe, uint32_t k)
{
	if (pipe->ends > 2)
		return &s->holders[s->ends[pipe->first_end + k]];
	return &s->holders[k ? s->seconds[pipe - s->pipes] : pipe->first_end];
}

bool snapshot_is_complete(const struct snapshot *s)
{
	return !s->view_limits && !s->denied && !s->timed_out && !s->fds_unidentified;
}

uint64_t snapshot_signals(const struct process *p)
{
	/* A process raises these itself. 32 and 33 are glibc's and musl's, for its threads. */
	static const int own[] = {
		SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, 32, 33,
	};
	uint64_t signals = p->signals_known ? p->signals_caught : 0;

	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		signals &= ~(UINT64_C(1) << (own[i] - 1));
	return signals;
}

void snapshot_free(struct snapshot *s)
{
	if (s)
		arena_free(s->arena);
}
