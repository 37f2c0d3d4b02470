/*
 * The processes of a scene. Each asks the kernel to kill it when its parent dies; the setting is
 * lost in a fork and is about the thread that forked (PR_SET_PDEATHSIG, prctl(2)), so each asks for
 * itself, and looks afterwards whether the parent had died before. All are in one session of their
 * own, so that the terminal's signals do not reach them and one kill(2) does.
 *
 * They keep nothing of pipetop's descriptors, and catch no signal: either would change what is to
 * be seen in them. They never sleep but in the calls that the scene is about, so the state of a
 * thread that has announced itself tells when it is there.
 */
#include "demo/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ACTORS = 8 };

struct stage {
	atomic_uint entered;
	struct actor {
		pid_t pid, tid;
		char state;
		atomic_bool ready;
	} actors[ACTORS];
};

struct stage *stage_new(void)
{
	void *memory = mmap(NULL, sizeof(struct stage), PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void stage_free(struct stage *stage)
{
	munmap(stage, sizeof(*stage));
}

void stage_ready(struct stage *stage, char state)
{
	unsigned number = atomic_fetch_add(&stage->entered, 1);

	if (number >= ACTORS)
		_exit(EXIT_FAILURE);
	stage->actors[number].pid = getpid();
	stage->actors[number].tid = gettid();
	stage->actors[number].state = state;
	atomic_store(&stage->actors[number].ready, true);
}

/* The letter behind the name, which may hold anything: proc_pid_stat(5). '\0' when not readable. */
static char thread_state(pid_t pid, pid_t tid)
{
	char path[64], line[512] = "";
	const char *name_end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return '\0';
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	name_end = strrchr(line, ')');
	return name_end && name_end[1] ? name_end[2] : '\0';
}

bool stage_is_ready(struct stage *stage, unsigned number)
{
	const struct actor *actor = &stage->actors[number];

	return atomic_load(&actor->ready) && thread_state(actor->pid, actor->tid) == actor->state;
}

/* ---- in the processes of a scene ---- */

static void die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXIT_FAILURE);
}

static void forget_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void forget_descriptors(void)
{
	DIR *fds = opendir("/proc/self/fd");
	int null = open("/dev/null", O_RDWR);

	if (!fds || null < 0)
		_exit(EXIT_FAILURE);
	for (const struct dirent *entry; (entry = readdir(fds));) {
		int fd = atoi(entry->d_name);

		if (fd > STDERR_FILENO && fd != null && fd != dirfd(fds))
			close(fd);
	}
	closedir(fds);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	if (null > STDERR_FILENO)
		close(null);
}

void stage_enter(pid_t parent)
{
	die_with(parent);
	setsid();
	forget_signals();
	forget_descriptors();
}

void stage_name(const char *name)
{
	prctl(PR_SET_NAME, name);
}

pid_t stage_fork(const char *name)
{
	pid_t parent = getpid(), child = fork();

	if (child < 0)
		_exit(EXIT_FAILURE);
	if (child == 0) {
		die_with(parent);
		stage_name(name);
	}
	return child;
}

void stage_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		_exit(EXIT_FAILURE);
}

void stage_write(int fd, const char *text, unsigned times)
{
	while (times--)
		if (write(fd, text, strlen(text)) < 0)
			_exit(EXIT_FAILURE);
}

void stage_read_to_end(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
}

void stage_wait(pid_t child)
{
	if (waitpid(child, NULL, 0) < 0)
		_exit(EXIT_FAILURE);
}

void stage_pause(unsigned ms)
{
	const struct timespec span = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&span, NULL);
}
