/* Frees what act/backtrace.c made: one mapping, see there. */
#include "model/trace.h"

#include <sys/mman.h>

void traces_free(struct traces *t)
{
	if (t)
		munmap(t, t->mapped_bytes);
}
