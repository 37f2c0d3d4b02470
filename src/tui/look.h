/*
 * A look that has been diagnosed: what the screen shows one picture of. Immutable, and shared
 * between the thread of the screen, the one that looks and the ones that act, so counted.
 */
#ifndef TUI_LOOK_H
#define TUI_LOOK_H

#include "analysis/diagnosis.h"

struct look;

/* A process, and no other that gets its pid; nobody where that is 0. */
struct who {
	int32_t pid;
	uint64_t start_ticks;
};

/* Takes both over, in success and in failure. 0 or -ENOMEM. */
int look_new(struct snapshot *snapshot, struct diagnosis *diagnosis, struct look **ret_look);

/*
 * What has become of those that the user is attached to, printable; NULL for nothing to tell. Set
 * before the look is shared; the text is taken over.
 */
void look_set_note(struct look *look, char *note);
const char *look_note(const struct look *look);

/* NULL is allowed. */
struct look *look_ref(struct look *look);
void look_unref(struct look *look);

const struct diagnosis *look_diagnosis(const struct look *look);
const struct snapshot *look_snapshot(const struct look *look);

#endif
