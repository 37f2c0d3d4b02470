/*
 * The acts that wait for something else than one pipe: for children, for one of several
 * descriptors, for time, signals, sockets and threads.
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { P_PIDFD_ = 3 }; /* P_PIDFD of linux/wait.h, which clashes with sys/wait.h */

static int pidfd_of(const char *name)
{
	return (int)must(syscall(SYS_pidfd_open, name_of(name)->pid, 0), "pidfd_open");
}

/* ---- children ---- */

static void wait_one(const char *child)
{
	waitpid(name_of(child)->pid, NULL, 0);
}

static void wait_any(const char *child)
{
	(void)child;
	waitpid(-1, NULL, 0);
}

static void wait_group(const char *child)
{
	waitpid(-name_of(child)->pid, NULL, 0);
}

static void wait_own_group(const char *child)
{
	(void)child;
	waitpid(0, NULL, 0);
}

static void waitid_one(const char *child)
{
	waitid(P_PID, (id_t)name_of(child)->pid, NULL, WEXITED);
}

static void waitid_group(const char *child)
{
	waitid(P_PGID, (id_t)name_of(child)->pid, NULL, WEXITED);
}

static void waitid_any(const char *child)
{
	(void)child;
	waitid(P_ALL, 0, NULL, WEXITED);
}

static void waitid_pidfd(const char *child)
{
	waitid((idtype_t)P_PIDFD_, (id_t)pidfd_of(child), NULL, WEXITED);
}

static void waitid_stopped(const char *child)
{
	waitid(P_PID, (id_t)name_of(child)->pid, NULL, WSTOPPED | WCONTINUED);
}

static void wait_looking(const char *child)
{
	while (waitpid(name_of(child)->pid, NULL, WNOHANG) == 0)
		usleep(10000);
}

static const struct {
	const char *name;
	void (*run)(const char *child);
} waits[] = { { "wait4", wait_one },
	      { "wait4-any", wait_any },
	      { "wait4-group", wait_group },
	      { "wait4-own-group", wait_own_group },
	      { "waitid", waitid_one },
	      { "waitid-group", waitid_group },
	      { "waitid-any", waitid_any },
	      { "waitid-pidfd", waitid_pidfd },
	      { "waitid-stopped", waitid_stopped },
	      { "nohang", wait_looking } };

static void act_wait(const struct line *line)
{
	size_t i = 0, count = sizeof(waits) / sizeof(*waits);

	while (i < count && strcmp(waits[i].name, line->words[1]) != 0)
		i++;
	if (i == count)
		skip("no such wait");
	waits[i].run(line->words[2]);
}

/* ---- one of several descriptors ---- */

static struct pollfd target_of(const char *word)
{
	sigset_t term;
	int pair[2];

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (!strncmp(word, "exit:", 5))
		return (struct pollfd){ .fd = pidfd_of(word + 5), .events = POLLIN };
	if (!strcmp(word, "event"))
		return (struct pollfd){ .fd = eventfd(0, 0), .events = POLLIN };
	if (!strcmp(word, "signal"))
		return (struct pollfd){ .fd = signalfd(-1, &term, 0), .events = POLLIN };
	if (!strcmp(word, "socket")) {
		must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
		return (struct pollfd){ .fd = pair[0], .events = POLLIN };
	}
	return (struct pollfd){ .fd = *end_of(word),
		                .events =
		                        strchr(word, '.')[1] == 'w' ? POLLOUT : POLLIN };
}

static void poll_poll(struct pollfd *targets, int count, int timeout_ms)
{
#ifdef SYS_poll
	must(syscall(SYS_poll, targets, count, timeout_ms), "poll");
#else
	must(poll(targets, (nfds_t)count, timeout_ms), "poll");
#endif
}

static void poll_ppoll(struct pollfd *targets, int count, int timeout_ms)
{
	struct timespec timeout = { timeout_ms / 1000, 0 };

	must(ppoll(targets, (nfds_t)count, timeout_ms < 0 ? NULL : &timeout, NULL),
	     "ppoll");
}

static int fill_sets(const struct pollfd *targets, int count, fd_set *reads,
                     fd_set *writes)
{
	int limit = 0;

	FD_ZERO(reads);
	FD_ZERO(writes);
	for (int i = 0; i < count; i++) {
		FD_SET(targets[i].fd, targets[i].events == POLLIN ? reads : writes);
		if (targets[i].fd >= limit)
			limit = targets[i].fd + 1;
	}
	return limit;
}

static void poll_select(struct pollfd *targets, int count, int timeout_ms)
{
	fd_set reads, writes;
	int limit = fill_sets(targets, count, &reads, &writes);
	struct timeval timeout = { timeout_ms / 1000, 0 };

#ifdef SYS__newselect
	must(syscall(SYS__newselect, limit, &reads, &writes, NULL,
	             timeout_ms < 0 ? NULL : &timeout),
	     "select");
#elif defined SYS_select
	must(syscall(SYS_select, limit, &reads, &writes, NULL,
	             timeout_ms < 0 ? NULL : &timeout),
	     "select");
#else
	must(select(limit, &reads, &writes, NULL, timeout_ms < 0 ? NULL : &timeout), "select");
#endif
}

static void poll_pselect(struct pollfd *targets, int count, int timeout_ms)
{
	fd_set reads, writes;
	int limit = fill_sets(targets, count, &reads, &writes);
	struct timespec timeout = { timeout_ms / 1000, 0 };

	must(pselect(limit, &reads, &writes, NULL, timeout_ms < 0 ? NULL : &timeout,
	             NULL),
	     "pselect");
}

