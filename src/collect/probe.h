/*
 * Touching somebody else's pipe, the only file that does. What it touches was proved to be the
 * very pipe that was seen; what it holds, it holds for one probe.
 */
#ifndef COLLECT_PROBE_H
#define COLLECT_PROBE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

/* Where an end of a pipe was seen. */
struct probe_end {
	int32_t pid, fd;         /* of a process, or a thread with a table of its own */
	uint64_t dev, ino;
	bool writes;             /* it is (also) a write end: the one to be preferred */
	bool fifo;               /* it has a name: never opened anew */
};

struct probe_result {
	int32_t fill_bytes, capacity_bytes; /* as the calls give them */
	enum fact full, no_writers, no_readers;
};

/* How the scheduler treated us, sched_setscheduler(2). */
struct probe_pace {
	int policy, priority;
};

/*
 * SIGINT, SIGTERM, SIGTSTP and the like wait while a duplicate is held: a pipetop that is stopped
 * or that ends slowly with an end of somebody's pipe would take away an end-of-file or an EPIPE.
 */
void probe_hold_signals(sigset_t *ret_saved);
void probe_release_signals(const sigset_t *saved);

/*
 * Between these two no other program takes the processor away from this thread, where that is
 * allowed (CAP_SYS_NICE): set aside with a duplicate in our hands, we would hold it for
 * milliseconds, not microseconds. To be kept short.
 */
void probe_hurry(struct probe_pace *ret_pace);
void probe_relax(const struct probe_pace *pace);

/*
 * A duplicate of the end, by pidfd_getfd(2) on `pidfd`, proved by fstat(2) to be the pipe (dev,
 * ino). A descriptor, or -errno: -ESTALE when it is something else by now, -EPERM when that is not
 * allowed. To be closed at once.
 */
int probe_duplicate(int pidfd, const struct probe_end *end);

/* The same without a pidfd at hand. */
int probe_open(int32_t pid, int32_t fd, uint64_t dev, uint64_t ino, int *ret_fd);

/*
 * Fill and capacity of the pipe at that end, and, with `poll`, whether it is full and who hung up.
 * `pidfd` may be negative: then, and where duplicating is not permitted, an anonymous pipe is
 * opened anew in the same mode. 0 or -errno; what could not be told stays unknown, as does more
 * than that bytes wait at a read end whose writer lives.
 */
int probe(int pidfd, const struct probe_end *end, bool poll, struct probe_result *ret);

#endif
