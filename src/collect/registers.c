/*
 * A pass over all threads, of which those of one process are kept: it is asked for by hand, seldom.
 */
#include "collect/registers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/census.h"

static_assert((int)RECORD_KEPT == (int)REGISTERS_KEPT, "the kernel's side knows no other header");

static int take(void *context, const char *data, size_t length)
{
	return census_take(context, data, length);
}

/* Who runs has others by now than he entered the kernel with. */
static bool sleeps_in_call(const struct thread_record *t)
{
	return t->state && t->syscall >= 0 && !(t->flags & RECORD_ON_CPU);
}

static struct registers registers_of(const struct thread_record *t)
{
	struct registers registers = {
		.tid = t->tid, .run_ns = t->run_ns, .pc = t->pc, .sp = t->sp
	};

	memcpy(registers.kept, t->kept, sizeof(registers.kept));
	return registers;
}

static int gather(const struct census *c, int32_t pid, struct registers **ret_registers,
                  uint32_t *ret_count)
{
	struct registers *found = calloc((size_t)c->thread_count + 1, sizeof(*found));

	if (!found)
		return -ENOMEM;
	*ret_registers = found;
	*ret_count = 0;
	for (uint32_t i = 0; i < c->thread_count; i++)
		if (c->threads[i].pid == pid && sleeps_in_call(&c->threads[i]))
			found[(*ret_count)++] = registers_of(&c->threads[i]);
	return 0;
}

int registers_read(struct iterator *iterator, int32_t pid, struct registers **ret_registers,
                   uint32_t *ret_count)
{
	struct census c = { 0 };
	int r = (int)iterator_pass(iterator, false, take, &c);

	if (r == 0)
		r = gather(&c, pid, ret_registers, ret_count);
	census_free(&c);
	return r;
}
