/*
 * What epoll descriptors watch, as their fdinfo tells. Reading that takes the epoll's lock, which
 * somebody may hold for good: a scout does it (scout.h), for as many as possible in one go.
 */
#ifndef COLLECT_EPOLLS_H
#define COLLECT_EPOLLS_H

#include <stdint.h>
#include <sys/types.h>

#include "collect/look.h"

/* Some 800 entries: whoever waits for more, waits for somebody who lives. */
enum { EPOLL_TEXT_SIZE = 64 * 1024 };

struct epoll_set {
	int32_t tid, fd;         /* whose it is */
	ssize_t length;          /* -errno where it was not read, or not as a whole */
	char text[EPOLL_TEXT_SIZE]; /* memory is only taken for what is written to */
};

/* Zeroed. NULL when there is no memory. */
struct epoll_set *epolls_new(uint32_t count);
void epolls_free(struct epoll_set *sets, uint32_t count);

void epolls_read(struct look *look, struct epoll_set *sets, uint32_t count);

#endif
