/*
 * What was read of a process in one survey, kept for the next ones while it has not run: nobody's
 * descriptors change, and nobody's call, without a thread of his being scheduled; and no pipe's
 * fill while none of its holders ran.
 */
#ifndef COLLECT_KEPT_H
#define COLLECT_KEPT_H

#include "collect/descriptors.h"
#include "collect/probe.h"
#include "model/builder.h"

struct kept;

/* When a process last ran, as its schedstat says it: equal texts, and it has not run between. */
enum { KEPT_STAMP_SIZE = 64 };
struct kept_stamp {
	char text[KEPT_STAMP_SIZE]; /* empty: not to be relied on */
};

struct kept *kept_new(void); /* NULL without memory */
void kept_free(struct kept *k);

/* Begins a look. `on`: a survey that may use what is kept, and keeps; else nothing of both. */
void kept_begin(struct kept *k, bool on);
/*
 * All processes have been read. Ends from `first_late` on were added late (remote.h), and where
 * not all was `identified` there may be more: whose table has such is not kept.
 */
void kept_end(struct kept *k, const struct builder *b, uint32_t first_late, bool identified);

/* From /proc, before anything else is read of the process. */
struct kept_stamp kept_read_stamp(const struct kept *k, const struct process *process);

/*
 * Where the stamp is the one that was kept, the ends go into the builder, and *ret is what
 * kept_store() was given. 1, 0 when the process must be read, -ENOMEM.
 */
int kept_take(struct kept *k, struct builder *b, const struct process *process,
              const struct kept_stamp *stamp, struct descriptors *ret);

/* After it was: the ends are those that the builder has seen since there were `first_end`. */
int kept_store(struct kept *k, struct builder *b, const struct process *process,
               const struct kept_stamp *stamp, uint32_t first_end,
               const struct descriptors *found);

/* After kept_end(). What its file `name` said, or NULL. */
const char *kept_text(const struct kept *k, int32_t pid, const char *name);
/* 0 or -ENOMEM. Only of files that tell of a sleeper what no sleeper changes. */
int kept_store_text(struct kept *k, int32_t pid, const char *name, const char *text, size_t length);

/* What was found when the pipe was touched, or NULL where a holder that was seen ran since. */
const struct probe_result *kept_pipe(const struct kept *k, struct builder *b, uint32_t pipe);
/* In the order of the pipes. 0 or -ENOMEM. */
int kept_store_pipe(struct kept *k, const struct pipe *pipe, const struct probe_result *result);

#endif
