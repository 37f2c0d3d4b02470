#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/census.h"

enum { READS = 1, WRITES = 2 };

/* ---- a stream of records, as the kernel writes it ---- */

static struct {
	char bytes[16384];
	size_t length;
	int32_t pid;             /* of the last thread in it */
} stream;

static void put(const void *record, size_t size)
{
	assert_true(stream.length + size <= sizeof(stream.bytes));
	memcpy(stream.bytes + stream.length, record, size);
	stream.length += size;
}

static void put_user(int32_t pid, int32_t tid, uint64_t table, uint32_t users)
{
	struct thread_record r = {
		.head = { RECORD_THREAD, sizeof(r) }, .pid = pid, .tid = tid, .table = table,
		.start_ns = (uint64_t)pid * 1000, .comm = "somebody", .table_users = users,
	};

	put(&r, sizeof(r));
	stream.pid = pid;
}

static void put_thread(int32_t pid, int32_t tid, uint64_t table)
{
	put_user(pid, tid, table, 1);
}

/* An end of pipe 7 as it is, a pipe of 16 slots with a reader and a writer. */
static struct end_record an_end(int32_t fd, uint32_t mode)
{
	return (struct end_record){
		.head = { RECORD_END, sizeof(struct end_record) }, .fd = fd, .mode = mode,
		.file = mode == READS ? 1 : 2, .references = 1,
		.ino = 7, .dev = 13, .has_pipe = 1, .usable_slots = 16, .readers = 1, .writers = 1,
	};
}

/* Behind a thread of that process, which has a table to itself. */
static void put_end(int32_t pid, const struct end_record *r)
{
	if (stream.pid != pid)
		put_thread(pid, pid, 100 + (uint64_t)pid);
	put(r, sizeof(*r));
}

/* All of it in one buffer. The census is the caller's to free. */
static struct census taken(void)
{
	struct census c = { 0 };

	assert_int_equal(census_take(&c, stream.bytes, stream.length), 0);
	assert_int_equal(census_end(&c), 0);
	stream.length = 0;
	stream.pid = 0;
	return c;
}

/* What the ends in the stream tell of pipe 7, and what follows. */
static struct census_pipe told(void)
{
	struct census c = taken();
	struct census_pipe pipe = c.pipes[0];

	census_free(&c);
	return pipe;
}

static struct census_count counted(const struct census_call *calls, uint32_t call_count)
{
	struct census c = taken();
	struct census_count count = census_count(&c, 0, calls, call_count);

	census_free(&c);
	return count;
}

static int setup(void **state)
{
	(void)state;
	stream.length = 0;
	stream.pid = 0;
	return 0;
}

/* ---- taking ---- */

static void test_census__orders_threads(void **state)
{
	struct census c;

	(void)state;
	put_thread(9, 9, 1);
	put_thread(5, 4, 1);
	put_thread(5, 6, 1);
	put_thread(5, 5, 1);
	put_thread(0, 0, 1);
	c = taken();
	assert_int_equal(c.thread_count, 4);
	assert_int_equal(c.threads[0].tid, 5);
	assert_int_equal(c.threads[1].tid, 4);
	assert_int_equal(c.threads[2].tid, 6);
	assert_int_equal(c.threads[3].pid, 9);
	assert_int_equal(census_process_end(&c, 0), 3);
	assert_ptr_equal(census_find(&c, 5, 6), &c.threads[2]);
	assert_null(census_find(&c, 5, 9));
	census_free(&c);
}

static void test_census__refuses_what_is_cut(void **state)
{
	const struct end_record end = an_end(0, READS);

	(void)state;
	put_end(5, &end);
	for (size_t cut = 0; cut <= stream.length; cut++) {
		const bool whole = cut == 0 || cut == sizeof(struct thread_record) ||
			cut == stream.length;
		struct census c = { 0 };

		assert_int_equal(census_take(&c, stream.bytes, cut), whole ? 0 : -EBADMSG);
		census_free(&c);
	}
}

/* Whoever has no number in our PID namespace holds nothing there. */
static void test_census__leaves_out_whom_nobody_can_name(void **state)
{
	const struct end_record end = an_end(0, READS);
	struct census c;

	(void)state;
	put_thread(5, 5, 105);
	put_end(5, &end);
	put_user(0, 0, 1, 1);
	put(&end, sizeof(end));
	c = taken();
	assert_int_equal(c.thread_count, 1);
	assert_int_equal(c.end_count, 1);
	census_free(&c);
}

