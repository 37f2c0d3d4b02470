/* Records: every fact survives the way to JSON and back, and no damage leads to a crash. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/builder.h"
#include "model/record.h"

/* ---- two snapshots in which every member differs from what it is made as ---- */

static void fill_head(struct builder *b)
{
	struct snapshot *head = builder_head(b);

	head->host = "stuck\x1b[31mbox";
	head->kernel = "6.1.0-13-amd64";
	head->engine = "proc";
	head->time_ms = 1700000000123;
	head->uptime_ms = 1048440000;
	head->elapsed_us = 4711;
	head->pipe_max_size = 1048576;
	head->pipe_user_pages_soft = 16384;
	head->pipe_user_pages_hard = 0;
	head->view_limits = LIMIT_NOT_ROOT | LIMIT_HIDEPID | LIMIT_NARROW;
	head->denied = 12;
	head->vanished = UINT32_MAX;
	head->timed_out = 2;
	head->fds_seen = UINT64_MAX;
	head->fds_unidentified = INT64_MAX;
	head->settled = true;
	head->descriptors_in_flight = FACT_NO;
	head->alarm_pending = FACT_YES;
}

static void fill_process(struct process *p, int32_t ppid)
{
	p->ppid = ppid;
	p->pgid = 90900;
	p->start_ticks = 123456789012;
	p->exit_signal = 17;
	p->thread_count = 2;
	p->uid = 4294967294;
	p->user = "al\"ice";
	p->comm = "py\xff\xfethon";
	p->command = "python3 -c \n\xc3\xa4 \xed\xa0\x80";
	p->unit = "docker:0123456789ab";
	p->state = 'S';
	p->kernel_thread = true;
	p->self = true;
	p->access = ACCESS_READ;
	p->has_uring = true;
	p->uring_files = FACT_YES;
	p->examined = true;
	p->signals_known = true;
	p->signals_caught = 0x8000000000000002;
	p->tracer = 0;
	p->namespace_init = FACT_NO;
	p->posix_timers = FACT_YES;
	p->async_descriptors = FACT_YES;
}

static void fill_pipe(struct pipe *p)
{
	p->fill_bytes = 65520;
	p->capacity_bytes = 65536;
	p->full = FACT_YES;
	p->packet = FACT_NO;
	p->no_writers = FACT_NO;
	p->no_readers = FACT_YES;
	p->unseen_readers = FACT_YES;
	p->extra_references = FACT_YES;
	p->unseen_writers = FACT_NO;
	p->named = FACT_YES;
}

static void fill_task(struct task *t)
{
	t->start_ticks = UINT64_MAX;
	t->state = 'D';
	t->comm = "";
	t->table = 3;
	t->compat = true;
	t->syscall = 61;
	t->call = "wait4";
	for (unsigned i = 0; i < 6; i++)
		t->args[i] = UINT64_MAX - i;
	t->sp = 0x7ffe00000001;
	t->pc = 0xffffffff81000000;
	t->voluntary_switches = 42;
	t->blocked_ms = 11520000;
	t->wait.kind = WAIT_OUTSIDE;
	t->wait.what = "sleep";
	t->wait.inferred = true;
	t->wait.stopped = true;
	t->wait.by_signal = true;
	t->wait.timed = true;
	t->wait.ready = true;
	t->wait.fd = 7;
	t->wait.count_bytes = 300000;
	t->wait.pipe = 1;
	t->wait.children = CHILDREN_ANY;
	t->wait.child = 90909;
	t->wait.odd_wchan = "new_pipe_write";
}

static void fill_targets(struct builder *b, struct wait *wait)
{
	static const struct target targets[] = {
		{ TARGET_SPACE, 1, 0, NONE, true, false },
		{ TARGET_EXIT, 9, NONE, 1, false, false },
		{ TARGET_UNKNOWN, UNKNOWN, NONE, NONE, false, false },
	};

	wait->kind = WAIT_POLL;
	wait->first_target = builder_target_count(b);
	wait->targets = 3;
	for (int i = 0; i < 3; i++)
		*builder_add_target(b) = targets[i];
}

