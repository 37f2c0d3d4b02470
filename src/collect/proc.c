/*
 * Reading /proc. A file there is made when it is read, so that one large read gives one moment of
 * it; all of the small ones fit a buffer on the stack.
 */
#include "collect/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { LARGEST_FILE = 16 * 1024 * 1024 };

void proc_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* A path in the making. There may be one for each thread of the machine: no printf(3). */
struct path {
	char *at, *end;
};

static void put(struct path *path, const char *text)
{
	while (*text && path->at < path->end)
		*path->at++ = *text++;
	*path->at = '\0';
}

static void put_number(struct path *path, int32_t number)
{
	char digits[16], *at = digits + sizeof(digits);
	uint32_t rest = (uint32_t)number;

	*--at = '\0';
	do
		*--at = (char)('0' + rest % 10);
	while (rest /= 10);
	put(path, at);
}

static struct path path_in(char path[PROC_PATH_SIZE])
{
	return (struct path){ path, path + PROC_PATH_SIZE - 1 };
}

char *proc_number(char path[PROC_PATH_SIZE], int32_t number)
{
	struct path p = path_in(path);

	put_number(&p, number);
	return path;
}

char *proc_path(char path[PROC_PATH_SIZE], int32_t pid, const char *name)
{
	struct path p = path_in(path);

	put(&p, "/proc/");
	put_number(&p, pid);
	put(&p, "/");
	put(&p, name);
	return path;
}

static int open_directory(int32_t pid, const char *name)
{
	char path[PROC_PATH_SIZE];
	int fd = open(proc_path(path, pid, name), O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int proc_open(int32_t pid)
{
	return open_directory(pid, "");
}

int proc_open_threads(int32_t pid)
{
	return open_directory(pid, "task");
}

/*
 * Until the buffer is full or the file ends. A file `in_one_piece` (single_open() in
 * fs/seq_file.c, and what is copied) gives all that it has at once: nothing more need be asked for.
 */
static ssize_t read_fully(int fd, char *buffer, size_t size, bool in_one_piece)
{
	size_t length = 0;

	while (length < size && !(in_one_piece && length)) {
		ssize_t n = read(fd, buffer + length, size - length);

		if (n == 0)
			break;
		if (n > 0)
			length += (size_t)n;
		else if (errno != EINTR)
			return -errno;
	}
	return (ssize_t)length;
}

ssize_t proc_read(int dir, const char *path, char *buffer, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read_fully(fd, buffer, size, true);
	close(fd);
	return length;
}

ssize_t proc_read_all(int dir, const char *path, char **ret_text)
{
	__attribute__((cleanup(proc_close))) int fd =
		openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t size = 4096, length = 0;
	char *text = NULL;
	ssize_t r = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		char *larger = realloc(text, size);

		if (!larger) {
			r = -ENOMEM;
			break;
		}
		text = larger;
		r = read_fully(fd, text + length, size - length, false);
		if (r < 0)
			break;
		length += (size_t)r;
		if (length < size || size >= LARGEST_FILE) {
			*ret_text = text;
			return (ssize_t)length;
		}
		size *= 2;
	}
	free(text);
	return r;
}

char *proc_task_path(char path[PROC_PATH_SIZE], int32_t tid, const char *name)
{
	struct path p = path_in(path);

	if (tid) {
		put(&p, "task/");
		put_number(&p, tid);
		put(&p, "/");
	}
	put(&p, name);
	return path;
}

char *proc_thread_path(char path[PROC_PATH_SIZE], int32_t tid, const char *name)
{
	struct path p = path_in(path);

	put_number(&p, tid);
	put(&p, "/");
	put(&p, name);
	return path;
}

int proc_list(bool (*wants)(const void *, int32_t pid), const void *context, int32_t **ret_pids,
              uint32_t *ret_count)
{
	DIR *directory = opendir("/proc");
	const struct dirent *entry;
	int32_t *pids = NULL, *larger;
	uint32_t count = 0, room = 0;
	int r = directory ? 0 : -errno;

	while (r == 0 && (entry = readdir(directory))) {
		int32_t pid = atoi(entry->d_name);

		if (pid <= 0 || !wants(context, pid))
			continue;
		if (count == room) {
			room = room ? 2 * room : 64;
			larger = reallocarray(pids, room, sizeof(*larger));
			if (!larger) {
				r = -ENOMEM;
				continue;
			}
			pids = larger;
		}
		pids[count++] = pid;
	}
	if (directory)
		closedir(directory);
	if (r < 0) {
		free(pids);
		return r;
	}
	*ret_pids = pids;
	*ret_count = count;
	return 0;
}
