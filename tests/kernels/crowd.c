/*
 * A process that is as large as the system lets it be, and is stuck or not: crowd THREADS FDS [awake].
 * Its child writes into a full pipe that it does not read, since it waits for that child. All its
 * other threads read from a pipe that nobody writes; with `awake` the last one sleeps for a while
 * instead, and might read. FDS descriptors lead to an end of the first pipe, the last one has the
 * highest number that there can be. A line says when all are there. What it starts ends with it.
 */
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int quiet[2];
static const char *const awake = "awake";

static void *sleeper(void *how)
{
	char byte;

	if (how == awake)
		sleep(1000000);
	else if (read(quiet[0], &byte, 1) < 0)
		err(1, "read");
	return NULL;
}

static void start(const char *how)
{
	pthread_attr_t small;
	pthread_t thread;
	int error;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, (size_t)PTHREAD_STACK_MIN);
	error = pthread_create(&thread, &small, sleeper, (void *)how);
	if (error)
		errx(1, "pthread_create: %s", strerror(error));
	pthread_attr_destroy(&small);
}

static void fill(int fd)
{
	static const char page[4096];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		if (write(fd, page, sizeof(page)) < 0)
			err(1, "write");
}

int main(int argc, char **argv)
{
	long threads = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	long fds = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	struct rlimit limit;
	int pipe_ends[2], last;
	pid_t child;

	if (pipe(pipe_ends) < 0 || pipe(quiet) < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0)
		err(1, "pipe");
	child = fork();
	if (child == 0)
		fill(pipe_ends[1]);
	close(pipe_ends[1]);
	limit.rlim_cur = limit.rlim_max;
	last = (int)limit.rlim_max - 1;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || dup2(pipe_ends[0], last) < 0)
		err(1, "descriptor %d", last);
	for (long i = 1; i < fds; i++)
		if (dup(pipe_ends[0]) < 0)
			err(1, "dup");
	for (long i = 1; i < threads; i++)
		start(argc > 3 && i == threads - 1 ? awake : NULL);
	puts("ready");
	fflush(stdout);
	return waitpid(child, NULL, 0) < 0;
}
