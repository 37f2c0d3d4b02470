/*
 * Descriptors of files that somebody else may have to answer for: on a network or FUSE mount, or on
 * one that is not known. One of them may be a FIFO. They are put by while the crowd is read, and
 * identified all together, by the worker.
 */
#ifndef COLLECT_REMOTE_H
#define COLLECT_REMOTE_H

#include "model/builder.h"

struct remote;

/* NULL when there is no memory. */
struct remote *remote_new(void);
void remote_free(struct remote *r);

/* By where the descriptor is, and the mount that its file is on, or UNKNOWN. 0 or -ENOMEM. */
int remote_add(struct remote *r, const struct seen_end *end, int32_t tid, int64_t mount);

/*
 * Whether a file of that path was added lately, and which mount it is on: whoever puts the next one
 * by, too, need not ask for its mount, since where that is another one the worker minds it.
 */
bool remote_knows(const struct remote *r, const char *path, int64_t *ret_mount);

/*
 * Adds those that are ends of FIFOs to the builder. Of a mount that does not answer for one file
 * no more are asked for, and after some such no more at all. 0 or -ENOMEM.
 */
int remote_identify(struct remote *r, struct builder *b, uint64_t *ret_unidentified);

#endif
