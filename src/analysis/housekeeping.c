/*
 * A JVM whose every own thread is stuck still has threads that wake up now and then, to collect
 * garbage or to compile; none of them will ever read or write a pipe of the program. They are known
 * by name only (comm, of which the kernel keeps 15 bytes), so a verdict that leaves them out is
 * likely and never proved.
 */
#include "analysis/housekeeping.h"

#include <string.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const struct name {
	const char *prefix;
	bool tells;              /* nobody but this runtime names a thread so */
	bool ticks;              /* runs by the clock, many times a second, and wakes nobody */
} names[] = {
	/* HotSpot, JDK 8 to 24 */
	{ "VM Thread", true, false },
	{ "VM Periodic Tas", true, true },
	{ "GC Thread#", true, false },
	{ "ParGC Thread#", true, false },
	{ "C1 CompilerThre", true, false },
	{ "C2 CompilerThre", true, false },
	{ "G1 ", false, false },
	{ "ZDirector", false, false },
	{ "ZDriver", false, false },
	{ "ZStat", false, false },
	{ "ZUncommitter", false, false },
	{ "ZUnmapper", false, false },
	{ "ZWorker", false, false },
	{ "Shenandoah", false, false },
	{ "Sweeper thread", false, false },
	{ "Signal Dispatch", false, false },
	{ "Service Thread", false, false },
	{ "Monitor Deflati", false, false },
	{ "Notification Th", false, false },
	{ "Reference Handl", false, false },
	{ "Finalizer", false, false },
	{ "Common-Cleaner", false, false },
	{ "Cleaner-", false, false },
	{ "process reaper", false, false },
};

/* The row that fits, or NULL. No prefix begins another. */
static const struct name *find_name(const char *comm)
{
	for (size_t k = 0; comm && k < ARRAY_SIZE(names); k++)
		if (strncmp(comm, names[k].prefix, strlen(names[k].prefix)) == 0)
			return &names[k];
	return NULL;
}

const char *housekeeping_name(const char *comm)
{
	const struct name *name = find_name(comm);

	return name ? name->prefix : NULL;
}

bool housekeeping_runtime(const struct snapshot *s, const struct process *p)
{
	for (uint32_t i = 0; i < p->tasks; i++) {
		const struct name *name = find_name(s->tasks[p->first_task + i].comm);

		if (name && name->tells)
			return true;
	}
	return false;
}

static bool in_futex(const struct wait *wait)
{
	if (wait->kind == WAIT_OUTSIDE)
		return wait->what && strcmp(wait->what, "futex") == 0;
	return wait->kind == WAIT_THREAD;
}

bool housekeeping_idle(const struct task *task)
{
	const struct name *name = find_name(task->comm);

	return name && (in_futex(&task->wait) ||
	                (task->wait.kind == WAIT_RUNNING && name->ticks));
}

bool housekeeping_busy(const struct task *task)
{
	return task->wait.kind == WAIT_RUNNING && (!task->comm || find_name(task->comm));
}
