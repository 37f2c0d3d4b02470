/*
 * The closer facts of the suspects: what only a verdict needs, and what costs more than a survey
 * of the whole box may. For each thread its state, start, switches, name and how long it has been
 * blocked, and whether it sleeps where its call says: `syscall` alone may be stale, for a frozen
 * thread, one whose buffer is being paged in, one that a seccomp supervisor holds. For each process
 * the signals that it catches, its tracer and its timers.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/clocks.h"
#include "collect/look.h"
#include "collect/parse.h"
#include "collect/proc.h"
#include "collect/reading.h"
#include "collect/wchan.h"

enum { TEXT_SIZE = 8192 };

struct examined {
	struct look *look;
	struct process *process;
	int dir;
};

static ssize_t read_text(const struct examined *e, int32_t tid, const char *name, char *text)
{
	char path[PROC_PATH_SIZE];

	return proc_read(e->dir, proc_task_path(path, tid, name), text, TEXT_SIZE);
}

/* When a thread last began to run, and on which processor. */
struct run {
	int64_t clock_us;        /* that processor's task clock; UNKNOWN or 0 if not known */
	int32_t processor;
};

static struct run last_run(int dir, int32_t tid)
{
	struct run run = { UNKNOWN, UNKNOWN };
	char path[PROC_PATH_SIZE], text[TEXT_SIZE];
	struct stat_line line;
	ssize_t length = proc_read(dir, proc_task_path(path, tid, "stat"), text, sizeof(text));

	if (length > 0 && parse_stat(text, (size_t)length, &line) == 0)
		run.processor = line.processor;
	length = proc_read(dir, proc_task_path(path, tid, "sched"), text, sizeof(text));
	if (length > 0)
		parse_sched(text, (size_t)length, &run.clock_us);
	return run;
}

static int64_t common_us(struct look *look, const struct run *run)
{
	if (!look->clocks)
		look->clocks = clocks_new();
	return run->clock_us + clocks_stolen_us(look->clocks, run->processor);
}

/* Since when it has not run: our own thread runs now. */
static void tell_blocked(struct look *look, struct task *task, const struct run *run,
                         const struct run *own)
{
	int64_t us;

	if (run->clock_us <= 0 || own->clock_us <= 0)
		return;
	us = common_us(look, own) - common_us(look, run);
	task->blocked_ms = us > 0 ? us / 1000 : 0;
}

