/*
 * Gives a pid away twice while pipetop is attached to it. The first process of a PID namespace of
 * its own runs this: reuse FILE PIPETOP ARGUMENT...
 *
 * 500 is called "right" and stuck on a pipe of its own; pipetop is attached to it. When pipetop
 * has it by the pidfd, and something stands in FILE (unless that is empty), it is stopped; 500 is killed, and a second 500, called "wrong" and just as
 * stuck, takes its place before pipetop goes on. Its exit status is ours.
 *
 * clone3(2) with set_tid chooses a pid: Linux 5.5.
 */
#include <dirent.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what)
{
	perror(what);
	exit(99);
}

static void pause_a_moment(void)
{
	nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
}

/* Writes to a pipe that only it holds, until it can't. */
static void get_stuck(const char *name)
{
	static const char bytes[1 << 17];
	int ends[2];

	prctl(PR_SET_NAME, name);
	if (pipe(ends) < 0 || write(ends[1], bytes, sizeof(bytes)) < 0)
		_exit(98);
	_exit(0);
}

static bool is_blocked(pid_t pid)
{
	char path[64], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/wchan", pid);
	file = fopen(path, "r");
	if (file && !fgets(text, sizeof(text), file))
		text[0] = '\0';
	if (file)
		fclose(file);
	return strstr(text, "pipe_w");
}

static void make(pid_t pid, const char *name)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&pid, .set_tid_size = 1,
	};
	long made = syscall(SYS_clone3, &args, sizeof(args));

	if (made < 0)
		fail("clone3");
	if (made == 0)
		get_stuck(name);
	while (!is_blocked(pid))
		pause_a_moment();
}

static bool names_pid(const char *path, pid_t pid)
{
	FILE *file = fopen(path, "r");
	char line[256];
	int shown = 0;
	bool found = false;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Pid: %d", &shown) == 1)
			found |= shown == pid;
	if (file)
		fclose(file);
	return found;
}

/* Whether the process has a pidfd of the other. */
static bool holds(pid_t process, pid_t pid)
{
	char path[300];
	DIR *dir;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", process);
	dir = opendir(path);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.20s", process, entry->d_name);
		found |= names_pid(path, pid);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool is_written(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size;
}

int main(int argc, char **argv)
{
	enum { REUSED = 500 };
	pid_t pipetop;
	int status;

	if (argc < 3 || getpid() != 1)
		return 99;
	make(REUSED, "right");
	pipetop = fork();
	if (pipetop == 0) {
		execv(argv[2], argv + 2);
		_exit(97);
	}
	while (!holds(pipetop, REUSED))
		pause_a_moment();
	while (*argv[1] && !is_written(argv[1]))
		pause_a_moment();
	kill(pipetop, SIGSTOP);
	if (waitpid(pipetop, &status, WUNTRACED) != pipetop || !WIFSTOPPED(status))
		return 96;
	kill(REUSED, SIGKILL);
	if (waitpid(REUSED, NULL, 0) != REUSED)
		fail("waitpid");
	make(REUSED, "wrong");
	kill(pipetop, SIGCONT);
	if (waitpid(pipetop, &status, 0) != pipetop)
		fail("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
