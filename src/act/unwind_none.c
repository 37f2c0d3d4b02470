/* In place of the other unwind*.c where pipetop is built without libdw. */
#include "act/unwind.h"

#include <errno.h>

int unwind_open(int32_t pid, struct unwind **ret_unwind)
{
	(void)pid, (void)ret_unwind;
	return -ENOTSUP;
}

int32_t unwind_address_bytes(const struct unwind *u)
{
	(void)u;
	return 0;
}

enum trace_end unwind_thread(struct unwind *u, uint64_t sp, uint64_t pc,
                             const struct registers *registers, struct room *room,
                             struct frame *frames, struct trace *trace)
{
	(void)u, (void)sp, (void)pc, (void)registers, (void)room, (void)frames, (void)trace;
	return TRACE_UNSUPPORTED;
}

void unwind_close(struct unwind *u)
{
	(void)u;
}
