/*
 * What a thread waits for that its arguments only point to: the sets of poll(2), select(2) and
 * epoll_wait(2), the flags of clone3(2), the waiters of futex_waitv(2), the set of
 * rt_sigtimedwait(2).
 */
#ifndef COLLECT_SETS_H
#define COLLECT_SETS_H

#include "collect/calls.h"
#include "collect/look.h"

struct sets;

/* NULL when there is no memory. */
struct sets *sets_new(struct look *look);
void sets_free(struct sets *sets);

/*
 * Notes that the wait of this task needs memory of its process; until it is read the wait is
 * unknown. A call that ends by itself needs none.
 */
void sets_ask(struct sets *sets, uint32_t task, const struct call *call);

/* Reads all that was asked for, and completes the waits. 0 or -ENOMEM. */
int sets_read(struct sets *sets, int limit_ms);

#endif
