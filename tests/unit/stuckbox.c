/* Owns the hand-made box of stuckbox.h. One thread a process, so task and process have one index. */
#include "stuckbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "model/builder.h"

static const struct {
	int32_t pid, ppid;
	const char *comm, *user, *command, *call;
	struct wait wait;
	int64_t blocked_ms;
} actors[STUCKBOX_TASKS] = {
	[TASK_BASH77] = { 77, 1, "bash", "bob", "-bash", "read",
		{ .kind = WAIT_OUTSIDE, .what = "terminal", .fd = 0, .count_bytes = 1 }, 600 },
	[TASK_CAT] = { 78, 77, "cat", "bob", "cat", "read",
		{ .kind = WAIT_PIPE_DATA, .fd = 0, .count_bytes = 131072, .pipe = PIPE_STARVED }, 93600000 },
	[TASK_NODE] = { 800, 1, "node", "www", "node server.js", "epoll_wait",
		{ .kind = WAIT_POLL, .fd = 5, .count_bytes = UNKNOWN, .targets = 1 }, 41000 },
	[TASK_FFMPEG] = { 811, 800, "ffmpeg", "www", "ffmpeg -i in.mkv -", "write",
		{ .kind = WAIT_PIPE_SPACE, .fd = 1, .count_bytes = 32768, .pipe = PIPE_STALLED }, 42000 },
	[TASK_YES] = { 1201, 77, "yes", "bob", "yes", "write",
		{ .kind = WAIT_PIPE_SPACE, .fd = 1, .count_bytes = 8192, .pipe = PIPE_SLOW }, 120 },
	[TASK_PV] = { 1202, 77, "pv", "bob", "pv -L 1k", "clock_nanosleep",
		{ .kind = WAIT_OUTSIDE, .what = "sleep", .fd = UNKNOWN, .count_bytes = UNKNOWN }, 90 },
	[TASK_BASH] = { 4711, 1, "bash", "alice", "-bash", "wait4",
		{ .kind = WAIT_CHILD_EXIT, .children = CHILDREN_ANY, .fd = UNKNOWN,
		  .count_bytes = UNKNOWN }, 11521000 },
	[TASK_PYTHON] = { 90908, 4711, "python3", "alice", "python3 run.py", "wait4",
		{ .kind = WAIT_CHILD_EXIT, .children = CHILDREN_ONE, .child = 90909, .fd = UNKNOWN,
		  .count_bytes = UNKNOWN }, 11520500 },
	[TASK_LOG] = { 90909, 90908, "log", "alice", "./log 6000", "write",
		{ .kind = WAIT_PIPE_SPACE, .fd = 2, .count_bytes = 13, .pipe = PIPE_ARTICLE }, 11520000 },
};

static const struct {
	uint64_t dev, ino;
	int32_t bytes;
	enum fact full;
	uint32_t writer, reader;
	int32_t write_fd, read_fd;
	enum verdict verdict;
} lines[STUCKBOX_PIPES] = {
	[PIPE_ARTICLE] = { 14, 6715, 65520, FACT_YES, TASK_LOG, TASK_PYTHON, 2, 5, VERDICT_DEADLOCK },
	[PIPE_STALLED] = { 14, 8012, 65536, FACT_YES, TASK_FFMPEG, TASK_NODE, 1, 21, VERDICT_STALLED },
	[PIPE_SLOW] = { 14, 8100, 61440, FACT_YES, TASK_YES, TASK_PV, 1, 0, VERDICT_BACKPRESSURE },
	[PIPE_STARVED] = { 14, 8200, 0, FACT_NO, TASK_BASH77, TASK_CAT, 1, 0, VERDICT_STARVED },
	[PIPE_HOSTILE] = { 2049, 77, 1024, FACT_UNKNOWN, TASK_BASH77, TASK_BASH77, 7, 7, VERDICT_IDLE },
};

static void add_end(struct builder *b, uint32_t pipe, bool writes)
{
	bool hostile = pipe == PIPE_HOSTILE;
	struct seen_end end = {
		.dev = lines[pipe].dev,
		.ino = lines[pipe].ino,
		.pid = actors[writes ? lines[pipe].writer : lines[pipe].reader].pid,
		.fd = writes ? lines[pipe].write_fd : lines[pipe].read_fd,
		.reads = !writes || hostile,
		.writes = writes,
		.type = hostile ? PIPE_FIFO : PIPE_ANONYMOUS,
		.nonblocking = pipe == PIPE_STALLED && !writes ? FACT_YES : FACT_NO,
		.packet = FACT_NO,
		.named = hostile ? FACT_YES : FACT_NO,
		.path = hostile ? STUCKBOX_HOSTILE_PATH : NULL,
	};

	assert_int_equal(builder_add_end(b, &end), 0);
}

static void add_process(struct builder *b, uint32_t index)
{
	struct process *process = builder_add_process(b, actors[index].pid);

	assert_non_null(process);
	process->ppid = actors[index].ppid;
	process->pgid = actors[index].pid;
	process->comm = actors[index].comm;
	process->user = actors[index].user;
	process->command = actors[index].command;
	process->state = 'S';
	process->thread_count = 1;
}

