/* What is kept of a real child: until it runs, and no longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/kept.h"

enum { INODE = 77 };

/* A child that sleeps in read, and runs when it is given a byte. */
struct child {
	struct kept *kept;
	pid_t pid;
	int bytes, answers;
};

/* One look at the child. */
struct look {
	struct builder *b;
	struct process *process;
	struct descriptors found;
	int taken;
};

/* Until it sleeps. */
static void wait_for_sleep(const struct child *c)
{
	char path[64], state = 'R', text[512];

	snprintf(path, sizeof(path), "/proc/%d/stat", c->pid);
	while (state != 'S') {
		FILE *file = fopen(path, "r");

		assert_non_null(file);
		assert_non_null(fgets(text, sizeof(text), file));
		fclose(file);
		state = strrchr(text, ')')[2];
	}
}

static int set_up(void **state)
{
	static struct child c;
	int to[2], from[2];
	char byte;

	assert_int_equal(pipe(to) + pipe(from), 0);
	c.pid = fork();
	if (c.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(to[1]);
		while (read(to[0], &byte, 1) == 1 && write(from[1], &byte, 1) == 1)
			;
		_exit(0);
	}
	close(to[0]);
	close(from[1]);
	c.bytes = to[1];
	c.answers = from[0];
	c.kept = kept_new();
	assert_non_null(c.kept);
	wait_for_sleep(&c);
	*state = &c;
	return 0;
}

static int tear_down(void **state)
{
	struct child *c = *state;

	close(c->bytes);
	close(c->answers);
	kept_free(c->kept);
	return waitpid(c->pid, NULL, 0) == c->pid ? 0 : -1;
}

static void let_run(struct child *c)
{
	char byte = 'x';

	assert_int_equal(write(c->bytes, &byte, 1), 1);
	assert_int_equal(read(c->answers, &byte, 1), 1);
	wait_for_sleep(c);
}

static struct look begin(struct child *c, bool on)
{
	struct look l = { 0 };

	assert_int_equal(builder_new(&l.b), 0);
	l.process = builder_add_process(l.b, c->pid);
	l.process->state = 'S';
	l.process->thread_count = 1;
	l.process->start_ticks = 5;
	kept_begin(c->kept, on);
	return l;
}

/* Reads the process, unless it is told from what was kept: it holds an end with a path. */
static void read_child(struct child *c, struct look *l, struct descriptors found)
{
	struct kept_stamp stamp = kept_read_stamp(c->kept, l->process);
	uint32_t first = builder_seen_count(l->b);
	const struct seen_end end = {
		.pid = c->pid, .dev = 1, .ino = INODE, .fd = 3, .reads = true, .type = PIPE_FIFO,
		.path = "/a fifo",
	};

	l->taken = kept_take(c->kept, l->b, l->process, &stamp, &l->found);
	if (l->taken != 0)
		return;
	assert_int_equal(builder_add_end(l->b, &end), 0);
	assert_int_equal(kept_store(c->kept, l->b, l->process, &stamp, first, &found), 0);
}

static const struct descriptors four = { .seen = 4 };

static void end(struct child *c, struct look *l)
{
	kept_end(c->kept, l->b, builder_seen_count(l->b), true);
}

/* A whole look. Whether the child was told from what was kept. */
static bool look(struct child *c, bool on, struct descriptors found)
{
	struct look l = begin(c, on);

	read_child(c, &l, found);
	end(c, &l);
	assert_int_equal(builder_seen_count(l.b), 1);
	builder_free(l.b);
	return l.taken == 1;
}

static void test_kept__until_it_runs(void **state)
{
	struct child *c = *state;
	struct look l;

	assert_false(look(c, true, four));
	assert_true(look(c, true, four));
	l = begin(c, true);
	read_child(c, &l, four);
	assert_int_equal(l.taken, 1);
	assert_int_equal(l.found.seen, 4);
	assert_int_equal(builder_seen_count(l.b), 1);
	assert_int_equal(builder_seen(l.b, 0).ino, INODE);
	assert_int_equal(builder_seen(l.b, 0).pid, c->pid);
	assert_string_equal(builder_seen(l.b, 0).path, "/a fifo");
	end(c, &l);
	builder_free(l.b);
	let_run(c);
	assert_false(look(c, true, four));
	assert_true(look(c, true, four));
}

static void test_kept__not_by_a_close_look(void **state)
{
	struct child *c = *state;

	assert_false(look(c, true, four));
	assert_false(look(c, false, four));
	assert_true(look(c, true, four));
}

