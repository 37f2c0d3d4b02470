/*
 * The worker: a detached thread a batch. Requests and answers lie in the batch, never in the
 * caller's memory, so that a thread that hangs can be left behind with it: whoever of the two
 * lets go of the batch last frees it. All such hangs are killable waits in the kernel
 * (mmap_read_lock_killable, TASK_KILLABLE in NFS and FUSE), so a thread left behind does not keep
 * pipetop from ending.
 */
#include "collect/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "collect/proc.h"

enum { HANGS_AT_MOST = 5, LEFT_AT_MOST = 32 };

struct batch {
	pthread_mutex_t lock;
	pthread_cond_t end;
	size_t count, done;
	bool abandoned, finished;
	struct request requests[];
};

/*
 * What threads that were left behind still hang on: nobody else goes there, else a program that
 * looks every second would leave one behind every second.
 */
static struct {
	pthread_mutex_t lock;
	struct {
		const struct batch *batch; /* NULL: no such thread */
		struct request request;
	} left[LEFT_AT_MOST];
} behind = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void leave_behind(const struct batch *batch)
{
	pthread_mutex_lock(&behind.lock);
	for (int i = 0; i < LEFT_AT_MOST; i++) {
		if (behind.left[i].batch)
			continue;
		behind.left[i].batch = batch;
		behind.left[i].request = batch->requests[batch->done];
		break;
	}
	pthread_mutex_unlock(&behind.lock);
}

static void welcome_back(const struct batch *batch)
{
	pthread_mutex_lock(&behind.lock);
	for (int i = 0; i < LEFT_AT_MOST; i++)
		if (behind.left[i].batch == batch)
			behind.left[i].batch = NULL;
	pthread_mutex_unlock(&behind.lock);
}

static bool is_same(const struct request *a, const struct request *b)
{
	return a->kind == b->kind && a->pid == b->pid && a->address == b->address &&
	       a->length == b->length && a->id == b->id && strcmp(a->name, b->name) == 0;
}

/* Whether somebody hangs on it already, or too many on other things. */
static bool is_hopeless(const struct request *q)
{
	int left = 0;
	bool same = false;

	pthread_mutex_lock(&behind.lock);
	for (int i = 0; i < LEFT_AT_MOST; i++) {
		left += behind.left[i].batch != NULL;
		same |= behind.left[i].batch && is_same(&behind.left[i].request, q);
	}
	pthread_mutex_unlock(&behind.lock);
	return same || left == LEFT_AT_MOST;
}

static void read_memory(struct request *q)
{
	struct iovec local, remote = { (void *)(uintptr_t)q->address, q->length };
	ssize_t n;

	q->data = calloc(1, q->length + 1);
	if (!q->data) {
		q->status = -ENOMEM;
		return;
	}
	local = (struct iovec){ q->data, q->length };
	n = process_vm_readv(q->pid, &local, 1, &remote, 1, 0);
	if (n < 0)
		q->status = -errno;
	else if ((size_t)n < q->length)
		q->status = -EFAULT;
	else
		q->data_length = q->length;
}

static void read_file(struct request *q)
{
	char path[96], *text = NULL;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", q->pid, q->name);
	if (q->length) {
		text = malloc(q->length);
		n = text ? proc_read(AT_FDCWD, path, text, q->length) : -ENOMEM;
	} else {
		n = proc_read_all(AT_FDCWD, path, &text);
	}
	if (n < 0) {
		free(text);
		q->status = (int)n;
		return;
	}
	q->data = calloc(1, (size_t)n + 1);
	if (q->data) {
		memcpy(q->data, text, (size_t)n);
		q->data_length = (size_t)n;
	} else {
		q->status = -ENOMEM;
	}
	free(text);
}

static void read_stat(struct request *q)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/%d/%s", q->pid, q->name);
	q->data = calloc(1, sizeof(struct statx));
	if (!q->data) {
		q->status = -ENOMEM;
		return;
	}
	q->data_length = sizeof(struct statx);
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_BASIC_STATS,
	          (struct statx *)q->data) < 0)
		q->status = -errno;
}

/* kcmp(2) sleeps while one of them is being replaced by execve(2). */
static void read_shared(struct request *q)
{
	long order = syscall(SYS_kcmp, q->pid, (pid_t)q->id, KCMP_VM, 0, 0);

	if (order < 0)
		q->status = -errno;
	if (order != 0)
		return;
	q->data = strdup("");
	q->status = q->data ? 0 : -ENOMEM;
}

