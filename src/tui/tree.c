/*
 * Builds the tree's lines from the parents in the snapshot. Records may be hostile: parents that
 * run in a circle are shown as roots, and nothing here recurses.
 */
#include "tui/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/columns.h"
#include "words/escape.h"

bool tree_doomed(const struct diagnosis *d, uint32_t process)
{
	const struct process *p = &d->snapshot->processes[process];

	for (uint32_t t = p->first_task; t < p->first_task + p->tasks; t++)
		if (d->tasks[t].doomed && d->tasks[t].deadlock != NONE)
			return true;
	return false;
}

static bool text_matches(const char *raw, const char *text)
{
	char shown[4096];

	escape_text(shown, sizeof shown, raw);
	return strcasestr(shown, text) != NULL;
}

bool tree_match(const struct snapshot *s, uint32_t process, const char *text)
{
	const struct process *p = &s->processes[process];
	char pid[16];

	snprintf(pid, sizeof pid, "%d", p->pid);
	return strcasestr(pid, text) != NULL || text_matches(p->comm, text) ||
	       (p->command != NULL && text_matches(p->command, text)) ||
	       (p->user != NULL && text_matches(p->user, text));
}

/* A process that is to be placed. */
struct pending {
	uint32_t process, last;
	uint16_t depth;
};

struct growth {
	const struct look *look;
	const struct snapshot *s;
	const struct tree_query *query;
	bool *shown, *placed;
	uint32_t *by_parent;     /* processes by ppid, pid */
	struct pending *stack;
	uint32_t stacked;
	struct tree tree;
};

static bool wanted(const struct growth *b, uint32_t process)
{
	const struct diagnosis *d = look_diagnosis(b->look);

	if (!d->processes[process])
		return false;
	if (b->query->only_stuck && !tree_doomed(d, process))
		return false;
	if (b->query->filter[0] != '\0')
		return tree_match(b->s, process, b->query->filter);
	return b->query->all || b->s->processes[process].holders > 0 || tree_doomed(d, process);
}

static uint32_t parent_of(const struct snapshot *s, uint32_t process)
{
	int32_t ppid = s->processes[process].ppid;

	return ppid <= 0 ? NONE : snapshot_find_process(s, ppid);
}

static void mark_shown(struct growth *b)
{
	for (uint32_t i = 0; i < b->s->process_count; i++) {
		if (!wanted(b, i))
			continue;
		for (uint32_t p = i; p != NONE && !b->shown[p]; p = parent_of(b->s, p))
			b->shown[p] = true;
	}
}

static int compare_parents(const void *left, const void *right, void *context)
{
	const struct snapshot *s = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	int32_t p = s->processes[a].ppid, q = s->processes[b].ppid;

	return p != q ? (p > q) - (p < q) : (a > b) - (a < b);
}

/* The first place in by_parent whose parent is at least `ppid`. */
static uint32_t first_child(const struct growth *b, int64_t ppid)
{
	uint32_t low = 0, high = b->s->process_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (b->s->processes[b->by_parent[middle]].ppid < ppid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void push(struct growth *b, uint32_t process, uint32_t last, uint16_t depth)
{
	if (b->placed[process] || !b->shown[process])
		return;
	b->placed[process] = true;
	b->stack[b->stacked++] = (struct pending){process, last, depth};
}

static bool is_collapsed(const struct tree_query *query, int32_t pid)
{
	for (uint32_t i = 0; i < query->collapsed_count; i++)
		if (query->collapsed[i] == pid)
			return true;
	return false;
}

/* Pushes the children so that the first comes off first; the last one pushed first is "last". */
static bool push_children(struct growth *b, const struct pending *parent)
{
	int32_t pid = b->s->processes[parent->process].pid;
	uint32_t first = first_child(b, pid), end = first_child(b, (int64_t)pid + 1),
		 before = b->stacked;
	uint16_t depth = (uint16_t)(parent->depth < TREE_DEPTH - 1 ? parent->depth + 1
	                                                           : TREE_DEPTH - 1);

	for (uint32_t i = end; i > first; i--) {
		bool is_last = b->stacked == before;

		push(b, b->by_parent[i - 1],
		     is_last ? parent->last | 1u << depth : parent->last & ~(1u << depth), depth);
	}
	return b->stacked > before;
}

/* Places one root and everything below it. */
static void place(struct growth *b, uint32_t root)
{
	push(b, root, 0, 0);
	while (b->stacked > 0) {
		struct pending next = b->stack[--b->stacked];
		struct tree_line *line = &b->tree.lines[b->tree.count++];
		uint32_t before = b->stacked;

		*line = (struct tree_line){.process = next.process, .last = next.last,
		                           .depth = next.depth};
		line->has_children = push_children(b, &next);
		line->collapsed = line->has_children &&
		                  is_collapsed(b->query, b->s->processes[next.process].pid);
		if (line->collapsed)
			b->stacked = before;
	}
}

static void place_all(struct growth *b)
{
	for (uint32_t i = 0; i < b->s->process_count; i++)
		if (parent_of(b->s, i) == NONE)
			place(b, i);
}

/* Those in a circle, or below one: nothing led to them. Under a collapsed one nothing is placed. */
static bool in_circle(const struct growth *b, uint32_t process)
{
	uint32_t p = process;

	for (uint32_t steps = 0; p != NONE && steps <= b->s->process_count; steps++)
		p = parent_of(b->s, p);
	return p != NONE;
}

int tree_make(const struct look *look, const struct tree_query *query, struct tree *ret_tree)
{
	const struct snapshot *s = look_snapshot(look);
	size_t n = s->process_count + 1u;
	struct growth b = {
		.look = look, .s = s, .query = query,
		.shown = calloc(n, 1), .placed = calloc(n, 1),
		.by_parent = calloc(n, sizeof *b.by_parent), .stack = calloc(n, sizeof *b.stack),
		.tree.lines = calloc(n, sizeof *b.tree.lines),
	};
	int r = -ENOMEM;

	if (b.shown == NULL || b.placed == NULL || b.by_parent == NULL || b.stack == NULL ||
	    b.tree.lines == NULL)
		goto out;
	for (uint32_t i = 0; i < s->process_count; i++)
		b.by_parent[i] = i;
	qsort_r(b.by_parent, s->process_count, sizeof *b.by_parent, compare_parents, (void *)s);
	mark_shown(&b);
	place_all(&b);
	for (uint32_t i = 0; i < s->process_count; i++)
		if (b.shown[i] && !b.placed[i] && in_circle(&b, i))
			place(&b, i);
	*ret_tree = b.tree;
	b.tree.lines = NULL;
	r = 0;
out:
	free(b.shown);
	free(b.placed);
	free(b.by_parent);
	free(b.stack);
	free(b.tree.lines);
	return r;
}

void tree_free(struct tree *tree)
{
	free(tree->lines);
	*tree = (struct tree){0};
}

uint32_t tree_find(const struct tree *tree, const struct snapshot *s, int32_t pid)
{
	for (uint32_t i = 0; i < tree->count; i++)
		if (s->processes[tree->lines[i].process].pid == pid)
			return i;
	return NONE;
}
