/*
 * What each thread waits for: /proc/PID/task/TID/syscall, proc_pid_syscall(5), shows the call and
 * its arguments; calls.c knows what they mean; here the descriptors among them become pipes and
 * the sets of poll(2) and its kin become targets.
 *
 * Only threads of processes that can matter are read: holders of pipes, and who is above or below
 * them in the tree. What lies in a thread's memory is asked for in one batch (worker.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/calls.h"
#include "collect/look.h"
#include "collect/parse.h"
#include "collect/proc.h"
#include "collect/reading.h"
#include "collect/sets.h"
#include "collect/targets.h"
#include "collect/wchan.h"
#include "collect/worker.h"

enum { MEMORY_LIMIT_MS = 300 };

/* Below this a stack pointer may be that of a 32-bit program. */
#define FOUR_GIB (UINT64_C(1) << 32)

/* What a descriptor is that is no end of a pipe, for a word about it. */
static const char *what_is(const struct reading *r, int32_t fd)
{
	static const struct { const char *start, *what; } kinds[] = {
		{ "socket:", "socket" }, { "/dev/pts/", "terminal" }, { "/dev/tty", "terminal" },
		{ "anon_inode:[timerfd]", "sleep" }, { "anon_inode:[signalfd]", "signal" },
	};
	char path[PROC_PATH_SIZE + 16], link[64];
	ssize_t length;

	snprintf(path, sizeof(path), "task/%d/fd/%d", reading_task(r)->tid, fd);
	length = readlinkat(reading_dir(r), path, link, sizeof(link) - 1);
	if (length < 0)
		return "other";
	link[length] = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(link, kinds[i].start, strlen(kinds[i].start)) == 0)
			return kinds[i].what;
	return "file";
}

static struct holder *holder_of(const struct reading *r, int32_t fd)
{
	return builder_find_holder(r->look->b, r->index, reading_task(r)->table, fd);
}

/*
 * A thread copies from or to its memory with the pipe's lock held (fs/pipe.c, pipe->mutex), and
 * when that memory has to be paged in and the page does not come (a userfaultfd, a dead network
 * file), it sleeps so: whoever asks the pipe for its fill then sleeps too, and not even SIGKILL
 * wakes him. So a pipe is only touched while all that sleep in a call on it sleep where pipes let
 * go of the lock: a function with "pipe" in its name, whatever else the kernel's authors call it.
 */
static void mind_lock(const struct reading *r, uint32_t pipe)
{
	char text[READING_SIZE];
	ssize_t length = r->look->census ? 0 : reading_text(r, "wchan", text);
	bool known = length > 0 && !(length == 1 && text[0] == '0');

	if (known && !memmem(text, (size_t)length, "pipe", 4) &&
	    !memmem(text, (size_t)length, "wait_for_space", 14) &&
	    !(reading_wchan(r) & WCHAN_STOPPED))
		r->look->locked[pipe] = true;
}

/* A read or a write that sleeps on an end of a pipe. */
static void wait_on_end(const struct reading *r, const struct call *call, bool writes)
{
	struct wait *wait = &reading_task(r)->wait;
	struct holder *holder = holder_of(r, call->fd);
	enum fact direct = FACT_UNKNOWN;

	wait->fd = call->fd;
	wait->count_bytes = call->count_bytes;
	if (!holder) {
		reading_outside(wait, what_is(r, call->fd));
		return;
	}
	/* vmsplice(2) on a read end takes bytes out. */
	writes = writes && holder->writes;
	wait->kind = writes ? WAIT_PIPE_SPACE : WAIT_PIPE_DATA;
	wait->pipe = holder->pipe;
	if (holder->nonblocking == FACT_UNKNOWN)
		descriptors_flags(reading_dir(r), reading_task(r)->tid, holder, &direct);
	if (writes && direct == FACT_YES)
		builder_pipe(r->look->b, holder->pipe)->packet = FACT_YES;
	/*
	 * O_NONBLOCK says nothing: it may have been set, by whoever shares the end, since he fell
	 * asleep.
	 */
	wait->ready = call->timed;
	mind_lock(r, holder->pipe);
	if (writes)
		r->look->wants_full[holder->pipe] = true;
}

