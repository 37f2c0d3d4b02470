/*
 * How one may touch somebody else's pipe.
 *
 * A duplicate by pidfd_getfd(2) is the very open file description: FIONREAD, F_GETPIPE_SZ and
 * poll(2) work on either end of it, and the kernel's counts of readers and writers do not change.
 * The write end is preferred: while a duplicate of the read end exists, a writer gets no EPIPE
 * when the real reader goes away; a duplicate of the write end only puts an end-of-file off for
 * the microseconds until it is closed. In that time a FIFO outlives the last of its users, with the
 * bytes that they left. Hence the hurry: the few system calls take 4 us; a scheduler that gives the
 * processor to somebody else in between makes 3 ms of it, long enough to be noticed.
 * For the same reason polling comes first at a read end, since it takes no lock. If there is a
 * writer after all, who is hidden or has come since the look, nothing is asked for that would wait
 * for the lock under which he writes: the reader may close just then.
 *
 * Opening /proc/PID/fd/N anew needs less permission, but makes another reader or writer for as
 * long as it is open, and on a FIFO lets go who waits in open(2): so only on anonymous pipes, in
 * the mode of the end that was seen, and only after an O_PATH open, which touches nothing, has
 * shown that it is that pipe (a name that turned into a device is never opened).
 *
 * Polling leaves a trace: pipe_poll() in fs/pipe.c sets poll_usage, which costs epoll users of
 * that pipe some wake-ups. So it is the caller who says when the answer matters.
 */
#include "collect/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

void probe_hold_signals(sigset_t *ret_saved)
{
	static const int held[] = { SIGINT, SIGTERM, SIGTSTP, SIGHUP, SIGQUIT, SIGTTIN, SIGTTOU };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(held) / sizeof(*held); i++)
		sigaddset(&set, held[i]);
	pthread_sigmask(SIG_BLOCK, &set, ret_saved);
}

void probe_release_signals(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

void probe_hurry(struct probe_pace *ret_pace)
{
	struct sched_param first = { sched_get_priority_min(SCHED_FIFO) }, own = { 0 };

	sched_getparam(0, &own);
	*ret_pace = (struct probe_pace){ sched_getscheduler(0), own.sched_priority };
	if (own.sched_priority == 0)
		sched_setscheduler(0, SCHED_FIFO, &first);
}

void probe_relax(const struct probe_pace *pace)
{
	sched_setscheduler(0, pace->policy, &(struct sched_param){ pace->priority });
}

static bool is_pipe(int fd, uint64_t dev, uint64_t ino)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && st.st_dev == dev && st.st_ino == ino;
}

int probe_duplicate(int pidfd, const struct probe_end *end)
{
	int fd = pidfd_getfd(pidfd, end->fd, 0); /* close-on-exec, pidfd_getfd(2) */

	if (fd < 0)
		return -errno;
	if (!is_pipe(fd, end->dev, end->ino)) {
		close(fd);
		return -ESTALE;
	}
	return fd;
}

int probe_open(int32_t pid, int32_t fd, uint64_t dev, uint64_t ino, int *ret_fd)
{
	const struct probe_end end = { .pid = pid, .fd = fd, .dev = dev, .ino = ino };
	int pidfd = pidfd_open(pid, 0), duplicate;

	if (pidfd < 0)
		return -errno;
	duplicate = probe_duplicate(pidfd, &end);
	close(pidfd);
	if (duplicate < 0)
		return duplicate;
	*ret_fd = duplicate;
	return 0;
}

/* Another description of an anonymous pipe; see above for when that is allowed. */
static int open_anew(const struct probe_end *end)
{
	int mode = (end->writes ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_CLOEXEC;
	char path[64];
	int seen, fd;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", end->pid, end->fd);
	seen = open(path, O_PATH | O_CLOEXEC);
	if (seen < 0)
		return -errno;
	if (is_pipe(seen, end->dev, end->ino)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", seen);
		fd = open(path, mode);
		if (fd < 0)
			fd = -errno;
	} else {
		fd = -ESTALE;
	}
	close(seen);
	return fd;
}

static void ask_poll(int fd, bool writes, struct probe_result *result)
{
	struct pollfd p = { .fd = fd, .events = (short)(writes ? POLLOUT : POLLIN) };

	if (poll(&p, 1, 0) < 0)
		return;
	if (writes) {
		result->full = p.revents & POLLOUT ? FACT_NO : FACT_YES;
		result->no_readers = p.revents & POLLERR ? FACT_YES : FACT_NO;
		return;
	}
	result->no_writers = p.revents & POLLHUP ? FACT_YES : FACT_NO;
	if (!(p.revents & POLLIN))
		result->fill_bytes = 0;
}

/* These wait for the pipe's lock. */
static void ask_sizes(int fd, struct probe_result *result)
{
	int fill = 0, capacity = fcntl(fd, F_GETPIPE_SZ);

	if (ioctl(fd, FIONREAD, &fill) == 0)
		result->fill_bytes = fill;
	if (capacity >= 0)
		result->capacity_bytes = capacity;
}

static void ask(int fd, bool writes, bool poll, struct probe_result *ret)
{
	*ret = (struct probe_result){ .fill_bytes = UNKNOWN, .capacity_bytes = UNKNOWN };
	if (poll)
		ask_poll(fd, writes, ret);
	if (writes || ret->no_writers != FACT_NO)
		ask_sizes(fd, ret);
	if (ret->fill_bytes == 0)
		ret->full = FACT_NO;
}

int probe(int pidfd, const struct probe_end *end, bool poll, struct probe_result *ret)
{
	int fd = pidfd < 0 ? -EPERM : probe_duplicate(pidfd, end);

	if ((fd == -EPERM || fd == -EACCES || fd == -ENOSYS) && !end->fifo)
		fd = open_anew(end);
	if (fd < 0)
		return fd;
	ask(fd, end->writes, poll, ret);
	close(fd);
	return 0;
}
