/*
 * The stacks of a process' blocked threads. Nobody is stopped, traced or woken: a writer blocked
 * half way through a large write is still blocked on it afterwards.
 */
#ifndef ACT_BACKTRACE_H
#define ACT_BACKTRACE_H

#include "model/trace.h"

/* What is known of a process' threads beforehand; none, where nothing is. */
struct backtrace_registers {
	const struct registers *list;
	uint32_t count;
};

/*
 * The threads of a process, or only `tid` when it is not 0. The process is told by its start time,
 * too, unless that is 0. What does not come within `limit_ms` is marked TRACE_TIMED_OUT.
 *
 * 0 with traces to be freed by traces_free(); -ESRCH, -ENOTSUP (built without libdw, or another
 * kind of processor), -ENOEXEC (a kernel thread or a zombie: it has no program), -EPERM or -EACCES
 * when no thread may be read, -ETIMEDOUT when there is nothing to show, -EIO when the files of the
 * process are damaged, -ENOMEM.
 */
int backtrace_take(int32_t pid, uint64_t start_ticks, int32_t tid,
                   struct backtrace_registers registers, int limit_ms, struct traces **ret_traces);

/* What a thread's stack in the kernel is, where only the caller could read it. */
void backtrace_add_kernel(struct traces *t, uint32_t index, const char *lines);

#endif