/* A mere head is about the thread before it. */
static void test_census__marks_a_table(void **state)
{
	const struct record_head uring = { RECORD_URING, sizeof(uring) };
	const struct record_head unread = { RECORD_UNREAD, sizeof(unread) };
	struct census c;

	(void)state;
	put(&uring, sizeof(uring));
	put_thread(5, 5, 105);
	put(&uring, sizeof(uring));
	put_thread(6, 6, 106);
	put(&unread, sizeof(unread));
	put_thread(7, 7, 107);
	c = taken();
	assert_int_equal(c.threads[0].flags, RECORD_RING);
	assert_int_equal(c.threads[1].flags, RECORD_NO_TABLE);
	assert_int_equal(c.threads[2].flags, 0);
	census_free(&c);
}

static void refuses(const void *bytes, size_t length)
{
	struct census c = { 0 };

	assert_int_equal(census_take(&c, bytes, length), -EBADMSG);
	census_free(&c);
}

static void test_census__refuses_what_is_no_record(void **state)
{
	struct record_head head = { 0, sizeof(head) };

	(void)state;
	refuses(&head, sizeof(head));
	head.kind = 99;
	refuses(&head, sizeof(head));
	head = (struct record_head){ RECORD_END, 0 };
	refuses(&head, sizeof(head));
	head.size = UINT32_MAX;
	refuses(&head, sizeof(head));
	head.size = sizeof(struct end_record) - 1;
	refuses(&head, sizeof(head));
}

static void test_census__survives_noise(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 2000; round++) {
		struct census c = { 0 };
		struct end_record end = an_end(0, READS);

		for (size_t i = sizeof(end.head); i < sizeof(end); i++)
			((char *)&end)[i] = (char)rand();
		stream.length = 0;
		put_end(5, &end);
		put_end(5, &end);
		end.file++;
		put_end(5, &end);
		c = taken();
		census_count(&c, 0, NULL, 0);
		census_free(&c);
	}
}

static void test_census__comm_ends(void **state)
{
	struct thread_record r = { .head = { RECORD_THREAD, sizeof(r) }, .pid = 1, .tid = 1 };
	struct census c;

	(void)state;
	memset(r.comm, 'x', sizeof(r.comm));
	put(&r, sizeof(r));
	c = taken();
	assert_int_equal(strlen(c.threads[0].comm), sizeof(r.comm) - 1);
	census_free(&c);
}

static void test_census__same_processes(void **state)
{
	struct census a, b;

	(void)state;
	put_thread(5, 5, 1);
	put_thread(9, 9, 1);
	a = taken();
	put_thread(5, 5, 1);
	put_thread(5, 6, 1);
	put_thread(9, 9, 1);
	b = taken();
	assert_true(census_same_processes(&a, &b));
	b.threads[0].start_ns++;
	assert_false(census_same_processes(&a, &b));
	b.threads[0].start_ns--;
	b.thread_count--;
	assert_false(census_same_processes(&a, &b));
	census_free(&a);
	census_free(&b);
}

/* ---- counting ---- */

static void test_census__full_by_slots(void **state)
{
	struct end_record end = an_end(1, WRITES);
	struct census_pipe pipe;

	(void)state;
	end.head_slot = 3;
	end.tail_slot = UINT32_MAX - 12; /* the counters run over */
	end.fill_bytes = 16;
	put_end(5, &end);
	pipe = told();
	assert_int_equal(pipe.full, FACT_YES);
	assert_int_equal(pipe.fill_bytes, 16);
	assert_int_equal(pipe.capacity_bytes, 16 * sysconf(_SC_PAGESIZE));
	end.tail_slot++;
	put_end(5, &end);
	assert_int_equal(told().full, FACT_NO);
	end.tail_slot = end.head_slot + 1; /* read later than the head */
	put_end(5, &end);
	assert_int_equal(told().full, FACT_UNKNOWN);
}

static void test_census__hang_ups(void **state)
{
	struct end_record end = an_end(1, WRITES);
	struct census_count count;

	(void)state;
	end.readers = 0;
	put_end(5, &end);
	count = counted(NULL, 0);
	assert_int_equal(count.no_readers, FACT_YES);
	assert_int_equal(count.no_writers, FACT_NO);
	assert_int_equal(count.unseen_readers, FACT_NO);
}

