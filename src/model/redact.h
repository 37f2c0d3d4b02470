/*
 * Snapshots without names: copies in which each text that people or programs have chosen (host and
 * user names, program and thread names, arguments, paths) is a token, the same text the same
 * token in both looks. Numbers, times and the kernel's own words stay, so a diagnosis of the copies
 * says what one of the originals would.
 */
#ifndef MODEL_REDACT_H
#define MODEL_REDACT_H

#include "model/snapshot.h"

/* They refer to the originals, and must not outlive them. */
struct redacted {
	struct arena *arena;
	struct snapshot *earlier; /* NULL where the original is */
	struct snapshot *later;
};

/*
 * `well_known` gives what of a program's or thread's name is no secret and shall stand for it, or
 * NULL. 0 or -ENOMEM.
 */
int redact(const struct snapshot *earlier, const struct snapshot *later,
           const char *(*well_known)(const char *comm), struct redacted *ret_redacted);

/* What is all zero is allowed. */
void redacted_free(struct redacted *redacted);

#endif
