/* Who might hold an end of a pipe without having been seen with it. */
#ifndef ANALYSIS_UNSEEN_H
#define ANALYSIS_UNSEEN_H

#include "analysis/family.h"

struct unseen {
	const struct snapshot *snapshot;
	const struct family *family;
	uint32_t youngest;       /* of the processes that could not be read, or NONE */
};

struct unseen unseen_look(const struct snapshot *s, const struct family *f);

/* It was read, but an io_uring of it holds files, or may, that have no descriptor. */
bool unseen_in_uring(const struct process *p);

/* A process that could not be read, or has such an io_uring, and may hold the pipe; or NONE. */
uint32_t unseen_holder(const struct unseen *u, const struct pipe *pipe);

/* Are there processes that we cannot even list? */
bool unseen_world(const struct snapshot *s);

/*
 * Has the kernel itself counted that nobody but those who were seen holds either end of the pipe?
 */
bool unseen_none(const struct pipe *pipe);

/* Somebody holds such an end whom we did not see. */
enum fact unseen_writers(const struct unseen *u, const struct pipe *pipe);
enum fact unseen_readers(const struct unseen *u, const struct pipe *pipe);

#endif
