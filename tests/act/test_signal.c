/* Signals reach the process that was looked at, and never one that has its pid now. */
#include "stage.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "act/backtrace.h"
#include "act/signal.h"

static int wait_for_good(void *argument)
{
	(void)argument;
	while (pause() < 0)
		;
	return 0;
}

static void test_signal__ends_it(void **state)
{
	pid_t child = stage_start(wait_for_good, NULL);
	int status;

	(void)state;
	assert_int_equal(signal_send(child, stage_start_ticks(child), SIGTERM), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void test_signal__not_to_another(void **state)
{
	pid_t child = stage_start(wait_for_good, NULL);

	(void)state;
	assert_int_equal(signal_send(child, stage_start_ticks(child) + 1, SIGKILL), -ESRCH);
	assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
	assert_int_equal(signal_send(child, stage_start_ticks(child), 4711), -EINVAL);
	stage_kill(child);
}

static void test_signal__gone(void **state)
{
	pid_t child = stage_start(wait_for_good, NULL);
	uint64_t start = stage_start_ticks(child);

	(void)state;
	stage_kill(child);
	assert_int_equal(signal_send(child, start, SIGTERM), -ESRCH);
}

static int signal_the_parent(void *argument)
{
	uint64_t start = stage_start_ticks(getppid());

	(void)argument;
	if (setresuid(65534, 65534, 65534) < 0)
		return 1;
	return signal_send(getppid(), start, SIGWINCH) == -EPERM ? 0 : 2;
}

static void test_signal__not_permitted(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(stage_wait(stage_start(signal_the_parent, NULL)), 0);
}

/* A child that has this pid. */
static pid_t start_as(pid_t pid)
{
	struct clone_args args = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid,
		.set_tid_size = 1 };
	pid_t child = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	if (child != 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

enum { REUSED = 300, CANNOT = 77 };

/* As init of a PID namespace, with its own /proc: gives one pid to two processes, one by one. */
static int reuse_a_pid(void *argument)
{
	uint64_t start;
	struct traces *traces;

	(void)argument;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0 || start_as(REUSED) != REUSED)
		return CANNOT;
	start = stage_start_ticks(REUSED);
	do {
		stage_kill(REUSED);
		if (start_as(REUSED) != REUSED)
			return CANNOT;
	} while (stage_start_ticks(REUSED) == start);
	if (signal_send(REUSED, start, SIGKILL) != -ESRCH)
		return 1;
	if (backtrace_take(REUSED, start, 0, (struct backtrace_registers){ 0 }, 5000, &traces) != -ESRCH)
		return 2;
	if (waitpid(REUSED, NULL, WNOHANG) != 0)
		return 3;
	return signal_send(REUSED, stage_start_ticks(REUSED), SIGKILL) == 0 &&
	       waitpid(REUSED, NULL, 0) == REUSED ? 0 : 4;
}

static int enter_namespaces(void *argument)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
		return CANNOT;
	return stage_wait(stage_start(reuse_a_pid, argument));
}

static void test_signal__not_to_a_reused_pid(void **state)
{
	int status = stage_wait(stage_start(enter_namespaces, NULL));

	(void)state;
	if (status == CANNOT)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signal__ends_it),
		cmocka_unit_test(test_signal__not_to_another),
		cmocka_unit_test(test_signal__gone),
		cmocka_unit_test(test_signal__not_permitted),
		cmocka_unit_test(test_signal__not_to_a_reused_pid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
