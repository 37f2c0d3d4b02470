/*
 * tee(2) copies references to a pipe's pages into another pipe and consumes nothing; it holds both
 * pipes' locks all the way (link_pipe, fs/splice.c), so one call sees one moment. It needs a read
 * end, and as many free slots on the other side as there are bytes to see: our own pipe is made as
 * large as theirs. The packets of a packet pipe stay packets, which read(2) gives one by one.
 */
#include "act/peek.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "act/ends.h"
#include "collect/scout.h"

/* Shared with the child. */
struct view {
	const struct snapshot *s;
	const struct pipe *pipe;
	size_t capacity, length, waiting;
	char bytes[];            /* `capacity` of them */
};

/* The pipe may have grown since the look. */
static int ask_capacity(void *context)
{
	struct view *view = context;
	struct ends_hold hold;
	int capacity, error;

	error = ends_take(view->s, view->pipe, ENDS_READ, &hold);
	if (error)
		return error;
	capacity = fcntl(hold.fd, F_GETPIPE_SZ);
	error = capacity < 0 ? -errno : 0;
	ends_release(&hold);
	view->capacity = error ? 0 : (size_t)capacity;
	return error;
}

/* Copies what waits into our own pipe. */
static int tee_into(struct view *view, int own)
{
	struct ends_hold hold;
	int waiting = 0, error;
	ssize_t copied;

	error = ends_take(view->s, view->pipe, ENDS_READ, &hold);
	if (error)
		return error;
	copied = tee(hold.fd, own, view->capacity, SPLICE_F_NONBLOCK);
	error = copied < 0 && errno != EAGAIN ? -errno : 0;
	ioctl(hold.fd, FIONREAD, &waiting);
	ends_release(&hold);
	view->length = copied > 0 ? (size_t)copied : 0;
	view->waiting = (size_t)waiting > view->length ? (size_t)waiting : view->length;
	return error;
}

static int copy(void *context)
{
	struct view *view = context;
	int own[2];
	int error;

	error = ends_own_pipe((int64_t)view->capacity, own);
	if (error)
		return error;
	error = tee_into(view, own[1]);
	if (!error)
		error = ends_read_all(own[0], view->bytes, view->length);
	close(own[0]);
	close(own[1]);
	return error;
}

static int run(int (*step)(void *context), const struct view *about, size_t size,
               struct view **ret_view)
{
	struct view *view = scout_memory(size);
	int error;

	if (!view)
		return -ENOMEM;
	*view = *about;
	error = ends_by_child(step, view);
	if (error)
		scout_forget(view, size);
	else
		*ret_view = view;
	return error;
}

static int keep(const struct view *view, struct peek *ret_peek)
{
	char *bytes = malloc(view->length + 1);

	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, view->bytes, view->length);
	*ret_peek = (struct peek){
		.bytes = bytes, .length = view->length, .waiting_bytes = view->waiting,
		.capacity_bytes = view->capacity,
	};
	return 0;
}

int peek_take(const struct snapshot *s, const struct pipe *pipe, struct peek *ret_peek)
{
	struct view about = { .s = s, .pipe = pipe }, *view;
	size_t size = sizeof(about);
	int error;

	error = run(ask_capacity, &about, size, &view);
	if (error)
		return error;
	about.capacity = view->capacity;
	scout_forget(view, size);
	size += about.capacity;
	error = run(copy, &about, size, &view);
	if (error)
		return error;
	error = keep(view, ret_peek);
	scout_forget(view, size);
	return error;
}

void peek_free(struct peek *peek)
{
	free(peek->bytes);
	peek->bytes = NULL;
}
