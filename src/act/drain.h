/*
 * Takes the bytes out of a pipe, the last resort: the pipe's reader will not see them.
 *
 * Every byte that is taken has been written out before, so a full disk or SIGKILL half way loses
 * none: at worst the last ones are in the file and in the pipe. This holds as long as nobody else
 * reads at the same time.
 */
#ifndef ACT_DRAIN_H
#define ACT_DRAIN_H

#include "model/snapshot.h"

struct drain {
	size_t taken_bytes;      /* out of the pipe, and all of them in `out` */
	bool raced;              /* somebody else read too: `out` may hold some of his bytes */
	int error;               /* 0, or -errno of what ended it early */
};

/*
 * Takes what waits at this moment. Refused are a pipe that a live reader has (the caller knows):
 * -EBUSY; a terminal: -ENOTTY; the pipe itself: -ELOOP. Otherwise 0 with the result, whose error
 * may be that of write(2) or fsync(2), or of ends_take() for a read end, or -ENOMEM.
 */
int drain_run(const struct snapshot *s, const struct pipe *pipe, bool reader_live, int out,
              struct drain *ret_drain);

#endif
