/* Peeking: the same bytes each time, and all of them still there for the reader. */
#include "stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/peek.h"

static void assert_peek_is_row(const struct snapshot *s, size_t length)
{
	struct peek peek;

	assert_int_equal(peek_take(s, &s->pipes[0], &peek), 0);
	assert_int_equal(peek.length, length);
	assert_int_equal(peek.waiting_bytes, length);
	assert_true(stage_is_row(peek.bytes, 0, length));
	peek_free(&peek);
}

/* Two peeks, and then the reader gets it all. */
static void assert_left_alone(int fds[2], size_t length)
{
	struct snapshot *s = stage_look_own(fds);
	char *bytes = malloc(length);

	assert_non_null(bytes);
	assert_peek_is_row(s, length);
	assert_peek_is_row(s, length);
	assert_int_equal(stage_fionread(fds[0]), length);
	for (size_t done = 0; done < length;) {
		ssize_t n = read(fds[0], bytes + done, length - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_true(stage_is_row(bytes, 0, length));
	free(bytes);
	snapshot_free(s);
	close(fds[0]);
	close(fds[1]);
}

static void test_peek__whole_pages(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(stage_stuff(fds[1], 4096), 65536);
	assert_left_alone(fds, 65536);
}

static void test_peek__writes_of_the_article(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(stage_stuff(fds[1], 13), 65520);
	assert_left_alone(fds, 65520);
}

static void test_peek__one_mebibyte(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	assert_int_equal(stage_stuff(fds[1], 4096), 1 << 20);
	assert_left_alone(fds, 1 << 20);
}

static void test_peek__fifo(void **state)
{
	char dir[] = "/tmp/peek-XXXXXX", path[64];
	int fds[2];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	fds[0] = open(path, O_RDONLY | O_NONBLOCK);
	fds[1] = open(path, O_WRONLY);
	unlink(path);
	rmdir(dir);
	assert_int_equal(stage_stuff(fds[1], 512), 65536);
	assert_left_alone(fds, 65536);
}

static void test_peek__packets_stay_packets(void **state)
{
	struct snapshot *s;
	char bytes[64];
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_DIRECT), 0);
	assert_int_equal(stage_stuff(fds[1], 3), 3 * 16);
	s = stage_look_own(fds);
	assert_peek_is_row(s, 3 * 16);
	assert_int_equal(read(fds[0], bytes, sizeof(bytes)), 3);
	assert_int_equal(read(fds[0], bytes + 3, sizeof(bytes) - 3), 3);
	assert_true(stage_is_row(bytes, 0, 6));
	snapshot_free(s);
	close(fds[0]);
	close(fds[1]);
}

static void test_peek__empty_at_once(void **state)
{
	struct snapshot *s;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	s = stage_look_own(fds);
	assert_peek_is_row(s, 0);
	close(fds[1]);
	assert_peek_is_row(s, 0);
	snapshot_free(s);
	close(fds[0]);
}

static void test_peek__needs_a_read_end(void **state)
{
	struct snapshot *s;
	struct peek peek;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	s = stage_look(&(struct stage_end){ getpid(), fds[1], false, true }, 1);
	assert_int_equal(peek_take(s, &s->pipes[0], &peek), -ENXIO);
	snapshot_free(s);
	close(fds[0]);
	close(fds[1]);
}

/* The descriptor has become another pipe, and then nothing, since the look. */
static void test_peek__never_another_pipe(void **state)
{
	int fds[2], others[2];
	struct snapshot *s;
	struct peek peek;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(others), 0);
	s = stage_look_own(fds);
	assert_int_equal(dup2(others[0], fds[0]), fds[0]);
	stage_stuff(others[1], 4096);
	assert_int_equal(peek_take(s, &s->pipes[0], &peek), -ESTALE);
	close(fds[0]);
	assert_int_equal(peek_take(s, &s->pipes[0], &peek), -ESTALE);
	snapshot_free(s);
	close(fds[1]);
	close(others[0]);
	close(others[1]);
}

