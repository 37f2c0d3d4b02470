/*
 * One look at the system: /proc into a snapshot. The only room that opens /proc.
 *
 * A look never fails because of what it looks at: what vanished, was refused or did not answer is
 * counted in the snapshot.
 */
#ifndef COLLECT_COLLECT_H
#define COLLECT_COLLECT_H

#include "model/snapshot.h"

struct collector;
struct iterator;

struct collect_request {
	/* Pids to examine closely (struct process .examined), ascending; may be none. */
	const int32_t *suspects;
	uint32_t suspect_count;
	/* Whether to list again until nobody new comes, so that all holders have been seen. */
	bool settle;
	/*
	 * Whether command lines and users are wanted of every process with a pipe, not of suspects
	 * alone.
	 */
	bool names;
	/* Whether the units of these are wanted, too. */
	bool units;
	/*
	 * For surveys that come again and again: who has not run since he was read may be told from
	 * what was kept of him. A close look reads everybody.
	 */
	bool keep;
	/*
	 * Or NULL: a survey, to look again only at the pipes that held bytes in it, and so only at
	 * those who held these, and at who has come since (LIMIT_NARROW).
	 */
	const struct snapshot *again;
};

/*
 * Makes ready for looks, by the kernel's own account where there is an iterator (iterator.h, to be
 * closed after the collector), else by /proc alone: remembers the pipe ends that we were started
 * with, so it must come before anything else opens a pipe. 0, -ENOMEM, or -errno of /proc (not
 * mounted: -ENOENT).
 */
int collector_new(struct iterator *iterator, struct collector **ret_collector);

/*
 * A look reads at most so many descriptors from /proc, and notes when that cut it short; 0 for all.
 */
void collector_limit(struct collector *c, uint64_t max_fds);

/* One look. 0, -ENOMEM, or -errno when /proc itself cannot be read. */
int collect(struct collector *c, const struct collect_request *request,
            struct snapshot **ret_snapshot);

void collector_free(struct collector *c);

#endif
