/*
 * pidfd_open(2) first, then the start time is read by number: had the process ended in between,
 * and its pid been given to another, that one would have started later.
 */
#include "act/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "collect/parse.h"
#include "collect/proc.h"

static int read_start(int32_t pid, uint64_t *ret_start_ticks)
{
	char path[PROC_PATH_SIZE], text[1024];
	struct stat_line line;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	length = proc_read(AT_FDCWD, path, text, sizeof(text));
	if (length <= 0 || parse_stat(text, (size_t)length, &line) < 0)
		return -ESRCH;
	*ret_start_ticks = line.start_ticks;
	return 0;
}

int signal_open(int32_t pid, uint64_t start_ticks, int *ret_pidfd)
{
	int pidfd = pidfd_open(pid, 0);
	uint64_t seen_ticks;
	int error;

	if (pidfd < 0)
		return -errno;
	error = read_start(pid, &seen_ticks);
	if (!error && start_ticks && seen_ticks != start_ticks)
		error = -ESRCH;
	if (error)
		close(pidfd);
	else
		*ret_pidfd = pidfd;
	return error;
}

int signal_send(int32_t pid, uint64_t start_ticks, int number)
{
	int pidfd, error;

	error = signal_open(pid, start_ticks, &pidfd);
	if (error)
		return error;
	if (pidfd_send_signal(pidfd, number, NULL, 0) < 0)
		error = -errno;
	close(pidfd);
	return error;
}
