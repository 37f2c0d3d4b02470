/* Owns two sorted arrays, made once for a report, so that no row of it has to search everything. */
#include "report/relations.h"

#include <stdlib.h>

struct blocked {
	uint32_t pipe, process;
	bool writes;
};

struct relations {
	struct kin *kin;
	struct blocked *blocked;
	size_t kin_count, blocked_count;
};

static int kin_order(const void *left, const void *right)
{
	const struct kin *a = left, *b = right;

	if (a->parent != b->parent)
		return a->parent < b->parent ? -1 : 1;
	return (a->child > b->child) - (a->child < b->child);
}

static int blocked_order(const void *left, const void *right)
{
	const struct blocked *a = left, *b = right;

	if (a->pipe != b->pipe)
		return a->pipe < b->pipe ? -1 : 1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return (int)a->writes - (int)b->writes;
}

static void fill_kin(struct relations *r, const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->process_count; i++)
		r->kin[i] = (struct kin){ s->processes[i].ppid, s->processes[i].pid };
	r->kin_count = s->process_count;
	qsort(r->kin, r->kin_count, sizeof(*r->kin), kin_order);
}

static void fill_blocked(struct relations *r, const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->task_count; i++) {
		const struct wait *wait = &s->tasks[i].wait;

		if (wait->kind == WAIT_PIPE_SPACE || wait->kind == WAIT_PIPE_DATA)
			r->blocked[r->blocked_count++] = (struct blocked){
				wait->pipe, s->tasks[i].process, wait->kind == WAIT_PIPE_SPACE
			};
	}
	qsort(r->blocked, r->blocked_count, sizeof(*r->blocked), blocked_order);
}

struct relations *relations_new(const struct snapshot *s)
{
	struct relations *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->kin = calloc((size_t)s->process_count + 1, sizeof(*r->kin));
	r->blocked = calloc((size_t)s->task_count + 1, sizeof(*r->blocked));
	if (!r->kin || !r->blocked) {
		relations_free(r);
		return NULL;
	}
	fill_kin(r, s);
	fill_blocked(r, s);
	return r;
}

const struct kin *relations_children(const struct relations *r, int32_t parent, size_t *ret_count)
{
	size_t low = 0, high = r->kin_count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->kin[middle].parent < parent)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < r->kin_count && r->kin[end].parent == parent; end++)
		;
	*ret_count = end - low;
	return end > low ? r->kin + low : NULL;
}

bool relations_blocked(const struct relations *r, uint32_t pipe, uint32_t process, bool writes)
{
	struct blocked key = { pipe, process, writes };

	return bsearch(&key, r->blocked, r->blocked_count, sizeof(key), blocked_order);
}

void relations_free(struct relations *r)
{
	if (!r)
		return;
	free(r->kin);
	free(r->blocked);
	free(r);
}