static void read_blocked(struct look *look, int dir, struct task *task)
{
	int self = open("/proc/thread-self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct run run = last_run(dir, task->tid), own = last_run(self, 0);

	proc_close(&self);
	tell_blocked(look, task, &run, &own);
}

/*
 * From a pipe into a pipe: it sleeps for bytes first, though it needs room, too (fs/splice.c,
 * ipipe_prep()).
 */
static bool is_move(const struct task *task)
{
	return task->call && (strcmp(task->call, "splice") == 0 || strcmp(task->call, "tee") == 0);
}

/* Which sleeps belong to a wait. */
static unsigned expected_wchan(const struct task *task)
{
	switch (task->wait.kind) {
	case WAIT_PIPE_SPACE:
		return is_move(task) ? WCHAN_PIPE_SPACE | WCHAN_PIPE_DATA : WCHAN_PIPE_SPACE;
	case WAIT_PIPE_DATA:
		return WCHAN_PIPE_DATA;
	case WAIT_CHILD_EXIT:
		return task->wait.by_signal ? WCHAN_SIGNAL : WCHAN_CHILD;
	case WAIT_VFORK:
		return WCHAN_VFORK;
	case WAIT_POLL:
		return WCHAN_POLL | WCHAN_EPOLL;
	case WAIT_THREAD:
		return WCHAN_FUTEX;
	default:
		return 0;
	}
}

static int check_wchan(const struct examined *e, struct task *task)
{
	char text[TEXT_SIZE];
	ssize_t length = read_text(e, task->tid, "wchan", text);
	unsigned expected = expected_wchan(task), bits;
	const char *name = "?";
	size_t name_length = 1;

	if (!expected || task->wait.inferred)
		return 0;
	if (length > 0)
		name_length = parse_wchan(text, (size_t)length, &name);
	bits = wchan_find(name, name_length);
	if (bits & WCHAN_LIVE) {
		task->wait.kind = WAIT_OUTSIDE;
		task->wait.what = "disk";
	} else if (!task->wait.stopped &&
	           (bits & WCHAN_STOPPED || (!name_length && look_is_frozen(e->dir)))) {
		task->wait.kind = WAIT_STOPPED;
	} else if (!(bits & expected) && !task->wait.stopped) {
		task->wait.odd_wchan = arena_strndup(builder_arena(e->look->b), name, name_length);
		if (!task->wait.odd_wchan)
			return -ENOMEM;
	}
	return 0;
}

static int read_comm(const struct examined *e, struct task *task)
{
	char text[64];
	char path[PROC_PATH_SIZE];
	ssize_t length =
		proc_read(e->dir, proc_task_path(path, task->tid, "comm"), text, sizeof(text));

	if (length <= 0)
		return 0;
	task->comm = arena_strndup(builder_arena(e->look->b), text, (size_t)length - 1);
	return task->comm ? 0 : -ENOMEM;
}

static bool is_at_pipe(const struct wait *wait)
{
	return wait->kind == WAIT_PIPE_SPACE || wait->kind == WAIT_PIPE_DATA;
}

/* Who cannot be interrupted does not wait for a pipe but for its lock, which somebody has. */
static void read_stat(const struct examined *e, struct task *task)
{
	struct stat_line line;
	char text[TEXT_SIZE];
	ssize_t length = read_text(e, task->tid, "stat", text);

	if (length < 0 || parse_stat(text, (size_t)length, &line) < 0)
		return;
	task->state = line.state;
	task->start_ticks = line.start_ticks;
	if (line.state == 'Z' || line.state == 'X')
		task->wait.kind = WAIT_EXITED;
	else if (line.state == 'R')
		task->wait.kind = WAIT_RUNNING;
	else if (line.state == 'D' && is_at_pipe(&task->wait))
		reading_outside(&task->wait, "file");
	else
		reading_stop(task, line.state);
}

static void read_status(const struct examined *e, struct task *task)
{
	struct status_lines status;
	char text[TEXT_SIZE];
	ssize_t length = read_text(e, task->tid, "status", text);

	if (length < 0 || parse_status(text, (size_t)length, &status) < 0)
		return;
	task->voluntary_switches = status.voluntary_switches;
	/*
	 * Its core goes to a file or into the pipe of a helper (core(5)), and then it ends,
	 * whatever its call was.
	 */
	if (status.dumps_core)
		reading_outside(&task->wait, "disk");
	if (status.tracer > 0)
		e->process->tracer = status.tracer;
	if (task->tid == e->process->pid || !e->process->signals_known) {
		e->process->signals_known = status.signals_known;
		e->process->signals_caught = status.signals_caught;
		if (e->process->tracer <= 0)
			e->process->tracer = status.tracer;
		if (status.ns_depth)
			e->process->namespace_init =
				status.ns_depth > 1 && status.ns_pids[status.ns_depth - 1] == 1 ?
				FACT_YES : FACT_NO;
	}
}

static int examine_task(const struct examined *e, struct task *task)
{
	int r;

	if (task->wait.kind == WAIT_EXITED)
		return 0;
	r = check_wchan(e, task);
	if (r == 0)
		r = read_comm(e, task);
	read_status(e, task);
	read_stat(e, task);
	read_blocked(e->look, e->dir, task);
	return r;
}

static void read_timers(const struct examined *e)
{
	char *text = NULL;
	ssize_t length = proc_read_all(e->dir, "timers", &text);
	uint32_t count;

	if (length >= 0 && parse_timers(text, (size_t)length, &count) == 0)
		e->process->posix_timers = count ? FACT_YES : FACT_NO;
	if (length >= 0)
		free(text);
}

/* Of a process that catches a signal which may be sent, whichever it is, table by table. */
static void read_async(const struct examined *e)
{
	const uint64_t urgent = UINT64_C(1) << (SIGURG - 1);
	uint32_t count, first = look_threads(e->look, e->process->pid, &count), next = 0;
	enum fact async = FACT_NO;

	if (!snapshot_signals(e->process))
		return;
	for (uint32_t i = first; i < first + count && async == FACT_NO; i++) {
		const struct thread *thread = &e->look->threads[i];
		bool gone = thread->tid == e->process->pid && e->process->state == 'Z';

		if (gone || thread->table < next)
			continue;
		async = descriptors_async(e->dir, thread->tid, e->process->signals_caught & urgent);
		next = thread->table + 1U;
	}
	e->process->async_descriptors = async;
}

static enum fact read_alarms_once(void)
{
	char *text = NULL;
	ssize_t length = proc_read_all(AT_FDCWD, "/proc/timer_list", &text);
	enum fact pending;

	if (length < 0)
		return FACT_UNKNOWN;
	pending = parse_timer_list_has_alarm(text, (size_t)length) ? FACT_YES : FACT_NO;
	free(text);
	return pending;
}

/*
 * Whether any process has an alarm running; the list is long, so only where one could matter. The
 * kernel counts its way to each next timer anew (kernel/time/timer_list.c, print_active_timers()),
 * and passes one over when another has run out meanwhile: on a busy machine a few readings in a
 * hundred lack a given timer.
 */
static enum fact read_alarms(void)
{
	enum { READINGS = 12 };
	enum fact pending = FACT_NO;

	for (int i = 0; i < READINGS && pending == FACT_NO; i++)
		pending = read_alarms_once();
	return pending;
}

static void read_tracer_of(const struct examined *e, int32_t tid)
{
	struct status_lines status;
	char text[TEXT_SIZE];
	ssize_t length = read_text(e, tid, "status", text);

	if (length >= 0 && parse_status(text, (size_t)length, &status) == 0)
		e->process->tracer = status.tracer;
	else if (length == -ESRCH || length == -ENOENT)
		e->process->tracer = 0;
}

/*
 * A process that traces another is let go by it, so every process says who traces it; of several
 * threads each (PTRACE_SEIZE takes one), where somebody listens for tracees.
 */
static void read_tracer(const struct examined *e, bool listened_for)
{
	uint32_t count, first = look_threads(e->look, e->process->pid, &count);

	read_tracer_of(e, 0);
	for (uint32_t i = first; listened_for && i < first + count && !e->process->tracer; i++)
		if (e->look->threads[i].tid != e->process->pid)
			read_tracer_of(e, e->look->threads[i].tid);
}

/* Whether a suspect waits for anybody's end, or is told of it by SIGCHLD. */
static bool listens_for_tracees(const struct look *look, const struct task *task)
{
	const struct process *process = builder_process(look->b, task->process);

	return look_suspects(look, process->pid) &&
		((task->wait.kind == WAIT_CHILD_EXIT && task->wait.children != CHILDREN_ONE) ||
		 (process->signals_caught & (UINT64_C(1) << (SIGCHLD - 1))));
}

static void open_process(struct examined *e, uint32_t index)
{
	e->process = builder_process(e->look->b, index);
	e->dir = proc_open(e->process->pid);
}

/* Threads of a process lie side by side: they were added process by process. */
static int examine_tasks(struct look *look)
{
	struct examined e = { .look = look, .dir = -1 };
	uint32_t open = NONE;
	int r = 0;

	for (uint32_t i = 0; i < builder_task_count(look->b) && r == 0; i++) {
		struct task *task = builder_task(look->b, i);

		if (!look_suspects(look, builder_process(look->b, task->process)->pid))
			continue;
		if (task->process != open) {
			proc_close(&e.dir);
			open_process(&e, task->process);
			open = task->process;
		}
		if (e.dir >= 0)
			r = examine_task(&e, task);
	}
	proc_close(&e.dir);
	return r;
}

static void examine_processes(struct look *look)
{
	const uint64_t alarm = UINT64_C(1) << (SIGALRM - 1);
	bool alarms = false, listened_for = false;

	for (uint32_t i = 0; i < builder_task_count(look->b) && !listened_for; i++)
		listened_for = listens_for_tracees(look, builder_task(look->b, i));
	for (uint32_t i = 0; i < builder_process_count(look->b); i++) {
		struct examined e = { .look = look };

		if (builder_process(look->b, i)->tracer != UNKNOWN &&
		    !look_suspects(look, builder_process(look->b, i)->pid))
			continue;
		open_process(&e, i);
		if (look_suspects(look, e.process->pid)) {
			e.process->examined = true;
			alarms |= e.process->signals_known && (e.process->signals_caught & alarm);
			if (e.dir >= 0) {
				read_timers(&e);
				read_async(&e);
			}
		}
		if (e.dir == -ENOENT || e.dir == -ESRCH)
			e.process->tracer = 0;
		else if (e.process->tracer == UNKNOWN && !e.process->kernel_thread)
			read_tracer(&e, listened_for);
		proc_close(&e.dir);
	}
	if (alarms)
		look->head->alarm_pending = read_alarms();
}

/*
 * What the survey itself wants of single threads: for how long a writer has been blocked on a full
 * pipe, since that alone tells stalled from slow; and the names of threads in a futex that has a
 * time-out, since a runtime's housekeeping is known by them.
 */
static int survey_task(struct look *look, struct task *task, bool blocked, bool housekeeping)
{
	struct examined e = { .look = look };
	int r = 0;

	open_process(&e, task->process);
	if (e.dir >= 0 && blocked)
		read_blocked(look, e.dir, task);
	if (e.dir >= 0 && housekeeping)
		r = read_comm(&e, task);
	proc_close(&e.dir);
	return r;
}

/* The same by the census. */
static int survey_counted(struct look *look, struct task *task, bool blocked, bool housekeeping)
{
	const struct thread_record *own = census_find(look->census, getpid(), gettid());
	const struct thread_record *t = census_find(look->census,
		builder_process(look->b, task->process)->pid, task->tid);

	if (t && own && blocked) {
		const struct run run = { (int64_t)(t->ran_ns / 1000), t->processor };
		const struct run now = { (int64_t)(own->ran_ns / 1000), own->processor };

		tell_blocked(look, task, &run, &now);
	}
	if (t && housekeeping) {
		task->comm = arena_strdup(builder_arena(look->b), t->comm);
		return task->comm ? 0 : -ENOMEM;
	}
	return 0;
}

static int survey_tasks(struct look *look)
{
	int r = 0;

	for (uint32_t i = 0; i < builder_task_count(look->b) && r == 0; i++) {
		struct task *task = builder_task(look->b, i);
		const struct wait *wait = &task->wait;
		bool blocked = wait->kind == WAIT_PIPE_SPACE &&
			builder_pipe(look->b, wait->pipe)->full == FACT_YES;
		bool housekeeping = wait->kind == WAIT_OUTSIDE && strcmp(wait->what, "futex") == 0;

		if (blocked || housekeeping)
			r = (look->census ? survey_counted : survey_task)(look, task, blocked,
			                                                  housekeeping);
	}
	return r;
}

int look_at_suspects(struct look *look)
{
	int r = survey_tasks(look);

	if (r < 0 || !look->request->suspect_count)
		return r;
	r = examine_tasks(look);
	if (r < 0)
		return r;
	examine_processes(look);
	r = look_at_rings(look);
	return r < 0 ? r : look_at_futexes(look);
}
