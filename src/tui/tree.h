/* Which processes the tree shows, in the order of its lines. */
#ifndef TUI_TREE_H
#define TUI_TREE_H

#include "model/snapshot.h"
#include "tui/look.h"

enum { TREE_DEPTH = 32 };        /* from here on nothing is indented further */

struct tree_line {
	uint32_t process;
	uint32_t last;           /* bit N: the ancestor at depth N is its parent's last child */
	uint16_t depth;
	bool has_children, collapsed;
};

struct tree {
	struct tree_line *lines;
	uint32_t count;
};

struct tree_query {
	bool only_stuck;         /* those that can never run again, and their ancestors */
	bool all;                /* those too that hold no pipe */
	const char *filter;      /* a text that must occur in comm, command or user, or "" */
	const int32_t *collapsed;/* pids, ascending */
	uint32_t collapsed_count;
};

/* 0 or -ENOMEM. */
int tree_make(const struct look *look, const struct tree_query *query, struct tree *ret_tree);
void tree_free(struct tree *tree);

/* The line of a process, or NONE. */
uint32_t tree_find(const struct tree *tree, const struct snapshot *s, int32_t pid);

bool tree_match(const struct snapshot *s, uint32_t process, const char *text);

/* One of its threads can never run again. */
bool tree_doomed(const struct diagnosis *d, uint32_t process);

#endif
