/*
 * Processes by libproc2. Only items that come from one stat file are asked for: the library reads
 * no file that no item needs, and these are the cheap ones.
 *
 * libproc2 ends the calling process when /proc is not mounted, so that is tested first. The macro
 * PIDS_VAL changed its arguments in 4.0.5; reading the result from the stack works in all
 * versions.
 *
 * Threads are the names in /proc/PID/task. libproc2 has them too, but opens a file for each:
 * PIDS_SELECT_PID_THREADS is 0x10001, and its last bit means the same as "read statm" where it
 * ends up (procps 4.0, library/pids.c, procps_pids_select()). With many threads that was a third of
 * a whole look.
 */
#include "collect/tasks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libproc2/pids.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { PF_KTHREAD = 0x00200000 }; /* include/linux/sched.h */

/* procps_pids_select() takes at most FILL_ID_MAX (255) ids. */
enum { IDS_AT_ONCE = 200 };

enum { PID, PPID, PGRP, EXIT_SIGNAL, NLWP, FLAGS, START, EUID, STATE, CMD };
static const enum pids_item process_items[] = {
	[PID] = PIDS_ID_PID, [PPID] = PIDS_ID_PPID, [PGRP] = PIDS_ID_PGRP,
	[EXIT_SIGNAL] = PIDS_EXIT_SIGNAL, [NLWP] = PIDS_NLWP, [FLAGS] = PIDS_FLAGS,
	[START] = PIDS_TICS_BEGAN, [EUID] = PIDS_ID_EUID, [STATE] = PIDS_STATE, [CMD] = PIDS_CMD,
};

struct tasks {
	struct pids_info *processes;
};

static int new_info(struct pids_info **ret, const enum pids_item *items, int count)
{
	/* The library wants them writable and copies them. */
	enum pids_item copy[16];

	for (int i = 0; i < count; i++)
		copy[i] = items[i];
	return procps_pids_new(ret, copy, count);
}

int tasks_new(struct tasks **ret_tasks)
{
	struct statfs fs;
	struct tasks *t;
	int r;

	if (statfs("/proc", &fs) < 0)
		return -errno;
	if (fs.f_type != PROC_SUPER_MAGIC)
		return -ENOENT;
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	r = new_info(&t->processes, process_items, sizeof(process_items) / sizeof(*process_items));
	if (r < 0) {
		tasks_free(t);
		return r;
	}
	*ret_tasks = t;
	return 0;
}

void tasks_free(struct tasks *t)
{
	if (!t)
		return;
	if (t->processes)
		procps_pids_unref(&t->processes);
	free(t);
}

static struct listed_process listed(const struct pids_stack *stack)
{
	const struct pids_result *item = stack->head;

	return (struct listed_process){
		.pid = item[PID].result.s_int,
		.ppid = item[PPID].result.s_int,
		.pgid = item[PGRP].result.s_int,
		.exit_signal = item[EXIT_SIGNAL].result.s_int,
		.thread_count = item[NLWP].result.s_int,
		.start_ticks = item[START].result.ull_int,
		.uid = item[EUID].result.u_int,
		.state = item[STATE].result.s_ch,
		.kernel_thread = item[FLAGS].result.ul_int & PF_KTHREAD,
		.comm = item[CMD].result.str,
	};
}

static int each_listed(const struct pids_fetch *fetched,
                       int (*each)(void *, const struct listed_process *), void *context)
{
	for (int i = 0; i < fetched->counts->total; i++) {
		struct listed_process process = listed(fetched->stacks[i]);
		int r = each(context, &process);

		if (r < 0)
			return r;
	}
	return 0;
}

int tasks_each_process(struct tasks *t, int (*each)(void *, const struct listed_process *),
                       void *context)
{
	const struct pids_fetch *fetched = procps_pids_reap(t->processes, PIDS_FETCH_TASKS_ONLY);

	if (!fetched)
		return errno ? -errno : -ENOENT;
	return each_listed(fetched, each, context);
}

int tasks_each_named(struct tasks *t, const int32_t *pids, uint32_t count,
                     int (*each)(void *, const struct listed_process *), void *context)
{
	unsigned ids[IDS_AT_ONCE];
	int r = 0;

	for (uint32_t done = 0; done < count && r == 0; ) {
		const struct pids_fetch *fetched;
		int n = 0;

		while (n < IDS_AT_ONCE && done < count)
			ids[n++] = (unsigned)pids[done++];
		fetched = procps_pids_select(t->processes, ids, n, PIDS_SELECT_PID);
		if (fetched)
			r = each_listed(fetched, each, context);
		else if (errno == ENOMEM)
			r = -ENOMEM;
	}
	return r;
}

int tasks_each_thread(int dir, int (*each)(void *, int tasks, int32_t tid), void *context)
{
	int fd = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		r = errno == ENOMEM ? -ENOMEM : 0;
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (r >= 0 && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			r = each(context, fd, atoi(entry->d_name));
	closedir(directory);
	return r < 0 ? r : 0;
}
