/* The helper: what it does for the program, and what it never does. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "trust/helper.h"

struct place {
	char dir[32], path[64];
	struct helper *helper;
};

/* As ui.c does it: what it was told at its start, into what it was told then. */
static int save(void *context, const char *text, size_t length)
{
	const struct place *place = context;
	FILE *file = fopen(place->path, "we");

	if (!file)
		return -errno;
	fwrite(text, 1, length, file);
	return fclose(file) == 0 ? 0 : -EIO;
}

static void make_place(struct place *place)
{
	strcpy(place->dir, "/tmp/helper-XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->path, sizeof(place->path), "%s/file", place->dir);
}

static void leave_place(struct place *place)
{
	helper_free(place->helper);
	unlink(place->path);
	rmdir(place->dir);
}

static void read_file(const char *path, char text[64])
{
	int fd = open(path, O_RDONLY);
	ssize_t length = read(fd, text, 63);

	text[length < 0 ? 0 : length] = '\0';
	close(fd);
}

static void start(struct place *place, const char *command)
{
	const struct helper_duties duties = {
		.command = command, .save = save, .context = place, .quiet = true,
	};

	make_place(place);
	assert_int_equal(helper_start(&duties, &place->helper), 0);
}

static void test_helper__runs_its_command_with_input_and_word(void **state)
{
	char text[64], command[128];
	struct place place;
	int input = memfd_create("input", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(write(input, "given", 5), 5);
	assert_int_equal(lseek(input, 0, SEEK_SET), 0);
	make_place(&place);
	snprintf(command, sizeof(command), "(cat; echo \" $0 $1\") >%s", place.path);
	assert_int_equal(helper_start(&(struct helper_duties){ .command = command }, &place.helper), 0);
	assert_int_equal(helper_run(place.helper, input, "word"), 0);
	helper_wait(place.helper);
	read_file(place.path, text);
	assert_string_equal(text, "given pipetop word\n");
	close(input);
	leave_place(&place);
}

static void test_helper__runs_nothing_without_a_command(void **state)
{
	struct place place;

	(void)state;
	start(&place, NULL);
	assert_int_equal(helper_run(place.helper, STDIN_FILENO, "true"), -EPERM);
	leave_place(&place);
}

static void test_helper__makes_new_files_only(void **state)
{
	struct place place;
	struct stat st;
	char link[80];
	int fd, other;

	(void)state;
	start(&place, NULL);
	snprintf(link, sizeof(link), "%s/link", place.dir);
	assert_int_equal(helper_create(place.helper, place.path, 0600, &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(helper_create(place.helper, place.path, 0600, &other), -EEXIST);
	assert_int_equal(symlink("nowhere", link), 0);
	assert_int_equal(helper_create(place.helper, link, 0600, &other), -EEXIST);
	assert_int_equal(helper_create(place.helper, "/proc/none/file", 0600, &other), -ENOENT);
	close(fd);
	unlink(link);
	leave_place(&place);
}

/* No set-user-ID file, whatever it is asked for. */
static void test_helper__makes_plain_files(void **state)
{
	struct place place;
	struct stat st;
	int fd;

	(void)state;
	start(&place, NULL);
	assert_int_equal(helper_create(place.helper, place.path, 07777, &fd), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07111, 0);
	close(fd);
	leave_place(&place);
}

static void test_helper__saves_where_it_was_told_to(void **state)
{
	struct place place;
	char text[64], *huge = calloc(1, 1 << 16);

	(void)state;
	start(&place, NULL);
	assert_int_equal(helper_save(place.helper, "kept\n", 5), 0);
	read_file(place.path, text);
	assert_string_equal(text, "kept\n");
	memset(huge, 'x', (1 << 16) - 1);
	assert_int_equal(helper_save(place.helper, huge, (1 << 16) - 1), -ENAMETOOLONG);
	free(huge);
	leave_place(&place);
}

/* Its own socket and the null device, even where we hold a pipe. */
static void test_helper__holds_nothing_of_ours(void **state)
{
	struct place place;
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	start(&place, NULL);
	close(ends[1]);
	/* An end-of-file, not a wait: the other writer would be the helper. */
	assert_int_equal(helper_save(place.helper, "", 0), 0);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	leave_place(&place);
}

static void test_helper__no_signal_of_the_terminal_ends_it(void **state)
{
	struct place place;
	sigset_t all;

	(void)state;
	start(&place, NULL);
	sigfillset(&all);
	assert_int_equal(helper_save(place.helper, "", 0), 0);
	sigprocmask(SIG_BLOCK, &all, NULL);
	kill(0, SIGINT);
	assert_int_equal(helper_save(place.helper, "again", 5), 0);
	sigtimedwait(&all, NULL, &(struct timespec){ 0 });
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	leave_place(&place);
}

/* The text of a message ends in it, so that no path is read beyond its end. */
static void test_helper__a_path_that_is_too_long(void **state)
{
	struct place place;
	char path[5000];
	int fd;

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	start(&place, NULL);
	assert_int_equal(helper_create(place.helper, path, 0600, &fd), -ENAMETOOLONG);
	leave_place(&place);
}

static void test_helper__one_that_was_killed_is_told(void **state)
{
	struct place place;
	char command[64];
	int fd;

	(void)state;
	make_place(&place);
	snprintf(command, sizeof(command), "kill -KILL $PPID");
	assert_int_equal(helper_start(&(struct helper_duties){ .command = command }, &place.helper), 0);
	helper_run(place.helper, STDIN_FILENO, "");
	helper_wait(place.helper);
	assert_int_equal(helper_create(place.helper, place.path, 0600, &fd), -ECHILD);
	leave_place(&place);
}

static void test_helper__stacks_only_where_it_is_its_duty(void **state)
{
	struct place place;
	int fd;

	(void)state;
	start(&place, NULL);
	assert_int_equal(helper_stack(place.helper, getpid(), getpid(), &fd), -EPERM);
	leave_place(&place);
	make_place(&place);
	assert_int_equal(helper_start(&(struct helper_duties){ .stacks = true }, &place.helper), 0);
	assert_int_equal(helper_stack(place.helper, getpid(), INT32_MAX, &fd), -ENOENT);
	leave_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_helper__runs_its_command_with_input_and_word),
		cmocka_unit_test(test_helper__runs_nothing_without_a_command),
		cmocka_unit_test(test_helper__makes_new_files_only),
		cmocka_unit_test(test_helper__makes_plain_files),
		cmocka_unit_test(test_helper__saves_where_it_was_told_to),
		cmocka_unit_test(test_helper__holds_nothing_of_ours),
		cmocka_unit_test(test_helper__no_signal_of_the_terminal_ends_it),
		cmocka_unit_test(test_helper__a_path_that_is_too_long),
		cmocka_unit_test(test_helper__one_that_was_killed_is_told),
		cmocka_unit_test(test_helper__stacks_only_where_it_is_its_duty),
	};

	setpgid(0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
