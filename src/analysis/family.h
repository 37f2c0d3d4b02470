/*
 * The tree of processes, by ppid: parents, children, ancestors, who has ended, and who traces whom.
 */
#ifndef ANALYSIS_FAMILY_H
#define ANALYSIS_FAMILY_H

#include "model/arena.h"
#include "model/snapshot.h"

struct family {
	uint32_t *parent;        /* index, or NONE: nobody seen, or a loop in a hostile record */
	uint32_t *first_child;   /* of process p: children[first_child[p] … first_child[p + 1]) */
	uint32_t *children;
	bool *exited;            /* every thread of it has ended: it holds nothing and never runs */
	uint32_t *running;       /* children that have not exited */
	uint64_t *exit_signals;  /* which signals the end of a child sends, as bits like SigCgt;
	                            all when not known */
	uint32_t *tracer;        /* index, or NONE: nobody, or nobody whose threads we know */
	bool tracers_known;      /* of everybody who lives */
	uint32_t *depth, *jump;  /* for family_common() */
};

/* 0 or -ENOMEM. The arrays live in `arena`. */
int family_build(struct arena *arena, const struct snapshot *s, struct family *ret_family);

/* Whether `child` is a child of `parent` that wait4(2) can see. */
bool family_is_child(const struct snapshot *s, uint32_t child, uint32_t parent);

/* The lowest common ancestor (a process is its own ancestor), or NONE. In logarithmic time. */
uint32_t family_common(const struct family *f, uint32_t a, uint32_t b);

#endif
