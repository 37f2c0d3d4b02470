/*
 * What the tests of src/act play on: real pipes and real processes, which end with the test. A
 * failure inside ends the running test (cmocka).
 */
#ifndef TESTS_ACT_STAGE_H
#define TESTS_ACT_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "model/snapshot.h"

/* An end of the pipe at (pid, fd), as a look would find it. */
struct stage_end {
	pid_t pid;
	int fd;
	bool reads, writes;
};

/* A snapshot with one pipe, snapshot.pipes[0], and these ends of it. */
struct snapshot *stage_look(const struct stage_end *ends, size_t count);

/* Both ends of a pipe of our own. */
struct snapshot *stage_look_own(const int fds[2]);

/* A child that runs it and exits with what it returns. */
pid_t stage_start(int (*run)(void *), void *argument);
void stage_kill(pid_t pid);
/* Its exit status, which must be one. */
int stage_wait(pid_t pid);

/* Returns once the thread is blocked in that call. */
void stage_await_call(pid_t pid, pid_t tid, long number);

/*
 * A child that sleeps with the lock of the pipe: its write never gets its bytes (userfaultfd(2)).
 * 0 where that cannot be done.
 */
pid_t stage_start_lock(int fds[2]);
/* Ends it, and waits for all children: those who waited for the lock end by themselves. */
void stage_end_lock(pid_t pid);

/* A file of /proc/PID into `text`, as one line or as it is. */
void stage_read_proc(pid_t pid, const char *name, char *text, size_t size);
uint64_t stage_start_ticks(pid_t pid);

/* Byte number n of an endless row in which no piece of 8 bytes comes twice. */
char stage_byte(size_t n);
void stage_fill(char *bytes, size_t from, size_t length);
bool stage_is_row(const char *bytes, size_t from, size_t length);

/* Fills a pipe as far as it goes with the row, in pieces of `piece` bytes. How many bytes. */
size_t stage_stuff(int fd, size_t piece);
size_t stage_fionread(int fd);

/*
 * In a child: becomes an ordinary user, if it is root, who can make no large pipes any more:
 * pipe-user-pages-soft (proc_sys_fs(5)) is used up. 0, or -1 where that cannot be done.
 */
int stage_be_poor(void);

/* Of capabilities(7), by number. */
bool stage_has_capability(unsigned number);

#endif
