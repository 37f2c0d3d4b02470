/*
 * Scouts. In the kernel some locks are waited for without regard of signals, SIGKILL included
 * (mutex_lock): that of a pipe, which FIONREAD takes, and that of an epoll, which its fdinfo takes
 * (fs/pipe.c, fs/eventpoll.c). Whoever holds one may sleep with it, in a page fault that a
 * userfaultfd or a dead server does not answer.
 *
 * A scout counts the steps that it has done in memory that it shares with us. Who is left behind
 * is remembered, so that no second one follows to where he hangs.
 */
#include "collect/scout.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collect/parse.h"
#include "collect/proc.h"

/* Of one errand; of all. A scout who only waits for a processor gets so many more limits. */
enum { HANGS_AT_MOST = 5, LEFT_AT_MOST = 32, PATIENCE = 20 };

/* A child of ours, on his way or left behind. */
struct scout {
	pid_t pid;               /* 0 when he was reaped before his pidfd was opened */
	int pidfd;               /* negative where there are none: before Linux 5.3 */
};

struct left {
	struct goal goal;
	struct scout scout;
};

struct scouts {
	struct left left[LEFT_AT_MOST];
	uint32_t count;
};

struct scouts *scouts_new(void)
{
	return calloc(1, sizeof(struct scouts));
}

void scouts_free(struct scouts *scouts)
{
	for (uint32_t i = 0; scouts && i < scouts->count; i++)
		if (scouts->left[i].scout.pidfd >= 0)
			close(scouts->left[i].scout.pidfd);
	free(scouts);
}

void *scout_memory(size_t size)
{
	void *memory = mmap(NULL, size + 1, PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void scout_forget(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size + 1);
}

/* Without a pidfd there is nothing to poll: he is asked for each millisecond. */
static bool has_ended_by_pid(pid_t pid, int limit_ms)
{
	const struct timespec a_moment = { 0, 1000000 };

	for (;; limit_ms--) {
		siginfo_t info = { 0 };

		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid)
			return true;
		if (limit_ms <= 0)
			return false;
		nanosleep(&a_moment, NULL);
	}
}

static bool has_ended(const struct scout *scout, int limit_ms)
{
	struct pollfd p = { .fd = scout->pidfd, .events = POLLIN };

	if (scout->pid == 0)
		return true;
	return scout->pidfd < 0 ? has_ended_by_pid(scout->pid, limit_ms) : poll(&p, 1, limit_ms) > 0;
}

/* Somebody who reaps all children may have been faster. */
static void reap(const struct scout *scout)
{
	if (scout->pid == 0)
		return;
	if (scout->pidfd < 0) {
		waitpid(scout->pid, NULL, WNOHANG);
		return;
	}
	waitid(P_PIDFD, (id_t)scout->pidfd, NULL, WEXITED | WNOHANG);
	close(scout->pidfd);
}

static void welcome_back(struct scouts *scouts)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < scouts->count; i++) {
		if (has_ended(&scouts->left[i].scout, 0))
			reap(&scouts->left[i].scout);
		else
			scouts->left[kept++] = scouts->left[i];
	}
	scouts->count = kept;
}

static bool hangs_on(const struct scouts *scouts, struct goal goal)
{
	for (uint32_t i = 0; i < scouts->count; i++)
		if (scouts->left[i].goal.a == goal.a && scouts->left[i].goal.b == goal.b)
			return true;
	return false;
}

/*
 * The child: it holds nothing of ours, else who waits for the end of our output would wait for it.
 */
static _Noreturn void go(const struct scouts *scouts, const struct errand *errand, uint32_t from,
                         _Atomic uint32_t *done)
{
	close_range(0, ~0U, 0);
	for (uint32_t i = from; i < errand->count; i++) {
		if (!hangs_on(scouts, errand->goal(errand->context, i)))
			errand->step(errand->context, i);
		*done = i + 1;
	}
	_exit(0);
}

/* `done` is shared with him. */
static int start(const struct scouts *scouts, const struct errand *errand, uint32_t from,
                 _Atomic uint32_t *done, struct scout *scout)
{
	*done = from;
	scout->pid = fork();
	if (scout->pid == 0)
		go(scouts, errand, from, done);
	if (scout->pid < 0)
		return -errno;
	scout->pidfd = pidfd_open(scout->pid, 0);
	if (scout->pidfd >= 0 || errno == ENOSYS)
		return 0;
	if (errno == ESRCH) {
		scout->pid = 0;
		return 0;
	}
	kill(scout->pid, SIGKILL);
	return -EMFILE;
}

/* Ready to run, as on a machine that has too much to do. */
static bool waits_for_processor(const struct scout *scout)
{
	char path[PROC_PATH_SIZE], text[1024];
	struct stat_line line;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", scout->pid);
	length = proc_read(AT_FDCWD, path, text, sizeof(text));
	return length > 0 && parse_stat(text, (size_t)length, &line) == 0 && line.state == 'R';
}

/* Whether he came back; if not, no more were done at the end of the limit than at its beginning. */
static bool wait_for(const struct scout *scout, const _Atomic uint32_t *done, int limit_ms)
{
	int patience = PATIENCE;

	for (;;) {
		uint32_t before = *done;

		if (has_ended(scout, limit_ms))
			return true;
		if (*done == before && !(waits_for_processor(scout) && patience--))
			return false;
	}
}

/* The step that he did not come back from, or all of them. */
static uint32_t send(struct scouts *scouts, const struct errand *errand, uint32_t from,
                     _Atomic uint32_t *done)
{
	struct scout scout;
	uint32_t hangs;

	if (start(scouts, errand, from, done, &scout) < 0)
		return from;
	if (wait_for(&scout, done, errand->limit_ms)) {
		reap(&scout);
		return *done;
	}
	hangs = *done;
	if (hangs == errand->count)
		hangs--;
	scouts->left[scouts->count++] = (struct left){ errand->goal(errand->context, hangs), scout };
	return hangs;
}

static bool skips_any(const struct scouts *scouts, const struct errand *errand)
{
	for (uint32_t i = 0; scouts->count && i < errand->count; i++)
		if (hangs_on(scouts, errand->goal(errand->context, i)))
			return true;
	return false;
}

bool scout_do(struct scouts *scouts, const struct errand *errand)
{
	_Atomic uint32_t *done = scout_memory(sizeof(*done));
	int hangs = 0;
	uint32_t next = 0;

	if (!done)
		return errand->count == 0;
	welcome_back(scouts);
	while (next < errand->count && hangs < HANGS_AT_MOST && scouts->count < LEFT_AT_MOST) {
		next = send(scouts, errand, next, done);
		hangs += next < errand->count;
		next += next < errand->count;
	}
	/* Where one was left behind, his count stays with him. */
	scout_forget(done, sizeof(*done));
	return next == errand->count && hangs == 0 && !skips_any(scouts, errand);
}
