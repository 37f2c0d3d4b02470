/* What a drawing shows: which pipes, which processes, and which of those stand together. */
#ifndef REPORT_DRAWING_H
#define REPORT_DRAWING_H

#include "report/formats.h"

struct drawn {
	uint32_t tree;           /* the process whose tree it stands in, drawn or not; or NONE */
	enum verdict worst;      /* in that tree; a deadlock also where something is doomed */
	uint32_t index;          /* in the snapshot */
};

struct drawing {
	struct drawn *processes, *pipes; /* trees in order, worst last; then by index */
	uint32_t process_count, pipe_count; /* pipes between trees are the last ones */
	uint32_t tree_count;
	uint32_t left_out;       /* pipes in scope that are not drawn */
};

/*
 * The pipes that were asked for; where neither all nor some verdicts were, those alone on which
 * something happens. Their holders, and all that is on a deadlock or doomed with it, with the pipes
 * that it waits for.
 * 0 or -ENOMEM.
 */
int drawing_init(struct drawing *drawing, const struct diagnosis *d,
                 const struct report_settings *settings);

/* One that was not initialized must be zeroed. */
void drawing_free(struct drawing *drawing);

#endif
