#include "stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/builder.h"

enum { NOBODY = 65534 };

static void add_process(struct builder *b, const struct stage_end *ends, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (ends[k].pid == ends[i].pid)
			return;
	assert_non_null(builder_add_process(b, ends[i].pid));
}

static int64_t pipe_max_size(void)
{
	FILE *file = fopen("/proc/sys/fs/pipe-max-size", "re");
	long size;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld", &size), 1);
	fclose(file);
	return size;
}

struct snapshot *stage_look(const struct stage_end *ends, size_t count)
{
	struct builder *b;
	struct snapshot *s;
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", ends[0].pid, ends[0].fd);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(builder_new(&b), 0);
	builder_head(b)->pipe_max_size = pipe_max_size();
	for (size_t i = 0; i < count; i++) {
		struct seen_end end = { .dev = st.st_dev, .ino = st.st_ino, .pid = ends[i].pid,
			.fd = ends[i].fd, .reads = ends[i].reads, .writes = ends[i].writes };

		add_process(b, ends, i);
		assert_int_equal(builder_add_end(b, &end), 0);
	}
	assert_int_equal(builder_link(b), 0);
	assert_int_equal(builder_seal(b, &s), 0);
	assert_int_equal(s->pipe_count, 1);
	return s;
}

struct snapshot *stage_look_own(const int fds[2])
{
	const struct stage_end ends[] = { { getpid(), fds[0], true, false },
	                                  { getpid(), fds[1], false, true } };

	return stage_look(ends, 2);
}

pid_t stage_start(int (*run)(void *), void *argument)
{
	pid_t parent = getpid(), child = fork();

	assert_true(child >= 0);
	if (child > 0)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have ended before; from inside a PID namespace it is 0. */
	if (getppid() != parent && getppid() != 0)
		_exit(1);
	_exit(run(argument));
}

void stage_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int stage_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void stage_read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	char path[96];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	length = read(fd, text, size - 1);
	assert_true(length >= 0);
	text[length] = '\0';
	close(fd);
}

void stage_await_call(pid_t pid, pid_t tid, long number)
{
	char name[64], text[256];
	long shown = -1;

	snprintf(name, sizeof(name), "task/%d/syscall", tid);
	while (shown != number) {
		poll(NULL, 0, 1);
		stage_read_proc(pid, name, text, sizeof(text));
		if (sscanf(text, "%ld", &shown) != 1)
			shown = -1;
	}
}

/* Memory that never answers, with the descriptor left open; NULL where there is none. */
static char *silent_memory(size_t length)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register all = { .range.len = length, .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	all.range.start = (uintptr_t)memory;
	if (fd < 0 || memory == MAP_FAILED || ioctl(fd, UFFDIO_API, &api) < 0 ||
	    ioctl(fd, UFFDIO_REGISTER, &all) < 0)
		return NULL;
	return memory;
}

static int lock(void *argument)
{
	const int *fds = argument;
	char *memory = silent_memory(65536);

	return memory && write(fds[1], memory, 100) == 100 ? 0 : 1;
}

pid_t stage_start_lock(int fds[2])
{
	pid_t pid = stage_start(lock, fds);
	siginfo_t ended = { 0 };
	char wchan[64] = "";

	while (!strstr(wchan, "userfault")) {
		assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG), 0);
		if (ended.si_pid)
			return 0;
		poll(NULL, 0, 1);
		stage_read_proc(pid, "wchan", wchan, sizeof(wchan));
	}
	return pid;
}

void stage_end_lock(pid_t pid)
{
	stage_kill(pid);
	while (wait(NULL) > 0)
		;
	assert_int_equal(errno, ECHILD);
}

uint64_t stage_start_ticks(pid_t pid)
{
	unsigned long long ticks;
	char text[1024], *field;

	stage_read_proc(pid, "stat", text, sizeof(text));
	field = strrchr(text, ')');
	assert_non_null(field);
	for (int i = 0; i < 20; i++)
		field = strchr(field + 1, ' ');
	assert_int_equal(sscanf(field, "%llu", &ticks), 1);
	return ticks;
}

char stage_byte(size_t n)
{
	uint64_t word = (n / 8 + 1) * 0x9e3779b97f4a7c15u;

	return (char)(word >> (n % 8 * 8));
}

void stage_fill(char *bytes, size_t from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = stage_byte(from + i);
}

bool stage_is_row(const char *bytes, size_t from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != stage_byte(from + i))
			return false;
	return true;
}

size_t stage_stuff(int fd, size_t piece)
{
	int flags = fcntl(fd, F_GETFL);
	char *bytes = malloc(piece);
	size_t length = 0;

	assert_non_null(bytes);
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	for (;;) {
		stage_fill(bytes, length, piece);
		if (write(fd, bytes, piece) != (ssize_t)piece)
			break;
		length += piece;
	}
	fcntl(fd, F_SETFL, flags);
	free(bytes);
	return length;
}

size_t stage_fionread(int fd)
{
	int n;

	assert_int_equal(ioctl(fd, FIONREAD, &n), 0);
	return (size_t)n;
}

int stage_be_poor(void)
{
	int size = 1 << 20, least = 1 << 14;

	if (getuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return -1;
	while (size >= least) {
		int fds[2];

		if (pipe(fds) < 0)
			return -1;
		while (size >= least && fcntl(fds[1], F_SETPIPE_SZ, size) < 0)
			size /= 2;
	}
	return 0;
}

bool stage_has_capability(unsigned number)
{
	unsigned long long effective;
	char text[4096], *line;

	stage_read_proc(getpid(), "status", text, sizeof(text));
	line = strstr(text, "CapEff:");
	assert_non_null(line);
	assert_int_equal(sscanf(line, "CapEff: %llx", &effective), 1);
	return effective >> number & 1;
}
