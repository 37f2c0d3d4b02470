/* report/json.c: the contract's keys, their order and their types, on the box of stuckbox.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/formats.h"
#include "stuckbox.h"

static struct report_settings settings = { .width = 80, .utf8 = true };

/* The report as a string, to be freed. */
static char *report_text(const struct stuckbox *box)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(json_write(file, &box->d, &settings), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(text[size - 1], '\n');
	return text;
}

/* Parsed strictly: no key twice, nothing behind the object, valid UTF-8. */
static json_t *report(const struct stuckbox *box)
{
	char *text = report_text(box);
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		print_error("%s at line %d\n", error.text, error.line);
	assert_non_null(root);
	free(text);
	return root;
}

/* What stands at a path like "deadlocks/0/members/1". */
static json_t *at(json_t *root, const char *path)
{
	char copy[128], *rest = copy, *step;

	assert_true(strlen(path) < sizeof(copy));
	strcpy(copy, path);
	while ((step = strsep(&rest, "/"))) {
		root = json_is_array(root) ? json_array_get(root, (size_t)atoi(step))
		                           : json_object_get(root, step);
		if (!root)
			print_error("no %s of %s\n", step, path);
		assert_non_null(root);
	}
	return root;
}

/*
 * The object has just these keys, in this order. After each its types: s string, i integer,
 * b boolean, a array, o object, n null.
 */
static void assert_keys(json_t *object, const char *keys)
{
	static const struct {
		char letter;
		json_type first, second;
	} types[] = {
		{ 's', JSON_STRING, JSON_STRING }, { 'i', JSON_INTEGER, JSON_INTEGER },
		{ 'b', JSON_TRUE, JSON_FALSE }, { 'a', JSON_ARRAY, JSON_ARRAY },
		{ 'o', JSON_OBJECT, JSON_OBJECT }, { 'n', JSON_NULL, JSON_NULL },
	};
	char copy[512], *rest = copy, *key;
	const char *found;
	json_t *value;

	assert_true(json_is_object(object) && strlen(keys) < sizeof(copy));
	strcpy(copy, keys);
	json_object_foreach(object, found, value) {
		char *letters;
		bool fits = false;

		key = strsep(&rest, " ");
		assert_non_null(key);
		letters = strchr(key, ':');
		*letters++ = '\0';
		assert_string_equal(found, key);
		for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			fits |= strchr(letters, types[i].letter) && (json_typeof(value) == types[i].first ||
			                                             json_typeof(value) == types[i].second);
		if (!fits)
			print_error("%s is not of type %s\n", key, letters);
		assert_true(fits);
	}
	assert_null(rest);
}

static const char member_keys[] = "pid:i tid:i comm:sn command:sn user:sn waits_for:s syscall:sn "
                                  "fd:in pipe:sn count:in child:a blocked_ms:in";

static void assert_all_keys(json_t *root)
{
	size_t i, k;
	json_t *item, *inner;

	assert_keys(root, "schema:s version:s host:sn kernel:sn time:sn view:o scan:o limits:o "
	            "deadlocks:a stalls:a pipes:a processes:a");
	assert_keys(at(root, "view"), "complete:b limits:a unreadable_processes:i");
	assert_keys(at(root, "scan"), "engine:s processes:i threads:i fds:i pipes:i elapsed_us:i");
	assert_keys(at(root, "limits"),
	            "pipe_max_size:in pipe_user_pages_soft:in pipe_user_pages_hard:in");
	json_array_foreach(at(root, "deadlocks"), i, item) {
		assert_keys(item, "id:i kind:s certainty:s why_not_proved:a blocked_ms:in members:a "
		            "victims:a pipes:a explanation:s remedies:a");
		json_array_foreach(at(item, "members"), k, inner)
			assert_keys(inner, member_keys);
		json_array_foreach(at(item, "victims"), k, inner)
			assert_keys(inner, member_keys);
	}
	json_array_foreach(at(root, "stalls"), i, item)
		assert_keys(item, "pipe:s writers:a readers:a blocked_ms:in reason:s");
	json_array_foreach(at(root, "pipes"), i, item) {
		assert_keys(item, "id:s type:s dev:i inode:i bytes:in capacity:in full:bn packet:bn "
		            "verdict:s writers:a readers:a unseen_writers:bn unseen_readers:bn");
		json_array_foreach(at(item, "writers"), k, inner)
			assert_keys(inner, "pid:i comm:sn fd:a nonblocking:bn blocked:b");
		json_array_foreach(at(item, "readers"), k, inner)
			assert_keys(inner, "pid:i comm:sn fd:a nonblocking:bn blocked:b");
	}
	json_array_foreach(at(root, "processes"), i, item) {
		assert_keys(item, "pid:i ppid:i user:sn comm:sn command:sn state:s stuck:b threads:a");
		json_array_foreach(at(item, "threads"), k, inner)
			assert_keys(inner, "tid:i state:s waits_for:s syscall:sn fd:in pipe:sn child:a "
			            "blocked_ms:in");
	}
}