static void (*const kinds[])(struct request *) = {
	[REQUEST_MEMORY] = read_memory,
	[REQUEST_FILE] = read_file,
	[REQUEST_STAT] = read_stat,
	[REQUEST_SHARED] = read_shared,
};

static void batch_free(struct batch *batch)
{
	worker_forget(batch->requests, batch->count);
	pthread_mutex_destroy(&batch->lock);
	pthread_cond_destroy(&batch->end);
	free(batch);
}

static void *work(void *argument)
{
	struct batch *batch = argument;
	bool abandoned = false;

	for (size_t i = 0; i < batch->count && !abandoned; i++) {
		struct request *q = &batch->requests[i];

		if (is_hopeless(q))
			q->status = -ETIMEDOUT;
		else
			kinds[q->kind](q);
		pthread_mutex_lock(&batch->lock);
		batch->done++;
		abandoned = batch->abandoned;
		pthread_mutex_unlock(&batch->lock);
	}
	pthread_mutex_lock(&batch->lock);
	batch->finished = true;
	abandoned = batch->abandoned;
	pthread_cond_signal(&batch->end);
	pthread_mutex_unlock(&batch->lock);
	if (abandoned) {
		welcome_back(batch);
		batch_free(batch);
	}
	return NULL;
}

static struct batch *batch_new(const struct request *requests, size_t count)
{
	struct batch *batch = calloc(1, sizeof(*batch) + count * sizeof(*requests));
	pthread_condattr_t clock;

	if (!batch)
		return NULL;
	batch->count = count;
	for (size_t i = 0; i < count; i++) {
		batch->requests[i] = requests[i];
		batch->requests[i].status = 0;
		batch->requests[i].data = NULL;
		batch->requests[i].data_length = 0;
	}
	pthread_mutex_init(&batch->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&batch->end, &clock);
	pthread_condattr_destroy(&clock);
	return batch;
}

static int batch_start(struct batch *batch)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, saved;
	int r;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	/*
	 * Signals are the main thread's; but what the kernel raises for a crash does not wait:
	 * blocked, it ends us without the handler of who has the terminal to restore.
	 */
	sigfillset(&all);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		sigdelset(&all, crashes[i]);
	pthread_sigmask(SIG_SETMASK, &all, &saved);
	r = pthread_create(&thread, &attributes, work, batch);
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

static struct timespec after_ms(int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000L;
	}
	return t;
}

/*
 * Waits until the batch is finished, or until one request has taken longer than the limit: then no
 * more were done at its end than at its beginning. Locked.
 */
static void batch_wait(struct batch *batch, int limit_ms)
{
	bool progress = true;

	while (!batch->finished && progress) {
		struct timespec deadline = after_ms(limit_ms);
		size_t done = batch->done;
		int r = 0;

		while (!batch->finished && r != ETIMEDOUT)
			r = pthread_cond_timedwait(&batch->end, &batch->lock, &deadline);
		progress = batch->done > done;
	}
}

/* Moves the finished answers out of the batch; how many. The batch is given up. */
static size_t batch_end(struct batch *batch, struct request *requests, int limit_ms)
{
	bool finished;
	size_t done;

	pthread_mutex_lock(&batch->lock);
	batch_wait(batch, limit_ms);
	done = batch->done;
	for (size_t i = 0; i < done; i++) {
		requests[i] = batch->requests[i];
		batch->requests[i].data = NULL;
	}
	finished = batch->finished;
	if (!finished)
		leave_behind(batch);
	batch->abandoned = true;
	pthread_mutex_unlock(&batch->lock);
	if (finished)
		batch_free(batch);
	return done;
}

int worker_do(struct request *requests, size_t count, int limit_ms)
{
	int hangs = 0;

	for (size_t i = 0; i < count; ) {
		struct batch *batch;

		if (hangs == HANGS_AT_MOST) {
			requests[i++].status = -ETIMEDOUT;
			continue;
		}
		batch = batch_new(&requests[i], count - i);
		if (!batch)
			return -ENOMEM;
		/* No more threads for us, as where RLIMIT_NPROC is reached: nothing can be told. */
		if (batch_start(batch) < 0) {
			batch_free(batch);
			while (i < count)
				requests[i++].status = -EAGAIN;
			break;
		}
		i += batch_end(batch, &requests[i], limit_ms);
		if (i < count) {
			requests[i++].status = -ETIMEDOUT;
			hangs++;
		}
	}
	return 0;
}

void worker_forget(struct request *requests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(requests[i].data);
		requests[i].data = NULL;
	}
}
