/*
 * What our program in the kernel (iterator.bpf.c) writes and census.c reads: one record after the
 * other, each with its kind and size in front. Both sides are compiled from this very text.
 */
#ifndef COLLECT_RECORDS_H
#define COLLECT_RECORDS_H

#include <stdint.h>

enum record_kind {
	RECORD_THREAD = 1,
	/* Of the table of the thread that stands before: */
	RECORD_END,              /* an end of a pipe */
	RECORD_URING,            /* a descriptor of an io_uring; a mere head */
	RECORD_UNREAD            /* it was replaced again and again; a mere head */
};

struct record_head {
	uint32_t kind, size;     /* in bytes, this head included */
};

enum record_flag {
	RECORD_COMPAT   = 1 << 0, /* in a system call of the 32-bit kind */
	RECORD_ON_CPU   = 1 << 1, /* its registers are not to be trusted */
	RECORD_RING     = 1 << 2, /* has an io_uring, which need not have a descriptor */
	RECORD_FLIGHT   = 1 << 3, /* its user has descriptors on their way through unix sockets */
	RECORD_NO_TABLE = 1 << 4  /* its descriptors could not be read */
};

enum { RECORD_KEPT = 12 };

/* All numbers of processes, threads and groups are those of our own PID namespace, 0 for none. */
struct thread_record {
	struct record_head head;
	uint64_t table;          /* which descriptor table; 0 when it has none any more */
	uint64_t start_ns;       /* since boot */
	uint64_t ran_ns;         /* when it last began to run, as parse_sched() has it */
	uint64_t run_ns;         /* how long it has run, se.sum_exec_runtime */
	uint64_t args[6], sp, pc;
	uint64_t kept[RECORD_KEPT]; /* as struct registers has them, model/trace.h */
	int32_t syscall;         /* negative for none */
	int32_t pid, tid, ppid, pgid, tracer, exit_signal, threads;
	int32_t processor;       /* on which it last ran */
	uint32_t uid;
	uint32_t state, exit_state; /* include/linux/sched.h */
	uint32_t task_flags;     /* PF_KTHREAD */
	uint32_t table_users;    /* threads that share the table, wherever they are */
	uint32_t flags;          /* enum record_flag */
	uint32_t unused;
	char comm[16];
};

/* Since the pipe is written down with each of its ends, its facts are of the same moment. */
struct end_record {
	struct record_head head;
	uint64_t file;           /* which open file description */
	int64_t references;      /* to it, from tables and from whatever else there is */
	uint64_t ino;
	int64_t fill_bytes;      /* negative when it moved while it was read */
	int32_t fd;
	uint32_t dev;            /* as the kernel packs it: the minor in 20 bits */
	uint32_t links;          /* names of the inode */
	uint32_t mode, flags;    /* f_mode, f_flags */
	uint32_t has_pipe;       /* else nothing of what follows is known */
	uint32_t head_slot, tail_slot, usable_slots, readers, writers;
	uint32_t unused;
};

/*
 * A pass. Whoever wants one zeroes all of it but `descriptors_wanted`, takes what has been written
 * down, zeroes `used`, and so on until it is finished.
 */
struct pass {
	uint32_t descriptors_wanted, finished;
	uint32_t used;           /* bytes of the records */
	uint32_t unused;
	uint64_t descriptors;    /* that were met, of any kind */
	uint64_t task, start_ns; /* the thread in work; there may be another one in its place */
	uint32_t fd, tries;      /* how far in its table, and how often it was replaced */
	uint64_t order;
};

struct records {
	char bytes[64 * 1024];
};

#endif
