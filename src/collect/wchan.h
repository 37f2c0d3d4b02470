/* Names of the kernel functions that threads sleep in, for kernels 4.18 to 6.18. Pure. */
#ifndef COLLECT_WCHAN_H
#define COLLECT_WCHAN_H

#include <stdbool.h>
#include <stddef.h>

/* What a name says, as bits: some functions serve more than one wait. */
enum wchan {
	WCHAN_PIPE_SPACE = 1 << 0,
	WCHAN_PIPE_DATA  = 1 << 1,
	WCHAN_CHILD      = 1 << 2,
	WCHAN_VFORK      = 1 << 3,
	WCHAN_POLL       = 1 << 4,
	WCHAN_EPOLL      = 1 << 5,
	WCHAN_FUTEX      = 1 << 6,
	WCHAN_SIGNAL     = 1 << 7,
	WCHAN_FIFO_OPEN  = 1 << 8,
	WCHAN_STOPPED    = 1 << 9,  /* signal, tracer, freezer, seccomp supervisor */
	WCHAN_LIVE       = 1 << 10  /* the page or the disk that it waits for will come */
};

/* The bits of a name as parse_wchan() gives it; 0 for one that is not known. */
unsigned wchan_find(const char *name, size_t length);

#endif
