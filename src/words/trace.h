/* Stacks as gdb's bt prints them. All foreign text is escaped here. */
#ifndef WORDS_TRACE_H
#define WORDS_TRACE_H

#include "model/trace.h"

/*
 * One line, without its end: "#0  0x00007f… in __write () from /lib/x86_64-linux-gnu/libc.so.6",
 * or with "at log.c:5" where that is known. `address_bytes` as in struct traces. A new string, to
 * be freed, or NULL when there is no memory.
 */
char *trace_frame(const struct trace *trace, uint32_t number, int32_t address_bytes);

/* What its end means, one clause; NULL for a complete one. Static text. */
const char *trace_end_text(enum trace_end end);

/* All threads, each under a line "Thread 90909 (log):", with a blank line in between. */
char *trace_text(const struct traces *t);

#endif
