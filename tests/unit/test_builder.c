#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "model/builder.h"

static void add_end(struct builder *b, int32_t pid, int32_t fd, uint64_t dev, uint64_t ino, bool writes)
{
	const struct seen_end end = {
		.dev = dev, .ino = ino, .pid = pid, .fd = fd, .reads = !writes, .writes = writes,
	};

	assert_int_equal(builder_add_end(b, &end), 0);
}

/* Pids and pipes in no order, as they might be read. */
static struct snapshot *sample(void)
{
	struct builder *b;
	struct snapshot *s;
	struct task *task;

	assert_int_equal(builder_new(&b), 0);
	assert_non_null(builder_add_process(b, 30));
	assert_non_null(builder_add_process(b, 10));
	assert_non_null(builder_add_process(b, 20));
	add_end(b, 30, 4, 9, 700, true);
	add_end(b, 10, 3, 9, 700, false);
	add_end(b, 20, 7, 8, 700, false);
	add_end(b, 10, 1, 9, 600, true);
	add_end(b, 99, 1, 9, 600, false);
	assert_int_equal(builder_link(b), 0);
	task = builder_add_task(b, builder_find_process(b, 20), 22);
	assert_non_null(task);
	assert_non_null(builder_add_task(b, builder_find_process(b, 10), 10));
	assert_non_null(builder_add_task(b, builder_find_process(b, 20), 20));
	assert_int_equal(builder_seal(b, &s), 0);
	return s;
}

/* What a holder has room for, and the first that it has none for. */
static void test_builder__largest_numbers(void **state)
{
	struct seen_end end = { .dev = 9, .ino = 600, .pid = HOLDER_PROCESSES - 1, .fd = HOLDER_FDS - 1,
	                        .table = UINT16_MAX, .reads = true };
	struct builder *b;
	struct snapshot *s;

	(void)state;
	assert_int_equal(builder_new(&b), 0);
	assert_non_null(builder_add_process(b, end.pid));
	assert_int_equal(builder_add_end(b, &end), 0);
	end.fd++;
	assert_int_equal(builder_add_end(b, &end), -EOVERFLOW);
	end.fd = 0;
	end.pid++;
	assert_int_equal(builder_add_end(b, &end), -EOVERFLOW);
	assert_int_equal(builder_seen_count(b), 1);
	assert_int_equal(builder_seen(b, 0).pid, HOLDER_PROCESSES - 1);
	assert_int_equal(builder_link(b), 0);
	assert_non_null(builder_find_holder(b, 0, UINT16_MAX, HOLDER_FDS - 1));
	assert_null(builder_find_holder(b, 0, UINT16_MAX, INT32_MAX));
	assert_null(builder_find_holder(b, 0, UINT16_MAX, -1));
	assert_int_equal(builder_seal(b, &s), 0);
	assert_int_equal(s->holders[0].table, UINT16_MAX);
	assert_int_equal(s->holders[0].fd, HOLDER_FDS - 1);
	snapshot_free(s);
}

static void test_builder__sorts_and_links(void **state)
{
	struct snapshot *s = sample();
	uint32_t pipe = snapshot_find_pipe(s, 9, 700);

	(void)state;
	assert_int_equal(s->process_count, 3);
	assert_int_equal(s->processes[0].pid, 10);
	assert_int_equal(s->processes[2].pid, 30);
	assert_int_equal(s->pipe_count, 3);
	assert_int_equal(s->pipes[pipe].ends, 2);
	assert_int_equal(snapshot_end(s, &s->pipes[pipe], 0)->fd, 3);
	assert_int_equal(snapshot_end(s, &s->pipes[pipe], 1)->fd, 4);
	assert_true(snapshot_end(s, &s->pipes[pipe], 1)->writes);
	assert_int_equal(s->processes[0].holders, 2);
	assert_int_equal(s->holders[s->processes[0].first_holder].fd, 1);
	snapshot_free(s);
}

/* FIFOs of two file systems may share an inode number. */
static void test_builder__key_is_device_and_inode(void **state)
{
	struct snapshot *s = sample();

	(void)state;
	assert_int_not_equal(snapshot_find_pipe(s, 8, 700), snapshot_find_pipe(s, 9, 700));
	assert_int_equal(s->pipes[snapshot_find_pipe(s, 8, 700)].ends, 1);
	assert_int_equal(snapshot_find_pipe(s, 7, 700), NONE);
	snapshot_free(s);
}

static void test_builder__drops_ends_of_strangers(void **state)
{
	struct snapshot *s = sample();

	(void)state;
	assert_int_equal(s->pipes[snapshot_find_pipe(s, 9, 600)].ends, 1);
	assert_int_equal(s->holder_count, 4);
	snapshot_free(s);
}