static struct snapshot *build(bool rich)
{
	struct builder *b;
	struct snapshot *s;

	assert_int_equal(builder_new(&b), 0);
	builder_add_process(b, 90908);
	builder_add_process(b, 90909);
	builder_add_end(b, &(struct seen_end){ .dev = 14, .ino = 6715, .pid = 90908, .fd = 3,
	                                       .reads = true, .nonblocking = FACT_NO });
	builder_add_end(b, &(struct seen_end){ .dev = 14, .ino = 6715, .pid = 90909, .fd = 2,
	                                       .table = 1, .writes = true });
	builder_add_end(b, &(struct seen_end){ .dev = UINT32_MAX, .ino = UINT64_MAX - 1, .pid = 90908,
	                                       .fd = 4, .reads = true, .writes = true,
	                                       .type = PIPE_FIFO, .nonblocking = FACT_YES,
	                                       .path = rich ? "/tmp/\x80 fifo" : NULL });
	assert_int_equal(builder_link(b), 0);
	builder_add_task(b, 0, 90908);
	if (rich) {
		fill_head(b);
		fill_process(builder_process(b, 0), 1);
		fill_process(builder_process(b, 1), 90908);
		fill_pipe(builder_pipe(b, 1));
		fill_task(builder_task(b, 0));
		fill_targets(b, &builder_add_task(b, 0, 90910)->wait);
		fill_task(builder_add_task(b, 1, 90909));
	}
	assert_int_equal(builder_seal(b, &s), 0);
	return s;
}

/* ---- comparing ---- */

static void assert_same_text(const char *a, const char *b)
{
	if (a && b)
		assert_string_equal(a, b);
	else
		assert_ptr_equal(a, b);
}

/* Texts one by one, then everything else at once, so that no member can be forgotten. */
static void assert_same_process(const struct process *left, const struct process *right)
{
	struct process a, b;

	memcpy(&a, left, sizeof(a));
	memcpy(&b, right, sizeof(b));
	assert_same_text(a.user, b.user);
	assert_same_text(a.comm, b.comm);
	assert_same_text(a.command, b.command);
	assert_same_text(a.unit, b.unit);
	a.user = a.comm = a.command = a.unit = b.user = b.comm = b.command = b.unit = NULL;
	assert_memory_equal(&a, &b, sizeof(a));
}

static void assert_same_task(const struct task *left, const struct task *right)
{
	struct task a, b;

	memcpy(&a, left, sizeof(a));
	memcpy(&b, right, sizeof(b));
	assert_same_text(a.comm, b.comm);
	assert_same_text(a.call, b.call);
	assert_same_text(a.wait.what, b.wait.what);
	assert_same_text(a.wait.odd_wchan, b.wait.odd_wchan);
	a.comm = a.call = a.wait.what = a.wait.odd_wchan = NULL;
	b.comm = b.call = b.wait.what = b.wait.odd_wchan = NULL;
	if (!a.wait.targets)
		a.wait.first_target = b.wait.first_target = 0;
	assert_memory_equal(&a, &b, sizeof(a));
}

static void assert_same_pipe(const struct pipe *left, const struct pipe *right)
{
	assert_memory_equal(left, right, sizeof(*left));
}

static void assert_same_holder(const struct holder *a, const struct holder *b)
{
	assert_int_equal(a->pipe, b->pipe);
	assert_int_equal(a->process, b->process);
	assert_int_equal(a->fd, b->fd);
	assert_int_equal(a->table, b->table);
	assert_int_equal(a->reads, b->reads);
	assert_int_equal(a->writes, b->writes);
	assert_int_equal(a->nonblocking, b->nonblocking);
}

static void assert_same_target(const struct target *a, const struct target *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->fd, b->fd);
	assert_int_equal(a->pipe, b->pipe);
	assert_int_equal(a->process, b->process);
	assert_int_equal(a->ready, b->ready);
}

