/*
 * Reading /proc/PID/fd, proc_pid_fd(5). readlink(2) there asks nobody but the kernel's name cache,
 * so it is what every descriptor gets; an anonymous pipe shows as pipe:[INODE]. Every other file
 * that can be a FIFO has a path and needs a stat(2), and that may ask the server of a network or
 * FUSE mount, which may be dead. So only what lies on a mount known to be local is asked directly;
 * the rest is put by (remote.h). A path is never proof of what a file is: a FIFO may be called
 * "/pipe:[77]". The names of kernel objects are the only ones without a leading slash.
 *
 * The mode bits of the link itself tell the direction of the end (fs/proc/fd.c,
 * tid_fd_update_inode) and cost less than its fdinfo.
 */
#include "collect/descriptors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "collect/mounts.h"
#include "collect/parse.h"
#include "collect/proc.h"
#include "collect/remote.h"

enum { DIRECTORY_BUFFER = 64 * 1024, FDINFO_BUFFER = 1024 };

static int pipe_device(uint64_t *ret_dev)
{
	struct stat st;
	int ends[2], r = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	if (fstat(ends[0], &st) < 0)
		r = -errno;
	else
		*ret_dev = st.st_dev;
	close(ends[0]);
	close(ends[1]);
	return r;
}

/* The listing from that number on. */
static ssize_t list_from(int fd_dir, int number, char *buffer, size_t size)
{
	if (lseek(fd_dir, number + 2, SEEK_SET) < 0)
		return -errno;
	return getdents64(fd_dir, buffer, size);
}

/* Tried on our own table, with a number that no count of descriptors comes near to. */
static bool starts_anywhere(void)
{
	enum { FAR = 64 };
	_Alignas(struct dirent64) char buffer[1024];
	const struct dirent64 *entry = (const void *)buffer;
	int fd_dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int last = fd_dir < 0 ? -1 : fcntl(fd_dir, F_DUPFD_CLOEXEC, fd_dir + FAR);
	bool starts = last >= 0 && list_from(fd_dir, last, buffer, sizeof(buffer)) > 0 &&
		atoi(entry->d_name) == last;

	proc_close(&last);
	proc_close(&fd_dir);
	return starts;
}

int descriptors_learn(struct descriptors_facts *ret)
{
	ret->starts_anywhere = starts_anywhere();
	return pipe_device(&ret->pipe_device);
}

/* What reading one table needs to know, and what it has found so far. */
struct table {
	struct builder *b;
	int fd_dir;              /* the files of the process or thread are beside it */
	int32_t pid, tid;
	uint16_t number;
	struct mounts *mounts;
	struct remote *remote;
	enum fact same_mounts;   /* the process lives in our mount namespace */
	const struct descriptors_facts *facts;
	bool sockets;
	uint64_t most;
	struct descriptors *found;
};

static int read_fdinfo(int dir, const char *path, struct fdinfo_lines *ret)
{
	char buffer[FDINFO_BUFFER];
	ssize_t length = proc_read(dir, path, buffer, sizeof(buffer));

	return length < 0 ? (int)length : parse_fdinfo(buffer, (size_t)length, ret);
}

/* By the directory of the descriptors. */
static int fdinfo(int fd_dir, const char *name, struct fdinfo_lines *ret)
{
	char path[PROC_PATH_SIZE];

	snprintf(path, sizeof(path), "../fdinfo/%.10s", name);
	return read_fdinfo(fd_dir, path, ret);
}

void descriptors_flags(int dir, int32_t tid, struct holder *holder, enum fact *ret_direct)
{
	struct fdinfo_lines lines;
	char path[PROC_PATH_SIZE], file[32];

	snprintf(file, sizeof(file), "fdinfo/%d", holder->fd);
	if (read_fdinfo(dir, proc_task_path(path, tid, file), &lines) < 0 || lines.flags < 0)
		return;
	holder->nonblocking = lines.flags & O_NONBLOCK ? FACT_YES : FACT_NO;
	*ret_direct = lines.flags & O_DIRECT ? FACT_YES : FACT_NO;
}

/* Which descriptor it is. */
static int set_numbers(const struct table *t, const char *name, struct seen_end *end)
{
	end->pid = t->pid;
	end->fd = atoi(name);
	end->table = t->number;
	return builder_fits(end->pid, end->fd) ? 0 : -EOVERFLOW;
}

