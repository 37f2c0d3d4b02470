/*
 * A diagnosis: what follows from one look, or from two. A pure function of its snapshots; README.md
 * in this folder has the rules and their reasons.
 *
 * All indices are those of diagnosis.snapshot (the later look), which must outlive the diagnosis.
 */
#ifndef ANALYSIS_DIAGNOSIS_H
#define ANALYSIS_DIAGNOSIS_H

#include "model/arena.h"
#include "model/snapshot.h"

/* One for each pipe, worst first; in one byte. */
enum __attribute__((packed)) verdict {
	VERDICT_DEADLOCK,      /* on a knot: nobody who could move it can ever run */
	VERDICT_STALLED,       /* full, a writer blocked for long, but a reader is alive */
	VERDICT_BACKPRESSURE,  /* full, and not stalled */
	VERDICT_STARVED,       /* a reader is blocked on an empty pipe */
	VERDICT_HALF_OPEN,     /* one side has no holder left */
	VERDICT_MOVING,        /* bytes, holders or fill changed between the looks */
	VERDICT_IDLE,          /* nothing did */
	VERDICT_UNKNOWN,       /* what is needed to tell could not be read */
	VERDICT_COUNT
};

/* What the members of a knot wait for. */
enum deadlock_kind {
	KIND_WRITE_WAIT, KIND_WRITE_WRITE, KIND_WRITE_SELF, KIND_READ_WRITE,
	KIND_READ_WAIT, KIND_READ_READ, KIND_READ_SELF, KIND_MIXED
};

/*
 * Why a deadlock is likely and not proved. Where `task`, `process` or `pipe` is not NONE, it is
 * about that one.
 */
enum doubt_kind {
	DOUBT_ONE_LOOK,          /* there was no second look */
	DOUBT_UNSTEADY_PIPE,     /* holders or fill of .pipe changed between the looks */
	DOUBT_SWITCHES_UNKNOWN,  /* whether .task ran in between could not be read */
	DOUBT_INFERRED,          /* the wait of .task was inferred from wchan */
	DOUBT_ODD_WCHAN,         /* .task sleeps in a kernel function that we do not know */
	DOUBT_STOPPED_JOB,       /* .task was stopped and will wait again when it goes on */
	DOUBT_SIGNAL_WAIT,       /* .task waits for its child by sleeping until SIGCHLD */
	DOUBT_POLL_SET,          /* other threads may have changed the set that .task polls */
	DOUBT_UNSEEN_PROCESS,    /* .process could not be read and may hold .pipe */
	DOUBT_UNSEEN_FD,         /* unidentified descriptors may be ends of .pipe (a FIFO) */
	DOUBT_PID_NAMESPACE,     /* we do not see every process from here */
	DOUBT_IN_FLIGHT,         /* descriptors are on their way through a unix socket */
	DOUBT_REFERENCES,        /* somebody unseen has references to ends of .pipe */
	DOUBT_URING,             /* .process holds .pipe and an io_uring */
	DOUBT_URING_FILES,       /* an io_uring of .process holds files, one may be .pipe */
	DOUBT_CROWD,             /* processes came and went faster than they could be read */
	DOUBT_SUBREAPER,         /* any child lets .process go on; an orphan might become one */
	DOUBT_HOUSEKEEPING,      /* threads of .process that only keep house were left out */
	DOUBT_TRACERS_UNKNOWN,   /* not all tracers are known, and .process waits for any child */
	DOUBT_TRACED,            /* .process has a tracer who can run */
	DOUBT_TIMERS_UNKNOWN,    /* the timers of .process could not be read */
	DOUBT_NOT_EXAMINED       /* .process was not looked at closely */
};

struct doubt {
	enum doubt_kind kind;
	uint32_t task, process, pipe;
};