static int epoll_of(const struct pollfd *targets, int count)
{
	int set = (int)must(epoll_create1(0), "epoll_create1");

	for (int i = 0; i < count; i++) {
		struct epoll_event event = { .events = targets[i].events == POLLIN
			                                       ? EPOLLIN
			                                       : EPOLLOUT };
		must(epoll_ctl(set, EPOLL_CTL_ADD, targets[i].fd, &event), "epoll_ctl");
	}
	return set;
}

static void poll_epoll(struct pollfd *targets, int count, int timeout_ms)
{
	struct epoll_event event;

	must(epoll_wait(epoll_of(targets, count), &event, 1, timeout_ms), "epoll_wait");
}

static void poll_nested(struct pollfd *targets, int count, int timeout_ms)
{
	struct pollfd inner = { .fd = epoll_of(targets, count), .events = POLLIN };

	poll_epoll(&inner, 1, timeout_ms);
}

static const struct {
	const char *name;
	void (*run)(struct pollfd *targets, int count, int timeout_ms);
} polls[] = { { "poll", poll_poll },     { "ppoll", poll_ppoll },
	      { "select", poll_select }, { "pselect", poll_pselect },
	      { "epoll", poll_epoll },   { "nested", poll_nested } };

/* `poll CALL[:MS] TARGET…` */
static void act_poll(const struct line *line)
{
	struct pollfd targets[10];
	char *colon = strchr(line->words[1], ':');
	int timeout_ms = colon ? atoi(colon + 1) : -1, count = 0;

	if (colon)
		*colon = '\0';
	while (*line->words[count + 2]) {
		targets[count] = target_of(line->words[count + 2]);
		count++;
	}
	size_t i = 0, known = sizeof(polls) / sizeof(*polls);
	while (i < known && strcmp(polls[i].name, line->words[1]) != 0)
		i++;
	if (i == known)
		skip("no such poll");
	polls[i].run(targets, count, timeout_ms);
}

/* ---- time, signals, sockets, threads ---- */

static void act_sleep(const struct line *line)
{
	long ms = number_in(line->words[1], 1000000);
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

static void act_spin(const struct line *line)
{
	(void)line;
	only_when_idle();
	for (;;)
		;
}

static void act_suspend(const struct line *line)
{
	sigset_t none;

	(void)line;
	sigemptyset(&none);
	sigsuspend(&none);
}

/* What a call's registers show is not always what it waits for: here they show nothing. */
static void act_null(const struct line *line)
{
	long number = call_number(line->words[1]);

	only_when_idle();
	for (;;)
		syscall(number, NULL, 5, NULL, NULL, 0, 0);
}

static void act_recv(const struct line *line)
{
	int pair[2];
	char byte;

	(void)line;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	must(recv(pair[0], &byte, 1, 0), "recv");
}

/* A word of memory that nobody changes, so that nobody ever wakes the waiter. */
static void act_futex(const struct line *line)
{
	bool mapped = !strcmp(line->words[1], "mapped"),
	     shared = !strcmp(line->words[1], "shared") || mapped,
	     timed = !strcmp(line->words[1], "timed");
	struct timespec timeout = { 1000, 0 };
	int file = mapped ? (int)must(open("word", O_RDWR | O_CREAT | O_CLOEXEC, 0600), "word") : -1;

	if (mapped)
		must(ftruncate(file, sizeof(uint32_t)), "ftruncate");

	uint32_t *word = mmap(NULL, sizeof(*word), mapped ? PROT_READ : PROT_READ | PROT_WRITE,
	                      mapped ? MAP_PRIVATE : MAP_SHARED | MAP_ANONYMOUS, file, 0);

	syscall(SYS_futex, word, shared ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE, 0,
	        timed ? &timeout : NULL);
}

long call_of(const char *pid)
{
	char path[64];
	long number = -1;

	snprintf(path, sizeof(path), "/proc/%s/syscall", pid);
	FILE *file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%ld", &number) != 1)
			number = -1;
		fclose(file);
	}
	return number;
}

static bool is_stopped(const char *pid)
{
	char path[64], state = '?';

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	FILE *file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%*d %*s %c", &state) != 1)
			state = '?';
		fclose(file);
	}
	return state == 'T';
}

static void act_until(const struct line *line)
{
	bool stopped = !strcmp(line->words[2], "stopped");
	long number = stopped ? 0 : call_number(line->words[2]);
	const struct name *name = name_of(line->words[1]);
	char pid[16];

	do {
		usleep(1000);
		snprintf(pid, sizeof(pid), "%d", (int)name->pid);
	} while (stopped ? !is_stopped(pid) : call_of(pid) != number);
}

const struct act wait_acts[] = {
	{ "wait", act_wait,
	  "CALL CHILD: wait4[-any|-group|-own-group], "
	  "waitid[-any|-group|-pidfd|-stopped], nohang (a loop)" },
	{ "poll", act_poll,
	  "CALL[:MS] TARGET…: poll, ppoll, select, pselect, epoll, nested; on ENDs, "
	  "exit:CHILD, event, signal, socket" },
	{ "sleep", act_sleep, "[MS]" },
	{ "spin", act_spin, "compute for ever" },
	{ "suspend", act_suspend, "sigsuspend" },
	{ "null", act_null, "CALL: for ever, with null pointers for its arguments" },
	{ "recv", act_recv, "from a socket that stays silent" },
	{ "futex", act_futex, "[shared|timed|mapped]: a futex that nobody wakes (mapped: in a file, read-only)" },
	{ "until", act_until,
	  "CHILD CALL|stopped: wait until that child or thread is in the system call, or "
	  "is stopped" },
	{ NULL, NULL, NULL },
};
