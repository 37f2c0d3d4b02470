/* A thread for each errand, joined when it is done; eventfd(2) tells. */
#include "tui/errand.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_NS = 300 * 1000 * 1000 };

struct errand {
	pthread_t thread;
	int fd;
	bool busy;
	void (*run)(void *context);
	void *context;
};

int errand_new(struct errand **ret_errand)
{
	struct errand *e = calloc(1, sizeof *e);

	if (e == NULL)
		return -ENOMEM;
	e->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e->fd < 0) {
		int r = -errno;

		free(e);
		return r;
	}
	*ret_errand = e;
	return 0;
}

int errand_fd(const struct errand *e)
{
	return e->fd;
}

bool errand_busy(const struct errand *e)
{
	return e->busy;
}

static void *run(void *argument)
{
	struct errand *e = argument;

	e->run(e->context);
	eventfd_write(e->fd, 1);
	return NULL;
}

int errand_start(struct errand *e, void (*function)(void *context), void *context)
{
	/*
	 * What the kernel raises for a crash would not wait: blocked, it ends us without the
	 * handler that restores the terminal; and so does abort(3) from glibc 2.41 on.
	 */
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	sigset_t others, before;
	int r;

	e->run = function;
	e->context = context;
	sigfillset(&others);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		sigdelset(&others, crashes[i]);
	pthread_sigmask(SIG_SETMASK, &others, &before);
	r = pthread_create(&e->thread, NULL, run, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	e->busy = r == 0;
	return -r;
}

void errand_finish(struct errand *e)
{
	eventfd_t count;

	eventfd_read(e->fd, &count);
	if (e->busy)
		pthread_join(e->thread, NULL);
	e->busy = false;
}

void errand_free(struct errand *e)
{
	struct timespec until;

	if (e == NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += PATIENCE_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (e->busy && pthread_timedjoin_np(e->thread, NULL, &until) != 0)
		return;
	close(e->fd);
	free(e);
}