static void add_task(struct builder *b, uint32_t index)
{
	struct task *task = builder_add_task(b, index, actors[index].pid);

	assert_non_null(task);
	task->state = 'S';
	task->call = actors[index].call;
	task->syscall = 1;
	task->wait = actors[index].wait;
	task->blocked_ms = actors[index].blocked_ms;
	if (task->wait.kind != WAIT_PIPE_SPACE && task->wait.kind != WAIT_PIPE_DATA)
		task->wait.pipe = NONE;
	if (task->wait.targets) {
		struct target *target = builder_add_target(b);

		assert_non_null(target);
		*target = (struct target){ TARGET_OUTSIDE, 9, NONE, NONE, false, false };
	}
}

static void build(struct stuckbox *box)
{
	struct builder *b;
	struct snapshot *head;

	assert_int_equal(builder_new(&b), 0);
	head = builder_head(b);
	head->host = "stuckbox";
	head->kernel = "6.1.0-13-amd64";
	head->engine = "proc";
	head->time_ms = 1700000000123;
	head->elapsed_us = 5000;
	head->pipe_max_size = 1048576;
	head->pipe_user_pages_soft = 16384;
	head->pipe_user_pages_hard = 0;
	head->fds_seen = 40;
	for (uint32_t i = 0; i < STUCKBOX_TASKS; i++)
		add_process(b, i);
	for (uint32_t i = 0; i < STUCKBOX_PIPES; i++) {
		add_end(b, i, true);
		if (i != PIPE_HOSTILE)
			add_end(b, i, false);
	}
	assert_int_equal(builder_link(b), 0);
	for (uint32_t i = 0; i < STUCKBOX_PIPES; i++) {
		struct pipe *pipe = builder_pipe(b, i);

		pipe->fill_bytes = lines[i].bytes;
		pipe->capacity_bytes = 65536;
		pipe->full = lines[i].full;
	}
	for (uint32_t i = 0; i < STUCKBOX_TASKS; i++)
		add_task(b, i);
	assert_int_equal(builder_seal(b, &box->snapshot), 0);
}

void stuckbox_setup(struct stuckbox *box)
{
	memset(box, 0, sizeof(*box));
	build(box);
	box->members[0] = TASK_LOG;
	box->members[1] = TASK_PYTHON;
	box->victims[0] = TASK_BASH;
	box->knot_pipes[0] = PIPE_ARTICLE;
	box->deadlock = (struct deadlock){
		.id = 1, .kind = KIND_WRITE_WAIT, .proved = true, .doubts = box->doubts,
		.blocked_ms = 11520000, .members = box->members, .member_count = 2,
		.victims = box->victims, .victim_count = 1, .pipes = box->knot_pipes, .pipe_count = 1,
	};
	box->stall = (struct stall){ PIPE_STALLED, 42000, TASK_FFMPEG, TASK_NODE };
	for (uint32_t i = 0; i < STUCKBOX_PIPES; i++)
		box->pipes[i] = (struct pipe_finding){ lines[i].verdict, true, FACT_NO, FACT_NO };
	box->causes[0] = (struct pipe_cause){ PIPE_ARTICLE, 0 };
	box->causes[1] = (struct pipe_cause){ PIPE_STALLED, 0 };
	for (uint32_t i = 0; i < STUCKBOX_TASKS; i++) {
		bool doomed = i >= TASK_BASH;

		box->tasks[i] = (struct task_finding){ doomed, doomed ? 0 : NONE, i > TASK_BASH };
		box->processes[i] = true;
	}
	box->d = (struct diagnosis){
		.snapshot = box->snapshot, .two_looks = true,
		.deadlocks = &box->deadlock, .deadlock_count = 1,
		.stalls = &box->stall, .stall_count = 1, .causes = box->causes, .cause_count = 2,
		.pipes = box->pipes, .tasks = box->tasks, .processes = box->processes,
	};
	for (uint32_t i = 0; i < STUCKBOX_PIPES; i++)
		box->d.verdict_counts[lines[i].verdict]++;
}

void stuckbox_teardown(struct stuckbox *box)
{
	snapshot_free(box->snapshot);
}

int stuckbox_begin(void **state)
{
	static struct stuckbox box;

	stuckbox_setup(&box);
	*state = &box;
	return 0;
}

int stuckbox_end(void **state)
{
	stuckbox_teardown(*state);
	return 0;
}

char *stuckbox_written(const struct stuckbox *box, report_writer *write,
                       const struct report_settings *settings)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(write(file, &box->d, settings), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(strlen(text), size);
	return text;
}

void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		print_error("no \"%s\" in:\n%s", part, text);
	assert_non_null(strstr(text, part));
}

void assert_has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		print_error("\"%s\" in:\n%s", part, text);
	assert_null(strstr(text, part));
}

struct task *stuckbox_task(struct stuckbox *box, uint32_t index)
{
	return (struct task *)&box->snapshot->tasks[index];
}

const char **stuckbox_path(struct stuckbox *box)
{
	return (const char **)&box->snapshot->paths[0].path;
}

struct pipe *stuckbox_pipe(struct stuckbox *box, uint32_t index)
{
	return (struct pipe *)&box->snapshot->pipes[index];
}

struct process *stuckbox_process(struct stuckbox *box, uint32_t index)
{
	return (struct process *)&box->snapshot->processes[index];
}
