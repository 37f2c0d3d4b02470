/*
 * Draining: each byte is in the file or in the pipe, whatever happens, and after an undisturbed
 * drain in one of them only.
 */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/drain.h"

enum { FULL = 65536 };

/* A file that has no name any more. */
static int new_file(void)
{
	char path[] = "/tmp/drain-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

/* The bytes of a file from its start. */
static size_t file_bytes(int fd, char *bytes, size_t size)
{
	ssize_t n = pread(fd, bytes, size, 0);

	assert_true(n >= 0);
	return (size_t)n;
}

/* What is left in the pipe. */
static size_t pipe_bytes(int fd, char *bytes, size_t size)
{
	size_t have = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while ((n = read(fd, bytes + have, size - have)) > 0)
		have += (size_t)n;
	return have;
}

static void full_pipe(int fds[2])
{
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(stage_stuff(fds[1], 4096), FULL);
}

static struct drain drain_own(int fds[2], int out)
{
	struct snapshot *s = stage_look_own(fds);
	struct drain drain;

	assert_int_equal(drain_run(s, &s->pipes[0], false, out, &drain), 0);
	snapshot_free(s);
	return drain;
}

static void close_all(const int fds[2], int out)
{
	close(fds[0]);
	close(fds[1]);
	close(out);
}

static void test_drain__everything_into_the_file(void **state)
{
	static char bytes[2 * FULL];
	int fds[2], out = new_file();
	struct drain drain;

	(void)state;
	full_pipe(fds);
	drain = drain_own(fds, out);
	assert_int_equal(drain.error, 0);
	assert_int_equal(drain.taken_bytes, FULL);
	assert_false(drain.raced);
	assert_int_equal(file_bytes(out, bytes, sizeof(bytes)), FULL);
	assert_true(stage_is_row(bytes, 0, FULL));
	assert_int_equal(stage_fionread(fds[0]), 0);
	close_all(fds, out);
}

static void test_drain__empty(void **state)
{
	int fds[2], out = new_file();
	struct drain drain;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	drain = drain_own(fds, out);
	assert_int_equal(drain.error, 0);
	assert_int_equal(drain.taken_bytes, 0);
	close_all(fds, out);
}

static void test_drain__packets(void **state)
{
	int fds[2], out = new_file();
	struct drain drain;
	char bytes[8192];

	(void)state;
	assert_int_equal(pipe2(fds, O_DIRECT), 0);
	assert_int_equal(stage_stuff(fds[1], 100), 1600);
	drain = drain_own(fds, out);
	assert_int_equal(drain.taken_bytes, 1600);
	assert_int_equal(file_bytes(out, bytes, sizeof(bytes)), 1600);
	assert_true(stage_is_row(bytes, 0, 1600));
	assert_int_equal(stage_fionread(fds[0]), 0);
	close_all(fds, out);
}

enum { STORY = 3 * FULL + 1000 };

static int write_story(void *argument)
{
	const int *fds = argument;
	char *bytes = malloc(STORY);

	close(fds[0]);
	stage_fill(bytes, 0, STORY);
	return write(fds[1], bytes, STORY) == STORY ? 0 : 1;
}

/* Blocked at 64 KiB three times; the rest is for the reader. */
static void test_drain__frees_a_writer_byte_by_byte(void **state)
{
	static char bytes[2 * STORY];
	int fds[2], out = new_file();
	size_t drained, left;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	child = stage_start(write_story, fds);
	for (int i = 0; i < 3; i++) {
		struct drain drain;

		while (stage_fionread(fds[0]) < FULL)
			sched_yield();
		stage_await_call(child, child, SYS_write);
		drain = drain_own(fds, out);
		assert_int_equal(drain.error, 0);
		assert_int_equal(drain.taken_bytes, FULL);
	}
	assert_int_equal(stage_wait(child), 0);
	drained = file_bytes(out, bytes, sizeof(bytes));
	assert_int_equal(drained, 3 * FULL);
	left = pipe_bytes(fds[0], bytes + drained, sizeof(bytes) - drained);
	assert_int_equal(drained + left, STORY);
	assert_true(stage_is_row(bytes, 0, STORY));
	close_all(fds, out);
}

static int drain_as_a_poor_user(void *argument)
{
	static char bytes[2 * FULL];
	int fds[2], out = new_file();
	struct drain drain;

	(void)argument;
	full_pipe(fds);
	if (stage_be_poor() < 0)
		return 1;
	drain = drain_own(fds, out);
	if (drain.error || drain.taken_bytes != FULL || file_bytes(out, bytes, sizeof(bytes)) != FULL)
		return 2;
	return stage_is_row(bytes, 0, FULL) ? 0 : 3;
}

/* Who may have only a small pipe goes by small rounds. */
static void test_drain__poor_user(void **state)
{
	(void)state;
	assert_int_equal(stage_wait(stage_start(drain_as_a_poor_user, NULL)), 0);
}

static void test_drain__refused(void **state)
{
	int fds[2], terminal = posix_openpt(O_RDWR | O_NOCTTY);
	struct snapshot *s;
	struct drain drain;
	int out = new_file();

	(void)state;
	full_pipe(fds);
	s = stage_look_own(fds);
	assert_int_equal(drain_run(s, &s->pipes[0], true, out, &drain), -EBUSY);
	assert_int_equal(drain_run(s, &s->pipes[0], false, terminal, &drain), -ENOTTY);
	assert_int_equal(drain_run(s, &s->pipes[0], false, fds[1], &drain), -ELOOP);
	assert_int_equal(drain_run(s, &s->pipes[0], false, -1, &drain), -EBADF);
	assert_int_equal(stage_fionread(fds[0]), FULL);
	snapshot_free(s);
	close(terminal);
	close_all(fds, out);
}

static void test_drain__full_device(void **state)
{
	int fds[2], out = open("/dev/full", O_WRONLY);
	static char bytes[2 * FULL];
	struct drain drain;

	(void)state;
	full_pipe(fds);
	drain = drain_own(fds, out);
	assert_int_equal(drain.error, -ENOSPC);
	assert_int_equal(drain.taken_bytes, 0);
	assert_int_equal(pipe_bytes(fds[0], bytes, sizeof(bytes)), FULL);
	assert_true(stage_is_row(bytes, 0, FULL));
	close_all(fds, out);
}

/* A disk with room for a quarter of it. */
static int drain_to_a_small_disk(void *argument)
{
	static char bytes[2 * FULL];
	struct drain drain;
	int fds[2], out;

	(void)argument;
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/mnt", "tmpfs", 0, "size=16k") < 0)
		return 77;
	full_pipe(fds);
	out = open("/mnt/out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (out < 0)
		return 1;
	drain = drain_own(fds, out);
	if (drain.error != -ENOSPC || drain.taken_bytes != 0)
		return 2;
	if (lseek(out, 0, SEEK_END) != 0)
		return 3;
	if (pipe_bytes(fds[0], bytes, sizeof(bytes)) != FULL)
		return 4;
	return stage_is_row(bytes, 0, FULL) ? 0 : 5;
}

static void test_drain__full_disk(void **state)
{
	int status = stage_wait(stage_start(drain_to_a_small_disk, NULL));

	(void)state;
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

struct killed {
	int fds[2], out;
};

static int drain_traced(void *argument)
{
	struct killed *k = argument;
	struct snapshot *s = stage_look_own(k->fds);
	struct drain drain;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	drain_run(s, &s->pipes[0], false, k->out, &drain);
	return 0;
}

/* Kills the drain at its stop number `moment` (each call has two); whether it came so far. */
static bool kill_at(struct killed *k, int moment)
{
	pid_t child = stage_start(drain_traced, k);
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	for (int i = 0; i < moment && WIFSTOPPED(status); i++) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
	}
	if (!WIFSTOPPED(status))
		return false;
	stage_kill(child);
	return true;
}

/* SIGKILL before and after each single system call of a drain. */
static void test_drain__killed_at_any_moment(void **state)
{
	static char bytes[2 * FULL], left[2 * FULL];
	unsigned untouched = 0, doubled = 0, taken = 0;
	bool more = true;

	(void)state;
	for (int moment = 0; more; moment++) {
		struct killed k = { .out = new_file() };
		size_t saved, remains;

		full_pipe(k.fds);
		more = kill_at(&k, moment);
		saved = file_bytes(k.out, bytes, sizeof(bytes));
		remains = pipe_bytes(k.fds[0], left, sizeof(left));
		assert_true(saved + remains >= FULL);
		assert_true(stage_is_row(bytes, 0, saved));
		assert_true(stage_is_row(left, FULL - remains, remains));
		untouched += saved == 0;
		doubled += saved > 0 && remains > 0;
		taken += remains == 0;
		close_all(k.fds, k.out);
	}
	print_message("# killed %u times: %u before a byte was saved, %u with all in both places, "
	              "%u with all in the file\n", untouched + doubled + taken, untouched, doubled, taken);
	assert_true(untouched > 0 && doubled > 0 && taken > 0);
}

enum { RACE_WORDS = 1 << 19 };

static int write_words(void *argument)
{
	const int *fds = argument;

	close(fds[0]);
	for (uint64_t word = 0; word < RACE_WORDS; word++)
		if (write(fds[1], &word, sizeof(word)) != sizeof(word))
			return 1;
	return 0;
}

struct race {
	int fds[2];
	int seen;                /* a file of what the reader got */
};

static int read_words(void *argument)
{
	const struct race *race = argument;
	uint64_t words[64];
	ssize_t n;

	close(race->fds[1]);
	while ((n = read(race->fds[0], words, sizeof(words))) > 0)
		if (write(race->seen, words, (size_t)n) != n)
			return 1;
	return 0;
}

static void mark_words(int fd, bool *there)
{
	uint64_t words[512];
	ssize_t n;
	off_t at = 0;

	while ((n = pread(fd, words, sizeof(words), at)) > 0) {
		assert_int_equal(n % 8, 0);
		for (ssize_t i = 0; i < n / 8; i++) {
			assert_true(words[i] < RACE_WORDS);
			there[words[i]] = true;
		}
		at += n;
	}
}

/* Nobody should drain beside a reader; if it happens, each word is still with one of the two. */
static void test_drain__beside_a_reader(void **state)
{
	bool *there = calloc(RACE_WORDS, 1);
	struct race race = { .seen = new_file() };
	int out = new_file(), status;
	pid_t writer, reader;
	struct snapshot *s;
	bool raced = false;

	(void)state;
	assert_int_equal(pipe(race.fds), 0);
	writer = stage_start(write_words, race.fds);
	reader = stage_start(read_words, &race);
	s = stage_look(&(struct stage_end){ reader, race.fds[0], true, false }, 1);
	close(race.fds[0]);
	close(race.fds[1]);
	while (waitpid(writer, &status, WNOHANG) == 0) {
		struct drain drain;

		assert_int_equal(drain_run(s, &s->pipes[0], false, out, &drain), 0);
		raced |= drain.raced;
	}
	assert_int_equal(status, 0);
	assert_int_equal(stage_wait(reader), 0);
	mark_words(out, there);
	mark_words(race.seen, there);
	for (int i = 0; i < RACE_WORDS; i++)
		assert_true(there[i]);
	assert_true(raced);
	free(there);
	snapshot_free(s);
	close(out);
	close(race.seen);
}

static void test_drain__locked(void **state)
{
	struct drain drain;
	int out = new_file();
	struct snapshot *s;
	pid_t holder;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	s = stage_look_own(fds);
	holder = stage_start_lock(fds);
	if (!holder) {
		snapshot_free(s);
		skip(); /* no userfaultfd(2) here */
	}
	assert_int_equal(drain_run(s, &s->pipes[0], false, out, &drain), 0);
	assert_int_equal(drain.error, -ETIMEDOUT);
	assert_int_equal(drain.taken_bytes, 0);
	stage_end_lock(holder);
	snapshot_free(s);
	close_all(fds, out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drain__everything_into_the_file),
		cmocka_unit_test(test_drain__empty),
		cmocka_unit_test(test_drain__packets),
		cmocka_unit_test(test_drain__frees_a_writer_byte_by_byte),
		cmocka_unit_test(test_drain__poor_user),
		cmocka_unit_test(test_drain__refused),
		cmocka_unit_test(test_drain__full_device),
		cmocka_unit_test(test_drain__full_disk),
		cmocka_unit_test(test_drain__killed_at_any_moment),
		cmocka_unit_test(test_drain__beside_a_reader),
		cmocka_unit_test(test_drain__locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
