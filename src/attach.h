/*
 * The processes that pipetop is attached to (-p, COMMAND): held by pidfd from the beginning, so
 * that a pid that was given to somebody else is never taken for one of them; and their
 * descendants, who stay theirs when a parent in between has ended. main's room.
 */
#ifndef ATTACH_H
#define ATTACH_H

#include <poll.h>

#include "source.h"

struct attach;

/* How a process ended. UNKNOWN where the kernel does not tell. */
struct attach_ending {
	int32_t pid;
	uint64_t start_ticks;
	char comm[16];           /* its last, raw; empty when it could not be read */
	int64_t time_ms;         /* when we noticed, since the epoch */
	int32_t status;          /* as given to exit(3), or UNKNOWN */
	int32_t signal;          /* that killed it; 0 none, or UNKNOWN */
};

/*
 * Takes hold of the processes; none is allowed, and means all of the system. 0, -ENOMEM, -ESRCH
 * and the pid that is not there, or -errno of pidfd_open(2).
 */
int attach_new(const int32_t *pids, uint32_t count, struct attach **ret_attach,
               int32_t *ret_missing);

/*
 * Takes hold of a process that a look has shown. Where its pid is nobody's by now, or somebody
 * else's, it has ended. 0 or -errno.
 */
int attach_seen(const struct process *process, struct attach **ret_attach);

/* How many were named, and the i-th of them; whether it has ended, as far as was noticed. */
uint32_t attach_count(const struct attach *a);
const struct attach_ending *attach_get(const struct attach *a, uint32_t i, bool *ret_ended);

/*
 * What attach_scan() does before and behind a scan: asks about them and their descendants, until
 * the next time; and learns from the diagnosis who is a descendant by now. 0 or -ENOMEM.
 */
void attach_ask(const struct attach *a, struct diagnosis_settings *ret_settings);
int attach_learn(struct attach *a, const struct diagnosis *d);

/*
 * source_scan(), asked about them and about all descendants that it, or one before it, has shown;
 * once more when one of them has ended meanwhile. `settings` may be about anything.
 */
int attach_scan(struct attach *a, struct collector *c, const struct source_settings *settings,
                struct examination *ret, char error[SOURCE_ERROR_SIZE]);

/*
 * To wait for an ending with poll(2): the pidfds of those that have not ended; -1 for the others,
 * and for all before Linux 5.3.
 */
const struct pollfd *attach_poll(const struct attach *a, uint32_t *ret_count);

/* Notes who has ended by now, and when that was. */
void attach_notice(struct attach *a);

/* Those who have ended since the last call, by pid; good until the next one. Notices them too. */
const struct attach_ending *attach_endings(struct attach *a, uint32_t *ret_count);

/* Somebody was attached, and all have ended as far as was noticed. */
bool attach_is_over(const struct attach *a);

/* NULL is allowed. */
void attach_free(struct attach *a);

#endif
