/* Looks at the bytes that wait in a pipe, and leaves them there. */
#ifndef ACT_PEEK_H
#define ACT_PEEK_H

#include "model/snapshot.h"

struct peek {
	char *bytes;             /* foreign: escape them before they reach a terminal */
	size_t length;
	size_t waiting_bytes;    /* more than `length` where we may not have so large a pipe */
	size_t capacity_bytes;
};

/*
 * All that waits in the pipe at one moment, from its head; never blocks, and an empty pipe gives
 * length 0. 0, the errors of ends_take() for a read end and of ends_by_child(), -ENOMEM, or -errno
 * of pipe(2).
 */
int peek_take(const struct snapshot *s, const struct pipe *pipe, struct peek *ret_peek);

void peek_free(struct peek *peek);

#endif