/* Pipe n has n ends. */
static void test_builder__ends_of_few_and_of_many(void **state)
{
	enum { MOST = 5 };
	struct builder *b;
	struct snapshot *s;

	(void)state;
	assert_int_equal(builder_new(&b), 0);
	for (int32_t pid = MOST; pid > 0; pid--) {
		assert_non_null(builder_add_process(b, pid));
		for (uint64_t ino = MOST; ino >= (uint64_t)pid; ino--)
			add_end(b, pid, 10 * pid + (int32_t)ino, 9, ino, pid == 1);
	}
	assert_int_equal(builder_link(b), 0);
	for (uint32_t i = 0; i < MOST; i++)
		assert_int_equal(builder_end(b, i, i)->process, i);
	assert_int_equal(builder_seal(b, &s), 0);
	assert_int_equal(s->pipe_count, MOST);
	for (uint32_t i = 0; i < MOST; i++) {
		assert_int_equal(s->pipes[i].ends, i + 1);
		for (uint32_t k = 0; k < s->pipes[i].ends; k++) {
			assert_int_equal(snapshot_end(s, &s->pipes[i], k)->process, k);
			assert_int_equal(snapshot_end(s, &s->pipes[i], k)->fd, 10 * (k + 1) + i + 1);
			assert_int_equal(snapshot_end(s, &s->pipes[i], k)->pipe, i);
		}
	}
	snapshot_free(s);
}

static void test_builder__finds_tasks(void **state)
{
	struct snapshot *s = sample();
	uint32_t task = snapshot_find_task(s, 20, 22);

	(void)state;
	assert_int_equal(s->tasks[task].tid, 22);
	assert_int_equal(s->processes[s->tasks[task].process].pid, 20);
	assert_int_equal(snapshot_find_task(s, 20, 21), NONE);
	assert_int_equal(snapshot_find_task(s, 10, 20), NONE);
	assert_int_equal(snapshot_find_task(s, 77, 77), NONE);
	snapshot_free(s);
}

/* What nobody has said is unknown, never 0. */
static void test_builder__begins_unknown(void **state)
{
	struct snapshot *s = sample();
	const struct task *task = &s->tasks[0];

	(void)state;
	assert_int_equal(s->pipes[0].fill_bytes, UNKNOWN);
	assert_int_equal(s->pipes[0].capacity_bytes, UNKNOWN);
	assert_int_equal(s->pipes[0].full, FACT_UNKNOWN);
	assert_int_equal(s->pipe_max_size, UNKNOWN);
	assert_int_equal(s->processes[0].uid, UNKNOWN);
	assert_int_equal(s->processes[0].tracer, UNKNOWN);
	assert_int_equal(task->wait.kind, WAIT_UNKNOWN);
	assert_int_equal(task->wait.pipe, NONE);
	assert_int_equal(task->syscall, UNKNOWN);
	assert_int_equal(task->voluntary_switches, UNKNOWN);
	assert_int_equal(task->blocked_ms, UNKNOWN);
	snapshot_free(s);
}

static void test_builder__empty(void **state)
{
	struct builder *b;
	struct snapshot *s;

	(void)state;
	assert_int_equal(builder_new(&b), 0);
	assert_int_equal(builder_link(b), 0);
	assert_int_equal(builder_seal(b, &s), 0);
	assert_int_equal(s->process_count, 0);
	assert_int_equal(snapshot_find_process(s, 1), NONE);
	assert_int_equal(snapshot_find_pipe(s, 1, 1), NONE);
	snapshot_free(s);
}

/* Many more than one block of the arena or one step of a growing array. */
static void test_builder__many(void **state)
{
	struct builder *b;
	struct snapshot *s;

	(void)state;
	assert_int_equal(builder_new(&b), 0);
	for (int32_t pid = 5000; pid > 0; pid--) {
		assert_non_null(builder_add_process(b, pid));
		add_end(b, pid, 3, 9, (uint64_t)pid / 2, pid % 2);
	}
	assert_int_equal(builder_link(b), 0);
	assert_int_equal(builder_pipe_count(b), 2501);
	assert_non_null(builder_find_holder(b, builder_find_process(b, 17), 0, 3));
	assert_null(builder_find_holder(b, builder_find_process(b, 17), 0, 4));
	assert_null(builder_find_holder(b, builder_find_process(b, 17), 1, 3));
	assert_int_equal(builder_seal(b, &s), 0);
	for (int32_t pid = 1; pid <= 5000; pid++)
		assert_int_equal(snapshot_find_process(s, pid), pid - 1);
	for (uint32_t i = 1; i < 2500; i++)
		assert_int_equal(s->pipes[i].ends, 2);
	snapshot_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builder__largest_numbers),
		cmocka_unit_test(test_builder__sorts_and_links),
		cmocka_unit_test(test_builder__key_is_device_and_inode),
		cmocka_unit_test(test_builder__drops_ends_of_strangers),
		cmocka_unit_test(test_builder__ends_of_few_and_of_many),
		cmocka_unit_test(test_builder__finds_tasks),
		cmocka_unit_test(test_builder__begins_unknown),
		cmocka_unit_test(test_builder__empty),
		cmocka_unit_test(test_builder__many),
	};

	return cmocka_run_group_tests_name("builder", tests, NULL, NULL);
}
