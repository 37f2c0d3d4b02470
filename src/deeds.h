/*
 * What the user may ask for, on what a diagnosis shows: act/ with the judgement that it needs. The
 * command line and the keys of the screen both come here. Errors are those that words/refusal.h
 * has words for.
 */
#ifndef DEEDS_H
#define DEEDS_H

#include "analysis/diagnosis.h"
#include "collect/iterator.h"
#include "trust/helper.h"

/*
 * Enlarges a pipe, 0 bytes to pipe-max-size. -EALREADY, -E2BIG, -EDQUOT, -EFBIG as words/refusal.c
 * explains them, -ENOMEM, or why it could not be reached.
 */
int deeds_grow(const struct snapshot *s, const struct pipe *pipe, int64_t size_bytes,
               int64_t *ret_before_bytes, int64_t *ret_after_bytes);

/* Whether somebody can still read from it: then it is not drained. */
bool deeds_reader_lives(const struct diagnosis *d, uint32_t pipe);

/*
 * Moves the bytes of a pipe to `out`. *ret_bytes is how many were taken, in failure too; *ret_raced
 * whether somebody read meanwhile.
 */
int deeds_drain(const struct diagnosis *d, uint32_t pipe, int out, int64_t *ret_bytes,
                bool *ret_raced);

/*
 * The stacks of the process (one with that start time, unless it is 0), or of one thread of it, as
 * text to be freed. The helper opens their stacks in the kernel, which we may not. The iterator
 * tells the registers; without (NULL) two of them are known, which may not lead to the end.
 */
int deeds_backtrace(int32_t pid, uint64_t start_ticks, int32_t tid, struct helper *helper,
                    struct iterator *iterator, char **ret_text);

#endif
