/* What a wait for any one of several descriptors waits for: struct wait .targets. */
#ifndef COLLECT_TARGETS_H
#define COLLECT_TARGETS_H

#include "collect/epolls.h"
#include "collect/look.h"

/*
 * Appends a descriptor of the task's table to its targets: the ends of a pipe, a pidfd's process,
 * the whole set of a nested epoll, or the outside world. `events` as in epoll_ctl(2) and poll(2).
 * `dir` is that of the process. The targets of one wait are added without another's in between.
 */
void targets_add(struct look *look, int dir, uint32_t task, int32_t fd, uint32_t events);

/* A set, or a part of it, that could not be read. */
void targets_add_unknown(struct look *look, uint32_t task);

/* The whole set of an epoll descriptor, as it was read. */
void targets_add_epoll(struct look *look, int dir, uint32_t task, const struct epoll_set *set);

/* The process of a pidfd: its pid, UNKNOWN when it has ended, 0 when that cannot be told. */
int32_t targets_pidfd(int dir, int32_t tid, int32_t fd);

#endif
