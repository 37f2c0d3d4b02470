/*
 * A snapshot: what one look at the system found, as plain facts without a conclusion.
 *
 * Unknown is a value and never 0: a number that could not be read is UNKNOWN (-1), a question of
 * yes and no is an enum fact, a reference that leads nowhere is NONE, a text that is not known is
 * NULL. All text is raw, as the other process gave it: hostile until words/escape.h had it.
 *
 * The arrays are sealed by the builder (builder.h): sorted, cross-referenced by index, and const
 * from then on.
 */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UNKNOWN = -1 };
#define NONE UINT32_MAX

/* In one byte, as what there is by the hundred thousand should be. */
enum __attribute__((packed)) fact { FACT_UNKNOWN, FACT_NO, FACT_YES };

/* ---- pipes and their ends ---- */

enum pipe_type { PIPE_ANONYMOUS, PIPE_FIFO };

/*
 * The key of a pipe is (dev, ino): FIFOs of two file systems may share an inode number. In 32
 * bytes, so the path that some FIFOs have is kept apart.
 */
struct pipe {
	uint64_t ino;
	uint32_t dev;            /* as stat(2) has it: 12 and 20 bits (include/linux/kdev_t.h) */
	int32_t fill_bytes;      /* FIONREAD: an int */
	int32_t capacity_bytes;  /* F_GETPIPE_SZ */
	enum fact full : 2;      /* the write end does not poll POLLOUT; asked where it matters */
	enum fact packet : 2;    /* a write end is O_DIRECT, pipe(2) "packet mode" */
	enum fact no_writers : 2; /* POLLHUP on a read end: nobody at all holds a write end */
	enum fact no_readers : 2; /* POLLERR on a write end: nobody at all holds a read end */
	/*
	 * Somebody holds such an end who is not among the holders, as the kernel's own counts say.
	 */
	enum fact unseen_readers : 2, unseen_writers : 2;
	/*
	 * An open file of it has more references than those who hold it and sleep in calls on it
	 * explain.
	 */
	enum fact extra_references : 2;
	enum fact named : 2;     /* a FIFO that has a name (st_nlink > 0): anybody may open it */
	enum pipe_type type : 2;
	bool has_path : 1;       /* see snapshot_path() */
	/*
	 * Who holds it, see snapshot_end(): the first is this holder, the second is in
	 * snapshot.seconds; where there are more, all of them are a range in snapshot.ends.
	 */
	uint32_t first_end, ends;
};

_Static_assert(sizeof(struct pipe) == 32, "there may be pipes by the hundred thousand");

/* Of a FIFO, as readlink(2) shows it. */
struct pipe_path {
	uint32_t pipe;
	const char *path;
};

/*
 * Of the numbers in a holder. Linux has pids below 2^22 (include/linux/threads.h), and a table with
 * a descriptor from 2^27 on takes a gigabyte (fs/file.c).
 */
enum { HOLDER_PIPES = 1 << 27, HOLDER_PROCESSES = 1 << 22, HOLDER_FDS = 1 << 27 };

/*
 * One descriptor that is an end of a pipe. A FIFO opened O_RDWR is both ends. In 12 bytes, since
 * there may be more of them than of anything else.
 */
struct __attribute__((packed, aligned(4))) holder {
	uint64_t pipe : 27;
	uint64_t fd : 27;
	uint64_t process : 22;
	bool reads : 1, writes : 1;
	enum fact nonblocking : 2; /* O_NONBLOCK of this open file description */
	uint16_t table;          /* which descriptor table of the process, see struct task */
};

_Static_assert(sizeof(struct holder) == 12, "and twice as many of these");

/* ---- what a thread waits for ---- */

enum wait_kind {
	WAIT_UNKNOWN,      /* could not be read */
	WAIT_RUNNING,      /* on a processor, or ready for one */
	WAIT_PIPE_SPACE,   /* room in wait.pipe */
	WAIT_PIPE_DATA,    /* bytes in wait.pipe */
	WAIT_CHILD_EXIT,   /* the exit of a child, see enum children */
	WAIT_VFORK,        /* exec or exit of a vfork child */
	WAIT_POLL,         /* any one of wait.targets */
	WAIT_THREAD,       /* a futex that only this process can wake */
	WAIT_FIFO_OPEN,    /* open(2) of a FIFO: a partner, whom anybody may be */
	WAIT_STOPPED,      /* by a signal, a tracer or the freezer; somebody else lets it go on */
	WAIT_OUTSIDE,      /* anything else that the outside world ends; wait.what names it */
	WAIT_EXITED        /* a zombie: holds nothing and will never run */
};

