/*
 * The parts of the graph that dot.c writes: texts, and the nodes and edges of processes and pipes.
 */
#ifndef REPORT_DOT_H
#define REPORT_DOT_H

#include "report/drawing.h"

#define DOT_GREY "#6b7280"
#define DOT_RED "#c62828"
#define DOT_AMBER "#9a5b00"

struct dot {
	FILE *file;
	const struct diagnosis *d;
	const struct snapshot *s; /* that of the diagnosis */
	struct drawing drawing;
	bool no_memory;
};

/* Where a text stands. */
enum place { LABEL, TOOLTIP };

/* Text that words/ made. */
void dot_put_shown(const struct dot *dot, enum place place, const char *shown);

/* The same, to be taken; NULL is no memory. */
void dot_put_taken(struct dot *dot, enum place place, char *text);

/* Foreign text, escaped, and cut where it is long. */
void dot_put_foreign(const struct dot *dot, enum place place, const char *text);

/* The nodes: p and the pid, q and the index of the pipe. */
void dot_put_process(struct dot *dot, const struct process *process);
void dot_put_pipe(struct dot *dot, uint32_t index);

/* From each process that writes to the node of the pipe, or from that to each that reads. */
void dot_put_ends(const struct dot *dot, uint32_t index, bool writers);

#endif
