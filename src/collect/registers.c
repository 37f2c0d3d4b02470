/* A pass over all threads, of which those of one process are kept: it is asked for by hand, seldom. */
#include "collect/registers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/records.h"

static_assert((int)RECORD_KEPT == (int)REGISTERS_KEPT, "the kernel's side knows no other header");

struct gathering {
	int32_t pid;
	struct registers *found;
	uint32_t count, room;
};

static int add(struct gathering *g, const struct registers_record *r)
{
	if (g->count == g->room) {
		uint32_t room = g->room ? 2 * g->room : 16;
		struct registers *found = reallocarray(g->found, room, sizeof(*found));

		if (!found)
			return -ENOMEM;
		g->found = found;
		g->room = room;
	}
	g->found[g->count] = (struct registers){
		.tid = r->tid, .run_ns = r->run_ns, .pc = r->pc, .sp = r->sp,
	};
	memcpy(g->found[g->count++].kept, r->kept, sizeof(r->kept));
	return 0;
}

/* All records are of one size. */
static ssize_t take(void *context, const char *data, size_t length)
{
	struct gathering *g = context;
	size_t used = 0;

	for (; length - used >= sizeof(struct registers_record); used += sizeof(struct registers_record)) {
		const struct registers_record *r = (const void *)(data + used);

		if (r->head.kind != RECORD_REGISTERS || r->head.size != sizeof(*r))
			return -EBADMSG;
		if (r->pid == g->pid && add(g, r) < 0)
			return -ENOMEM;
	}
	return (ssize_t)used;
}

int registers_read(const struct iterators *iterators, int32_t pid, struct registers **ret_registers,
                   uint32_t *ret_count)
{
	struct gathering g = { .pid = pid };
	int r = iterators_pass(iterators, ITERATOR_REGISTERS, take, &g);

	if (r < 0) {
		free(g.found);
		return r;
	}
	*ret_registers = g.found;
	*ret_count = g.count;
	return 0;
}