/* Adds the end; the link's own mode tells its direction. */
static int add_end(struct table *t, const char *name, struct seen_end *end)
{
	struct stat link;
	int r = set_numbers(t, name, end);

	if (r < 0)
		return r;
	if (fstatat(t->fd_dir, name, &link, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	end->reads = link.st_mode & S_IRUSR;
	end->writes = link.st_mode & S_IWUSR;
	return builder_add_end(t->b, end);
}

static bool in_our_mounts(struct table *t)
{
	if (t->same_mounts == FACT_UNKNOWN)
		t->same_mounts = mounts_are_ours(t->mounts, t->fd_dir) ? FACT_YES : FACT_NO;
	return t->same_mounts == FACT_YES;
}

/*
 * Descriptors by the thousand lead to these, and no name of our own mount namespace can be made to
 * mean anything else but by root.
 */
static bool is_known_device(struct table *t, const char *path)
{
	return path && (strcmp(path, "/dev/null") == 0 || strncmp(path, "/dev/pts/", 9) == 0) &&
		in_our_mounts(t);
}

static int put_by(struct table *t, const char *name, struct seen_end *end, const char *path,
                  int64_t mount)
{
	int r = set_numbers(t, name, end);

	if (r < 0)
		return r;
	if (path) {
		end->path = arena_strdup(builder_arena(t->b), path);
		if (!end->path)
			return -ENOMEM;
	}
	t->found->put_by = true;
	return remote_add(t->remote, end, t->tid, mount);
}

/* A file with a path: a FIFO, most likely not. */
static int add_path(struct table *t, const char *name, const char *path)
{
	struct seen_end end = { .type = PIPE_FIFO };
	struct fdinfo_lines lines = { .mount_id = UNKNOWN };
	struct statx st;
	int r;

	if (is_known_device(t, path))
		return 0;
	if (path && remote_knows(t->remote, path, &lines.mount_id))
		return put_by(t, name, &end, path, lines.mount_id);
	r = fdinfo(t->fd_dir, name, &lines);
	if (r == -ENOENT)
		return 0;
	if (r < 0 || !mounts_is_local(t->mounts, t->fd_dir, lines.mount_id))
		return put_by(t, name, &end, path, lines.mount_id);
	if (statx(t->fd_dir, name, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) < 0) {
		t->found->unidentified += errno != ENOENT;
		return 0;
	}
	if (!S_ISFIFO(st.stx_mode))
		return 0;
	end.dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	end.ino = st.stx_ino;
	end.named = st.stx_nlink > 0 ? FACT_YES : FACT_NO;
	if (path) {
		end.path = arena_strdup(builder_arena(t->b), path);
		if (!end.path)
			return -ENOMEM;
	}
	return add_end(t, name, &end);
}

static bool carries_descriptors(const struct table *t, const char *name)
{
	struct fdinfo_lines lines;

	return fdinfo(t->fd_dir, name, &lines) == 0 && lines.scm_fds > 0;
}

static void add_uring(struct table *t, const char *name)
{
	char path[PROC_PATH_SIZE], *text;
	ssize_t length;

	snprintf(path, sizeof(path), "../fdinfo/%.10s", name);
	length = proc_read_all(t->fd_dir, path, &text);
	t->found->uring = true;
	t->found->uring_files |= length < 0 || parse_uring_holds_pipes(text, (size_t)length);
	if (length >= 0)
		free(text);
}

/* 1 when there is none. */
static int add_descriptor(struct table *t, const char *name)
{
	char link[PATH_MAX];
	ssize_t length = readlinkat(t->fd_dir, name, link, sizeof(link) - 1);
	struct seen_end end = {
		.type = PIPE_ANONYMOUS, .dev = t->facts->pipe_device, .named = FACT_NO,
	};

	if (length < 0 && errno == ENOENT)
		return 1;
	t->found->seen++;
	/* Some sandboxes let a table be listed and refuse each link in it. */
	if (length < 0) {
		if (errno == ENAMETOOLONG)
			return add_path(t, name, NULL);
		return -errno;
	}
	link[length] = '\0';
	if (parse_pipe_link(link, (size_t)length, &end.ino) == 0)
		return add_end(t, name, &end);
	if (link[0] == '/')
		return add_path(t, name, link);
	if (strcmp(link, "anon_inode:[io_uring]") == 0)
		add_uring(t, name);
	else if (t->sockets && strncmp(link, "socket:", 7) == 0 && carries_descriptors(t, name))
		t->found->in_flight = true;
	return 0;
}

/* One more, unless there are too many. */
static int next_descriptor(struct table *t, const char *name)
{
	t->found->cut = t->found->seen == t->most;
	return t->found->cut ? -EDQUOT : add_descriptor(t, name);
}

/*
 * Numbers from 0 on, up to the first that is not there, are not listed but tried: the kernel looks
 * up each name that it lists (fs/proc/fd.c, proc_readfd_common()), to be looked up again when it is
 * read. How many there are is the directory's size since Linux 6.2. The rest follows from
 * *ret_next on.
 */
static int read_row(struct table *t, int *ret_next)
{
	struct stat st;
	int r = 0;

	if (!t->facts->starts_anywhere || fstat(t->fd_dir, &st) < 0)
		return 0;
	for (; r == 0 && (*ret_next < st.st_size || !st.st_size); ++*ret_next) {
		char name[PROC_PATH_SIZE];

		r = next_descriptor(t, proc_number(name, *ret_next));
	}
	return r < 0 ? r : 0;
}

static int read_list(struct table *t, char *buffer)
{
	ssize_t length;

	while ((length = getdents64(t->fd_dir, buffer, DIRECTORY_BUFFER)) > 0) {
		for (ssize_t at = 0; at < length; ) {
			const struct dirent64 *entry = (const void *)(buffer + at);
			int r = 0;

			at += entry->d_reclen;
			if (entry->d_name[0] != '.')
				r = next_descriptor(t, entry->d_name);
			if (r < 0)
				return r;
		}
	}
	return length < 0 ? -errno : 0;
}

static int read_entries(struct table *t, char *buffer)
{
	int next = 0, r = read_row(t, &next);

	if (r == 0 && next && lseek(t->fd_dir, next + 2, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		r = read_list(t, buffer);
	return t->found->cut ? 0 : r;
}

int descriptors_read(struct builder *b, int fd_dir, int32_t pid, int32_t tid, uint16_t table,
                     struct mounts *mounts, struct remote *remote,
                     const struct descriptors_facts *facts, bool sockets, uint64_t most,
                     struct descriptors *ret)
{
	_Alignas(struct dirent64) char buffer[DIRECTORY_BUFFER];
	struct table t = {
		.b = b, .fd_dir = fd_dir, .pid = pid, .tid = tid, .number = table, .mounts = mounts,
		.remote = remote, .facts = facts, .sockets = sockets, .most = most,
		.found = ret,
	};

	*ret = (struct descriptors){ 0 };
	return read_entries(&t, buffer);
}

int descriptors_identify(struct builder *b, int fd_dir, int32_t fd, struct mounts *mounts,
                         struct seen_end *end)
{
	char name[16], link[PATH_MAX];
	struct fdinfo_lines lines = { .mount_id = UNKNOWN };
	struct statx st;
	ssize_t length;

	snprintf(name, sizeof(name), "%d", fd);
	if (fdinfo(fd_dir, name, &lines) < 0 || !mounts_is_local(mounts, fd_dir, lines.mount_id) ||
	    statx(fd_dir, name, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st) < 0 ||
	    !S_ISFIFO(st.stx_mode) || st.stx_ino != end->ino)
		return -ENOENT;
	length = readlinkat(fd_dir, name, link, sizeof(link) - 1);
	if (length > 0) {
		end->path = arena_strndup(builder_arena(b), link, (size_t)length);
		if (!end->path)
			return -ENOMEM;
	}
	end->dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	return 0;
}

/* Message queues live on a mount of the kernel's own, which has no folders. */
static bool is_queue(const char *link)
{
	return (link[0] == '/' && link[1] && !strchr(link + 1, '/')) ||
		strncmp(link, "/dev/mqueue/", 12) == 0;
}

/*
 * Whether a signal may tell of it. The fdinfo of an epoll and of an io_uring takes locks of theirs.
 */
static enum fact is_async(int fd_dir, const char *name, bool urgent)
{
	char link[64] = "";
	struct fdinfo_lines lines = { .flags = UNKNOWN };
	int r;

	if (readlinkat(fd_dir, name, link, sizeof(link) - 1) < 0 && errno == ENOENT)
		return FACT_NO;
	if (strncmp(link, "anon_inode:", 11) == 0 && strcmp(link, "anon_inode:inotify") != 0 &&
	    strcmp(link, "anon_inode:[perf_event]") != 0)
		return FACT_NO;
	if (is_queue(link) || (urgent && strncmp(link, "socket:", 7) == 0))
		return FACT_YES;
	r = fdinfo(fd_dir, name, &lines);
	if (r == -ENOENT)
		return FACT_NO;
	if (r < 0 || lines.flags < 0)
		return FACT_UNKNOWN;
	return lines.flags & O_ASYNC ? FACT_YES : FACT_NO;
}

enum fact descriptors_async(int dir, int32_t tid, bool urgent)
{
	char path[PROC_PATH_SIZE];
	int fd = openat(dir, proc_task_path(path, tid, "fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	enum fact async = directory ? FACT_NO : FACT_UNKNOWN;
	const struct dirent *entry;

	while (directory && async != FACT_YES && (entry = readdir(directory))) {
		enum fact one = entry->d_name[0] == '.' ? FACT_NO :
			is_async(dirfd(directory), entry->d_name, urgent);

		if (one != FACT_NO)
			async = one;
	}
	if (directory)
		closedir(directory);
	else if (fd >= 0)
		close(fd);
	return async;
}