struct deadlock {
	uint32_t id;             /* 1, 2, … in this diagnosis; the worst (longest blocked) first */
	enum deadlock_kind kind;
	bool proved;             /* doubts == 0 */
	const struct doubt *doubts;
	uint32_t doubt_count;
	int64_t blocked_ms;      /* of the last member to block, or UNKNOWN */
	const uint32_t *members; /* tasks, in the cycle's order: each waits for a later one or the 1st */
	uint32_t member_count;
	const uint32_t *victims; /* tasks that are doomed with it, nearest first */
	uint32_t victim_count;
	const uint32_t *pipes;   /* that members wait for, ascending */
	uint32_t pipe_count;
};

/* What the reader of a stalled pipe does instead of reading. */
struct stall {
	uint32_t pipe;
	int64_t blocked_ms;      /* of the writer that has been blocked longest */
	uint32_t writer;         /* that writer: a task */
	uint32_t reader;         /* the live reader that the reason is about: a task, or NONE */
};

/* What is known of one pipe beyond the facts. In two bytes. */
struct pipe_finding {
	enum verdict verdict;
	bool in_scope : 1;       /* of who was asked about, or of a deadlock that is told of */
	enum fact unseen_writers : 2, unseen_readers : 2; /* somebody holds such an end who was not seen */
};

/* The deadlock or stall that a pipe is part of, by its verdict: most pipes have none. */
struct pipe_cause {
	uint32_t pipe;
	uint32_t index;          /* in diagnosis.deadlocks, in diagnosis.stalls */
};

struct task_finding {
	bool doomed;             /* can never run again: on a deadlock of pipes (in scope or not),
	                            or waiting for one */
	uint32_t deadlock;       /* whose member or victim it is: index, or NONE */
	bool member;
};

/*
 * What is asked about. With no pids everything is in scope. Otherwise: these processes, their
 * descendants, and, `depth` times over, whoever holds the other ends of their pipes. Deadlocks and
 * stalls that touch no process of the first two sorts are left out of the diagnosis.
 */
struct diagnosis_settings {
	int64_t stall_ms;        /* from when on a blocked writer counts as stalled */
	const int32_t *pids;
	const uint64_t *start_ticks; /* of each: nobody else who has the pid is meant; or NULL */
	uint32_t pid_count;
	uint32_t depth;
};

struct diagnosis {
	struct arena *arena;
	const struct snapshot *snapshot; /* the later look */
	bool two_looks;

	const struct deadlock *deadlocks;
	const struct stall *stalls;      /* longest first */
	const struct pipe_finding *pipes; /* one for each pipe of the snapshot */
	const struct pipe_cause *causes; /* by pipe */
	const struct task_finding *tasks; /* one for each task of the snapshot */
	const bool *processes;           /* in scope? one for each process of the snapshot */
	const bool *asked;               /* named in the settings, or a descendant; likewise */
	uint32_t deadlock_count, stall_count, cause_count;
	uint32_t verdict_counts[VERDICT_COUNT]; /* of the pipes in scope */

	/* Pids that a close look should examine, ascending: they may be stuck. */
	const int32_t *suspects;
	uint32_t suspect_count;
	bool look_again;         /* some deadlock may be settled by another pair of looks */
};

/*
 * `earlier` may be NULL: then nothing is proved. One that is narrow (LIMIT_NARROW) is younger than
 * `later`, the survey of whose bytes it is. 0 or -ENOMEM. The diagnosis refers to `later` (never to
 * `earlier`) until it is freed.
 */
int diagnose(const struct snapshot *earlier, const struct snapshot *later,
             const struct diagnosis_settings *settings, struct diagnosis **ret_diagnosis);

/* Of a pipe: the index of its deadlock, of its stall, or NONE. */
uint32_t diagnosis_deadlock(const struct diagnosis *d, uint32_t pipe);
uint32_t diagnosis_stall(const struct diagnosis *d, uint32_t pipe);

/* Not the snapshots. NULL is allowed. */
void diagnosis_free(struct diagnosis *d);

/* The words of the contract: "deadlock", "write-wait", … Static text. */
const char *verdict_name(enum verdict verdict);
const char *deadlock_kind_name(enum deadlock_kind kind);

#endif