static void assert_string(json_t *root, const char *path, const char *expected)
{
	assert_true(json_is_string(at(root, path)));
	assert_string_equal(json_string_value(at(root, path)), expected);
}

static void assert_integer(json_t *root, const char *path, json_int_t expected)
{
	assert_true(json_is_integer(at(root, path)));
	assert_int_equal(json_integer_value(at(root, path)), expected);
}

static void test_json__every_key(void **state)
{
	json_t *root = report(*state);

	assert_all_keys(root);
	assert_int_equal(json_array_size(at(root, "pipes")), STUCKBOX_PIPES);
	assert_int_equal(json_array_size(at(root, "processes")), STUCKBOX_TASKS);
	json_decref(root);
}

static void test_json__head(void **state)
{
	json_t *root = report(*state);

	assert_string(root, "schema", "pipetop/1");
	assert_string(root, "host", "stuckbox");
	assert_string(root, "time", "2023-11-14T22:13:20Z");
	assert_true(json_is_true(at(root, "view/complete")));
	assert_int_equal(json_array_size(at(root, "view/limits")), 0);
	assert_integer(root, "scan/processes", 9);
	assert_integer(root, "scan/fds", 40);
	assert_integer(root, "limits/pipe_max_size", 1048576);
	json_decref(root);
}

static void test_json__the_article(void **state)
{
	json_t *root = report(*state);

	assert_string(root, "deadlocks/0/kind", "write-wait");
	assert_string(root, "deadlocks/0/certainty", "proved");
	assert_int_equal(json_array_size(at(root, "deadlocks/0/why_not_proved")), 0);
	assert_integer(root, "deadlocks/0/blocked_ms", 11520000);
	assert_integer(root, "deadlocks/0/members/0/pid", 90909);
	assert_string(root, "deadlocks/0/members/0/waits_for", "pipe-space");
	assert_string(root, "deadlocks/0/members/0/syscall", "write");
	assert_integer(root, "deadlocks/0/members/0/fd", 2);
	assert_integer(root, "deadlocks/0/members/0/count", 13);
	assert_string(root, "deadlocks/0/members/0/pipe", "pipe:[6715]");
	assert_int_equal(json_array_size(at(root, "deadlocks/0/members/0/child")), 0);
	assert_string(root, "deadlocks/0/members/1/waits_for", "child-exit");
	assert_integer(root, "deadlocks/0/members/1/child/0", 90909);
	assert_true(json_is_null(at(root, "deadlocks/0/members/1/fd")));
	assert_integer(root, "deadlocks/0/victims/0/pid", 4711);
	assert_integer(root, "deadlocks/0/victims/0/child/0", 90908); /* any child: it has this one */
	assert_string(root, "deadlocks/0/pipes/0", "pipe:[6715]");
	assert_string(root, "deadlocks/0/remedies/0", "pipetop --grow 'pipe:[6715]'");
	assert_string(root, "deadlocks/0/explanation",
	              "log (90909) waits for room in pipe:[6715]; only python3 (90908) could make it. "
	              "python3 (90908) waits for log (90909) to exit. Neither can ever move.");
	json_decref(root);
}

