/* The wording of a watch, on the hand-made box of stuckbox.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "stuckbox.h"
#include "watch/lines.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static const int64_t noon_ms = 1700000000123;
#define NOON "2023-11-14T22:13:20.123Z"

/* One line in memory, to be freed. */
static char *line(struct stuckbox *box, const struct change *change, bool json, bool ascii)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_int_equal(json ? lines_json(file, &box->d, change)
	                      : lines_text(file, &box->d, change, ascii), 0);
	fclose(file);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	return text;
}

static void expect_text(struct stuckbox *box, const struct change *change, const char *expected)
{
	char *text = line(box, change, false, false);

	assert_memory_equal(text, NOON " ", strlen(NOON " "));
	assert_string_equal(text + strlen(NOON " "), expected);
	free(text);
}

static const struct change_pipe *key_of(const struct stuckbox *box, uint32_t at)
{
	static struct change_pipe keys[STUCKBOX_PIPES];
	const struct pipe *pipe = &box->snapshot->pipes[at];

	keys[at] = (struct change_pipe){
		pipe->dev, pipe->ino, pipe->type, snapshot_path(box->snapshot, at),
	};
	return &keys[at];
}

static struct change about_pipe(const struct stuckbox *box, enum change_kind kind, uint32_t at)
{
	return (struct change){
		.kind = kind, .time_ms = noon_ms, .pipe = key_of(box, at), .at = at,
		.finding = NONE,
	};
}

static const struct change_member members[] = {
	{ .pid = 90909, .tid = 90909, .comm = "log" },
	{ .pid = 90908, .tid = 90910, .comm = "\033[2Jpython3" },
};

static struct change_deadlock deadlock_of(const struct stuckbox *box)
{
	return (struct change_deadlock){
		.number = 3, .kind = KIND_WRITE_WAIT, .proved = true, .since_ms = noon_ms - 42000,
		.members = members, .member_count = 2,
		.pipes = key_of(box, PIPE_ARTICLE), .pipe_count = 1,
	};
}

static const struct change exited = {
	.kind = CHANGE_EXITED, .time_ms = noon_ms, .at = NONE, .finding = NONE,
	.ending = { .pid = 12, .comm = "a\nb", .status = 3, .signal = 0 },
};

static void test_lines__text_of_pipes(void **state)
{
	struct stuckbox box;
	struct change change;

	(void)state;
	stuckbox_setup(&box);
	change = about_pipe(&box, CHANGE_OPENED, PIPE_STARVED);
	expect_text(&box, &change, "opened   pipe:[8200], from bash (77) to cat (78)\n");
	change = about_pipe(&box, CHANGE_BLOCKED, PIPE_SLOW);
	expect_text(&box, &change,
	            "blocked  pipe:[8100], 61,440 of 65,536 bytes: yes (1201) is in write(1, …, 8192)\n");
	change = about_pipe(&box, CHANGE_FULL, PIPE_SLOW);
	expect_text(&box, &change,
	            "full     pipe:[8100], 61,440 of 65,536 bytes, from yes (1201) to pv (1202)\n");
	change = about_pipe(&box, CHANGE_MOVING, PIPE_SLOW);
	expect_text(&box, &change, "moving   pipe:[8100], 61,440 of 65,536 bytes\n");
	change = about_pipe(&box, CHANGE_STALLED, PIPE_STALLED);
	expect_text(&box, &change, "stalled  pipe:[8012], 65,536 of 65,536 bytes: no slot freed for "
	            "42 s: its reader node (800) is in epoll_wait on other files\n");
	change.kind = CHANGE_CLOSED;
	change.at = NONE;
	expect_text(&box, &change, "closed   pipe:[8012]\n");
	stuckbox_teardown(&box);
}

static void test_lines__text_of_deadlocks(void **state)
{
	struct stuckbox box;
	struct change_deadlock deadlock;
	struct change change = { .kind = CHANGE_DEADLOCK, .time_ms = noon_ms, .at = NONE };
	char *text;

	(void)state;
	stuckbox_setup(&box);
	deadlock = deadlock_of(&box);
	change.deadlock = &deadlock;
	text = line(&box, &change, false, false);
	assert_non_null(strstr(text, " deadlock 3 (write-wait, proved): log (90909) waits for room in "
	                             "pipe:[6715]; only python3 (90908) could make it. "));
	free(text);
	change.kind = CHANGE_CLEARED;
	change.finding = NONE;
	expect_text(&box, &change, "cleared  3 (write-wait, proved) after 42 s: log (90909), "
	            "\\e[2Jpython3 (90908, thread 90910)\n");
	stuckbox_teardown(&box);
}

static void test_lines__text_of_endings(void **state)
{
	struct stuckbox box;
	struct change change = exited;

	(void)state;
	stuckbox_setup(&box);
	expect_text(&box, &change, "exited   a\\nb (12), status 3\n");
	change.ending.status = UNKNOWN;
	change.ending.signal = 9;
	expect_text(&box, &change, "exited   a\\nb (12), killed by signal 9 (Killed)\n");
	change.ending.signal = UNKNOWN;
	expect_text(&box, &change, "exited   a\\nb (12)\n");
	stuckbox_teardown(&box);
}

static void test_lines__ascii(void **state)
{
	struct stuckbox box;
	struct change change;
	char *text;

	(void)state;
	stuckbox_setup(&box);
	change = about_pipe(&box, CHANGE_BLOCKED, PIPE_SLOW);
	text = line(&box, &change, false, true);
	assert_non_null(strstr(text, "write(1, ..., 8192)"));
	free(text);
	stuckbox_teardown(&box);
}

