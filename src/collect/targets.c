/*
 * Descriptors into targets of a wait. An epoll's set is in its fdinfo, epoll(7): one line a
 * descriptor, which may be stale (closed, or reused for another file), so that its inode must be
 * that of the descriptor's file.
 */
#include "collect/targets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "collect/parse.h"
#include "collect/proc.h"

/*
 * How deep they nest is the kernel's limit (EP_MAX_NESTS, fs/eventpoll.c). Each costs a scout of
 * its own, so a look reads only so many.
 */
enum { DEEPEST = 5, NESTED_AT_MOST = 64 };

/* Appends a target to the wait of the task; NULL, and the wait unknown, when there is no memory. */
static struct target *add_target(struct look *look, uint32_t task, enum target_kind kind,
                                 int32_t fd)
{
	struct target *target = builder_add_target(look->b);
	struct wait *wait = &builder_task(look->b, task)->wait;

	if (!target) {
		wait->kind = WAIT_UNKNOWN;
		return NULL;
	}
	if (!wait->targets++)
		wait->first_target = builder_target_count(look->b) - 1;
	target->kind = kind;
	target->nested = look->inside > 0;
	target->fd = fd;
	return target;
}

int32_t targets_pidfd(int dir, int32_t tid, int32_t fd)
{
	char path[PROC_PATH_SIZE], text[1024];
	struct fdinfo_lines lines;
	ssize_t length;

	snprintf(path, sizeof(path), "task/%d/fdinfo/%d", tid, fd);
	length = proc_read(dir, path, text, sizeof(text));
	if (length < 0 || parse_fdinfo(text, (size_t)length, &lines) < 0 || !lines.has_pid)
		return 0;
	return lines.pid < 0 ? UNKNOWN : lines.pid;
}

/*
 * The end of a pipe as a target. Hang-ups are reported whatever was asked for, so an end that was
 * asked for nothing still waits for the other side; a FIFO that is both ends waits for what was
 * asked.
 */
static void add_end(struct look *look, uint32_t task, const struct holder *holder, uint32_t events)
{
	bool space = holder->writes && ((events & EPOLLOUT) || !holder->reads);
	bool data = holder->reads && ((events & EPOLLIN) || !holder->writes);
	struct target *target;

	if (space) {
		look->wants_full[holder->pipe] = true;
		target = add_target(look, task, TARGET_SPACE, holder->fd);
		if (target)
			target->pipe = holder->pipe;
	}
	if (data || !space) {
		target = add_target(look, task, TARGET_DATA, holder->fd);
		if (target)
			target->pipe = holder->pipe;
	}
}

static void add_pidfd(struct look *look, uint32_t task, int32_t fd, int32_t pid)
{
	struct target *target = add_target(look, task, TARGET_EXIT, fd);

	if (!target)
		return;
	target->ready = pid == UNKNOWN;
	target->process = builder_find_process(look->b, pid);
	if (!target->ready && target->process == NONE)
		target->kind = TARGET_UNKNOWN;
}

static void read_nested(struct look *look, int dir, uint32_t task, int32_t fd, int nested);

/* A descriptor that is no pipe: its link says what kind of file. */
static void add_other(struct look *look, int dir, uint32_t task, int32_t fd, int nested)
{
	int32_t tid = builder_task(look->b, task)->tid;
	char path[PROC_PATH_SIZE], link[64];
	ssize_t length;

	snprintf(path, sizeof(path), "task/%d/fd/%d", tid, fd);
	length = readlinkat(dir, path, link, sizeof(link) - 1);
	link[length > 0 ? length : 0] = '\0';
	if (strcmp(link, "anon_inode:[pidfd]") == 0)
		add_pidfd(look, task, fd, targets_pidfd(dir, tid, fd));
	else if (strcmp(link, "anon_inode:[eventpoll]") == 0)
		read_nested(look, dir, task, fd, nested + 1);
	else
		add_target(look, task, length < 0 ? TARGET_UNKNOWN : TARGET_OUTSIDE, fd);
}

static void add_fd(struct look *look, int dir, uint32_t task, int32_t fd, uint32_t events,
                   int nested)
{
	const struct task *t = builder_task(look->b, task);
	const struct holder *holder = builder_find_holder(look->b, t->process, t->table, fd);

	if (holder)
		add_end(look, task, holder, events);
	else
		add_other(look, dir, task, fd, nested);
}

/* The device as fdinfo prints it, in the kernel's own encoding (include/linux/kdev_t.h). */
static uint64_t device(uint64_t shown)
{
	return makedev((unsigned)(shown >> 20), (unsigned)(shown & 0xfffff));
}

static void add_epoll_entry(struct look *look, int dir, uint32_t task,
                            const struct epoll_entry *entry, int nested)
{
	static const uint32_t private_bits = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
	const struct task *t = builder_task(look->b, task);
	const struct holder *holder = builder_find_holder(look->b, t->process, t->table, entry->fd);
	const struct pipe *pipe = holder ? builder_pipe(look->b, holder->pipe) : NULL;

	/* A one-shot entry that has fired is disarmed, hang-ups included. */
	if (!(entry->events & ~private_bits))
		return;
	if (pipe && entry->has_file && (pipe->ino != entry->ino || pipe->dev != device(entry->dev)))
		add_target(look, task, TARGET_UNKNOWN, entry->fd);
	else if (!pipe && entry->has_file &&
	         builder_find_pipe(look->b, device(entry->dev), entry->ino) != NONE)
		add_target(look, task, TARGET_UNKNOWN, entry->fd);
	else
		add_fd(look, dir, task, entry->fd, entry->events, nested);
}

static void add_set(struct look *look, int dir, uint32_t task, const struct epoll_set *set,
                    int nested)
{
	struct epoll_entry entry;
	size_t offset = 0;
	int r = set->length < 0 ? -EAGAIN : 0;

	while (set->length > 0 &&
	       (r = parse_epoll(set->text, (size_t)set->length, &offset, &entry)) == 1)
		add_epoll_entry(look, dir, task, &entry, nested);
	if (r < 0)
		add_target(look, task, TARGET_UNKNOWN, set->fd);
}

static void read_nested(struct look *look, int dir, uint32_t task, int32_t fd, int nested)
{
	bool allowed = nested <= DEEPEST && look->nested++ < NESTED_AT_MOST;
	struct epoll_set *set = allowed ? epolls_new(1) : NULL;

	if (!set) {
		add_target(look, task, TARGET_UNKNOWN, fd);
		return;
	}
	set->tid = builder_task(look->b, task)->tid;
	set->fd = fd;
	epolls_read(look, set, 1);
	look->inside++;
	add_set(look, dir, task, set, nested);
	look->inside--;
	epolls_free(set, 1);
}

void targets_add_epoll(struct look *look, int dir, uint32_t task, const struct epoll_set *set)
{
	add_set(look, dir, task, set, 0);
}

void targets_add(struct look *look, int dir, uint32_t task, int32_t fd, uint32_t events)
{
	add_fd(look, dir, task, fd, events, 0);
}

void targets_add_unknown(struct look *look, uint32_t task)
{
	add_target(look, task, TARGET_UNKNOWN, UNKNOWN);
}
