/* Makes a pipe larger, so that a blocked writer goes on. Nothing is lost, nobody is disturbed. */
#ifndef ACT_GROW_H
#define ACT_GROW_H

#include "model/snapshot.h"

enum grow_outcome {
	GROW_DONE,
	GROW_LARGE_ALREADY,      /* it is at least as large as was asked for; we never shrink */
	GROW_BEYOND_MAX,         /* above pipe-max-size, which needs CAP_SYS_RESOURCE */
	GROW_USER_PAGES,         /* its owner is above pipe-user-pages-soft or -hard */
	GROW_TOO_LARGE,          /* above what any pipe can be: 2 GiB */
	GROW_NO_MEMORY
};

struct grow {
	enum grow_outcome outcome;
	int64_t before_bytes, after_bytes;
};

/*
 * `size_bytes` 0 asks for pipe-max-size, and takes less where the owner's pages allow no more.
 * 0 with the outcome, or the errors of ends_take() and ends_by_child() when the pipe could not be
 * reached; one that is locked may still grow when it is not any more.
 */
int grow_run(const struct snapshot *s, const struct pipe *pipe, int64_t size_bytes,
             struct grow *ret_grow);

#endif