static void assert_same_head(const struct snapshot *left, const struct snapshot *right)
{
	struct snapshot a = *left, b = *right;

	assert_same_text(a.host, b.host);
	assert_same_text(a.kernel, b.kernel);
	assert_same_text(a.engine, b.engine);
	assert_int_equal(a.time_ms, b.time_ms);
	assert_int_equal(a.uptime_ms, b.uptime_ms);
	assert_int_equal(a.elapsed_us, b.elapsed_us);
	assert_int_equal(a.pipe_max_size, b.pipe_max_size);
	assert_int_equal(a.pipe_user_pages_soft, b.pipe_user_pages_soft);
	assert_int_equal(a.pipe_user_pages_hard, b.pipe_user_pages_hard);
	assert_int_equal(a.view_limits, b.view_limits);
	assert_int_equal(a.denied, b.denied);
	assert_int_equal(a.vanished, b.vanished);
	assert_int_equal(a.timed_out, b.timed_out);
	assert_int_equal(a.fds_seen, b.fds_seen);
	assert_int_equal(a.fds_unidentified, b.fds_unidentified);
	assert_int_equal(a.settled, b.settled);
	assert_int_equal(a.descriptors_in_flight, b.descriptors_in_flight);
	assert_int_equal(a.alarm_pending, b.alarm_pending);
}

static void assert_same_snapshot(const struct snapshot *a, const struct snapshot *b)
{
	assert_same_head(a, b);
	assert_int_equal(a->process_count, b->process_count);
	assert_int_equal(a->task_count, b->task_count);
	assert_int_equal(a->pipe_count, b->pipe_count);
	assert_int_equal(a->holder_count, b->holder_count);
	assert_int_equal(a->target_count, b->target_count);
	for (uint32_t i = 0; i < a->process_count; i++)
		assert_same_process(&a->processes[i], &b->processes[i]);
	for (uint32_t i = 0; i < a->task_count; i++)
		assert_same_task(&a->tasks[i], &b->tasks[i]);
	for (uint32_t i = 0; i < a->pipe_count; i++) {
		assert_same_pipe(&a->pipes[i], &b->pipes[i]);
		assert_same_text(snapshot_path(a, i), snapshot_path(b, i));
	}
	for (uint32_t i = 0; i < a->holder_count; i++)
		assert_same_holder(&a->holders[i], &b->holders[i]);
	for (uint32_t i = 0; i < a->target_count; i++)
		assert_same_target(&a->targets[i], &b->targets[i]);
}

/* ---- text ---- */

