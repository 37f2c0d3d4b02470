/*
 * From a blocked thread's stack pointer and program counter to its frames, without stopping it.
 * For backtrace.c, which runs it in a process of its own: it reads files and memory that may not
 * answer, or be made to mislead.
 */
#ifndef ACT_UNWIND_H
#define ACT_UNWIND_H

#include "act/room.h"
#include "model/trace.h"

enum { UNWIND_FRAMES = 256 };

struct unwind;

/*
 * 0, -ENOMEM, -ENOTSUP (built without libdw, or an unknown processor), -ENOEXEC (it has no
 * program: a kernel thread, a zombie), or -errno of /proc.
 */
int unwind_open(int32_t pid, struct unwind **ret_unwind);

int32_t unwind_address_bytes(const struct unwind *u);

/*
 * The registers are those of the same sleep, or NULL where only the two are known.
 *
 * Fills `frames`, which has room for UNWIND_FRAMES, and counts them in trace->frame_count one by
 * one, so that what is there counts even if the next one never comes. Text goes to `room`.
 */
enum trace_end unwind_thread(struct unwind *u, uint64_t sp, uint64_t pc,
                             const struct registers *registers, struct room *room,
                             struct frame *frames, struct trace *trace);

void unwind_close(struct unwind *u);

#endif
