/* Two looks: what did not move in between. */
#ifndef ANALYSIS_STEADY_H
#define ANALYSIS_STEADY_H

#include "model/arena.h"
#include "model/snapshot.h"

enum __attribute__((packed)) steadiness {
	STEADY_MOVED,            /* it ran, changed, or was not there before */
	STEADY_UNKNOWN,          /* it seems the same, but not all that would tell could be read */
	STEADY_STILL
};

/* Of a thread (pid, tid) in both looks. */
enum steadiness steady_task(const struct task *earlier, const struct task *later);

struct steady {
	enum steadiness *tasks;  /* of the later look */
	enum steadiness *pipes;
	bool *same_fill;         /* of the pipes: known in both looks, and the same */
};

/*
 * A narrow earlier look is compared by the pipes that hold bytes in the later one; the others are
 * STEADY_UNKNOWN. 0 or -ENOMEM. The arrays live in `arena`.
 */
int steady_compare(struct arena *arena, const struct snapshot *earlier,
                   const struct snapshot *later, struct steady *ret_steady);

#endif
