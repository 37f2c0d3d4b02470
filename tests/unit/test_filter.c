/* What is left to a process under the filter, and what is not. Each case is a child of its own. */
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
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "trust/filter.h"

enum { NO_FILTER = 77, SIZE = 1 << 17 };

/* Tries something: 0 or -errno. */
typedef int attempt(void);

static int result(long r)
{
	return r < 0 ? -errno : 0;
}

static int opened(int fd)
{
	int r = result(fd);

	if (fd >= 0)
		close(fd);
	return r;
}

static int read_file(void) { return opened(open("/proc/self/stat", O_RDONLY | O_CLOEXEC)); }
static int list_directory(void) { return opened(open("/proc", O_RDONLY | O_DIRECTORY)); }
static int name_file(void) { return opened(open("/etc/passwd", O_PATH)); }
static int write_file(void) { return opened(open("/dev/null", O_WRONLY)); }
static int change_file(void) { return opened(open("/dev/null", O_RDWR | O_CLOEXEC)); }
static int make_file(void) { return opened(open("/tmp/filter", O_RDONLY | O_CREAT, 0600)); }
static int cut_file(void) { return opened(open("/dev/null", O_RDONLY | O_TRUNC)); }
static int hidden_file(void) { return opened(open("/tmp", O_TMPFILE | O_RDWR, 0600)); }
static int reopen(void) { return opened(open("/dev/null", O_WRONLY | O_NONBLOCK | O_CLOEXEC)); }
static int make_socket(void) { return opened(socket(AF_UNIX, SOCK_STREAM, 0)); }
static int remove_file(void) { return result(unlink("/tmp/filter-is-not-there")); }
static int rename_file(void) { return result(rename("/tmp/filter-is-not-there", "/tmp/filter")); }
static int make_directory(void) { return result(mkdir("/tmp", 0700)); }
static int execute(void) { return result(execl("/bin/true", "true", (char *)NULL)); }
static int change_root(void) { return result(chdir("/")); }
static int keep_privileges(void) { return result(prctl(PR_SET_KEEPCAPS, 0)); }

static int have_child(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(3);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 3 ? 0 : -ECHILD;
}

static int duplicate(void)
{
	int pidfd = pidfd_open(getpid(), 0), r;

	if (pidfd < 0)
		return -errno;
	r = opened(pidfd_getfd(pidfd, STDERR_FILENO, 0));
	close(pidfd);
	return r;
}

static int read_memory(void)
{
	char there[8] = "foreign", here[8];
	struct iovec local = { here, 8 }, remote = { there, 8 };

	return result(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

static int write_memory(void)
{
	char there[8], here[8] = "foreign";
	struct iovec local = { here, 8 }, remote = { there, 8 };

	return result(process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
}

static int send_signal(void)
{
	int pidfd = pidfd_open(getpid(), 0), r;

	if (pidfd < 0)
		return -errno;
	r = result(pidfd_send_signal(pidfd, 0, NULL, 0));
	close(pidfd);
	return r;
}

/* Of a pipe that was there before. */
static int ends[2];

static int enlarge(void) { return result(fcntl(ends[1], F_SETPIPE_SZ, SIZE)); }
static int measure(void) { return result(fcntl(ends[1], F_GETPIPE_SZ)); }
static int copy(void)
{
	int own[2], r;

	if (pipe2(own, O_CLOEXEC) < 0)
		return -errno;
	r = result(tee(ends[0], own[1], 1, SPLICE_F_NONBLOCK));
	close(own[0]);
	close(own[1]);
	return r;
}

/* It is no terminal, which only a call that was let through can tell. */
static int set_terminal(void)
{
	const struct termios none = { 0 };

	return tcsetattr(ends[0], TCSANOW, &none) < 0 && errno == ENOTTY ? 0 : -errno;
}

static int try(unsigned needs, attempt *what)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int r = filter_install(needs);

		_exit(r == -ENOSYS ? NO_FILTER : r < 0 ? EXIT_FAILURE : -what() == ENOSYS ? 2 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_FILTER)
		skip();
	assert_int_not_equal(WEXITSTATUS(status), EXIT_FAILURE);
	return WEXITSTATUS(status) == 2 ? -ENOSYS : 0;
}

static void check(unsigned needs, attempt *const *list, int expected)
{
	for (; *list; list++)
		if (try(needs, *list) != expected)
			fail_msg("attempt %p with needs %#x", (void *)(uintptr_t)*list, needs);
}

static void test_filter__looking_goes_on(void **state)
{
	attempt *const list[] = {
		read_file, list_directory, name_file, have_child, duplicate, read_memory, measure, NULL,
	};

	(void)state;
	check(0, list, 0);
}

static void test_filter__nothing_is_changed(void **state)
{
	attempt *const list[] = {
		write_file, change_file, make_file, cut_file, hidden_file, reopen, remove_file,
		rename_file, make_directory, make_socket, execute, write_memory, keep_privileges,
		NULL,
	};

	(void)state;
	check(0, list, -ENOSYS);
	check(FILTER_SIGNAL | FILTER_PIPE | FILTER_UNWIND | FILTER_SCREEN, list, -ENOSYS);
}

static void test_filter__what_is_needed_and_no_more(void **state)
{
	static const struct {
		unsigned need;
		attempt *what;
	} rows[] = {
		{ FILTER_SIGNAL, send_signal }, { FILTER_PIPE, enlarge }, { FILTER_PIPE, copy },
		{ FILTER_UNWIND, change_root }, { FILTER_UNWIND, send_signal },
		{ FILTER_SCREEN, set_terminal }, { FILTER_REOPEN, reopen },
	};
	const unsigned all = FILTER_SIGNAL | FILTER_PIPE | FILTER_UNWIND | FILTER_SCREEN | FILTER_REOPEN;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned others = all & ~rows[i].need;

		if (rows[i].what == send_signal)
			others &= ~(unsigned)(FILTER_SIGNAL | FILTER_UNWIND);
		assert_int_equal(try(rows[i].need, rows[i].what), 0);
		assert_int_equal(try(others, rows[i].what), -ENOSYS);
	}
}

static void test_filter__reopening_makes_and_cuts_nothing(void **state)
{
	attempt *const list[] = { write_file, change_file, make_file, cut_file, hidden_file, NULL };

	(void)state;
	check(FILTER_REOPEN, list, -ENOSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter__looking_goes_on),
		cmocka_unit_test(test_filter__nothing_is_changed),
		cmocka_unit_test(test_filter__what_is_needed_and_no_more),
		cmocka_unit_test(test_filter__reopening_makes_and_cuts_nothing),
	};

	/* As privileges_keep() does, without which only root may install one. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (pipe(ends) < 0 || write(ends[1], "x", 1) != 1)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
