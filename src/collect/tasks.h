/* Which processes and threads there are. The only file that includes libproc2. */
#ifndef COLLECT_TASKS_H
#define COLLECT_TASKS_H

#include <stdbool.h>
#include <stdint.h>

struct tasks;

/* A process as its stat file shows it, proc_pid_stat(5). */
struct listed_process {
	int32_t pid, ppid, pgid, exit_signal, thread_count;
	uint64_t start_ticks;
	uint32_t uid;
	char state;
	bool kernel_thread;
	const char *comm;        /* good until the function that got it returns */
};

/* 0, -ENOMEM, or -errno; -ENOENT when /proc is not mounted. */
int tasks_new(struct tasks **ret_tasks);
void tasks_free(struct tasks *t);

/* Calls each(context, process) for every process there is; stops when it returns < 0, with that. */
int tasks_each_process(struct tasks *t, int (*each)(void *, const struct listed_process *),
                       void *context);

/* The same for those of these pids that are there. */
int tasks_each_named(struct tasks *t, const int32_t *pids, uint32_t count,
                     int (*each)(void *, const struct listed_process *), void *context);

/*
 * Calls each(context, tasks, tid) for every thread of the process whose directory it is, of which
 * `tasks` is that of the threads. One that has ended has none.
 */
int tasks_each_thread(int dir, int (*each)(void *, int tasks, int32_t tid), void *context);

#endif
