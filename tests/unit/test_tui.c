/*
 * The whole loop on a pseudo-terminal of its own, each case in a child process: that it ends and
 * gives the terminal back whatever happens, and that 50,000 refreshes leave nothing behind.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>

#include <locale.h>
#include <malloc.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>
#include <time.h>
#include <unistd.h>

#include "pictures.h"
#include "tui/tui.h"
#include "words/escape.h"

enum { ROWS = 12, COLUMNS = 60, PATIENCE_MS = 60000 };

/* ---- in the child ---- */

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated_bytes(void)
{
	return __sanitizer_get_current_allocated_bytes != NULL
		? __sanitizer_get_current_allocated_bytes() : mallinfo2().uordblks;
}

static int open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

/* What was in use after some looks, and the most after many more. */
struct usage {
	uint64_t looks;
	size_t bytes, most_bytes;
	int fds, most_fds;
};

enum { WARM = 5000, MANY = 50000 };

static int changing_look(void *context, const struct look *previous, struct who follow,
                         struct look **ret_look)
{
	struct usage *usage = context;

	(void)previous;
	(void)follow;
	*ret_look = usage->looks % 7 == 0 ? pictures_stuckbox() : pictures_random(usage->looks % 1000);
	usage->looks++;
	if (usage->looks % 1000 != 0)
		return 0;
	if (allocated_bytes() > usage->most_bytes)
		usage->most_bytes = allocated_bytes();
	if (open_fds() > usage->most_fds)
		usage->most_fds = open_fds();
	if (usage->looks == WARM) {
		usage->bytes = usage->most_bytes;
		usage->fds = usage->most_fds;
	}
	return 0;
}

static int endurance(void)
{
	struct usage usage = {0};
	const struct tui_source source = {.context = &usage, .look = changing_look};
	struct tui_options options = {.refreshes = MANY};

	settings_default(&options.settings);
	options.settings.interval_ms = 0;
	if (tui_run(&source, &options) != 0 || usage.looks < MANY)
		return 10;
	/* A look in use may be larger than another: the sizes of the pictures differ by so much. */
	if (usage.most_bytes > usage.bytes + 65536)
		return 11;
	return usage.most_fds > usage.fds ? 12 : 0;
}

static int one_look(void *context, const struct look *previous, struct who follow,
                    struct look **ret_look)
{
	(void)context;
	(void)previous;
	(void)follow;
	*ret_look = pictures_stuckbox();
	return 0;
}

static int never(void *context, const struct look *previous, struct who follow,
                 struct look **ret_look)
{
	if (previous == NULL)
		return one_look(context, previous, follow, ret_look);
	for (;;)
		pause();
}

static int fails(void *context, const struct look *previous, struct who follow,
                 struct look **ret_look)
{
	(void)context;
	(void)previous;
	(void)follow;
	(void)ret_look;
	return -EIO;
}

static int crashes(void *context, const struct look *previous, struct who follow,
                   struct look **ret_look)
{
	if (previous == NULL)
		return one_look(context, previous, follow, ret_look);
	raise(SIGABRT); /* abort(3) would unblock it in some libraries */
	_exit(0);
}

/* Looks that cost much, and the least time from one to the next. */
struct pace {
	int64_t began_us, least_us;
};

enum { COST_US = 20000, BUDGET_PERCENT = 10 };

