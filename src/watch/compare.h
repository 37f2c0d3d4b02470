/* One comparison of two looks, and what of the last one is remembered for the next. */
#ifndef WATCH_COMPARE_H
#define WATCH_COMPARE_H

#include "watch/changes.h"

/* The higher, the worse. What is on a higher level is on the lower ones too. */
enum level { LEVEL_QUIET, LEVEL_FULL, LEVEL_BLOCKED, LEVEL_STALLED, LEVEL_DEADLOCK };

struct known_pipe {
	struct change_pipe key;
	enum level level;
};

struct known_process {
	int32_t pid;
	uint64_t start_ticks;
	const char *comm;
};

struct memory {
	struct arena *arena;
	struct known_pipe *pipes;        /* by key */
	struct known_process *processes; /* by pid */
	struct change_deadlock *deadlocks;
	uint32_t pipe_count, process_count, deadlock_count;
	uint32_t last_number;            /* of a deadlock, given so far */
};

/* One comparison: the memory that was, the one that will be, and what has changed. */
struct comparison {
	const struct memory *old;
	struct memory *now;
	const struct diagnosis *d;
	const struct snapshot *s;
	const struct change_ending *endings;
	uint32_t ending_count;
	bool first;
	struct change *list;
	uint32_t count;
};

/* Another change, of now. The list has room for all that there may be. */
struct change *compare_add(struct comparison *c, enum change_kind kind);

/* Copies that outlive the snapshot. 0 or -ENOMEM. */
int compare_keep_text(struct memory *m, const char *text, const char **ret_copy);
int compare_keep_key(struct memory *m, const struct change_pipe *key, struct change_pipe *ret_key);

/* A pipe of the snapshot, to which it refers. */
struct change_pipe compare_key(const struct snapshot *s, uint32_t pipe);

/* changes_deadlocks.c: all that is to be told of deadlocks, and remembered. 0 or -ENOMEM. */
int compare_deadlocks(struct comparison *c);

#endif
