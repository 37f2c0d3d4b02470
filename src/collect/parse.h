/*
 * Texts of /proc into structs: (buffer, length) in, nothing else touched. The buffers need no
 * ending NUL. Every function returns 0, or -EINVAL on a text that is not what proc(5) says, and
 * then leaves its result untouched; a line that is missing leaves its field UNKNOWN (-1). A last
 * line without its newline has been cut off, and is not read: hand in whole texts.
 */
#ifndef COLLECT_PARSE_H
#define COLLECT_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* /proc/PID/task/TID/syscall, proc_pid_syscall(5) */
enum shown { SHOWN_RUNNING, SHOWN_OUTSIDE /* "-1 SP PC": blocked, in no call */, SHOWN_CALL };
struct shown_call {
	enum shown shown;
	int32_t number;                      /* UNKNOWN unless SHOWN_CALL */
	uint64_t args[6];
	uint64_t sp, pc;
};
int parse_syscall(const char *text, size_t length, struct shown_call *ret);

/* /proc/PID/task/TID/stat: what libproc2 does not hand out for one thread. comm may hold ") ". */
struct stat_line {
	char state;
	uint64_t start_ticks;
	int32_t processor;                   /* on which it last ran */
};
int parse_stat(const char *text, size_t length, struct stat_line *ret);

/* /proc/PID/task/TID/status */
enum { PARSE_NAMESPACES = 33 }; /* MAX_PID_NS_LEVEL + 1, include/linux/pid_namespace.h */
struct status_lines {
	int32_t tracer;                      /* TracerPid */
	int32_t ns_pids[PARSE_NAMESPACES];   /* NSpid: ours first, its own last */
	int32_t ns_pgids[PARSE_NAMESPACES];  /* NSpgid */
	uint32_t ns_depth;                   /* how many of each; 0 when not shown */
	bool signals_known;                  /* both of: */
	uint64_t signals_caught;             /* SigCgt */
	uint64_t signals_blocked;            /* SigBlk */
	int64_t voluntary_switches;
	bool dumps_core;                     /* CoreDumping */
};
int parse_status(const char *text, size_t length, struct status_lines *ret);

/*
 * When a thread last began to run, from /proc/PID/task/TID/sched, in microseconds of the task
 * clock: se.exec_start. That is 0 once the thread was moved to another processor in its sleep
 * (kernel/sched/fair.c, migrate_task_rq_fair(); since 6.12 whoever has just gone to sleep may be);
 * then it is when its load was last brought up to date, which is when it left its queue. 0 if
 * unknown.
 */
int parse_sched(const char *text, size_t length, int64_t *ret_ran_us);

/*
 * /proc/stat: of each processor below `count`, the ticks that were stolen from it; others are left
 * as they are.
 */
void parse_stolen(const char *text, size_t length, int64_t *ticks, uint32_t count);

/* /proc/PID/fdinfo/FD: the lines that every file has, and those of a pidfd and a socket. */
struct fdinfo_lines {
	int64_t flags;                       /* octal in the text */
	int64_t mount_id;
	bool has_pid;                        /* it is a pidfd */
	int32_t pid;                         /* -1: it was reaped; 0: not in our PID namespace */
	int64_t scm_fds;                     /* of a unix socket, else UNKNOWN */
};
int parse_fdinfo(const char *text, size_t length, struct fdinfo_lines *ret);

/*
 * Whether the fdinfo of an io_uring tells of files that may be pipes and that it holds without a
 * descriptor: registered ones, or those of a request that is under way. Where it does not tell, it
 * may.
 */
bool parse_uring_holds_pipes(const char *text, size_t length);

/*
 * The next "tfd: …" line of an epoll's fdinfo at or after *offset, which moves behind it:
 * 1 with an entry, 0 at the end, -EINVAL.
 */
struct epoll_entry {
	int32_t fd;
	uint32_t events;                     /* EPOLLIN …, hexadecimal in the text */
	uint64_t ino;                        /* hexadecimal in the text */
	uint64_t dev;                        /* as stat(2) has it; the text has the kernel's own */
	bool has_file;                       /* ino and sdev were shown (4.13 and later) */
};
int parse_epoll(const char *text, size_t length, size_t *offset, struct epoll_entry *ret);

/*
 * The next line of /proc/PID/mountinfo, in the same way. `type` points into the text.
 */
struct mount_line {
	int64_t id;
	const char *type;
	size_t type_length;
};
int parse_mountinfo(const char *text, size_t length, size_t *offset, struct mount_line *ret);

/* "pipe:[6715]" exactly -> inode. -EINVAL for anything else. */
int parse_pipe_link(const char *text, size_t length, uint64_t *ret_ino);

/* How many POSIX timers /proc/PID/timers lists. */
int parse_timers(const char *text, size_t length, uint32_t *ret_count);

/* Whether /proc/timer_list shows a running alarm(2) or setitimer(2) (it_real_fn). */
bool parse_timer_list_has_alarm(const char *text, size_t length);

/* /proc/PID/auxv: 4 or 8, the width of its entries, 0 when it cannot be told. */
int parse_auxv_width(const char *bytes, size_t length);

/*
 * /proc/PID/maps: whether the address lies in a private mapping that can be written to. (In one
 * that can't, a futex may be that of the file behind it, which others have too:
 * kernel/futex/core.c, get_futex_key().) 1 private, 0 shared, -EINVAL when no line has it.
 */
int parse_maps_private(const char *text, size_t length, uint64_t address);

/* A file with one number, as in /proc/sys. */
int parse_number(const char *text, size_t length, int64_t *ret);

/*
 * The name in wchan without its decoration: leading '.' and '_', ".constprop.0", ".isra.0",
 * ".part.0". *ret_name points into the text; the result is its length, 0 where no name is shown:
 * "0" stands for running, for kernels without it, and for a reader who may not know.
 */
size_t parse_wchan(const char *text, size_t length, const char **ret_name);

#endif
