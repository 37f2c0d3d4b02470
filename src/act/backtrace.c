/*
 * A child process does the work (unwind.c) and puts it into memory that it shares with us. What
 * may hang is killed there when the time is up: the maps and the memory of a process are under its
 * mmap lock, files may lie on a dead mount. What has come by then stays. The mapping's size bounds
 * the memory for results, RLIMIT_AS that for the work.
 *
 * proc_pid_syscall(5) gives the stack pointer and the program counter of a thread that sleeps. It
 * has not moved in between when that line and the count of its time slices (schedstat, see
 * Documentation/scheduler/sched-stats) are the same afterwards.
 */
#include "act/backtrace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/signal.h"
#include "act/unwind.h"
#include "collect/parse.h"
#include "collect/proc.h"
#include "model/snapshot.h"

enum {
	SHARED_BYTES = 64 << 20, /* reserved; only what is used costs memory */
	WORK_BYTES = 1 << 30,    /* maps of large files with debug information are most of it */
	THREADS = 4096,
	ATTEMPTS = 3,
	GRACE_MS = 100           /* for a killed child to end */
};

/* What the child fills; `traces` is at its front, since it is what the caller gets and frees. */
struct shared {
	struct traces traces;
	int error;
	bool finished;
	struct room room;
	struct trace list[THREADS];
};

/* What the child works with. */
struct job {
	struct shared *shared;
	struct backtrace_registers registers;
	struct unwind *unwind;
	int process;             /* its directory in /proc */
};

/* ---- the child ---- */

/* What tells whether a thread has run: its call, registers and time slices. */
struct moment {
	char call[256], slices[128];
};

static int read_text(int process, int32_t tid, const char *name, char *text, size_t size)
{
	char path[PROC_PATH_SIZE];
	ssize_t length = proc_read(process, proc_task_path(path, tid, name), text, size - 1);

	if (length < 0)
		return (int)length;
	text[length] = '\0';
	return 0;
}

static int moment_read(struct moment *m, int process, int32_t tid)
{
	memset(m, 0, sizeof(*m));
	read_text(process, tid, "schedstat", m->slices, sizeof(m->slices));
	return read_text(process, tid, "syscall", m->call, sizeof(m->call));
}

static enum trace_end refusal(int error)
{
	return error == -EPERM || error == -EACCES ? TRACE_DENIED : TRACE_GONE;
}

/* TRACE_TIMED_OUT stands for: nothing against it so far. */
static enum trace_end where_is_it(const struct moment *m, struct shown_call *ret_shown)
{
	if (parse_syscall(m->call, strlen(m->call), ret_shown) < 0)
		return TRACE_GONE;
	if (ret_shown->shown == SHOWN_RUNNING)
		return TRACE_RUNNING;
	return ret_shown->sp ? TRACE_TIMED_OUT : TRACE_GONE;
}

/*
 * Its registers, if they are of this sleep; else NULL. How long a thread has run is the first
 * number of schedstat, Documentation/scheduler/sched-stats.
 */
static const struct registers *find_registers(const struct job *job, int32_t tid,
                                              const struct moment *m,
                                              const struct shown_call *shown)
{
	for (uint32_t i = 0; i < job->registers.count; i++) {
		const struct registers *r = &job->registers.list[i];

		if (r->tid == tid && r->sp == shown->sp && r->pc == shown->pc &&
		    r->run_ns == strtoull(m->slices, NULL, 10))
			return r;
	}
	return NULL;
}

static enum trace_end trace_once(const struct job *job, struct trace *trace, struct frame *frames)
{
	struct moment before, after;
	struct shown_call shown;
	enum trace_end end;
	int error;

	trace->frame_count = 0;
	error = moment_read(&before, job->process, trace->tid);
	if (error)
		return refusal(error);
	end = where_is_it(&before, &shown);
	if (end != TRACE_TIMED_OUT)
		return end;
	end = unwind_thread(job->unwind, shown.sp, shown.pc,
	                    find_registers(job, trace->tid, &before, &shown), &job->shared->room,
	                    frames, trace);
	if (moment_read(&after, job->process, trace->tid) == 0 &&
	    memcmp(&before, &after, sizeof(before)) == 0)
		return end;
	trace->frame_count = 0;
	return TRACE_MOVED;
}

static void trace_thread(const struct job *job, struct trace *trace)
{
	struct frame *frames = room_take(&job->shared->room, UNWIND_FRAMES * sizeof(*frames));
	enum trace_end end = TRACE_MOVED;

	if (!frames) {
		trace->end = TRACE_CUT;
		return;
	}
	for (int i = 0; i < ATTEMPTS && end == TRACE_MOVED; i++)
		end = trace_once(job, trace, frames);
	trace->end = end;
}

