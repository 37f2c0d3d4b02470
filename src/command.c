/*
 * Owns COMMAND: how it is started, what becomes of it, and what of our signals it gets.
 *
 * It must not notice us: it has our signal mask and dispositions as they were, and of its pipes we
 * keep none, since an end that we held would take away an end-of-file or an EPIPE. Only standard
 * error stays ours too, where the report goes.
 *
 * What would end us is passed on to it and we go on, so that its end decides. A signal from the
 * terminal (SI_KERNEL, sigaction(2)) has gone to the whole foreground process group already.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "act/signal.h"
#include "hook.h"

enum { KILL_ROUNDS = 200, KILL_PAUSE_MS = 5 };

struct command {
	struct report_command outcome;
	int signals;             /* signalfd(2) */
	bool ended;
	struct attach *attach;
	struct collector *collector;
	const struct command_settings *settings;
};

/* ---- its start ---- */

static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };

/* Those that are ignored already stay so, for COMMAND too. */
static int hold_signals(sigset_t *ret_before, int *ret_fd)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
		sigaddset(&set, passed_on[i]);
	sigprocmask(SIG_BLOCK, &set, ret_before);
	*ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_fd < 0 ? -errno : 0;
}

/*
 * posix_spawn(3) of glibc would leave two signals ignored. The child of vfork(2) shares our memory,
 * so it can tell why it could not be started.
 */
static int spawn(char *const *argv, const sigset_t *mask, pid_t *ret_pid)
{
	volatile int error = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		execvp(argv[0], argv);
		error = errno;
		_exit(EXIT_FAILURE);
	}
	if (pid < 0)
		return -errno;
	if (error)
		waitpid(pid, NULL, 0);
	else
		*ret_pid = pid;
	return -error;
}

static void let_go_of_pipes(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

int command_start(char *const *argv, bool adopt, struct command **ret_command)
{
	struct command *command = calloc(1, sizeof(*command));
	int32_t missing;
	sigset_t before;
	pid_t pid;
	int r;

	if (!command)
		return -ENOMEM;
	command->outcome = (struct report_command){ .argv = argv, .status = UNKNOWN };
	r = hold_signals(&before, &command->signals);
	if (r == 0 && adopt && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		r = -errno;
	if (r == 0)
		r = spawn(argv, &before, &pid);
	if (r < 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		command_free(command);
		return r;
	}
	let_go_of_pipes();
	command->outcome.pid = pid;
	r = attach_new(&command->outcome.pid, 1, &command->attach, &missing);
	if (r < 0) {
		kill(pid, SIGKILL);
		command_free(command);
		return r;
	}
	*ret_command = command;
	return 0;
}

/* ---- its end ---- */

static void note_end(struct command *command, int status)
{
	command->ended = true;
	command->outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	command->outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : UNKNOWN;
}

/* All children that have ended: COMMAND, or an orphan of it. */
static void reap(struct command *command)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == command->outcome.pid)
			note_end(command, status);
}

static void reap_alone(struct command *command)
{
	uint32_t count;
	int status;

	if (!command->ended && waitpid(command->outcome.pid, &status, WNOHANG) > 0)
		note_end(command, status);
	attach_endings(command->attach, &count);
}

static void pass_signals_on(const struct command *command)
{
	struct signalfd_siginfo info;

	while (read(command->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_code != SI_KERNEL && !command->ended)
			kill(command->outcome.pid, (int)info.ssi_signo);
}

/* ---- the watching ---- */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until then, or until it has ended. Not yet reaped, so its pid is its own. */
static void sleep_until(struct command *command, int64_t end_ms)
{
	uint32_t count;
	struct pollfd polls[] = {
		*attach_poll(command->attach, &count),
		{ .fd = command->signals, .events = POLLIN },
	};
	int64_t left_ms;

	/* Who ended during the look was noticed there, and is not polled any more. */
	if (attach_is_over(command->attach))
		reap_alone(command);
	while (!command->ended && (left_ms = end_ms - now_ms()) > 0) {
		if (poll(polls, 2, (int)left_ms) <= 0)
			continue;
		if (polls[1].revents)
			pass_signals_on(command);
		if (polls[0].revents)
			reap_alone(command);
	}
}

static int look(struct command *command, struct examination *ret)
{
	char error[SOURCE_ERROR_SIZE];

	return attach_scan(command->attach, command->collector, &command->settings->source, ret,
	                   error);
}

/* Looks until there is something to tell; after its end once more, for whom it has left behind. */
static int watch(struct command *command, struct examination *ret)
{
	bool last = false;
	int r = 0;

	while (r == 0 && !last) {
		int64_t begin_ms = now_ms();

		examination_free(ret);
		last = command->ended;
		r = look(command, ret);
		last |= r == 0 && examination_found(ret) >= command->settings->stuck;
		if (r == 0 && !last)
			sleep_until(command, begin_ms + command->settings->interval_ms);
	}
	return r;
}

static int run_hook(struct helper *hook, const struct diagnosis *d)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < d->deadlock_count; i++)
		r = hook_run(hook, d, i);
	helper_wait(hook);
	return r;
}

/* ---- the killing ---- */

static bool is_alive(const struct process *p)
{
	return !p->self && p->state != 'Z' && p->state != 'X';
}

/*
 * All that descends from us: COMMAND, its orphans who became ours, our helper. How many there were.
 */
static int kill_round(struct command *command, uint32_t *ret_alive)
{
	const struct collect_request request = { 0 };
	const int32_t self = getpid();
	const struct diagnosis_settings settings = { .pids = &self, .pid_count = 1 };
	struct snapshot *s;
	struct diagnosis *d = NULL;
	int r = collect(command->collector, &request, &s);

	if (r < 0)
		return r;
	r = diagnose(NULL, s, &settings, &d);
	*ret_alive = 0;
	for (uint32_t i = 0; r == 0 && i < s->process_count; i++) {
		const struct process *p = &s->processes[i];

		if (!d->asked[i] || !is_alive(p))
			continue;
		++*ret_alive;
		signal_send(p->pid, p->start_ticks, SIGKILL);
	}
	diagnosis_free(d);
	snapshot_free(s);
	return r;
}

/* Whoever was born while we looked is found in the next round. */
static int kill_all(struct command *command)
{
	const struct timespec pause = { 0, KILL_PAUSE_MS * 1000000L };
	uint32_t alive = 1;
	int r = 0;

	for (int round = 0; r == 0 && alive && round < KILL_ROUNDS; round++) {
		r = kill_round(command, &alive);
		if (alive)
			nanosleep(&pause, NULL);
		reap(command);
	}
	command->outcome.killed = true;
	return r;
}

int command_watch(struct command *command, struct collector *c,
                  const struct command_settings *settings, struct examination *ret)
{
	struct examination e = { 0 };
	int r;

	command->collector = c;
	command->settings = settings;
	r = watch(command, &e);
	if (r == 0 && settings->hook)
		r = run_hook(settings->hook, e.diagnosis);
	if (r == 0 && settings->kill && e.diagnosis->deadlock_count)
		r = kill_all(command);
	if (r < 0)
		examination_free(&e);
	else
		*ret = e;
	return r;
}

const struct report_command *command_outcome(const struct command *command)
{
	return &command->outcome;
}

int command_exit_status(const struct command *command)
{
	if (!command->ended)
		return UNKNOWN;
	return command->outcome.signal ? 128 + command->outcome.signal : command->outcome.status;
}

void command_free(struct command *command)
{
	if (!command)
		return;
	attach_free(command->attach);
	if (command->signals > 0)
		close(command->signals);
	free(command);
}
