/*
 * Somebody's pipe end in our hands, for a moment. While a duplicate is held nothing else happens:
 * a kept write end takes the reader's end-of-file away, a kept read end the writer's EPIPE. So it
 * is taken right before the one system call that needs it, and released right after, with the
 * signals blocked that could stop or end us in between, and before all others who want to run.
 */
#ifndef ACT_ENDS_H
#define ACT_ENDS_H

#include <signal.h>

#include "collect/probe.h"
#include "model/snapshot.h"

enum ends_mode { ENDS_READ, ENDS_WRITE };

struct ends_hold {
	int fd;
	sigset_t signals;        /* the mask from before */
	struct probe_pace pace;  /* likewise */
};

/*
 * Duplicates the first end of that direction that its holder still has. -ENXIO when no holder of
 * such an end is known, -ESTALE when all of them have let go of it, else the first refusal
 * (-EPERM, -EACCES, …).
 */
int ends_take(const struct snapshot *s, const struct pipe *pipe, enum ends_mode mode,
              struct ends_hold *ret_hold);
void ends_release(struct ends_hold *hold);

/*
 * Runs what takes ends in a child process, which has none of our descriptors and changes no memory
 * of ours but that of scout_memory(): who touches a pipe waits for its lock, where no signal
 * arrives, for as long as somebody sleeps with it (collect/scout.h). What `run` returned,
 * -ETIMEDOUT when the child does not come back and was left behind, or -EAGAIN when there was none.
 * What the child is not permitted is tried by ourselves.
 */
int ends_by_child(int (*run)(void *context), void *context);

/*
 * A pipe of our own, of that capacity where we may have it, else as the kernel gives it
 * (pipe-user-pages-soft, proc_sys_fs(5)).
 */
int ends_own_pipe(int64_t capacity_bytes, int ret_fds[2]);

/* Reads exactly `length` bytes, which must be there already. 0 or -errno. */
int ends_read_all(int fd, char *bytes, size_t length);

#endif