static int peek_as_a_poor_user(void *argument)
{
	struct snapshot *s;
	struct peek peek;
	int fds[2];

	(void)argument;
	if (pipe(fds) < 0 || stage_stuff(fds[1], 4096) != 65536 || stage_be_poor() < 0)
		return 1;
	s = stage_look_own(fds);
	if (peek_take(s, &s->pipes[0], &peek) < 0)
		return 2;
	if (peek.waiting_bytes != 65536 || peek.length == 0 || peek.length >= 65536)
		return 3;
	return stage_is_row(peek.bytes, 0, peek.length) ? 0 : 4;
}

/* Who may have no large pipe sees the front of the bytes, and how many there are. */
static void test_peek__poor_user(void **state)
{
	(void)state;
	assert_int_equal(stage_wait(stage_start(peek_as_a_poor_user, NULL)), 0);
}

enum { LIVE_BYTES = 1 << 30, LIVE_PIECE = 65536 };

static int write_live(void *argument)
{
	const int *fds = argument;
	uint64_t *words = malloc(LIVE_PIECE), next = 0;

	close(fds[0]);
	for (size_t done = 0; done < LIVE_BYTES; done += LIVE_PIECE) {
		for (size_t i = 0; i < LIVE_PIECE / 8; i++)
			words[i] = next++;
		if (write(fds[1], words, LIVE_PIECE) != LIVE_PIECE)
			return 1;
	}
	return 0;
}

static int read_live(void *argument)
{
	const int *fds = argument;
	uint64_t *words = malloc(LIVE_PIECE), next = 0;
	size_t have = 0;
	ssize_t n;

	close(fds[1]);
	while ((n = read(fds[0], (char *)words + have, LIVE_PIECE - have)) > 0) {
		have += (size_t)n;
		for (size_t i = 0; i < have / 8; i++)
			if (words[i] != next++)
				return 1;
		memmove(words, words + have / 8, have % 8);
		have %= 8;
	}
	return n == 0 && next == LIVE_BYTES / 8 ? 0 : 2;
}

static void test_peek__at_full_speed(void **state)
{
	pid_t writer, reader;
	struct snapshot *s;
	unsigned looks = 0;
	int fds[2], status;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	writer = stage_start(write_live, fds);
	reader = stage_start(read_live, fds);
	s = stage_look(&(struct stage_end){ reader, fds[0], true, false }, 1);
	close(fds[0]);
	close(fds[1]);
	while (waitpid(writer, &status, WNOHANG) == 0) {
		struct peek peek;

		if (peek_take(s, &s->pipes[0], &peek) < 0)
			continue;
		looks++;
		peek_free(&peek);
	}
	assert_int_equal(status, 0);
	assert_int_equal(stage_wait(reader), 0);
	assert_true(looks > 10);
	print_message("# %u peeks while 1 GiB went through\n", looks);
	snapshot_free(s);
}

static void test_peek__locked(void **state)
{
	struct peek peek;
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
	assert_int_equal(peek_take(s, &s->pipes[0], &peek), -ETIMEDOUT);
	stage_end_lock(holder);
	assert_peek_is_row(s, 0);
	snapshot_free(s);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peek__whole_pages),
		cmocka_unit_test(test_peek__writes_of_the_article),
		cmocka_unit_test(test_peek__one_mebibyte),
		cmocka_unit_test(test_peek__fifo),
		cmocka_unit_test(test_peek__packets_stay_packets),
		cmocka_unit_test(test_peek__empty_at_once),
		cmocka_unit_test(test_peek__needs_a_read_end),
		cmocka_unit_test(test_peek__never_another_pipe),
		cmocka_unit_test(test_peek__poor_user),
		cmocka_unit_test(test_peek__at_full_speed),
		cmocka_unit_test(test_peek__locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