static void test_census__an_opened_path_tells_nothing(void **state)
{
	struct end_record end = an_end(1, 0);
	struct census_count count;

	(void)state;
	end.has_pipe = 0;
	put_end(5, &end);
	assert_false(told().known);
	put_end(5, &end);
	count = counted(NULL, 0);
	assert_int_equal(count.no_readers, FACT_UNKNOWN);
	assert_int_equal(count.unseen_readers, FACT_UNKNOWN);
	assert_int_equal(count.unseen_writers, FACT_UNKNOWN);
}

/* A parent with the read end, a child that inherited the write end from him. */
static void put_family(int64_t references, uint32_t readers)
{
	struct end_record end = an_end(3, READS);

	end.readers = readers;
	put_end(5, &end);
	end = an_end(4, WRITES);
	end.readers = readers;
	end.references = references;
	put_end(5, &end);
	put_end(6, &end);
}

static void test_census__all_are_seen(void **state)
{
	struct census_count count;

	(void)state;
	put_family(2, 1);
	count = counted(NULL, 0);
	assert_int_equal(count.unseen_readers, FACT_NO);
	assert_int_equal(count.unseen_writers, FACT_NO);
}

/* By fork(2) or through a socket: the same open file, one reference more. */
static void test_census__a_shared_file_may_have_unseen_holders(void **state)
{
	struct census_count count;

	(void)state;
	put_family(3, 1);
	count = counted(NULL, 0);
	assert_int_equal(count.unseen_readers, FACT_NO);
	assert_int_equal(count.unseen_writers, FACT_UNKNOWN);
	put_family(-1, 1);
	assert_int_equal(counted(NULL, 0).unseen_writers, FACT_UNKNOWN);
}

/* Threads of one table are one holder, but one of them may be out of sight. */
static void test_census__a_shared_table_may_have_unseen_users(void **state)
{
	(void)state;
	put_family(2, 1);
	put_user(5, 7, 105, 2);
	assert_int_equal(counted(NULL, 0).unseen_readers, FACT_NO);
	put_family(2, 1);
	put_user(5, 7, 105, 3);
	assert_int_equal(counted(NULL, 0).unseen_readers, FACT_UNKNOWN);
}

static void test_census__an_unseen_file_has_an_unseen_holder(void **state)
{
	struct census_count count;

	(void)state;
	put_family(2, 2);
	count = counted(NULL, 0);
	assert_int_equal(count.unseen_readers, FACT_YES);
	assert_int_equal(count.unseen_writers, FACT_NO);
}

/* Read one after the other, the ends do not agree: things are on their way. */
static void test_census__counts_that_move_tell_nothing(void **state)
{
	struct end_record end = an_end(3, READS);

	(void)state;
	put_end(5, &end);
	end.fd++;
	end.references = 2;
	put_end(5, &end);
	assert_int_equal(counted(NULL, 0).unseen_readers, FACT_UNKNOWN);

	end = an_end(3, READS);
	put_end(5, &end);
	end.fd++;
	end.file++;
	end.readers = 2;
	put_end(5, &end);
	assert_int_equal(counted(NULL, 0).unseen_readers, FACT_UNKNOWN);
}

/* One table with two processes is one holder; a thread that is shown twice is one too. */
static void test_census__a_shared_table_counts_once(void **state)
{
	struct end_record end = an_end(3, READS);

	(void)state;
	for (end.references = 1; end.references <= 2; end.references++) {
		put_user(5, 5, 105, 2);
		put_end(5, &end);
		put_end(5, &end);
		put_user(6, 6, 105, 2);
		put_end(6, &end);
		assert_int_equal(counted(NULL, 0).unseen_readers,
		                 end.references == 1 ? FACT_NO : FACT_UNKNOWN);
	}
}

static void test_census__calls_hold_references(void **state)
{
	struct census_call calls[] = { { 105, 4, true }, { 105, 3, true }, { 104, 4, true } };

	(void)state;
	census_sort_calls(calls, 3);
	put_family(3, 1);
	assert_int_equal(counted(calls, 3).unseen_writers, FACT_NO);
	put_family(3, 1);
	assert_int_equal(counted(calls, 3).extra_references, FACT_NO);
	put_family(4, 1);
	assert_int_equal(counted(calls, 3).unseen_writers, FACT_UNKNOWN);
	put_family(4, 1);
	assert_int_equal(counted(calls, 3).extra_references, FACT_YES);
}

