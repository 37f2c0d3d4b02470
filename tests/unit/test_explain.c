/* words/explain*.c: facts into sentences, on the hand-made box of stuckbox.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stuckbox.h"
#include "words/explain.h"

/* Takes the text. */
static void assert_says(char *text, const char *expected)
{
	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void assert_mentions(char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		print_error("\"%s\" does not say \"%s\"\n", text, part);
	assert_non_null(strstr(text, part));
	free(text);
}

static bool list_has(char **list, const char *text)
{
	while (*list && strcmp(*list, text))
		list++;
	return *list;
}

static bool list_mentions(char **list, const char *part)
{
	while (*list && !strstr(*list, part))
		list++;
	return *list;
}

static void test_explain__names(void **state)
{
	struct stuckbox *box = *state;
	struct task *log = stuckbox_task(box, TASK_LOG);

	assert_says(explain_pipe_id(box->snapshot, PIPE_ARTICLE), "pipe:[6715]");
	assert_says(explain_pipe_id(box->snapshot, PIPE_HOSTILE),
	            "/tmp/\\e[2J\\u{202E}\"gnp.\\xff\\n");
	*stuckbox_path(box) = NULL;
	assert_says(explain_pipe_id(box->snapshot, PIPE_HOSTILE), "pipe:[77]");
	assert_says(explain_task(box->snapshot, log), "log (90909)");
	log->tid = 90911;
	assert_says(explain_task(box->snapshot, log), "log (90909, thread 90911)");
	stuckbox_process(box, TASK_LOG)->comm = "a\nb";
	assert_says(explain_task(box->snapshot, log), "a\\nb (90909, thread 90911)");
	stuckbox_process(box, TASK_LOG)->comm = NULL;
	assert_says(explain_process(stuckbox_process(box, TASK_LOG)), "? (90909)");
}

static void test_explain__calls(void **state)
{
	struct stuckbox *box = *state;
	struct task *log = stuckbox_task(box, TASK_LOG), *python = stuckbox_task(box, TASK_PYTHON);
	struct task *node = stuckbox_task(box, TASK_NODE);

	assert_says(explain_call(box->snapshot, log), "write(2, …, 13)");
	log->wait.count_bytes = UNKNOWN;
	assert_says(explain_call(box->snapshot, log), "write(2)");
	log->wait.fd = UNKNOWN;
	assert_says(explain_call(box->snapshot, log), "write(…)");
	log->call = NULL;
	assert_says(explain_call(box->snapshot, log), "syscall 1");
	log->syscall = UNKNOWN;
	assert_says(explain_call(box->snapshot, log), "?");

	assert_says(explain_call(box->snapshot, python), "wait4(90909)");
	python->wait.children = CHILDREN_GROUP;
	assert_says(explain_call(box->snapshot, python), "wait4(-90909)");
	python->wait.children = CHILDREN_ANY;
	assert_says(explain_call(box->snapshot, python), "wait4(-1)");
	python->call = "waitid";
	assert_says(explain_call(box->snapshot, python), "waitid(P_ALL)");
	python->wait.children = CHILDREN_ONE;
	assert_says(explain_call(box->snapshot, python), "waitid(P_PID, 90909)");
	python->wait.fd = 7;
	assert_says(explain_call(box->snapshot, python), "waitid(P_PIDFD, 7)");
	python->call = "rt_sigsuspend";
	python->wait.fd = UNKNOWN;
	python->wait.by_signal = true;
	assert_says(explain_call(box->snapshot, python), "rt_sigsuspend(…)");

	assert_says(explain_call(box->snapshot, node), "epoll_wait(5)");
	node->call = "poll";
	node->wait.fd = UNKNOWN;
	assert_says(explain_call(box->snapshot, node), "poll([9])");
	node->wait.targets = 0;
	assert_says(explain_call(box->snapshot, node), "poll(…)");
}

static void test_explain__waits(void **state)
{
	struct stuckbox *box = *state;
	struct task *task = stuckbox_task(box, TASK_PYTHON);
	static const struct {
		struct wait wait;
		const char *expected;
	} cases[] = {
		{ { .kind = WAIT_UNKNOWN }, "does what could not be read" },
		{ { .kind = WAIT_RUNNING }, "is running" },
		{ { .kind = WAIT_PIPE_SPACE, .pipe = PIPE_ARTICLE }, "waits for room in pipe:[6715]" },
		{ { .kind = WAIT_PIPE_DATA, .pipe = PIPE_STARVED }, "waits for data in pipe:[8200]" },
		{ { .kind = WAIT_PIPE_DATA, .pipe = NONE }, "waits for data in a pipe" },
		{ { .kind = WAIT_CHILD_EXIT, .child = 90909 }, "waits for log (90909) to exit" },
		{ { .kind = WAIT_CHILD_EXIT, .child = 5 }, "waits for process 5 to exit" },
		{ { .kind = WAIT_CHILD_EXIT }, "waits for a child to exit" },
		{ { .kind = WAIT_CHILD_EXIT, .children = CHILDREN_ANY }, "waits for any child to exit" },
		{ { .kind = WAIT_CHILD_EXIT, .children = CHILDREN_GROUP, .child = 12 },
		  "waits for a child of process group 12 to exit" },
		{ { .kind = WAIT_VFORK }, "waits for its vfork child to exec or exit" },
		{ { .kind = WAIT_THREAD }, "waits for another of its threads" },
		{ { .kind = WAIT_FIFO_OPEN }, "waits for somebody to open the other end of a FIFO" },
		{ { .kind = WAIT_STOPPED }, "is stopped" },
		{ { .kind = WAIT_EXITED }, "has exited" },
		{ { .kind = WAIT_OUTSIDE, .what = "sleep" }, "sleeps" },
		{ { .kind = WAIT_OUTSIDE, .what = "socket" }, "waits on a socket" },
		{ { .kind = WAIT_OUTSIDE, .what = "terminal" }, "waits for the terminal" },
		{ { .kind = WAIT_OUTSIDE, .what = "no such" }, "waits for something else" },
		{ { .kind = WAIT_OUTSIDE }, "waits for something else" },
		{ { .kind = WAIT_POLL }, "waits for a file" },
		{ { .kind = WAIT_POLL, .targets = 1 }, "waits for a file" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		task->wait = cases[i].wait;
		assert_says(explain_wait(box->snapshot, task), cases[i].expected);
	}
}

static void test_explain__polls(void **state)
{
	struct stuckbox *box = *state;
	struct task *node = stuckbox_task(box, TASK_NODE);
	struct target targets[6] = {
		{ TARGET_DATA, 3, PIPE_ARTICLE, NONE, false, false },
		{ TARGET_EXIT, 4, NONE, TASK_LOG, false, false },
		{ TARGET_OUTSIDE, 5, NONE, NONE, false, false },
		{ TARGET_SPACE, 6, PIPE_SLOW, NONE, false, false },
		{ TARGET_SPACE, 7, PIPE_SLOW, NONE, false, false },
		{ TARGET_UNKNOWN, UNKNOWN, NONE, NONE, false, false },
	};
	static const char *const expected[] = {
		"waits for data in pipe:[6715]",
		"waits for data in pipe:[6715] or the exit of log (90909)",
		"waits for data in pipe:[6715], the exit of log (90909) or another file",
		"waits for data in pipe:[6715], the exit of log (90909), room in pipe:[8100] or another "
		"file",
		"waits for data in pipe:[6715], the exit of log (90909), room in pipe:[8100] or one of 2 "
		"other files",
		"waits for data in pipe:[6715], the exit of log (90909), room in pipe:[8100] or one of 3 "
		"other files",
	};

	box->snapshot->targets = targets;
	node->wait.first_target = 0;
	for (uint32_t count = 1; count <= 6; count++) {
		node->wait.targets = count;
		assert_says(explain_wait(box->snapshot, node), expected[count - 1]);
	}
	node->wait.fd = UNKNOWN;
	assert_says(explain_call(box->snapshot, node), "epoll_wait([3, 4, 5, …])");
}

static void test_explain__wait_names(void **state)
{
	static const char *const names[] = {
		"unknown", "running", "pipe-space", "pipe-data", "child-exit", "vfork", "poll", "thread",
		"fifo-open", "stopped", "outside", "outside",
	};

	(void)state;
	for (enum wait_kind kind = WAIT_UNKNOWN; kind <= WAIT_EXITED; kind++) {
		struct wait wait = { .kind = kind };

		assert_string_equal(explain_wait_name(&wait), names[kind]);
	}
}

static void test_explain__deadlock(void **state)
{
	struct stuckbox *box = *state;

	assert_says(explain_deadlock(&box->d, &box->deadlock),
	            "log (90909) waits for room in pipe:[6715]; only python3 (90908) could make it. "
	            "python3 (90908) waits for log (90909) to exit. Neither can ever move.");
	box->deadlock.proved = false;
	assert_mentions(explain_deadlock(&box->d, &box->deadlock),
	                ". As far as can be seen, neither can ever move.");
	stuckbox_task(box, TASK_PYTHON)->wait.children = CHILDREN_ANY;
	assert_mentions(explain_deadlock(&box->d, &box->deadlock),
	                "python3 (90908) waits for any child to exit, such as log (90909). ");
}

static void test_explain__deadlock_of_one(void **state)
{
	struct stuckbox *box = *state;
	struct task *bash = stuckbox_task(box, TASK_BASH77);

	bash->wait = (struct wait){ .kind = WAIT_PIPE_SPACE, .pipe = PIPE_HOSTILE, .fd = 7 };
	box->members[0] = TASK_BASH77;
	box->deadlock.member_count = 1;
	box->deadlock.kind = KIND_WRITE_SELF;
	assert_says(explain_deadlock(&box->d, &box->deadlock),
	            "bash (77) waits for room in /tmp/\\e[2J\\u{202E}\"gnp.\\xff\\n; only bash (77) "
	            "itself could make it. It can never move.");
}

static void test_explain__deadlock_of_many(void **state)
{
	struct stuckbox *box = *state;
	uint32_t members[] = { TASK_LOG, TASK_YES, TASK_PYTHON };

	stuckbox_task(box, TASK_YES)->wait.pipe = PIPE_ARTICLE;
	box->deadlock.members = members;
	box->deadlock.member_count = 3;
	assert_says(explain_deadlock(&box->d, &box->deadlock),
	            "log (90909) waits for room in pipe:[6715]; only python3 (90908) could make it. "
	            "yes (1201) waits for room in pipe:[6715] too. "
	            "python3 (90908) waits for log (90909) to exit. None of them can ever move.");
}

/* What needs saying between two members, and behind the last one. */
static void test_explain__ties(void **state)
{
	struct stuckbox *box = *state;
	struct task *python = stuckbox_task(box, TASK_PYTHON);
	struct target target = { TARGET_DATA, 4, PIPE_ARTICLE, NONE, false, false };

	assert_says(explain_tie(&box->d, &box->deadlock, 0), "only reader");
	assert_says(explain_tie(&box->d, &box->deadlock, 1), "");
	python->wait.children = CHILDREN_ANY;
	assert_says(explain_tie(&box->d, &box->deadlock, 1), "");
	python->wait.kind = WAIT_VFORK;
	assert_says(explain_tie(&box->d, &box->deadlock, 1), "its child: log (90909)");
	box->snapshot->targets = &target;
	python->wait = (struct wait){ .kind = WAIT_POLL, .fd = UNKNOWN, .pipe = NONE, .targets = 1 };
	assert_says(explain_tie(&box->d, &box->deadlock, 1), "only writer: log (90909)");
	/* The order of the cycle need not put a reader next. */
	box->members[1] = TASK_BASH;
	assert_says(explain_tie(&box->d, &box->deadlock, 0), "");
}

static void test_explain__doubts(void **state)
{
	struct stuckbox *box = *state;
	struct doubt doubt = { DOUBT_ONE_LOOK, TASK_LOG, TASK_PYTHON, PIPE_ARTICLE };
	static const struct {
		enum doubt_kind kind;
		const char *expected;
	} cases[] = {
		{ DOUBT_ONE_LOOK, "there was no second look" },
		{ DOUBT_UNSTEADY_PIPE, "pipe:[6715] changed between the looks" },
		{ DOUBT_ODD_WCHAN, "log (90909) sleeps in a kernel function that is not known: x\\ny" },
		{ DOUBT_UNSEEN_PROCESS, "python3 (90908) could not be read and may hold pipe:[6715]" },
		{ DOUBT_POLL_SET,
		  "another thread may have changed the memory where the set of log (90909) was read" },
		{ DOUBT_REFERENCES, "somebody unseen, or the kernel itself, refers to an end of pipe:[6715]" },
		{ DOUBT_TRACED, "python3 (90908) is being traced, and its tracer may have it go on" },
		{ DOUBT_URING_FILES,
		  "python3 (90908) keeps files in an io_uring, and pipe:[6715] may be among them" },
		{ DOUBT_URING,
		  "python3 (90908) holds pipe:[6715] and an io_uring, by which the kernel may use it" },
	};

	stuckbox_task(box, TASK_LOG)->wait.odd_wchan = "x\ny";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		doubt.kind = cases[i].kind;
		assert_says(explain_doubt(&box->d, &doubt), cases[i].expected);
	}
	stuckbox_task(box, TASK_LOG)->wait.odd_wchan = "";
	doubt.kind = DOUBT_ODD_WCHAN;
	assert_says(explain_doubt(&box->d, &doubt),
	            "this kernel does not tell in which of its functions log (90909) sleeps");
	/* Every kind has its words, also where nobody can be named. */
	doubt.task = doubt.process = doubt.pipe = NONE;
	for (doubt.kind = DOUBT_ONE_LOOK; doubt.kind <= DOUBT_NOT_EXAMINED; doubt.kind++) {
		char *text = explain_doubt(&box->d, &doubt);

		assert_true(strlen(text) > 10);
		assert_null(strchr(text, '%'));
		free(text);
	}
}

static void test_explain__stalls(void **state)
{
	struct stuckbox *box = *state;
	struct task *node = stuckbox_task(box, TASK_NODE);
	struct target target = { TARGET_DATA, 21, PIPE_STALLED, NONE, false, false };

	assert_says(explain_stall(&box->d, &box->stall),
	            "no slot freed for 42 s: its reader node (800) is in epoll_wait on other files");
	node->wait.first_target = 0;
	box->snapshot->targets = &target;
	assert_says(explain_stall(&box->d, &box->stall),
	            "no slot freed for 42 s: its reader node (800) waits for data in pipe:[8012]");
	node->wait.kind = WAIT_STOPPED;
	assert_says(explain_stall(&box->d, &box->stall),
	            "no slot freed for 42 s: its reader node (800) is stopped");
	node->wait = stuckbox_task(box, TASK_PV)->wait;
	node->call = "clock_nanosleep";
	assert_says(explain_stall(&box->d, &box->stall),
	            "no slot freed for 42 s: its reader node (800) sleeps in clock_nanosleep(…)");
	box->stall.reader = NONE;
	assert_says(explain_stall(&box->d, &box->stall),
	            "no slot freed for 42 s: what its readers do could not be seen");
}

/* A thread of the reader waits for the writer's exit, yet another one is alive. */
static void test_explain__stall_beside_a_wait(void **state)
{
	struct stuckbox *box = *state;
	struct process *node = stuckbox_process(box, TASK_NODE);
	struct task *threads = stuckbox_task(box, TASK_NODE);

	node->tasks = 2; /* ffmpeg's task stands next to it, and plays the second thread */
	threads[1].process = TASK_NODE;
	threads[1].tid = 801;
	threads[1].wait = (struct wait){ .kind = WAIT_CHILD_EXIT, .child = 1201 };
	threads[0].wait.kind = WAIT_RUNNING;
	box->stall.writer = TASK_YES;
	assert_says(explain_stall(&box->d, &box->stall),
	            "no slot freed for 42 s: its reader node (800) is running, and may still make room, "
	            "while its thread 801 waits for the writer to exit");
}

static void test_explain__remedies_of_the_article(void **state)
{
	struct stuckbox *box = *state;
	char **list = explain_remedies(&box->d, &box->deadlock);

	assert_non_null(list);
	assert_string_equal(list[0], "pipetop --grow 'pipe:[6715]'");
	assert_string_equal(list[1], "read the pipe before waiting for the child (communicate())");
	assert_string_equal(list[2],
	                    "merge stderr into stdout and read it in a thread, minding memory");
	assert_null(list[3]);
	explain_free_list(list);
	assert_says(explain_notes(&box->d, &box->deadlock), "");
}

static void test_explain__remedies_of_each_kind(void **state)
{
	struct stuckbox *box = *state;

	for (enum deadlock_kind kind = KIND_WRITE_WAIT; kind <= KIND_MIXED; kind++) {
		char **list;

		box->deadlock.kind = kind;
		list = explain_remedies(&box->d, &box->deadlock);
		assert_string_equal(list[0], "pipetop --grow 'pipe:[6715]'");
		assert_non_null(list[1]);
		explain_free_list(list);
	}
}

/* cat waits for data that only bash could write, and bash waits for cat to exit. */
static void make_read_wait(struct stuckbox *box)
{
	struct task *bash = stuckbox_task(box, TASK_BASH77);

	box->members[0] = TASK_CAT;
	box->members[1] = TASK_BASH77;
	box->knot_pipes[0] = PIPE_STARVED;
	box->deadlock.kind = KIND_READ_WAIT;
	bash->call = "wait4";
	bash->wait = (struct wait){ .kind = WAIT_CHILD_EXIT, .child = 78, .fd = UNKNOWN,
	                            .count_bytes = UNKNOWN, .pipe = NONE };
}

static void test_explain__growing_cannot_help(void **state)
{
	struct stuckbox *box = *state;
	char **list;

	make_read_wait(box);
	list = explain_remedies(&box->d, &box->deadlock);
	assert_false(list_mentions(list, "pipetop"));
	assert_true(list_mentions(list, "close the write end"));
	assert_false(list_mentions(list, "close-on-exec"));
	explain_free_list(list);
	assert_says(explain_deadlock(&box->d, &box->deadlock),
	            "cat (78) waits for data in pipe:[8200]; only bash (77) could write any. bash (77) "
	            "waits for cat (78) to exit. Neither can ever move. Growing a pipe cannot help: "
	            "nobody here waits for room.");
}

/* The write end is held by a sibling of the reader, who has no use for it. */
static void test_explain__leaked_write_end(void **state)
{
	struct stuckbox *box = *state;
	char **list;

	make_read_wait(box);
	stuckbox_task(box, TASK_BASH77)->wait.kind = WAIT_PIPE_DATA;
	stuckbox_process(box, TASK_BASH77)->ppid = stuckbox_process(box, TASK_CAT)->ppid;
	list = explain_remedies(&box->d, &box->deadlock);
	assert_true(list_mentions(list, "close-on-exec"));
	assert_false(list_mentions(list, "close the write end"));
	explain_free_list(list);
}

static void test_explain__pipe_at_its_limit(void **state)
{
	struct stuckbox *box = *state;
	struct pipe *pipe = stuckbox_pipe(box, PIPE_ARTICLE);
	char **list;

	pipe->capacity_bytes = 1048576;
	list = explain_remedies(&box->d, &box->deadlock);
	assert_string_equal(list[0], "pipetop --drain 'pipe:[6715]' > FILE");
	assert_false(list_mentions(list, "--grow"));
	explain_free_list(list);
	assert_says(explain_notes(&box->d, &box->deadlock),
	            "pipe:[6715] has the greatest size that pipe-max-size allows, 1,048,576 bytes.");
	/* What is not known is tried. */
	pipe->capacity_bytes = UNKNOWN;
	list = explain_remedies(&box->d, &box->deadlock);
	assert_true(list_has(list, "pipetop --grow 'pipe:[6715]'"));
	explain_free_list(list);
}

static void test_explain__pipe_of_two_slots(void **state)
{
	struct stuckbox *box = *state;

	stuckbox_pipe(box, PIPE_ARTICLE)->capacity_bytes = 8192;
	assert_mentions(explain_notes(&box->d, &box->deadlock),
	                "pipe:[6715] has only 2 slots (8,192 bytes)");
}

static void test_explain__many_pipes_to_grow(void **state)
{
	struct stuckbox *box = *state;
	struct target targets[5];
	char **list;

	for (uint32_t i = 0; i < 5; i++)
		targets[i] = (struct target){ TARGET_SPACE, (int32_t)i + 3, i, NONE, false, false };
	box->snapshot->targets = targets;
	stuckbox_task(box, TASK_PYTHON)->wait = (struct wait){ .kind = WAIT_POLL, .fd = UNKNOWN,
	                                                    .pipe = NONE, .targets = 5 };
	list = explain_remedies(&box->d, &box->deadlock);
	assert_string_equal(list[0], "pipetop --grow 'pipe:[6715]'");
	assert_string_equal(list[1], "pipetop --grow 'pipe:[8012]'");
	assert_string_equal(list[2], "pipetop --grow 'pipe:[8100]'");
	assert_string_equal(list[3], "pipetop --grow-all-stuck");
	explain_free_list(list);
}

/* A path that cannot be typed as it is shown is named by a descriptor. */
static void test_explain__fifo_in_a_command(void **state)
{
	struct stuckbox *box = *state;
	struct pipe *fifo = stuckbox_pipe(box, PIPE_HOSTILE);
	static const struct {
		const char *path;
		enum fact named;
		int32_t fd;
		const char *expected;
	} cases[] = {
		{ "/run/it's", FACT_YES, 2, "pipetop --grow '/run/it'\\''s'" },
		{ "/run/$(reboot)", FACT_YES, 2, "pipetop --grow '/run/$(reboot)'" },
		{ "/run/x (deleted)", FACT_NO, 2, "pipetop --grow 90909:2" },
		{ "/run/a\nb", FACT_YES, 2, "pipetop --grow 90909:2" },
		{ "pipe:[6715]", FACT_YES, 2, "pipetop --grow 90909:2" },
		{ "/run/a\nb", FACT_YES, UNKNOWN, "pipetop --grow 77" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char **list;

		*stuckbox_path(box) = cases[i].path;
		fifo->named = cases[i].named;
		stuckbox_task(box, TASK_LOG)->wait.pipe = PIPE_HOSTILE;
		stuckbox_task(box, TASK_LOG)->wait.fd = cases[i].fd;
		list = explain_remedies(&box->d, &box->deadlock);
		assert_string_equal(list[0], cases[i].expected);
		explain_free_list(list);
	}
}

static void test_explain__view(void **state)
{
	struct stuckbox *box = *state;
	struct snapshot *s = box->snapshot;
	const char *names[8];
	char **list = explain_view(s);

	assert_null(list[0]);
	explain_free_list(list);
	assert_null(explain_limit_names(s, names)[0]);

	s->denied = 12;
	s->timed_out = 1;
	s->fds_unidentified = 3;
	s->view_limits = LIMIT_NOT_ROOT | LIMIT_PTRACE | LIMIT_PID_NAMESPACE | LIMIT_HIDEPID |
	                 LIMIT_TIMEOUT | LIMIT_MAX_FDS | LIMIT_DENIED;
	list = explain_view(s);
	assert_string_equal(list[0], "12 processes could not be read: run as root.");
	assert_string_equal(list[1], "1 process could not be read before the look was cut short.");
	assert_true(list_mentions(list, "3 descriptors could not be identified"));
	assert_true(list_mentions(list, "ptrace_scope"));
	assert_true(list_mentions(list, "PID namespace"));
	assert_true(list_mentions(list, "hidepid"));
	assert_true(list_mentions(list, "--max-fds"));
	explain_free_list(list);

	explain_limit_names(s, names);
	assert_string_equal(names[0], "not-root");
	assert_string_equal(names[1], "ptrace");
	assert_string_equal(names[2], "pid-namespace");
	assert_string_equal(names[3], "hidepid");
	assert_non_null(names[6]);
	assert_null(names[7]);

	s->view_limits = LIMIT_TIMEOUT;
	list = explain_view(s);
	assert_string_equal(list[1], "1 process did not answer in time.");
	explain_free_list(list);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, stuckbox_begin, stuckbox_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_explain__names),
		CASE(test_explain__calls),
		CASE(test_explain__waits),
		CASE(test_explain__polls),
		CASE(test_explain__wait_names),
		CASE(test_explain__deadlock),
		CASE(test_explain__deadlock_of_one),
		CASE(test_explain__deadlock_of_many),
		CASE(test_explain__ties),
		CASE(test_explain__doubts),
		CASE(test_explain__stalls),
		CASE(test_explain__stall_beside_a_wait),
		CASE(test_explain__remedies_of_the_article),
		CASE(test_explain__remedies_of_each_kind),
		CASE(test_explain__growing_cannot_help),
		CASE(test_explain__leaked_write_end),
		CASE(test_explain__pipe_at_its_limit),
		CASE(test_explain__pipe_of_two_slots),
		CASE(test_explain__many_pipes_to_grow),
		CASE(test_explain__fifo_in_a_command),
		CASE(test_explain__view),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
