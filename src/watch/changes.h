/*
 * Diagnosis after diagnosis into what has changed: the events of --watch. Pure. What is remembered
 * between two looks goes by identity, (dev, ino) of a pipe, pid and start time of a process, and is
 * never more than the last look has shown.
 *
 * opened    a pipe that was not there at the look before. At the first look nothing is new
 * full      it is full, and nobody is seen waiting for room
 * blocked   it is full, and a writer waits for room
 * stalled   that for longer than the stall time, though a reader is alive
 * moving    it was one of these, and is not any more
 * closed    nobody holds it any longer
 * deadlock  new, by its members: one that grows or becomes certain is the same
 * cleared   a deadlock of which a member has moved on or has ended
 * exited    a process has ended: one that was attached to, a descendant of it or, where nobody was
 *           named, anyone, if it held a pipe
 *
 * What is full, blocked, stalled or dead at the first look is told then. Each is told once: a pipe
 * of a deadlock has no line of its own, and one that gets from full to blocked and back is told as
 * blocked until it moves.
 */
#ifndef WATCH_CHANGES_H
#define WATCH_CHANGES_H

#include "analysis/diagnosis.h"

enum change_kind {
	CHANGE_EXITED, CHANGE_CLEARED, CHANGE_CLOSED, CHANGE_OPENED, CHANGE_MOVING, CHANGE_FULL,
	CHANGE_BLOCKED, CHANGE_STALLED, CHANGE_DEADLOCK
};

/* How a process ended; given by whoever is attached to it. */
struct change_ending {
	int32_t pid;
	uint64_t start_ticks;
	const char *comm;        /* raw */
	int64_t time_ms;
	int32_t status, signal;  /* UNKNOWN where it is not known; signal 0 for none */
};

/* A pipe, also one that is no more. */
struct change_pipe {
	uint64_t dev, ino;
	enum pipe_type type;
	const char *path;        /* of a FIFO, or NULL */
};

/* A deadlock as it was first seen. The number goes on from 1 as long as the watch does. */
struct change_deadlock {
	uint32_t number;
	enum deadlock_kind kind;
	bool proved;
	int64_t since_ms;        /* of the look that found it, since the epoch */
	const struct change_member {
		int32_t pid, tid;
		uint64_t start_ticks;    /* of the thread */
		int64_t switches;        /* or UNKNOWN */
		const char *comm;        /* of the process, raw; NULL when not known */
	} *members;
	uint32_t member_count;
	const struct change_pipe *pipes;
	uint32_t pipe_count;
};

struct change {
	enum change_kind kind;
	int64_t time_ms;
	const struct change_pipe *pipe; /* NULL where it is about no pipe */
	uint32_t at;                 /* that pipe in the snapshot, or NONE (closed) */
	const struct change_deadlock *deadlock; /* deadlock, cleared; else NULL */
	uint32_t finding;            /* that deadlock in the diagnosis, or NONE (cleared) */
	struct change_ending ending; /* exited */
};

struct changes;

/* NULL when there is no memory. */
struct changes *changes_new(void);

/*
 * What a diagnosis has brought, since the one before and given who has ended meanwhile, in the
 * order of the kinds. The list is good until the next call, and while the diagnosis is. 0 or
 * -ENOMEM; after that the memory is what it was before.
 */
int changes_find(struct changes *c, const struct diagnosis *d, const struct change_ending *endings,
                 uint32_t ending_count, const struct change **ret_list, uint32_t *ret_count);

/* Bytes that are remembered, for tests. */
size_t changes_used(const struct changes *c);

/* NULL is allowed. */
void changes_free(struct changes *c);

/* "opened", "closed", … Static text. */
const char *change_name(enum change_kind kind);

#endif