static int64_t clock_us(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int costly_look(void *context, const struct look *previous, struct who follow,
                       struct look **ret_look)
{
	int64_t now_us = clock_us(CLOCK_MONOTONIC), end_us = clock_us(CLOCK_THREAD_CPUTIME_ID) + COST_US;
	struct pace *pace = context;

	if (previous != NULL && now_us - pace->began_us < pace->least_us)
		pace->least_us = now_us - pace->began_us;
	pace->began_us = now_us;
	while (clock_us(CLOCK_THREAD_CPUTIME_ID) < end_us)
		;
	return one_look(context, previous, follow, ret_look);
}

static int with_a_budget(void)
{
	struct pace pace = {.least_us = INT64_MAX};
	const struct tui_source source = {.context = &pace, .look = costly_look};
	struct tui_options options = {.refreshes = 4, .cpu_budget_percent = BUDGET_PERCENT};

	settings_default(&options.settings);
	options.settings.interval_ms = 10;
	if (tui_run(&source, &options) != 0)
		return 10;
	/* After a look that began late, on a busy system, the next one comes sooner. */
	return pace.least_us < COST_US * 100 / BUDGET_PERCENT / 2 ? 11 : 0;
}

static int run_with(int (*look)(void *, const struct look *, struct who, struct look **))
{
	const struct tui_source source = {.look = look};
	struct tui_options options = {0};
	int r;

	settings_default(&options.settings);
	options.settings.interval_ms = 100;
	r = tui_run(&source, &options);
	return r < 0 ? -r : 0;
}

static int plain(void)
{
	return run_with(one_look);
}

static int with_a_look_that_hangs(void)
{
	return run_with(never);
}

static int with_a_look_that_fails(void)
{
	return run_with(fails);
}

static int with_a_crash(void)
{
	/* The sanitizers' own handlers would come first. */
	signal(SIGABRT, SIG_DFL);
	return run_with(crashes);
}

/* ---- the terminal ---- */

struct play {
	pid_t pid;
	int master, slave;       /* the slave is kept open, so that its settings can be read */
	struct termios before;
	char seen[65536];        /* the last of what came */
	size_t length;
};

static struct play start(int (*run)(void))
{
	const struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
	struct play play = {0};

	assert_int_equal(openpty(&play.master, &play.slave, NULL, NULL, &size), 0);
	assert_int_equal(tcgetattr(play.slave, &play.before), 0);
	play.pid = fork();
	assert_true(play.pid >= 0);
	if (play.pid == 0) {
		close(play.master);
		login_tty(play.slave);
		_exit(run());
	}
	return play;
}

/* Takes what the program writes; false when there was nothing for a while. */
static bool read_some(struct play *play, int timeout_ms)
{
	struct pollfd fd = {.fd = play->master, .events = POLLIN};
	ssize_t n;

	if (poll(&fd, 1, timeout_ms) <= 0)
		return false;
	if (play->length > sizeof play->seen / 2) {
		memmove(play->seen, play->seen + play->length - 8192, 8192);
		play->length = 8192;
	}
	n = read(play->master, play->seen + play->length, sizeof play->seen - play->length - 1);
	if (n > 0)
		play->length += (size_t)n;
	play->seen[play->length] = '\0';
	return n > 0;
}

static void forget(struct play *play)
{
	play->length = 0;
	play->seen[0] = '\0';
}

static void type(struct play *play, const char *keys_typed)
{
	assert_int_equal(write(play->master, keys_typed, strlen(keys_typed)), strlen(keys_typed));
}

/* Has all be drawn anew (Ctrl-L) each second until it is seen: else only what differs is written. */
static void wait_for(struct play *play, const char *text)
{
	int64_t now_us = clock_us(CLOCK_MONOTONIC), drawn_us = now_us;
	int64_t end_us = now_us + PATIENCE_MS * INT64_C(1000);

	while (strstr(play->seen, text) == NULL && now_us < end_us) {
		if (now_us - drawn_us > 1000000) {
			forget(play);
			type(play, "\f");
			drawn_us = now_us;
		}
		read_some(play, 100);
		now_us = clock_us(CLOCK_MONOTONIC);
	}
	if (strstr(play->seen, text) == NULL) {
		char shown[4096];

		read_some(play, 1000);
		escape_text(shown, sizeof shown, play->seen);
		fail_msg("never seen: %s, in %s", text, shown);
	}
}

/* The child's end: its status as waitpid(2) gives it. */
static int finish(struct play *play)
{
	int64_t end_us = clock_us(CLOCK_MONOTONIC) + PATIENCE_MS * INT64_C(1000);
	int status = -1;
	pid_t ended = 0;

	while (ended == 0 && clock_us(CLOCK_MONOTONIC) < end_us) {
		if (play->master >= 0)
			read_some(play, 10);
		else
			usleep(10000);
		ended = waitpid(play->pid, &status, WNOHANG);
	}
	if (ended == 0) {
		kill(play->pid, SIGKILL);
		waitpid(play->pid, &status, 0);
		fail_msg("it did not end");
	}
	return status;
}

static void assert_terminal_restored(struct play *play)
{
	struct termios after;

	while (play->master >= 0 && read_some(play, 0))
		;
	assert_int_equal(tcgetattr(play->slave, &after), 0);
	assert_int_equal(after.c_lflag, play->before.c_lflag);
	assert_int_equal(after.c_iflag, play->before.c_iflag);
	assert_int_equal(after.c_oflag, play->before.c_oflag);
	/* The other screen is left last. */
	assert_non_null(strstr(play->seen, "\033[?1049l"));
}

static void close_play(struct play *play)
{
	if (play->master >= 0)
		close(play->master);
	close(play->slave);
}

/* ---- the cases ---- */

static void test_tui__q_leaves(void **state)
{
	struct play play = start(plain);

	(void)state;
	wait_for(&play, "DEADLOCK");
	type(&play, "q");
	assert_int_equal(finish(&play), 0);
	assert_terminal_restored(&play);
	close_play(&play);
}

static void test_tui__signals_leave_in_order(void **state)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

	(void)state;
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		struct play play = start(plain);

		wait_for(&play, "DEADLOCK");
		kill(play.pid, numbers[i]);
		assert_int_equal(finish(&play), 0);
		assert_terminal_restored(&play);
		close_play(&play);
	}
}