/* Keys of the object, each once, in no order. */
static void expect_keys(const json_t *object, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!json_object_get(object, keys[i]))
			fail_msg("no key %s", keys[i]);
	assert_int_equal(json_object_size(object), count);
}

static json_t *object(struct stuckbox *box, const struct change *change)
{
	char *text = line(box, change, true, false);
	json_t *value;

	for (const char *c = text; c[1]; c++)
		assert_true((unsigned char)*c >= 0x20);
	value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(value);
	assert_string_equal(json_string_value(json_object_get(value, "time")), NOON);
	assert_string_equal(json_string_value(json_object_get(value, "event")),
	                    change_name(change->kind));
	free(text);
	return value;
}

static void test_lines__json_of_pipes(void **state)
{
	static const char *const keys[] = {
		"time", "event", "pipe", "type", "dev", "inode", "bytes", "capacity", "full", "verdict",
		"writers", "readers", "blocked_ms", "reason",
	};
	static const enum change_kind kinds[] = {
		CHANGE_OPENED, CHANGE_MOVING, CHANGE_FULL, CHANGE_BLOCKED, CHANGE_STALLED,
	};
	struct stuckbox box;

	(void)state;
	stuckbox_setup(&box);
	for (uint32_t at = 0; at < STUCKBOX_PIPES; at++)
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			const struct change change = about_pipe(&box, kinds[i], at);
			json_t *value = object(&box, &change);

			expect_keys(value, keys, ARRAY_SIZE(keys));
			json_decref(value);
		}
	stuckbox_teardown(&box);
}

static void test_lines__json_of_a_hostile_fifo_that_has_gone(void **state)
{
	struct stuckbox box;
	struct change change;
	json_t *value;

	(void)state;
	stuckbox_setup(&box);
	change = about_pipe(&box, CHANGE_CLOSED, PIPE_HOSTILE);
	change.at = NONE;
	value = object(&box, &change);
	assert_string_equal(json_string_value(json_object_get(value, "type")), "fifo");
	assert_string_equal(json_string_value(json_object_get(value, "pipe")),
	                    "/tmp/\\e[2J\\u{202E}\"gnp.\\xff\\n");
	assert_true(json_is_null(json_object_get(value, "bytes")));
	assert_true(json_is_null(json_object_get(value, "verdict")));
	assert_int_equal(json_array_size(json_object_get(value, "writers")), 0);
	json_decref(value);
	stuckbox_teardown(&box);
}

static void test_lines__json_of_deadlocks(void **state)
{
	static const char *const keys[] = {
		"time", "event", "id", "kind", "certainty", "members", "pipes", "explanation",
	};
	struct stuckbox box;
	struct change_deadlock deadlock;
	struct change change = { .kind = CHANGE_DEADLOCK, .time_ms = noon_ms, .at = NONE };
	json_t *value, *member;

	(void)state;
	stuckbox_setup(&box);
	deadlock = deadlock_of(&box);
	change.deadlock = &deadlock;
	value = object(&box, &change);
	expect_keys(value, keys, ARRAY_SIZE(keys));
	assert_int_equal(json_integer_value(json_object_get(value, "id")), 3);
	member = json_array_get(json_object_get(value, "members"), 1);
	assert_int_equal(json_integer_value(json_object_get(member, "tid")), 90910);
	assert_string_equal(json_string_value(json_object_get(member, "comm")), "\\e[2Jpython3");
	assert_string_equal(json_string_value(json_array_get(json_object_get(value, "pipes"), 0)),
	                    "pipe:[6715]");
	json_decref(value);
	change.kind = CHANGE_CLEARED;
	change.finding = NONE;
	value = object(&box, &change);
	expect_keys(value, keys, ARRAY_SIZE(keys));
	assert_true(json_is_null(json_object_get(value, "explanation")));
	json_decref(value);
	stuckbox_teardown(&box);
}

static void test_lines__json_of_endings(void **state)
{
	static const char *const keys[] = { "time", "event", "pid", "comm", "status", "signal" };
	struct stuckbox box;
	struct change change = exited;
	json_t *value;

	(void)state;
	stuckbox_setup(&box);
	value = object(&box, &change);
	expect_keys(value, keys, ARRAY_SIZE(keys));
	assert_int_equal(json_integer_value(json_object_get(value, "status")), 3);
	assert_true(json_is_null(json_object_get(value, "signal")));
	json_decref(value);
	change.ending.status = change.ending.signal = UNKNOWN;
	value = object(&box, &change);
	assert_true(json_is_null(json_object_get(value, "status")));
	json_decref(value);
	stuckbox_teardown(&box);
}

static void test_lines__a_full_device_is_told(void **state)
{
	struct stuckbox box;
	FILE *file = fopen("/dev/full", "w");

	(void)state;
	if (!file)
		skip();
	stuckbox_setup(&box);
	assert_int_equal(lines_text(file, &box.d, &exited, false), -ENOSPC);
	assert_int_equal(lines_json(file, &box.d, &exited), -ENOSPC);
	assert_true(ferror(file));
	fclose(file);
	stuckbox_teardown(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines__text_of_pipes),
		cmocka_unit_test(test_lines__text_of_deadlocks),
		cmocka_unit_test(test_lines__text_of_endings),
		cmocka_unit_test(test_lines__ascii),
		cmocka_unit_test(test_lines__json_of_pipes),
		cmocka_unit_test(test_lines__json_of_a_hostile_fifo_that_has_gone),
		cmocka_unit_test(test_lines__json_of_deadlocks),
		cmocka_unit_test(test_lines__json_of_endings),
		cmocka_unit_test(test_lines__a_full_device_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
