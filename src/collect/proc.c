/*
 * Reading /proc. A file there is made when it is read, so that one large read gives one moment of
 * it; all of the small ones fit a buffer on the stack.
 */
#include "collect/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LARGEST_FILE = 16 * 1024 * 1024 };

void proc_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int proc_open(int32_t pid)
{
	char path[PROC_PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
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
	if (tid)
		snprintf(path, PROC_PATH_SIZE, "task/%d/%s", tid, name);
	else
		snprintf(path, PROC_PATH_SIZE, "%s", name);
	return path;
}