/* From a pipe into a pipe, or one of them: which it waits for is told once they were probed. */
static void wait_on_move(const struct reading *r, const struct call *call)
{
	struct wait *wait = &reading_task(r)->wait;
	const struct holder *in = holder_of(r, call->fd), *out = holder_of(r, call->fd_out);

	if (out) {
		r->look->wants_full[out->pipe] = true;
		mind_lock(r, out->pipe);
	}
	if (in)
		mind_lock(r, in->pipe);
	if (in || out) {
		wait->kind = WAIT_UNKNOWN;
		wait->ready = call->timed;
		wait->fd = out ? call->fd_out : call->fd;
		return;
	}
	wait->fd = call->fd;
	reading_outside(wait, what_is(r, call->fd));
}

static void wait_for_open(const struct reading *r)
{
	struct wait *wait = &reading_task(r)->wait;

	if (reading_wchan(r) & WCHAN_FIFO_OPEN)
		wait->kind = WAIT_FIFO_OPEN;
	else
		reading_outside(wait, "file");
}

static void wait_for_restart(const struct reading *r, struct call *call)
{
	struct wait *wait = &reading_task(r)->wait;

	if (!(reading_wchan(r) & WCHAN_POLL)) {
		reading_outside(wait, "sleep");
		return;
	}
	call->shape = CALL_POLL;
	sets_ask(r->sets, r->task_index, call);
}

static void wait_in_call(const struct reading *r, struct call *call)
{
	struct wait *wait = &reading_task(r)->wait;

	switch (call->shape) {
	case CALL_WRITE:
	case CALL_READ:
		wait_on_end(r, call, call->shape == CALL_WRITE);
		break;
	case CALL_MOVE:
		wait_on_move(r, call);
		break;
	case CALL_CHILD:
		reading_children(r, call);
		break;
	case CALL_VFORK:
		wait->kind = WAIT_VFORK;
		break;
	case CALL_EPOLL:
		wait->fd = call->fd;
		sets_ask(r->sets, r->task_index, call);
		break;
	case CALL_FUTEX:
		if (call->timed)
			reading_outside(wait, "futex");
		else
			wait->kind = WAIT_THREAD;
		break;
	case CALL_SIGNAL:
		reading_signal(r);
		break;
	case CALL_OPEN:
		wait_for_open(r);
		break;
	case CALL_RESTART:
		wait_for_restart(r, call);
		break;
	case CALL_POLL:
	case CALL_SELECT:
	case CALL_CLONE3:
	case CALL_FUTEX_WAITV:
	case CALL_SIGNAL_SET:
		sets_ask(r->sets, r->task_index, call);
		break;
	case CALL_OTHER:
		wait->fd = call->fd;
		reading_outside(wait, call->what);
	}
}

/* Whether the calls of this thread are numbered as 32-bit programs do. */
static bool is_compat(const struct reading *r, uint64_t sp)
{
	char bytes[1024];
	ssize_t length;
	int width;

	if (sizeof(void *) == 4 || sp == 0 || sp >= FOUR_GIB)
		return false;
	length = proc_read(reading_dir(r), "auxv", bytes, sizeof(bytes));
	width = length > 0 ? parse_auxv_width(bytes, (size_t)length) : 0;
	return width != 8;
}

static void take_call(const struct reading *r, const struct shown_call *shown, bool compat)
{
	struct task *task = reading_task(r);
	struct call call;

	task->sp = shown->sp;
	task->pc = shown->pc;
	if (shown->shown == SHOWN_RUNNING) {
		task->wait.kind = WAIT_RUNNING;
	} else if (shown->shown == SHOWN_OUTSIDE) {
		reading_outside(&task->wait, "other");
	} else {
		task->compat = compat;
		task->syscall = shown->number;
		memcpy(task->args, shown->args, sizeof(task->args));
		call_decode(task->compat, shown->number, shown->args, &call);
		task->call = call.name;
		wait_in_call(r, &call);
	}
}

/*
 * The census has what the file `syscall` shows, and whether it is numbered as 32-bit programs do.
 */
static void take_counted_call(const struct reading *r, const struct thread_record *t)
{
	struct shown_call shown = { .shown = SHOWN_CALL };

	shown.sp = t->sp;
	shown.pc = t->pc;
	shown.number = t->syscall;
	memcpy(shown.args, t->args, sizeof(shown.args));
	if (!t->state || t->flags & RECORD_ON_CPU)
		shown = (struct shown_call){ .shown = SHOWN_RUNNING };
	else if (t->exit_state || t->syscall < 0)
		shown.shown = SHOWN_OUTSIDE;
	take_call(r, &shown, t->flags & RECORD_COMPAT);
}