static void test_kept__not_of_somebody_else(void **state)
{
	struct child *c = *state;
	struct look l;

	assert_false(look(c, true, four));
	l = begin(c, true);
	l.process->start_ticks = 6;
	read_child(c, &l, four);
	assert_int_equal(l.taken, 0);
	end(c, &l);
	builder_free(l.b);
}

static void test_kept__not_of_who_runs_or_has_threads(void **state)
{
	struct child *c = *state;

	for (int threads = 0; threads < 2; threads++)
		for (int i = 0; i < 2; i++) {
			struct look l = begin(c, true);

			l.process->state = threads ? 'S' : 'R';
			l.process->thread_count = threads ? 2 : 1;
			read_child(c, &l, four);
			assert_int_equal(l.taken, 0);
			end(c, &l);
			builder_free(l.b);
		}
}

static void test_kept__not_what_was_not_identified(void **state)
{
	const struct descriptors unidentified = { .seen = 4, .unidentified = 1 };
	const struct descriptors put_by = { .seen = 4, .put_by = true };
	struct child *c = *state;
	struct seen_end late;
	struct look l;

	assert_false(look(c, true, unidentified));
	assert_false(look(c, true, put_by));
	assert_true(look(c, true, put_by));
	/* An end that came late, and one that never came. */
	l = begin(c, true);
	read_child(c, &l, put_by);
	late = builder_seen(l.b, 0);
	assert_int_equal(builder_add_end(l.b, &late), 0);
	kept_end(c->kept, l.b, 1, true);
	builder_free(l.b);
	assert_false(look(c, true, put_by));
	l = begin(c, true);
	read_child(c, &l, put_by);
	kept_end(c->kept, l.b, builder_seen_count(l.b), false);
	builder_free(l.b);
	assert_false(look(c, true, put_by));
}

static void test_kept__texts(void **state)
{
	struct child *c = *state;
	struct look l;

	assert_null(kept_text(c->kept, c->pid, "syscall"));
	assert_false(look(c, true, four));
	assert_int_equal(kept_store_text(c->kept, c->pid, "syscall", "0 0x0 and more", 5), 0);
	assert_int_equal(kept_store_text(c->kept, c->pid, "wchan", "running\n", 8), 0);
	assert_int_equal(kept_store_text(c->kept, c->pid, "status", "State: S\n", 9), 0);
	assert_int_equal(kept_store_text(c->kept, c->pid + 1, "syscall", "1", 1), 0);
	l = begin(c, true);
	read_child(c, &l, four);
	end(c, &l);
	assert_string_equal(kept_text(c->kept, c->pid, "syscall"), "0 0x0");
	assert_null(kept_text(c->kept, c->pid, "wchan"));
	assert_null(kept_text(c->kept, c->pid, "status"));
	assert_null(kept_text(c->kept, c->pid + 1, "syscall"));
	builder_free(l.b);
	let_run(c);
	assert_false(look(c, true, four));
	assert_null(kept_text(c->kept, c->pid, "syscall"));
}

/* The fill that is kept of the child's pipe, or -2. */
static int64_t kept_fill(struct child *c, bool on)
{
	const struct probe_result result = { .fill_bytes = 42, .capacity_bytes = 4096 };
	struct look l = begin(c, on);
	const struct probe_result *kept;
	int64_t fill;

	read_child(c, &l, four);
	end(c, &l);
	assert_int_equal(builder_link(l.b), 0);
	kept = kept_pipe(c->kept, l.b, 0);
	fill = kept ? kept->fill_bytes : -2;
	assert_int_equal(kept_store_pipe(c->kept, builder_pipe(l.b, 0), &result), 0);
	builder_free(l.b);
	return fill;
}

static void test_kept__pipes(void **state)
{
	struct child *c = *state;

	assert_int_equal(kept_fill(c, true), -2);
	assert_int_equal(kept_fill(c, true), 42);
	assert_int_equal(kept_fill(c, false), -2);
	assert_int_equal(kept_fill(c, true), 42);
	let_run(c);
	assert_int_equal(kept_fill(c, true), -2);
	assert_int_equal(kept_fill(c, true), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept__until_it_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept__not_by_a_close_look, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept__not_of_somebody_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept__not_of_who_runs_or_has_threads, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(test_kept__not_what_was_not_identified, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(test_kept__texts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept__pipes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
