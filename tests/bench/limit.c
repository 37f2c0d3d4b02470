/*
 * The limit of /proc: nothing but the system calls that the facts need, one thread, no names, no
 * verdict, no output but counts. It lists processes and their descriptors, tells pipe ends by one
 * stat(2) each, their direction by the link's mode, asks each pipe once for fill and capacity, and
 * reads what each thread of a pipe's holder waits for.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, SEEN = 1 << 20 };

static uint64_t seen[SEEN]; /* inodes of pipes; anonymous pipes share a device */
static unsigned long processes, threads, fds, ends, pipes, bytes;

static bool is_new(uint64_t ino)
{
	uint64_t at = ino * UINT64_C(0x9e3779b97f4a7c15) >> 44;

	while (seen[at % SEEN] && seen[at % SEEN] != ino)
		at++;
	if (seen[at % SEEN])
		return false;
	seen[at % SEEN] = ino;
	return true;
}

static void ask_pipe(int *pidfd, int pid, int number)
{
	int fd, fill = 0;

	if (*pidfd < 0)
		*pidfd = pidfd_open(pid, 0);
	fd = pidfd_getfd(*pidfd, number, 0);
	if (fd < 0)
		return;
	ioctl(fd, FIONREAD, &fill);
	bytes += (unsigned long)fill + (unsigned long)(fcntl(fd, F_GETPIPE_SZ) > 0);
	close(fd);
	pipes++;
}

/* Calls `each` for every numbered name of a directory. */
static void each_number(int dir, char *buffer, void (*each)(int dir, const char *name, void *context),
                        void *context)
{
	ssize_t length;

	while ((length = getdents64(dir, buffer, BUFFER)) > 0) {
		for (ssize_t at = 0; at < length; ) {
			const struct dirent64 *entry = (const void *)(buffer + at);

			if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
				each(dir, entry->d_name, context);
			at += entry->d_reclen;
		}
	}
}

struct holder {
	int pid, pidfd;
	bool holds;
};

static void look_at_fd(int dir, const char *name, void *context)
{
	struct holder *holder = context;
	struct stat st, link;

	fds++;
	if (fstatat(dir, name, &st, 0) < 0 || !S_ISFIFO(st.st_mode))
		return;
	ends++;
	holder->holds = true;
	fstatat(dir, name, &link, AT_SYMLINK_NOFOLLOW);
	if (is_new(st.st_ino))
		ask_pipe(&holder->pidfd, holder->pid, atoi(name));
}

static void read_file(int dir, const char *path)
{
	char text[256];
	int fd = openat(dir, path, O_RDONLY);

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text)) < 0)
		text[0] = 0;
	close(fd);
}

static void look_at_thread(int dir, const char *name, void *context)
{
	char path[NAME_MAX + 16];

	(void)context;
	snprintf(path, sizeof(path), "%s/syscall", name);
	read_file(dir, path);
	threads++;
}

static void look_at_process(int proc, const char *name, void *context)
{
	static char buffer[BUFFER];
	struct holder holder = { .pid = atoi(name), .pidfd = -1 };
	char path[NAME_MAX + 16];
	int dir;

	(void)context;
	processes++;
	snprintf(path, sizeof(path), "%s/stat", name);
	read_file(proc, path);
	snprintf(path, sizeof(path), "%s/fd", name);
	dir = openat(proc, path, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return;
	each_number(dir, buffer, look_at_fd, &holder);
	close(dir);
	if (holder.pidfd >= 0)
		close(holder.pidfd);
	if (!holder.holds)
		return;
	snprintf(path, sizeof(path), "%s/task", name);
	dir = openat(proc, path, O_RDONLY | O_DIRECTORY);
	if (dir < 0)
		return;
	each_number(dir, buffer, look_at_thread, NULL);
	close(dir);
}

int main(void)
{
	static char buffer[BUFFER];
	int proc = open("/proc", O_RDONLY | O_DIRECTORY);

	if (proc < 0)
		err(1, "/proc");
	each_number(proc, buffer, look_at_process, NULL);
	printf("%lu processes %lu threads %lu fds %lu ends %lu pipes %lu bytes\n", processes, threads,
	       fds, ends, pipes, bytes);
	return 0;
}
