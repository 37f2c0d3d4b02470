/* The scenes by name, and the life of the one that is played. */
#include "demo/scenes.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "demo/stage.h"

/* A writer counts as stalled from when on --stall says, by default. */
enum { STALL_MS = 1000 };

const struct scene scenes[] = {
	{ "article", "a script waits for its child, which is stuck writing errors",
	  true, 2, 0, stuck_article },
	{ "shell", "the same with a shell in between",
	  true, 3, 0, stuck_shell },
	{ "cross", "two processes write to each other, and none reads",
	  true, 2, 0, stuck_cross },
	{ "leak", "a sibling has inherited a write end: no end-of-file",
	  true, 3, 0, stuck_leak },
	{ "stderr", "a script reads stdout while its child is stuck in stderr",
	  true, 2, 0, stuck_stderr },
	{ "stdin", "a script waits for cat and has not closed its input",
	  true, 2, 0, stuck_stdin },
	{ "self", "a process fills a pipe that only it could read",
	  true, 1, 0, stuck_self },
	{ "slow", "a slow reader: the writer waits, and goes on",
	  false, 2, 0, healthy_slow },
	{ "stopped", "a stopped reader: stalled until somebody continues it",
	  false, 2, STALL_MS, healthy_stopped },
	{ "communicate", "the article's way out: one reader of both pipes",
	  false, 2, 0, healthy_communicate },
	{ "stream", "the other way out: a thread that reads for each child",
	  false, 5, 0, healthy_stream },
	{ 0 }
};

/* The first process of the scene that is played, for the signal handler. */
static volatile sig_atomic_t playing;

const struct scene *scene_find(const char *name)
{
	for (const struct scene *scene = scenes; scene->name; scene++)
		if (!strcmp(scene->name, name))
			return scene;
	return NULL;
}

void scene_stop(pid_t pid)
{
	playing = 0;
	kill(-pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0 || errno == EINTR)
		;
}

/* Reset by SA_RESETHAND, the signal then does what it would have done. */
static void stop_and_die(int number)
{
	if (playing)
		scene_stop((pid_t)playing);
	raise(number);
}

static void watch_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct sigaction old, action = {
			.sa_handler = stop_and_die, .sa_flags = (int)SA_RESETHAND,
		};

		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(numbers[i], &action, NULL);
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A healthy thread is in its state again and again: each is asked until it was seen there. */
static int await(const struct scene *scene, struct stage *stage, pid_t pid)
{
	int64_t deadline = now_ms() + 20000;
	unsigned actor = 0;

	while (actor < scene->actors) {
		if (stage_is_ready(stage, actor))
			actor++;
		else if (waitpid(pid, NULL, WNOHANG) != 0)
			return -ECHILD;
		else if (now_ms() > deadline)
			return -ETIMEDOUT;
		else
			stage_pause(1);
	}
	stage_pause(scene->still_ms);
	return 0;
}

int scene_start(const struct scene *scene, pid_t *ret_pid)
{
	struct stage *stage = stage_new();
	pid_t parent = getpid(), pid;
	int r;

	if (!stage)
		return -ENOMEM;
	/* Orphans of the scene come to us, so that all of it can be reaped. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid == 0) {
		stage_enter(parent);
		scene->run(stage);
		_exit(EXIT_SUCCESS);
	}
	r = pid < 0 ? -errno : 0;
	if (r == 0) {
		playing = pid;
		watch_signals();
		r = await(scene, stage, pid);
		if (r < 0)
			scene_stop(pid);
	}
	stage_free(stage);
	if (r == 0)
		*ret_pid = pid;
	return r;
}