static void take_shown(const struct reading *r, const struct shown_call *shown)
{
	take_call(r, shown, shown->shown == SHOWN_CALL && is_compat(r, shown->sp));
}

static void read_file(const struct reading *r)
{
	struct shown_call shown;
	char text[READING_SIZE];
	ssize_t length = reading_text(r, "syscall", text);

	if (length == -EPERM || length == -EACCES) {
		if (r->process->access == ACCESS_READ)
			r->look->head->view_limits |= LIMIT_PTRACE;
		reading_infer(r);
		return;
	}
	if (length >= 0 && parse_syscall(text, (size_t)length, &shown) == 0)
		take_shown(r, &shown);
}

static void read_call(const struct reading *r, const struct thread *thread)
{
	const struct thread_record *t = r->look->census ?
		census_find(r->look->census, r->process->pid, reading_task(r)->tid) : NULL;

	if (t)
		take_counted_call(r, t);
	else if (thread->call != NONE)
		take_shown(r, &r->look->calls[thread->call]);
	else
		read_file(r);
}

static int read_thread(struct reading *r, const struct thread *thread)
{
	struct task *task = builder_add_task(r->look->b, r->index, thread->tid);

	if (!task)
		return -ENOMEM;
	r->task_index = builder_task_count(r->look->b) - 1;
	task->table = thread->table;
	if (thread->tid == thread->pid) {
		task->start_ticks = r->process->start_ticks;
		task->state = r->process->state;
	}
	if (r->process->self) {
		task->wait.kind = WAIT_RUNNING;
	} else if (thread->tid == thread->pid && r->process->state == 'Z') {
		task->wait.kind = WAIT_EXITED;
	} else {
		read_call(r, thread);
		reading_stop(builder_task(r->look->b, r->task_index), r->process->state);
	}
	return 0;
}

static int read_process(struct look *look, struct sets *sets, uint32_t index)
{
	struct process *process = builder_process(look->b, index);
	__attribute__((cleanup(proc_close))) int dir = -EAGAIN, threads = AT_FDCWD;
	struct reading r = {
		.look = look, .sets = sets, .dir = &dir, .process = process, .index = index
	};
	uint32_t count, first = look_threads(look, process->pid, &count);
	int error = 0;

	/* Most have one thread, that sleeps in a call of which one file tells all. */
	if (!look->census && count > 1)
		threads = proc_open_threads(process->pid);
	if (threads < 0 && threads != AT_FDCWD)
		return 0;
	r.threads = threads;
	for (uint32_t i = 0; i < count && error == 0; i++)
		error = read_thread(&r, &look->threads[first + i]);
	return error;
}

int look_at_waits(struct look *look)
{
	struct sets *sets = sets_new(look);
	int r = sets ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < builder_process_count(look->b) && r == 0; i++)
		if (look->relevant[i])
			r = read_process(look, sets, i);
	if (r == 0)
		r = sets_read(sets, MEMORY_LIMIT_MS);
	sets_free(sets);
	return r;
}

/* splice(2), tee(2) and sendfile(2) wait for room first, and for data when there is room. */
static void settle_move(struct look *look, struct task *task)
{
	struct wait *wait = &task->wait;
	const struct holder *in, *out;
	struct call call;

	if (wait->kind != WAIT_UNKNOWN)
		return;
	call_decode(task->compat, task->syscall, task->args, &call);
	if (call.shape != CALL_MOVE)
		return;
	in = builder_find_holder(look->b, task->process, task->table, call.fd);
	out = builder_find_holder(look->b, task->process, task->table, call.fd_out);
	if (out && builder_pipe(look->b, out->pipe)->full == FACT_UNKNOWN)
		return;
	if (out && builder_pipe(look->b, out->pipe)->full == FACT_YES) {
		wait->kind = WAIT_PIPE_SPACE;
		wait->pipe = out->pipe;
		wait->fd = call.fd_out;
	} else if (in) {
		wait->kind = WAIT_PIPE_DATA;
		wait->pipe = in->pipe;
		wait->fd = call.fd;
	} else {
		reading_outside(wait, "other");
	}
	reading_stop(task, builder_process(look->b, task->process)->state);
}

void look_settle_waits(struct look *look)
{
	for (uint32_t i = 0; i < builder_task_count(look->b); i++) {
		struct task *task = builder_task(look->b, i);

		if (task->syscall != UNKNOWN)
			settle_move(look, task);
		else
			infer_settle(look, task);
	}
}
