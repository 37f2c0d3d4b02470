/*
 * A small random system: processes, threads, pipes and waits, in a form of its own that the search
 * explores and from which a snapshot is built for the analysis.
 */
#ifndef TESTS_SYSTEM_H
#define TESTS_SYSTEM_H

#include "model/snapshot.h"

enum { MAX_PROCESSES = 4, MAX_THREADS = 6, MAX_PIPES = 3, MAX_ENDS = 7, MAX_TARGETS = 3 };
enum { GROUPS = 2, NOBODY = -1 };

struct system {
	int process_count, thread_count, pipe_count, end_count;
	struct {
		int parent, tracer;      /* indices, or NOBODY */
		int group;               /* 0 or 1 */
		bool catches_sigchld, namespace_init;
	} processes[MAX_PROCESSES];
	struct {
		int process;
		enum wait_kind kind;
		enum children children;
		int operand;             /* a pipe, a child or a group */
		bool timed;
		int target_count;
		struct {
			enum target_kind kind;
			int operand;     /* a pipe or a process */
		} targets[MAX_TARGETS];
	} threads[MAX_THREADS];
	struct { int capacity, fill; } pipes[MAX_PIPES];
	struct { int process, pipe; bool reads, writes; } ends[MAX_ENDS];
};

/* The same for the same seed; moves the seed on. */
void system_generate(uint64_t *seed, struct system *ret_system);

/* Has every thread of the process ended? */
bool system_is_zombie(const struct system *system, int process);

/* The facts that a look would find; thread i of the system is task_of[i] of the snapshot. */
struct snapshot *system_snapshot(const struct system *system, uint32_t task_of[MAX_THREADS]);

/* For a failure's report. */
void system_print(const struct system *system);

/* A number below `limit`. */
int system_random(uint64_t *seed, int limit);

#endif
