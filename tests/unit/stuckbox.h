/*
 * A hand-made box for the tests of words/ and report/: the article's pair in a deadlock, a stalled
 * pipe, a slow one, a starved one, an idle FIFO of a hostile name. Snapshot and diagnosis are
 * written down, so that a test may change any fact before it looks at the words.
 */
#ifndef TESTS_STUCKBOX_H
#define TESTS_STUCKBOX_H

#include "analysis/diagnosis.h"
#include "report/formats.h"

/* Tasks by index, in the order of their pids. */
enum {
	TASK_BASH77, TASK_CAT, TASK_NODE, TASK_FFMPEG, TASK_YES, TASK_PV, TASK_BASH, TASK_PYTHON,
	TASK_LOG, STUCKBOX_TASKS
};

/* Pipes by index, in the order of dev and ino. */
enum { PIPE_ARTICLE, PIPE_STALLED, PIPE_SLOW, PIPE_STARVED, PIPE_HOSTILE, STUCKBOX_PIPES };

struct stuckbox {
	struct snapshot *snapshot;
	struct diagnosis d;
	struct deadlock deadlock;
	struct doubt doubts[8];
	struct stall stall;
	struct pipe_finding pipes[STUCKBOX_PIPES];
	struct pipe_cause causes[2];
	struct task_finding tasks[STUCKBOX_TASKS];
	bool processes[STUCKBOX_TASKS];
	uint32_t members[2], victims[1], knot_pipes[1];
};

#define STUCKBOX_HOSTILE_PATH "/tmp/\033[2J\xe2\x80\xae\"gnp.\xff\n"

/* Sets the box up; asserts that it could be made. */
void stuckbox_setup(struct stuckbox *box);
void stuckbox_teardown(struct stuckbox *box);

/* The same around a test of cmocka, whose state it is. */
int stuckbox_begin(void **state);
int stuckbox_end(void **state);

/* What a writer of report/formats.h makes of it, to be freed; asserts that it could. */
char *stuckbox_written(const struct stuckbox *box, report_writer *write,
                       const struct report_settings *settings);
void assert_has(const char *text, const char *part);
void assert_has_not(const char *text, const char *part);

/* Facts of the sealed snapshot, to be changed. */
struct task *stuckbox_task(struct stuckbox *box, uint32_t index);
struct pipe *stuckbox_pipe(struct stuckbox *box, uint32_t index);
/* The path of PIPE_HOSTILE. */
const char **stuckbox_path(struct stuckbox *box);
struct process *stuckbox_process(struct stuckbox *box, uint32_t index);

#endif
