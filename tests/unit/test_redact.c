/* Redaction: no name is left, each fact is, and the same text has the same token. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/builder.h"
#include "model/record.h"
#include "model/redact.h"

/* ---- memory that ends ---- */

static int callocs_left = -1;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	if (callocs_left == 0)
		return NULL;
	if (callocs_left > 0)
		callocs_left--;
	return __real_calloc(count, size);
}

/* ---- a box full of secrets ---- */

static void fill_process(struct process *p, const char *user, const char *comm, const char *command)
{
	p->ppid = 1;
	p->uid = 1000;
	p->start_ticks = 4711;
	p->user = user;
	p->comm = comm;
	p->command = command;
}

static void add_end(struct builder *b, int32_t pid, int32_t fd, uint64_t ino, enum pipe_type type)
{
	builder_add_end(b, &(struct seen_end){ .dev = 14, .ino = ino, .pid = pid, .fd = fd,
	                                       .reads = pid == 1, .writes = pid != 1, .type = type,
	                                       .path = type == PIPE_FIFO ? "/home/secret/fifo \xff" : NULL });
}

static struct snapshot *box(void)
{
	struct builder *b;
	struct snapshot *s;
	struct wait *wait;

	assert_int_equal(builder_new(&b), 0);
	builder_head(b)->host = "secret.example.org";
	builder_head(b)->kernel = "6.1.0";
	builder_head(b)->engine = "proc";
	for (int32_t pid = 1; pid <= 3; pid++) {
		assert_non_null(builder_add_process(b, pid));
		add_end(b, pid, 3, 6715, PIPE_ANONYMOUS);
		add_end(b, pid, 4, 77, PIPE_FIFO);
	}
	add_end(b, 1, 5, 78, PIPE_FIFO);
	assert_int_equal(builder_link(b), 0);
	fill_process(builder_process(b, 0), "secret", "secretd", "/opt/secret --key=secret  x\nsecret ");
	fill_process(builder_process(b, 1), "secret", "java", "java --key=secret");
	fill_process(builder_process(b, 2), NULL, "", " ");
	builder_process(b, 0)->unit = "secret.service";
	builder_process(b, 2)->unit = "";
	builder_add_task(b, 0, 1)->comm = "secretd";
	builder_add_task(b, 1, 2)->comm = "Cleaner-secret";
	wait = &builder_add_task(b, 2, 3)->wait;
	wait->kind = WAIT_OUTSIDE;
	wait->what = "sleep";
	wait->odd_wchan = "new_name";
	builder_task(b, 2)->call = "nanosleep";
	assert_int_equal(builder_seal(b, &s), 0);
	return s;
}

static const char *cleaner(const char *comm)
{
	return strncmp(comm, "Cleaner-", 8) == 0 ? "Cleaner-" : NULL;
}

struct boxes {
	struct snapshot *earlier, *later;
	struct redacted redacted;
};

static int setup(void **state)
{
	struct boxes *boxes = calloc(1, sizeof(*boxes));

	boxes->earlier = box();
	boxes->later = box();
	assert_int_equal(redact(boxes->earlier, boxes->later, cleaner, &boxes->redacted), 0);
	*state = boxes;
	return 0;
}

static int teardown(void **state)
{
	struct boxes *boxes = *state;

	redacted_free(&boxes->redacted);
	snapshot_free(boxes->earlier);
	snapshot_free(boxes->later);
	free(boxes);
	return 0;
}

static char *record_of(const struct snapshot *earlier, const struct snapshot *later)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_int_equal(record_write(file, earlier, later), 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

/* ---- cases ---- */

static void test_redact__leaves_no_name(void **state)
{
	const struct boxes *boxes = *state;
	const struct redacted *r = &boxes->redacted;
	char *text = record_of(r->earlier, r->later), *before = record_of(boxes->earlier, boxes->later);

	assert_non_null(strstr(before, "secret"));
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "java"));
	assert_null(strstr(text, "\"bytes\""));
	free(text);
	free(before);
}