/* What needs neither the mmap lock nor a file. */
static void add_thread(struct shared *shared, int process, int32_t tid)
{
	struct trace *trace = &shared->list[shared->traces.count];
	char comm[64], stack[8192];

	if (shared->traces.count == THREADS ||
	    read_text(process, tid, "comm", comm, sizeof(comm)) < 0)
		return;
	comm[strcspn(comm, "\n")] = '\0';
	trace->tid = tid;
	trace->measured = UNKNOWN;
	trace->comm = room_text(&shared->room, comm);
	if (read_text(process, tid, "stack", stack, sizeof(stack)) == 0)
		trace->kernel = room_text(&shared->room, stack);
	shared->traces.count++;
}

static int by_tid(const void *a, const void *b)
{
	const struct trace *left = a, *right = b;

	return (left->tid > right->tid) - (left->tid < right->tid);
}

static void list_threads(struct shared *shared, int process)
{
	int fd = openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			add_thread(shared, process, atoi(entry->d_name));
	closedir(dir);
	qsort(shared->list, shared->traces.count, sizeof(*shared->list), by_tid);
}

static int work(struct job *job, int32_t tid)
{
	struct shared *shared = job->shared;
	int error;

	job->process = proc_open(shared->traces.pid);
	if (job->process < 0)
		return -ESRCH;
	if (tid)
		add_thread(shared, job->process, tid);
	else
		list_threads(shared, job->process);
	if (shared->traces.count == 0)
		return -ESRCH;
	error = unwind_open(shared->traces.pid, &job->unwind);
	if (error)
		return error;
	shared->traces.address_bytes = unwind_address_bytes(job->unwind);
	for (uint32_t i = 0; i < shared->traces.count; i++)
		trace_thread(job, &shared->list[i]);
	unwind_close(job->unwind);
	return 0;
}

static void limit_memory(void)
{
	struct rlimit limit;
	char text[64];

	if (proc_read(AT_FDCWD, "/proc/self/statm", text, sizeof(text)) <= 0)
		return;
	limit.rlim_cur = strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) + WORK_BYTES;
	limit.rlim_max = limit.rlim_cur;
	setrlimit(RLIMIT_AS, &limit);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
}

/* A child that hangs for good must not keep open what others wait to see closed. */
static void child_main(struct job *job, int32_t tid)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_range(0, ~0U, 0);
	limit_memory();
	job->shared->error = work(job, tid);
	job->shared->finished = true;
	_exit(0);
}

/* ---- we ---- */

static bool has_ended(int pidfd, int limit_ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, limit_ms);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

/*
 * Whether it ended by itself. One that cannot even be killed is left to the kernel. It has no pid
 * any more when SIGCHLD is ignored, so it is only reached by its pidfd.
 */
static bool wait_for(int pidfd, int limit_ms)
{
	if (has_ended(pidfd, limit_ms))
		return true;
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	has_ended(pidfd, GRACE_MS);
	return false;
}

static int run_child(struct job *job, int32_t tid, int limit_ms)
{
	const struct shared *shared = job->shared;
	pid_t child = fork();
	bool in_time = true;
	int pidfd;

	if (child < 0)
		return -errno;
	if (child == 0)
		child_main(job, tid);
	pidfd = pidfd_open(child, 0);
	if (pidfd >= 0) {
		in_time = wait_for(pidfd, limit_ms);
		close(pidfd);
	}
	waitpid(child, NULL, WNOHANG);
	if (shared->finished)
		return shared->error;
	if (in_time)
		return -EIO;
	return shared->traces.count ? 0 : -ETIMEDOUT;
}

static bool all_denied(const struct traces *t)
{
	uint32_t denied = 0;

	for (uint32_t i = 0; i < t->count; i++)
		denied += t->traces[i].end == TRACE_DENIED;
	return denied == t->count;
}

static struct shared *shared_new(int32_t pid)
{
	struct shared *shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE,
	                             MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (shared == MAP_FAILED)
		return NULL;
	shared->traces.pid = pid;
	shared->traces.traces = shared->list;
	shared->traces.mapped_bytes = SHARED_BYTES;
	shared->room.next = (char *)(shared + 1);
	shared->room.end = (char *)shared + SHARED_BYTES;
	return shared;
}

int backtrace_take(int32_t pid, uint64_t start_ticks, int32_t tid,
                   struct backtrace_registers registers, int limit_ms, struct traces **ret_traces)
{
	struct job job = { .registers = registers };
	struct shared *shared;
	int target, error;

	error = signal_open(pid, start_ticks, &target);
	if (error)
		return error;
	job.shared = shared = shared_new(pid);
	error = shared ? run_child(&job, tid, limit_ms) : -ENOMEM;
	/* Everything was read of this very process if it is still there. */
	if (!error && has_ended(target, 0))
		error = -ESRCH;
	if (!error && all_denied(&shared->traces))
		error = -EPERM;
	close(target);
	if (error && shared)
		traces_free(&shared->traces);
	else if (!error)
		*ret_traces = &shared->traces;
	return error;
}

void backtrace_add_kernel(struct traces *t, uint32_t index, const char *lines)
{
	/* They are at its front, and the child that filled it has ended. */
	struct shared *shared = (struct shared *)(void *)t;

	shared->list[index].kernel = room_text(&shared->room, lines);
}
