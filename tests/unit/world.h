/*
 * Small worlds for tests of the analysis, in few words: processes, ends, waits. What is not said
 * is known and harmless: everybody was examined, catches nothing, has no timers.
 *
 * Order: processes and ends, world_link(), waits, world_seal(). A pid is also the start time, and
 * a pipe is called by its inode.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "model/builder.h"

struct world;

struct world *world_new(void);
void world_process(struct world *w, int32_t pid, int32_t ppid);
/* `mode` is "r", "w" or "rw". */
void world_end(struct world *w, int32_t pid, int32_t fd, const char *mode, uint64_t ino);
void world_fifo(struct world *w, int32_t pid, int32_t fd, const char *mode, uint64_t ino,
                enum fact named);
void world_link(struct world *w);

/* A thread of the process; good until the next one is added. The leader's tid is the pid. */
struct task *world_task(struct world *w, int32_t pid, int32_t tid, enum wait_kind kind);
/* Blocked in write(2): the pipe becomes full. In read(2): nothing is said of its fill. */
struct task *world_writes(struct world *w, int32_t pid, uint64_t ino);
struct task *world_reads(struct world *w, int32_t pid, uint64_t ino);
struct task *world_waits(struct world *w, int32_t pid, int32_t child);
struct task *world_waits_any(struct world *w, int32_t pid);
struct task *world_sleeps(struct world *w, int32_t pid);
/* Of the thread that was added last: makes it a poll, and adds to what it polls. */
struct target *world_polls(struct world *w, enum target_kind kind, uint64_t ino);

struct process *world_process_at(struct world *w, int32_t pid);
struct pipe *world_pipe_at(struct world *w, uint64_t ino);
struct snapshot *world_head(struct world *w);

/* The world is gone, the snapshot is the caller's. */
struct snapshot *world_seal(struct world *w);

/* In a sealed snapshot, to change a fact. */
struct task *world_edit_task(struct snapshot *s, int32_t pid, int32_t tid);
struct process *world_edit_process(struct snapshot *s, int32_t pid);
struct pipe *world_edit_pipe(struct snapshot *s, uint64_t ino);

#endif
