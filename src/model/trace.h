/*
 * The stacks of a process' threads, as plain facts. All text is raw: names come from the files
 * that the process runs.
 */
#ifndef MODEL_TRACE_H
#define MODEL_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REGISTERS_KEPT = 12 };

/*
 * The registers of a thread that sleeps in a system call: where it is, and those that a function
 * keeps for its caller there. On x86, of both widths (System V ABI), kept are bx, si, di, bp and
 * r12 to r15, on arm64 (AAPCS64) x19 to x30.
 */
struct registers {
	int32_t tid;
	uint64_t run_ns;         /* how long it had run: when it has not run on, they hold still */
	uint64_t pc, sp, kept[REGISTERS_KEPT];
};

enum trace_end {
	TRACE_TIMED_OUT,         /* not done when the time was up */
	TRACE_COMPLETE,          /* down to the first frame of the thread */
	TRACE_INCOMPLETE,        /* the next frame rests on an unknown register or table */
	TRACE_CUT,               /* more frames or text than we take */
	TRACE_RUNNING,           /* it runs, or is ready to: it has no stack to show */
	TRACE_MOVED,             /* it ran on each time that it was read */
	TRACE_GONE,              /* it ended meanwhile */
	TRACE_DENIED,            /* its registers may not be read */
	TRACE_UNSUPPORTED        /* no libdw, or another kind of processor */
};

struct frame {
	uint64_t pc;
	bool inlined;            /* its caller is the next frame, with the same pc */
	const char *function;    /* NULL: no symbol is known there */
	const char *library;     /* path of the file that holds the code, or NULL */
	const char *source;      /* path as the compiler noted it, or NULL */
	int32_t line;            /* or UNKNOWN */
};

struct trace {
	int32_t tid;
	const char *comm;        /* or NULL */
	enum trace_end end;
	const struct frame *frames;
	uint32_t frame_count;
	int32_t measured;        /* those behind this frame rest on its size, which was read from
	                            its code as a register was not known; UNKNOWN where none does */
	const char *kernel;      /* /proc/PID/task/TID/stack, one frame a line, or NULL */
};

struct traces {
	int32_t pid;
	int32_t address_bytes;   /* 4 or 8; 0 when it was not told */
	const struct trace *traces; /* by tid */
	uint32_t count;
	size_t mapped_bytes;     /* of the mapping that holds it all, this struct first */
};

/* NULL is allowed. */
void traces_free(struct traces *t);

#endif
