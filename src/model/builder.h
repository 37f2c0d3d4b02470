/*
 * Builds a snapshot, in this order: processes and the ends that they hold; builder_link();
 * then what is known of pipes, and the threads with their waits; builder_seal().
 *
 * A pointer that an add function returned is good until the next call of the same function.
 * Every function that allocates returns NULL or -ENOMEM when there is no memory; the builder can
 * then only be freed.
 */
#ifndef MODEL_BUILDER_H
#define MODEL_BUILDER_H

#include "model/arena.h"
#include "model/snapshot.h"

struct builder;

/* An end as it was seen, before it is known which pipes there are. */
struct seen_end {
	uint64_t dev, ino;
	int32_t pid, fd;
	uint16_t table;
	bool reads, writes;
	enum pipe_type type : 2;
	enum fact nonblocking, packet, named;
	const char *path;        /* in the builder's arena, or NULL */
};

int builder_new(struct builder **ret_builder);

/* For texts; freed with the snapshot. */
struct arena *builder_arena(struct builder *b);

/* The head of the snapshot to be: host, limits, counts. */
struct snapshot *builder_head(struct builder *b);

/* Everything unknown but the pid. The pid must be new. */
struct process *builder_add_process(struct builder *b, int32_t pid);
/* -EOVERFLOW where a number is too large for a holder. */
int builder_add_end(struct builder *b, const struct seen_end *end);
/* Whether these are not. */
bool builder_fits(int32_t pid, int32_t fd);
/*
 * Before builder_link(): the ends that were added so far, in that order, with all that is known of
 * their pipes.
 */
uint32_t builder_seen_count(const struct builder *b);
struct seen_end builder_seen(const struct builder *b, uint32_t index);

/*
 * Sorts all that there is. From here on processes, pipes and holders have the index that they keep;
 * ends of a process that was not added are dropped, and so are pipes that nobody else holds.
 */
int builder_link(struct builder *b);

/* After builder_link(). The arrays may be written to, but not sorted. */
uint32_t builder_process_count(const struct builder *b);
uint32_t builder_pipe_count(const struct builder *b);
struct process *builder_process(struct builder *b, uint32_t index);
struct pipe *builder_pipe(struct builder *b, uint32_t index);
uint32_t builder_find_process(const struct builder *b, int32_t pid);
uint32_t builder_find_pipe(const struct builder *b, uint64_t dev, uint64_t ino);
uint32_t builder_holder_count(const struct builder *b);
struct holder *builder_holder(struct builder *b, uint32_t index);
/* The holder of a descriptor, or NULL when it is no end of a pipe. */
struct holder *builder_find_holder(struct builder *b, uint32_t process, uint16_t table, int32_t fd);
/* The k-th end of a pipe, as snapshot_end() gives it. */
struct holder *builder_end(struct builder *b, uint32_t pipe, uint32_t k);

/* A thread that waits for nothing known yet. */
struct task *builder_add_task(struct builder *b, uint32_t process, int32_t tid);
uint32_t builder_task_count(const struct builder *b);
struct task *builder_task(struct builder *b, uint32_t index);
/* Appends to snapshot.targets; a wait's targets must be added one after the other. */
struct target *builder_add_target(struct builder *b);
uint32_t builder_target_count(const struct builder *b);
const struct target *builder_target(const struct builder *b, uint32_t index);

/* Ends the building, in failure too: the builder is gone, the snapshot is the caller's. */
int builder_seal(struct builder *b, struct snapshot **ret_snapshot);

/* For a building that is given up. NULL is allowed. */
void builder_free(struct builder *b);

#endif