static void test_redact__gives_the_same_text_the_same_token(void **state)
{
	const struct boxes *boxes = *state;
	const struct snapshot *looks[] = { boxes->redacted.earlier, boxes->redacted.later };

	for (int i = 0; i < 2; i++) {
		const struct snapshot *s = looks[i];

		assert_string_equal(s->host, "host-1");
		assert_string_equal(s->processes[0].user, "user-1");
		assert_string_equal(s->processes[1].user, "user-1");
		assert_string_equal(s->processes[0].comm, "name-1");
		assert_string_equal(s->processes[1].comm, "name-2");
		assert_string_equal(s->tasks[0].comm, "name-1");
		assert_string_equal(s->processes[0].command, "arg-1 arg-2 arg-3");
		assert_string_equal(s->processes[1].command, "arg-4 arg-2");
		assert_string_equal(s->processes[0].unit, "unit-1");
		assert_string_equal(snapshot_path(s, 0), "/path-1");
		assert_string_equal(snapshot_path(s, 1), "/path-1");
	}
}

static void test_redact__keeps_what_is_unknown_or_empty(void **state)
{
	const struct process *p = &((struct boxes *)*state)->redacted.later->processes[2];

	assert_null(p->user);
	assert_string_equal(p->comm, "");
	assert_string_equal(p->command, "");
	assert_string_equal(p->unit, "");
}

static void test_redact__keeps_of_a_known_name_what_is_known(void **state)
{
	const struct boxes *boxes = *state;

	assert_string_equal(boxes->redacted.later->tasks[1].comm, "Cleaner-");
}

static bool is_name(const char *key)
{
	static const char *const names[] = { "host", "user", "comm", "command", "unit", "path" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(key, names[i]))
			return true;
	return false;
}

/* The same but for the values of these keys. */
static void assert_same_facts(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;
	size_t i;

	assert_int_equal(json_typeof(a), json_typeof(b));
	assert_int_equal(json_object_size(a), json_object_size(b));
	assert_int_equal(json_array_size(a), json_array_size(b));
	json_object_foreach((json_t *)a, key, value)
		if (!is_name(key))
			assert_same_facts(value, json_object_get(b, key));
	json_array_foreach(a, i, value)
		assert_same_facts(value, json_array_get(b, i));
	if (!json_is_object(a) && !json_is_array(a))
		assert_true(json_equal(a, b));
}

static void test_redact__changes_nothing_else(void **state)
{
	const struct boxes *boxes = *state;
	const struct redacted *r = &boxes->redacted;
	char *before = record_of(boxes->earlier, boxes->later), *after = record_of(r->earlier, r->later);
	json_t *a = json_loads(before, 0, NULL), *b = json_loads(after, 0, NULL);

	assert_non_null(a);
	assert_non_null(b);
	assert_same_facts(a, b);
	json_decref(a);
	json_decref(b);
	free(before);
	free(after);
}

static void test_redact__leaves_the_originals(void **state)
{
	struct boxes *boxes = *state;
	struct snapshot *fresh = box();
	char *before = record_of(NULL, fresh), *after = record_of(NULL, boxes->later);

	assert_string_equal(before, after);
	free(before);
	free(after);
	snapshot_free(fresh);
}

static void test_redact__one_look(void **state)
{
	const struct boxes *boxes = *state;
	struct redacted one;

	assert_int_equal(redact(NULL, boxes->later, cleaner, &one), 0);
	assert_null(one.earlier);
	assert_string_equal(one.later->host, "host-1");
	redacted_free(&one);
}

static void test_redact__no_memory(void **state)
{
	const struct boxes *boxes = *state;
	struct redacted none = { 0 };
	int tries = 0, r;

	do {
		callocs_left = tries++;
		r = redact(boxes->earlier, boxes->later, cleaner, &none);
		callocs_left = -1;
		if (r < 0) {
			assert_int_equal(r, -ENOMEM);
			assert_null(none.arena);
		}
	} while (r < 0);
	assert_true(tries > 2);
	redacted_free(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_redact__leaves_no_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_redact__gives_the_same_text_the_same_token,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(test_redact__keeps_what_is_unknown_or_empty,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(test_redact__keeps_of_a_known_name_what_is_known,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(test_redact__changes_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(test_redact__leaves_the_originals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_redact__one_look, setup, teardown),
		cmocka_unit_test_setup_teardown(test_redact__no_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