enum children {
	CHILDREN_ONE,      /* wait.child is its pid */
	CHILDREN_GROUP,    /* wait.child is the process group */
	CHILDREN_ANY
};

enum target_kind {
	TARGET_SPACE,      /* room in .pipe, or its last reader gone */
	TARGET_DATA,       /* bytes in .pipe, or its last writer gone */
	TARGET_EXIT,       /* a pidfd: the exit of .process */
	TARGET_OUTSIDE,    /* a socket, a terminal, a timer …: the outside world */
	TARGET_UNKNOWN     /* the set, or this entry of it, could not be read */
};

/* One entry of a poll set. */
struct target {
	enum target_kind kind;
	int32_t fd;              /* in the waiter's table; UNKNOWN when the set was not readable */
	uint32_t pipe;           /* or NONE */
	uint32_t process;        /* or NONE */
	bool ready;              /* ready when it was looked at: the moment has passed */
	bool nested;             /* in an epoll that is in the set: not written down */
};

struct wait {
	enum wait_kind kind;
	const char *what;        /* WAIT_OUTSIDE: "sleep", "signal", "socket", "terminal", "disk",
	                            "futex", "file", "userfault", "other"; else NULL */
	bool inferred;           /* from wchan alone, since `syscall` was not readable */
	bool stopped;            /* of a stopped job: continued, it would wait like this again */
	bool by_signal;          /* sleeps for SIGCHLD in rt_sigsuspend, pause or rt_sigtimedwait */
	bool timed;              /* ends by a time-out */
	bool ready;              /* what it waits for is there already: the moment has passed */
	int32_t fd;              /* or UNKNOWN */
	int64_t count_bytes;     /* of a read or write, or UNKNOWN */
	uint32_t pipe;           /* WAIT_PIPE_SPACE, WAIT_PIPE_DATA; else NONE */
	enum children children;  /* WAIT_CHILD_EXIT */
	int32_t child;           /* pid or group, in our own PID namespace; 0 where not asked for */
	uint32_t first_target, targets; /* WAIT_POLL: range in snapshot.targets */
	const char *odd_wchan;   /* it sleeps where our table of this wait knows no such name;
	                            empty: the kernel tells none */
};

/* ---- processes and threads ---- */

/* A thread is (pid, tid, start time), never a bare tid across looks. */
struct task {
	uint32_t process;
	int32_t tid;
	uint64_t start_ticks;    /* since boot; 0 when not read */
	char state;              /* as in proc_pid_stat(5); '?' when not read */
	const char *comm;        /* of the thread, or NULL when not read */
	uint16_t table;          /* threads of a process with one number share descriptors */
	bool compat;             /* calls are numbered as 32-bit programs do */
	int32_t syscall;         /* number, or UNKNOWN */
	const char *call;        /* its name, e.g. "write"; NULL when there is none */
	uint64_t args[6];        /* as shown; valid when syscall is known */
	uint64_t sp, pc;         /* 0 when not known */
	int64_t voluntary_switches;
	int64_t blocked_ms;      /* since it last ran, an estimate */
	struct wait wait;
};

enum access {
	ACCESS_READ,             /* its descriptors were read */
	ACCESS_DENIED,           /* EACCES or EPERM */
	ACCESS_VANISHED,         /* it ended while we looked */
	ACCESS_TIMED_OUT,        /* it did not answer in time */
	ACCESS_NOTHING           /* a zombie or a kernel thread: there is nothing to read */
};

struct process {
	int32_t pid, ppid, pgid;
	uint64_t start_ticks;
	int32_t exit_signal;     /* sent to the parent; not SIGCHLD for "clone" children */
	int32_t thread_count;
	int64_t uid;             /* effective, or UNKNOWN */
	const char *user;        /* name of uid, or its number as text; NULL when not asked for */
	const char *comm;
	const char *command;     /* arguments joined by blanks; NULL when not asked for or read */
	const char *unit;        /* its container or systemd unit, see collect/unit.h; "" when it is in
	                            none, NULL when not asked for or not readable */
	char state;              /* of the leader */
	bool kernel_thread;
	bool self;               /* it is we who look: live, and holds what it was started with */
	enum access access;
	bool has_uring;          /* has an io_uring: the kernel may read or write in its name */
	enum fact uring_files;   /* that io_uring holds files without a descriptor of their own */

