/*
 * Whom to name on each side of a pipe, where there is room for one: who is stuck on it before who
 * waits for it before who merely holds it.
 */
#ifndef WORDS_PARTY_H
#define WORDS_PARTY_H

#include "analysis/diagnosis.h"

enum side { SIDE_WRITER, SIDE_READER };

struct party {
	uint32_t holder;         /* index in snapshot.holders, or NONE: nobody is seen there */
	uint32_t task;           /* the thread of its process that matters, or NONE */
	uint32_t others;         /* how many other processes hold that side */
	bool blocked;            /* that thread waits for this pipe */
};

/* Whether the thread waits for that side of the pipe, in a call of its own or in a poll. */
bool party_waits_here(const struct snapshot *s, const struct task *task, uint32_t pipe,
                      enum side side);

struct party party_find(const struct diagnosis *d, uint32_t pipe, enum side side);

/*
 * What the thread is in, as short as a table needs it: "write(2)", "wait4(90909)", "epoll_wait",
 * "running"; empty when it is not known. As snprintf(3) does.
 */
void party_call(const struct task *task, char *out, size_t size);

/* How long this pipe has kept somebody waiting, or UNKNOWN. */
int64_t party_blocked_ms(const struct diagnosis *d, uint32_t pipe);

#endif
