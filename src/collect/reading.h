/* The thread whose wait is being read, and what the files of this room share for it. */
#ifndef COLLECT_READING_H
#define COLLECT_READING_H

#include <sys/types.h>

#include "collect/calls.h"
#include "collect/look.h"

enum { READING_SIZE = 4096 };

struct sets;

struct reading {
	struct look *look;
	struct sets *sets;       /* what has to be read from memory */
	int *dir;                /* of the process: -EAGAIN until it is needed */
	int threads;             /* the directory of its threads; AT_FDCWD where there is one */
	const struct process *process;
	uint32_t index;          /* of the process */
	uint32_t task_index;
};

struct task *reading_task(const struct reading *r);

/* The directory of the process, opened when it is first asked for; or -errno. */
int reading_dir(const struct reading *r);

/*
 * A file of the thread's directory, at most READING_SIZE bytes of it, or what was kept of it.
 * Length or -errno.
 */
ssize_t reading_text(const struct reading *r, const char *name, char *text);

/* What wchan says, as bits of enum wchan; 0 when it says nothing that is known. */
unsigned reading_wchan(const struct reading *r);

void reading_outside(struct wait *wait, const char *what);

/*
 * What a stopped thread ('T', or 't' by a tracer) waits for: calls that start again into the same
 * wait when continued are kept and marked, everything else waits for whoever continues it.
 */
void reading_stop(struct task *task, char state);

/* children.c: wait4(2) and waitid(2); sleeping until SIGCHLD comes. */
void reading_children(const struct reading *r, const struct call *call);
void reading_signal(const struct reading *r);

/* infer.c: the wait from wchan alone, since `syscall` was refused; at which pipe is settled when
   they are known. */
void reading_infer(const struct reading *r);
void infer_settle(struct look *look, struct task *task);

#endif