static void test_tui__a_look_that_hangs_does_not_freeze_the_keys(void **state)
{
	struct play play = start(with_a_look_that_hangs);

	(void)state;
	wait_for(&play, "looking for");
	type(&play, "?");
	wait_for(&play, "pipetop shows every pipe");
	type(&play, "q");
	assert_int_equal(finish(&play), 0);
	assert_terminal_restored(&play);
	close_play(&play);
}

static void test_tui__a_first_look_that_fails_ends_it(void **state)
{
	struct play play = start(with_a_look_that_fails);
	int status = finish(&play);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EIO);
	assert_terminal_restored(&play);
	close_play(&play);
}

static void test_tui__a_crash_restores_the_terminal(void **state)
{
	struct play play = start(with_a_crash);
	int status = finish(&play);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_terminal_restored(&play);
	close_play(&play);
}

static void test_tui__a_closed_terminal_ends_it(void **state)
{
	struct play play = start(plain);

	(void)state;
	wait_for(&play, "DEADLOCK");
	close(play.slave);
	close(play.master);
	play.master = -1;
	assert_int_equal(finish(&play), 0);
}

static void test_tui__stop_and_go_on(void **state)
{
	struct play play = start(plain);
	struct termios stopped;
	int status;

	(void)state;
	wait_for(&play, "DEADLOCK");
	kill(play.pid, SIGTSTP);
	while (waitpid(play.pid, &status, WUNTRACED | WNOHANG) == 0)
		read_some(&play, 10);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(tcgetattr(play.slave, &stopped), 0);
	assert_int_equal(stopped.c_lflag, play.before.c_lflag);
	while (read_some(&play, 0))
		;
	assert_non_null(strstr(play.seen, "\033[?1049l"));
	forget(&play);
	kill(play.pid, SIGCONT);
	wait_for(&play, "DEADLOCK");
	type(&play, "q");
	assert_int_equal(finish(&play), 0);
	assert_terminal_restored(&play);
	close_play(&play);
}

static void test_tui__a_storm_of_resizes(void **state)
{
	struct play play = start(plain);

	(void)state;
	wait_for(&play, "DEADLOCK");
	for (unsigned i = 0; i < 500; i++) {
		const struct winsize size = {.ws_row = (unsigned short)(1 + i * 7 % 60),
		                             .ws_col = (unsigned short)(1 + i * 13 % 200)};

		assert_int_equal(ioctl(play.master, TIOCSWINSZ, &size), 0);
		if (i % 10 == 0)
			read_some(&play, 1);
	}
	assert_int_equal(ioctl(play.master, TIOCSWINSZ,
	                       &(struct winsize){.ws_row = 24, .ws_col = 80}), 0);
	forget(&play);
	type(&play, "?");
	wait_for(&play, "pipetop shows every pipe");
	type(&play, "q");
	assert_int_equal(finish(&play), 0);
	assert_terminal_restored(&play);
	close_play(&play);
}

static void test_tui__looks_keep_the_budget(void **state)
{
	struct play play = start(with_a_budget);

	(void)state;
	assert_int_equal(finish(&play), 0);
	close_play(&play);
}

static void test_tui__50000_refreshes_leave_nothing_behind(void **state)
{
	struct play play = start(endurance);
	int status;

	(void)state;
	while (waitpid(play.pid, &status, WNOHANG) == 0)
		if (!read_some(&play, PATIENCE_MS))
			usleep(1000);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_terminal_restored(&play);
	close_play(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tui__q_leaves),
		cmocka_unit_test(test_tui__signals_leave_in_order),
		cmocka_unit_test(test_tui__a_look_that_hangs_does_not_freeze_the_keys),
		cmocka_unit_test(test_tui__a_first_look_that_fails_ends_it),
		cmocka_unit_test(test_tui__a_crash_restores_the_terminal),
		cmocka_unit_test(test_tui__a_closed_terminal_ends_it),
		cmocka_unit_test(test_tui__stop_and_go_on),
		cmocka_unit_test(test_tui__a_storm_of_resizes),
		cmocka_unit_test(test_tui__looks_keep_the_budget),
		cmocka_unit_test(test_tui__50000_refreshes_leave_nothing_behind),
	};

	setenv("TERM", "xterm", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