static void test_census__calls_may_hold_references(void **state)
{
	const struct census_call call = { 105, 4, false };

	(void)state;
	put_family(2, 1);
	assert_int_equal(counted(&call, 1).unseen_writers, FACT_NO);
	put_family(2, 1);
	assert_int_equal(counted(&call, 1).misplaced, 0);
	put_family(3, 1);
	assert_int_equal(counted(&call, 1).unseen_writers, FACT_UNKNOWN);
	put_family(3, 1);
	assert_int_equal(counted(&call, 1).extra_references, FACT_NO);
	put_family(4, 1);
	assert_int_equal(counted(&call, 1).extra_references, FACT_YES);
}

/* The descriptor was closed and made anew while the call slept. */
static void test_census__a_call_without_a_reference_is_on_another_file(void **state)
{
	struct census_call call = { 105, 4, true };

	(void)state;
	put_family(3, 1);
	assert_int_equal(counted(&call, 1).misplaced, 0);
	put_family(2, 1);
	assert_int_equal(counted(&call, 1).misplaced, 2);
	put_family(2, 1);
	assert_int_equal(counted(NULL, 0).misplaced, 0);
}

/* In an order in which those of one open file stand together; one that is shown twice is one. */
static void test_census__links_the_ends_of_a_pipe(void **state)
{
	struct end_record end = an_end(3, WRITES);
	const struct census_pipe *pipe;
	const struct census_end *first;
	struct census c;

	(void)state;
	put_end(5, &end);
	end.dev = 12;
	put_end(5, &end);
	end.dev = 13;
	end.fd = 9;
	end.file = 1;
	put_end(5, &end);
	put_end(5, &end);
	c = taken();
	assert_int_equal(c.pipe_count, 2);
	pipe = &c.pipes[c.ends[0].pipe];
	first = &c.ends[pipe->first_end];
	assert_int_equal(pipe->dev, 13);
	assert_int_equal(first->fd, 9);
	assert_int_equal(c.ends[first->next].fd, 3);
	assert_int_equal(c.ends[first->next].next, NONE);
	assert_true((c.ends[2].pipe == NONE) != (c.ends[3].pipe == NONE));
	assert_int_equal(c.ends[c.pipes[c.ends[1].pipe].first_end].next, NONE);
	census_free(&c);
}

static void test_census__states(void **state)
{
	static const struct {
		uint32_t state, exit_state;
		char letter;
	} cases[] = {
		{ 0, 0, 'R' }, { 1, 0, 'S' }, { 2, 0, 'D' }, { 4, 0, 'T' }, { 8, 0, 't' },
		{ 0x402, 0, 'I' }, { 0x102, 0, 'D' }, { 0x80, 0x20, 'Z' }, { 0x80, 0x10, 'X' },
		{ 0x40, 0, 'P' }, { 0x8000, 0, 'D' }, { 0x2001, 0, 'S' },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct thread_record r = {
			.state = cases[i].state, .exit_state = cases[i].exit_state,
		};

		assert_int_equal(census_state(&r), cases[i].letter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_census__orders_threads, setup),
		cmocka_unit_test_setup(test_census__refuses_what_is_cut, setup),
		cmocka_unit_test_setup(test_census__leaves_out_whom_nobody_can_name, setup),
		cmocka_unit_test_setup(test_census__marks_a_table, setup),
		cmocka_unit_test_setup(test_census__refuses_what_is_no_record, setup),
		cmocka_unit_test_setup(test_census__survives_noise, setup),
		cmocka_unit_test_setup(test_census__comm_ends, setup),
		cmocka_unit_test_setup(test_census__same_processes, setup),
		cmocka_unit_test_setup(test_census__full_by_slots, setup),
		cmocka_unit_test_setup(test_census__hang_ups, setup),
		cmocka_unit_test_setup(test_census__an_opened_path_tells_nothing, setup),
		cmocka_unit_test_setup(test_census__all_are_seen, setup),
		cmocka_unit_test_setup(test_census__a_shared_file_may_have_unseen_holders, setup),
		cmocka_unit_test_setup(test_census__a_shared_table_may_have_unseen_users, setup),
		cmocka_unit_test_setup(test_census__an_unseen_file_has_an_unseen_holder, setup),
		cmocka_unit_test_setup(test_census__counts_that_move_tell_nothing, setup),
		cmocka_unit_test_setup(test_census__a_shared_table_counts_once, setup),
		cmocka_unit_test_setup(test_census__calls_hold_references, setup),
		cmocka_unit_test_setup(test_census__calls_may_hold_references, setup),
		cmocka_unit_test_setup(test_census__a_call_without_a_reference_is_on_another_file, setup),
		cmocka_unit_test_setup(test_census__links_the_ends_of_a_pipe, setup),
		cmocka_unit_test_setup(test_census__states, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
