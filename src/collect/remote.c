/* Files that may not answer: by mount, one request first, the others when that came back. */
#include "collect/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "collect/proc.h"
#include "collect/worker.h"

enum { STAT_LIMIT_MS = 300, DEAD_AT_MOST = 5, LATELY = 8 };

struct file {
	struct seen_end end;     /* as far as it is known */
	int32_t tid;             /* 0: the leader */
	int64_t mount;
};

struct remote {
	struct file *files;
	size_t count, room;
	struct request *requests;
};

struct remote *remote_new(void)
{
	return calloc(1, sizeof(struct remote));
}

void remote_free(struct remote *r)
{
	if (!r)
		return;
	free(r->files);
	free(r);
}

int remote_add(struct remote *r, const struct seen_end *end, int32_t tid, int64_t mount)
{
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct file *larger = reallocarray(r->files, room, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		r->files = larger;
		r->room = room;
	}
	r->files[r->count++] = (struct file){ *end, tid, mount };
	return 0;
}

bool remote_knows(const struct remote *r, const char *path, int64_t *ret_mount)
{
	for (size_t i = r->count; i > 0 && i + LATELY > r->count; i--) {
		const struct file *file = &r->files[i - 1];

		if (file->end.path && strcmp(file->end.path, path) == 0) {
			*ret_mount = file->mount;
			return true;
		}
	}
	return false;
}

static int by_mount(const void *left, const void *right)
{
	const struct file *a = left, *b = right;

	if (a->mount != b->mount)
		return (a->mount > b->mount) - (a->mount < b->mount);
	if (a->end.pid != b->end.pid)
		return (a->end.pid > b->end.pid) - (a->end.pid < b->end.pid);
	return (a->end.fd > b->end.fd) - (a->end.fd < b->end.fd);
}

static struct request stat_of(const struct file *file)
{
	struct request q = { .kind = REQUEST_STAT, .pid = file->end.pid };
	char path[PROC_PATH_SIZE];

	snprintf(q.name, sizeof(q.name), "%s/%d", proc_task_path(path, file->tid, "fd"),
	         file->end.fd);
	return q;
}

/* The link's own mode tells the direction of the end. */
static int add_fifo(struct builder *b, struct seen_end *end, const struct request *q)
{
	struct statx st;
	struct stat link;
	char path[PROC_PATH_SIZE + sizeof(q->name)];

	memcpy(&st, q->data, sizeof(st));
	snprintf(path, sizeof(path), "/proc/%d/%s", q->pid, q->name);
	if (!S_ISFIFO(st.stx_mode) || lstat(path, &link) < 0)
		return 0;
	end->dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	end->ino = st.stx_ino;
	end->named = st.stx_nlink > 0 ? FACT_YES : FACT_NO;
	end->reads = link.st_mode & S_IRUSR;
	end->writes = link.st_mode & S_IWUSR;
	return builder_add_end(b, end);
}

/* Whether none of them timed out, or -ENOMEM. */
static int ask(struct remote *r, struct builder *b, size_t first, size_t count,
               uint64_t *unidentified)
{
	int error = worker_do(&r->requests[first], count, STAT_LIMIT_MS), answered = 1;

	for (size_t i = first; i < first + count && error == 0; i++) {
		int status = r->requests[i].status;

		if (status == 0)
			error = add_fifo(b, &r->files[i].end, &r->requests[i]);
		else if (status != -ENOENT)
			++*unidentified;
		answered &= status != -ETIMEDOUT;
	}
	worker_forget(&r->requests[first], count);
	return error < 0 ? error : answered;
}

static size_t end_of_mount(const struct remote *r, size_t first)
{
	size_t end = first;

	while (end < r->count && r->files[end].mount == r->files[first].mount)
		end++;
	return end;
}

static int identify(struct remote *r, struct builder *b, uint64_t *unidentified)
{
	int dead = 0, answered;
	size_t first = 0, end;

	for (; first < r->count && dead < DEAD_AT_MOST; first = end) {
		end = end_of_mount(r, first);
		answered = ask(r, b, first, 1, unidentified);
		if (answered == 1)
			answered = ask(r, b, first + 1, end - first - 1, unidentified);
		else if (answered == 0)
			*unidentified += end - first - 1;
		if (answered < 0)
			return answered;
		dead += !answered;
	}
	*unidentified += r->count - first;
	return 0;
}

int remote_identify(struct remote *r, struct builder *b, uint64_t *ret_unidentified)
{
	uint64_t unidentified = 0;
	int error;

	if (r->count)
		qsort(r->files, r->count, sizeof(*r->files), by_mount);
	r->requests = calloc(r->count + 1, sizeof(*r->requests));
	if (!r->requests)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++)
		r->requests[i] = stat_of(&r->files[i]);
	error = identify(r, b, &unidentified);
	free(r->requests);
	r->requests = NULL;
	if (error == 0)
		*ret_unidentified += unidentified;
	return error;
}