static char *write_text(const struct snapshot *earlier, const struct snapshot *later)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_int_equal(record_write(file, earlier, later), 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static int read_bytes(const char *bytes, size_t length, struct snapshot **ret_earlier,
                      struct snapshot **ret_later, char error[RECORD_ERROR_SIZE])
{
	/* Exactly as long as it is, so that a sanitizer sees a read behind its end. */
	char *copy = malloc(length + 1);
	FILE *file;
	int r;

	memcpy(copy, bytes, length);
	copy[length] = '\0';
	file = fmemopen(copy, length, "r");
	r = record_read(file, ret_earlier, ret_later, error);
	fclose(file);
	free(copy);
	return r;
}

static void assert_one_printable_line(const char *error)
{
	assert_true(*error);
	for (const char *c = error; *c; c++)
		assert_in_range(*c, ' ', '~');
}

static char *replace(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out = malloc(strlen(text) + strlen(to) + 1);

	assert_non_null(at);
	sprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return out;
}

/* ---- cases ---- */

static void test_record__keeps_every_fact(void **state)
{
	struct snapshot *plain = build(false), *rich = build(true), *earlier, *later;
	char *text = write_text(plain, rich), error[RECORD_ERROR_SIZE];

	(void)state;
	assert_int_equal(read_bytes(text, strlen(text), &earlier, &later, error), 0);
	assert_same_snapshot(plain, earlier);
	assert_same_snapshot(rich, later);
	snapshot_free(plain);
	snapshot_free(rich);
	snapshot_free(earlier);
	snapshot_free(later);
	free(text);
}

static void test_record__gives_the_same_text_again(void **state)
{
	struct snapshot *plain = build(false), *rich = build(true), *earlier, *later;
	char *text = write_text(rich, plain), error[RECORD_ERROR_SIZE], *again;

	(void)state;
	assert_int_equal(read_bytes(text, strlen(text), &earlier, &later, error), 0);
	again = write_text(earlier, later);
	assert_string_equal(text, again);
	snapshot_free(plain);
	snapshot_free(rich);
	snapshot_free(earlier);
	snapshot_free(later);
	free(text);
	free(again);
}

static void test_record__of_one_look_has_no_earlier_one(void **state)
{
	struct snapshot *rich = build(true), *earlier = rich, *later;
	char *text = write_text(NULL, rich), error[RECORD_ERROR_SIZE];

	(void)state;
	assert_int_equal(read_bytes(text, strlen(text), &earlier, &later, error), 0);
	assert_null(earlier);
	assert_same_snapshot(rich, later);
	snapshot_free(rich);
	snapshot_free(later);
	free(text);
}

static void test_record__is_readable(void **state)
{
	static const char *const lines[] = {
		"\"schema\": \"pipetop-record/1\"", "\"ino\": 6715", "\"dev\": 4294967295", "\"ino\": \"0xfffffffffffffffe\"",
		"\"fill_bytes\": 65520", "\"full\": true", "\"kind\": \"outside\"", "\"comm\": \"\"",
		"\"bytes\": \"7079fffe74686f6e\"", "\"state\": null", "\"denied\"",
	};
	struct snapshot *rich = build(true);
	char *text = write_text(NULL, rich);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (!strstr(text, lines[i]))
			fail_msg("%s is missing", lines[i]);
	snapshot_free(rich);
	free(text);
}

static void test_record__refuses_what_is_wrong(void **state)
{
	static const struct { const char *from, *to, *error; } cases[] = {
		{ "pipetop-record/1", "pipetop-record/2",
		  "not a record of pipetop: no \"schema\": \"pipetop-record/1\"" },
		{ "\"looks\": [", "\"looks\": [1,2,", "looks: not one or two looks" },
		{ "\"pid\": 90908", "\"pid\": 90909", "looks[0].processes[1]: not in the order of pid" },
		{ "\"pid\": 90908", "\"pid\": 0", "looks[0].processes[0]: not in the order of pid" },
		{ "\"pid\": 90909,\n     \"ppid\"", "\"pid\": 2147483648, \"ppid\"",
		  "looks[0].processes[1]: not in the order of pid" },
		{ "\"tid\": 90910", "\"tid\": 90908",
		  "looks[0].processes[0].threads[1]: not in the order of tid" },
		{ "\"fd\": 4", "\"fd\": 3", "looks[0].processes[0].ends[1]: not in the order of table and fd" },
		{ "\"dev\": 14", "\"dev\": 4294967296", "looks[0].pipes[0].dev: out of range" },
		{ "\"fd\": 3", "\"fd\": -1", "looks[0].processes[0].ends[0].fd: out of range" },
		{ "\"fd\": 4", "\"fd\": 134217728", "looks[0].processes[0].ends[1]: out of range" },
		{ "\"ino\": 6715", "\"ino\": -6715",
		  "looks[0].pipes[0].ino: neither a whole number nor \"0x\" with 1 to 16 digits" },
		{ "\"ino\": 6715", "\"ino\": \"0x\"",
		  "looks[0].pipes[0].ino: neither a whole number nor \"0x\" with 1 to 16 digits" },
		{ "\"ino\": 6715", "\"ino\": \"0x11112222333344445\"",
		  "looks[0].pipes[0].ino: neither a whole number nor \"0x\" with 1 to 16 digits" },
		{ "\"dev\": 14,\n     \"ino\": 6715",
		  "\"dev\": 4294967295, \"ino\": \"0xffffffffffffffff\"",
		  "looks[0].pipes[1]: not in the order of dev and ino" },
		{ "\"pipe\": 1", "\"pipe\": 0", "looks[0].pipes: there is a pipe that nobody holds" },
		{ "\"pipe\": 1", "\"pipe\": 2", "looks[0].processes[0].ends[1].pipe: no such pipe" },
		{ "\"pipe\": 1", "\"pipe\": 1.0", "looks[0].processes[0].ends[1].pipe: no such pipe" },
		{ "\"pid\": 90909", "\"pid\": 90911",
		  "looks[0].processes[0].threads[1].wait.targets[1].pid: no such process" },
		{ "\"kind\": \"outside\"", "\"kind\": \"o\\u001b\"",
		  "looks[0].processes[0].threads[0].wait.kind: not one of the words that may stand here" },
		{ "\"kind\": \"poll\"", "\"kind\": \"pipe-data\"",
		  "looks[0].processes[0].threads[1].wait: waits for a pipe and names none" },
		{ "\"kind\": \"poll\"", "\"kind\": \"outside\"",
		  "looks[0].processes[0].threads[1].wait: waits for the outside world and does not say for what" },
		{ "\"kind\": \"exit\"", "\"kind\": \"data\"",
		  "looks[0].processes[0].threads[1].wait.targets[1]: waits for a pipe and names none" },
		{ "\"what\": \"sleep\"", "\"what\": \"\\u001b[2J\"",
		  "looks[0].processes[0].threads[0].wait.what: not a name of printable ASCII" },
		{ "\"hidepid\"", "\"hidden\"",
		  "looks[0].view_limits[1]: not one of the words that may stand here" },
		{ "\"vanished\": 4294967295", "\"vanished\": 4294967296", "looks[0].vanished: out of range" },
		{ "\"denied\": 12", "\"denied\": null", "looks[0].denied: missing" },
		{ "\"denied\": 12", "\"denied\": \"12\"", "looks[0].denied: not a whole number" },
		{ "\"denied\": 12", "\"denyed\": 12", "looks[0].denied: missing" },
		{ "\"timed_out\"", "\"x\": 1, \"timed_out\"", "looks[0]: unknown key \"x\"" },
		{ "\"timed_out\"", "\"\\u001b[2J\": 1, \"timed_out\"",
		  "looks[0]: unknown key that is not printable" },
		{ "\"settled\": true", "\"settled\": 1", "looks[0].settled: neither true nor false" },
		{ "\"full\": true", "\"full\": \"yes\"",
		  "looks[0].pipes[1].full: neither true, false nor null" },
		{ "\"table\": 3", "\"table\": 65536",
		  "looks[0].processes[0].threads[0].table: out of range" },
		{ "\"state\": \"D\"", "\"state\": \"DD\"",
		  "looks[0].processes[0].threads[0].state: not one letter" },
		{ "\"kernel\": \"6.1.0-13-amd64\"", "\"kernel\": {\"bytes\": \"ff00\"}",
		  "looks[0].kernel: its bytes are not in hexadecimal" },
		{ "\"kernel\": \"6.1.0-13-amd64\"", "\"kernel\": {\"bytes\": \"f\"}",
		  "looks[0].kernel: its bytes are not in hexadecimal" },
		{ "\"kernel\": \"6.1.0-13-amd64\"", "\"kernel\": {\"bytes\": \"ff\", \"more\": 1}",
		  "looks[0].kernel: neither text nor { \"bytes\": HEX }" },
		{ "\"kernel\": \"6.1.0-13-amd64\"", "\"kernel\": 6",
		  "looks[0].kernel: neither text nor { \"bytes\": HEX }" },
		{ "\"kernel\": \"6.1.0-13-amd64\"", "\"kernel\": \"a\\u0000b\"",
		  "line 6, column " },
		{ "\"processes\": [", "\"processes\": {}, \"p\": [", "looks[0].processes: not an array" },
		{ "\"pipes\": [", "\"pipes\": [3, ", "looks[0].pipes[0]: not an object" },
		{ "\"engine\"", "\"kernel\": null, \"engine\"", "line 7, column " },
	};
	struct snapshot *rich = build(true), *earlier, *later;
	char *text = write_text(NULL, rich), error[RECORD_ERROR_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *wrong = replace(text, cases[i].from, cases[i].to);

		if (read_bytes(wrong, strlen(wrong), &earlier, &later, error) != -EINVAL)
			fail_msg("%s instead of %s was taken", cases[i].to, cases[i].from);
		if (strncmp(error, cases[i].error, strlen(cases[i].error)) != 0)
			fail_msg("\"%s\" instead of \"%s\"", error, cases[i].error);
		free(wrong);
	}
	snapshot_free(rich);
	free(text);
}

static void test_record__takes_a_missing_key_for_unknown(void **state)
{
	struct snapshot *rich = build(true), *earlier, *later;
	char *text = write_text(NULL, rich), error[RECORD_ERROR_SIZE];
	char *some = replace(text, "\"fill_bytes\": null,", "");
	char *less = replace(some, "\"exit_signal\": 17,", "");

	(void)state;
	assert_int_equal(read_bytes(less, strlen(less), &earlier, &later, error), 0);
	assert_int_equal(later->pipes[0].fill_bytes, UNKNOWN);
	assert_int_equal(later->processes[0].exit_signal, UNKNOWN);
	snapshot_free(rich);
	snapshot_free(later);
	free(text);
	free(some);
	free(less);
}

static void test_record__survives_being_cut_at_each_byte(void **state)
{
	struct snapshot *rich = build(true), *earlier, *later;
	char *text = write_text(NULL, rich), error[RECORD_ERROR_SIZE];
	size_t whole = strlen(text) - 1; /* without the last newline */

	(void)state;
	for (size_t length = 1; length < whole; length++) {
		assert_int_equal(read_bytes(text, length, &earlier, &later, error), -EINVAL);
		assert_one_printable_line(error);
	}
	snapshot_free(rich);
	free(text);
}

/* xorshift32: the same mutations on each run. */
static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Overwrites, or swaps for another place of the text, some bytes. */
static void mutate(char *text, size_t length, uint32_t *seed)
{
	static const char bytes[] = "0123456789-\"{}[],:etn\\u\xff\x1b ";
	uint32_t rounds = next_random(seed) % 4 + 1;

	for (uint32_t i = 0; i < rounds; i++) {
		size_t at = next_random(seed) % length, from = next_random(seed) % length;
		size_t run = next_random(seed) % 12;

		if (next_random(seed) % 2)
			text[at] = bytes[next_random(seed) % (sizeof(bytes) - 1)];
		else if (at + run < length && from + run < length)
			memmove(text + at, text + from, run);
	}
}

static void test_record__survives_mutations(void **state)
{
	struct snapshot *rich = build(true), *earlier, *later;
	char *text = write_text(rich, rich), error[RECORD_ERROR_SIZE], *again;
	size_t length = strlen(text);
	char *mutant = malloc(length + 1);
	uint32_t seed = 2463534242, taken = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		memcpy(mutant, text, length + 1);
		mutate(mutant, length, &seed);
		if (read_bytes(mutant, length, &earlier, &later, error) < 0) {
			assert_one_printable_line(error);
			continue;
		}
		/* Whatever was let in is a snapshot like any other. */
		again = write_text(earlier, later);
		free(again);
		snapshot_free(earlier);
		snapshot_free(later);
		taken++;
	}
	assert_in_range(taken, 1, 3999);
	snapshot_free(rich);
	free(text);
	free(mutant);
}

static void test_record__tells_of_a_full_device(void **state)
{
	struct snapshot *rich = build(true);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(record_write(full, NULL, rich), -ENOSPC);
	fclose(full);
	snapshot_free(rich);
}

static void test_record__tells_of_a_directory(void **state)
{
	struct snapshot *earlier, *later;
	char error[RECORD_ERROR_SIZE];
	FILE *directory = fopen("/", "r");

	(void)state;
	assert_non_null(directory);
	assert_int_equal(record_read(directory, &earlier, &later, error), -EISDIR);
	fclose(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record__keeps_every_fact),
		cmocka_unit_test(test_record__gives_the_same_text_again),
		cmocka_unit_test(test_record__of_one_look_has_no_earlier_one),
		cmocka_unit_test(test_record__is_readable),
		cmocka_unit_test(test_record__refuses_what_is_wrong),
		cmocka_unit_test(test_record__takes_a_missing_key_for_unknown),
		cmocka_unit_test(test_record__survives_being_cut_at_each_byte),
		cmocka_unit_test(test_record__survives_mutations),
		cmocka_unit_test(test_record__tells_of_a_full_device),
		cmocka_unit_test(test_record__tells_of_a_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