static void test_json__pipes_and_processes(void **state)
{
	json_t *root = report(*state);

	assert_string(root, "pipes/0/id", "pipe:[6715]");
	assert_string(root, "pipes/0/verdict", "deadlock");
	assert_true(json_is_true(at(root, "pipes/0/full")));
	assert_integer(root, "pipes/0/writers/0/pid", 90909);
	assert_integer(root, "pipes/0/writers/0/fd/0", 2);
	assert_true(json_is_true(at(root, "pipes/0/writers/0/blocked")));
	assert_true(json_is_false(at(root, "pipes/0/readers/0/blocked")));
	assert_true(json_is_true(at(root, "pipes/1/readers/0/nonblocking")));
	assert_true(json_is_true(at(root, "pipes/3/readers/0/blocked")));
	/* A FIFO opened for both is on both sides. */
	assert_string(root, "pipes/4/type", "fifo");
	assert_integer(root, "pipes/4/inode", 77);
	assert_integer(root, "pipes/4/writers/0/pid", 77);
	assert_integer(root, "pipes/4/readers/0/pid", 77);
	assert_true(json_is_null(at(root, "pipes/4/full")));
	assert_integer(root, "processes/2/pid", 800);
	assert_true(json_is_false(at(root, "processes/2/stuck")));
	assert_true(json_is_true(at(root, "processes/6/stuck"))); /* a victim */
	assert_string(root, "processes/2/threads/0/waits_for", "poll");
	assert_integer(root, "stalls/0/writers/0", 811);
	assert_integer(root, "stalls/0/readers/0", 800);
	json_decref(root);
}

/* Nothing that is not known is made up. */
static void test_json__unknown_is_null(void **state)
{
	static const char *const paths[] = {
		"host", "kernel", "time", "limits/pipe_max_size", "limits/pipe_user_pages_soft",
		"limits/pipe_user_pages_hard", "deadlocks/0/blocked_ms", "deadlocks/0/members/0/comm",
		"deadlocks/0/members/0/command", "deadlocks/0/members/0/user",
		"deadlocks/0/members/0/syscall", "deadlocks/0/members/0/fd",
		"deadlocks/0/members/0/count", "deadlocks/0/members/0/blocked_ms", "pipes/0/bytes",
		"pipes/0/capacity", "pipes/0/full", "pipes/0/unseen_readers", "pipes/0/unseen_writers",
		"stalls/0/blocked_ms",
	};
	struct stuckbox *box = *state;
	struct snapshot *s = box->snapshot;
	struct task *log = stuckbox_task(box, TASK_LOG);
	struct process *process = stuckbox_process(box, TASK_LOG);
	struct pipe *pipe = stuckbox_pipe(box, PIPE_ARTICLE);
	json_t *root;

	s->host = s->kernel = s->engine = NULL;
	s->time_ms = s->pipe_max_size = s->pipe_user_pages_soft = s->pipe_user_pages_hard = UNKNOWN;
	box->deadlock.blocked_ms = box->stall.blocked_ms = UNKNOWN;
	process->comm = process->command = process->user = log->call = NULL;
	process->state = '\0';
	log->blocked_ms = log->wait.count_bytes = UNKNOWN;
	log->wait.fd = UNKNOWN;
	pipe->fill_bytes = pipe->capacity_bytes = UNKNOWN;
	pipe->full = FACT_UNKNOWN;
	box->pipes[PIPE_ARTICLE].unseen_readers = FACT_UNKNOWN;
	box->pipes[PIPE_ARTICLE].unseen_writers = FACT_UNKNOWN;
	root = report(box);
	assert_all_keys(root);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_true(json_is_null(at(root, paths[i])));
	assert_string(root, "processes/8/state", "?");
	json_decref(root);
}

static void test_json__what_was_not_seen(void **state)
{
	struct stuckbox *box = *state;
	json_t *root;

	box->snapshot->denied = 3;
	box->snapshot->timed_out = 1;
	box->snapshot->view_limits = LIMIT_NOT_ROOT | LIMIT_TIMEOUT;
	box->deadlock.proved = false;
	box->deadlock.doubt_count = 1;
	box->doubts[0] = (struct doubt){ DOUBT_UNSEEN_PROCESS, NONE, TASK_BASH, PIPE_ARTICLE };
	root = report(box);
	assert_true(json_is_false(at(root, "view/complete")));
	assert_integer(root, "view/unreadable_processes", 4);
	assert_string(root, "view/limits/0", "not-root");
	assert_string(root, "view/limits/1", "timeout");
	assert_string(root, "deadlocks/0/certainty", "likely");
	assert_string(root, "deadlocks/0/why_not_proved/0",
	              "bash (4711) could not be read and may hold pipe:[6715]");
	json_decref(root);
}