	/* What only a close look reads (see `examined`), since it costs more. */
	bool examined;
	bool signals_known;
	uint64_t signals_caught; /* bit N-1 is signal N, as in SigCgt */
	int32_t tracer;          /* pid of its tracer, 0 none, UNKNOWN */
	enum fact namespace_init; /* it is PID 1 of a PID namespace below ours */
	enum fact posix_timers;  /* has timers of timer_create(2) */
	enum fact async_descriptors; /* of whose events a signal tells, see collect/descriptors.h */

	uint32_t first_task, tasks;     /* range in snapshot.tasks */
	uint32_t first_holder, holders; /* range in snapshot.holders */
};

/* ---- the whole ---- */

/* Why the view is not complete, as bits. */
enum view_limit {
	LIMIT_NOT_ROOT      = 1 << 0,
	LIMIT_PTRACE        = 1 << 1, /* yama or a security module refuses `syscall` */
	LIMIT_PID_NAMESPACE = 1 << 2, /* ours is not the initial one */
	LIMIT_HIDEPID       = 1 << 3,
	LIMIT_TIMEOUT       = 1 << 4, /* somebody did not answer in time */
	LIMIT_MAX_FDS       = 1 << 5, /* --max-fds cut the look short */
	LIMIT_DENIED        = 1 << 6, /* root itself was refused */
	LIMIT_NARROW        = 1 << 7  /* only at pipes that held bytes, see collect_request.again */
};

struct snapshot {
	struct arena *arena;     /* owns all arrays and texts */

	const char *host, *kernel, *engine;
	int64_t time_ms;         /* of the look, since the epoch */
	int64_t uptime_ms;
	int64_t elapsed_us;      /* what the look took */
	int64_t pipe_max_size, pipe_user_pages_soft, pipe_user_pages_hard; /* proc_sys_fs(5) */

	unsigned view_limits;    /* enum view_limit */
	uint32_t denied, vanished, timed_out; /* processes whose descriptors were not read */
	uint64_t fds_seen;       /* of any kind */
	uint64_t fds_unidentified; /* might be a FIFO, on a mount that did not answer */
	bool settled;            /* listing again brought nobody new: all holders have been seen */
	enum fact descriptors_in_flight; /* some unix socket carries descriptors */
	enum fact alarm_pending; /* some process has an alarm(2) or setitimer(2) running */

	const struct process *processes; /* by pid */
	const struct task *tasks;        /* by process, tid */
	const struct pipe *pipes;        /* by dev, ino */
	const struct pipe_path *paths;   /* of those that have one, by pipe */
	const struct holder *holders;    /* by process, table, fd */
	const uint32_t *seconds;         /* of each pipe with two ends: the second holder */
	const uint32_t *ends;            /* of those with more: holders by process, table, fd */
	const struct target *targets;    /* in the order of their waiters */
	uint32_t process_count, task_count, pipe_count, path_count, holder_count, target_count;
};

/* Index, or NONE. Binary search. */
uint32_t snapshot_find_process(const struct snapshot *s, int32_t pid);
uint32_t snapshot_find_task(const struct snapshot *s, int32_t pid, int32_t tid);
uint32_t snapshot_find_pipe(const struct snapshot *s, uint64_t dev, uint64_t ino);

/* The path of a FIFO; NULL when it is not known. Binary search. */
const char *snapshot_path(const struct snapshot *s, uint32_t pipe);

/* Who holds the k-th end (0 <= k < pipe->ends) of the pipe. */
const struct holder *snapshot_end(const struct snapshot *s, const struct pipe *pipe, uint32_t k);

/* Was everything seen that there is? */
bool snapshot_is_complete(const struct snapshot *s);

/*
 * What a process catches that somebody might send: not faults and the C library's own signals,
 * which every program with threads catches. As signals_caught; 0 when that is not known.
 */
uint64_t snapshot_signals(const struct process *p);

/* Frees the arena, and so the snapshot. NULL is allowed. */
void snapshot_free(struct snapshot *s);

#endif