static void test_json__scope(void **state)
{
	struct stuckbox *box = *state;
	json_t *root;

	box->pipes[PIPE_SLOW].in_scope = false;
	box->processes[TASK_YES] = false;
	stuckbox_process(box, TASK_PV)->tasks = 0;
	root = report(box);
	assert_int_equal(json_array_size(at(root, "pipes")), STUCKBOX_PIPES - 1);
	assert_int_equal(json_array_size(at(root, "processes")), STUCKBOX_TASKS - 2);
	json_decref(root);
}

static void test_json__stuck_alone(void **state)
{
	json_t *root;

	settings.stuck = true;
	root = report(*state);
	settings.stuck = false;
	assert_all_keys(root);
	assert_int_equal(json_array_size(at(root, "pipes")), 2);
	assert_string(root, "pipes/1/verdict", "stalled");
	json_decref(root);
}

static void test_json__hostile_names(void **state)
{
	static const char hostile[] = "\033]0;x\007\r\n\xe2\x80\xae\xc2\x9b\xff\"\\";
	static const char escaped[] = "\\e]0;x\\x07\\r\\n\\u{202E}\\xc2\\x9b\\xff\"\\\\";
	struct stuckbox *box = *state;
	char *text;
	json_t *root;

	for (uint32_t i = 0; i < STUCKBOX_TASKS; i++) {
		stuckbox_process(box, i)->comm = hostile;
		stuckbox_process(box, i)->user = hostile;
		stuckbox_process(box, i)->command = hostile;
		stuckbox_process(box, i)->state = '\033';
		stuckbox_task(box, i)->call = hostile;
	}
	*stuckbox_path(box) = hostile;
	box->snapshot->host = hostile;
	text = report_text(box);
	for (const char *byte = text; *byte; byte++)
		assert_true(*byte == '\n' || (unsigned char)*byte >= 0x20);
	free(text);
	root = report(box);
	assert_all_keys(root);
	assert_string(root, "host", escaped);
	assert_string(root, "pipes/4/id", escaped);
	assert_string(root, "deadlocks/0/members/0/command", escaped);
	assert_string(root, "processes/0/state", "\\e");
	json_decref(root);
}

static void test_json__nothing_at_all(void **state)
{
	struct stuckbox *box = *state;
	json_t *root;

	box->d.deadlock_count = box->d.stall_count = 0;
	box->snapshot->pipe_count = box->snapshot->process_count = box->snapshot->task_count = 0;
	root = report(box);
	assert_all_keys(root);
	assert_int_equal(json_array_size(at(root, "pipes")), 0);
	json_decref(root);
}

static void test_json__times(void **state)
{
	struct stuckbox *box = *state;
	static const struct {
		int64_t ms;
		const char *expected;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 951782400999, "2000-02-29T00:00:00Z" },
		{ 253402300799999, "9999-12-31T23:59:59Z" },
		{ 253402300800000, NULL },
		{ INT64_MAX, NULL },
		{ -5, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *root;

		box->snapshot->time_ms = cases[i].ms;
		root = report(box);
		if (cases[i].expected)
			assert_string(root, "time", cases[i].expected);
		else
			assert_true(json_is_null(at(root, "time")));
		json_decref(root);
	}
}

static void test_json__full_device(void **state)
{
	struct stuckbox *box = *state;
	FILE *file = fopen("/dev/full", "w");

	assert_non_null(file);
	assert_int_equal(json_write(file, &box->d, &settings), -ENOSPC);
	fclose(file);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, stuckbox_begin, stuckbox_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_json__every_key),
		CASE(test_json__head),
		CASE(test_json__the_article),
		CASE(test_json__pipes_and_processes),
		CASE(test_json__unknown_is_null),
		CASE(test_json__what_was_not_seen),
		CASE(test_json__scope),
		CASE(test_json__stuck_alone),
		CASE(test_json__hostile_names),
		CASE(test_json__nothing_at_all),
		CASE(test_json__times),
		CASE(test_json__full_device),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
