/*
 * F_SETPIPE_SZ, fcntl(2), on a duplicate of either end: the kernel moves the waiting bytes into a
 * larger ring and wakes the writers (pipe_set_size, fs/pipe.c). It answers EPERM both above
 * pipe-max-size and above the page limits of the user who made the pipe, and rounds sizes up to a
 * power of two of pages.
 */
#include "act/grow.h"

#include <errno.h>
#include <fcntl.h>

#include "act/ends.h"
#include "collect/scout.h"

static enum grow_outcome outcome_of(int error, const struct snapshot *s, int64_t size_bytes)
{
	if (error == ENOMEM)
		return GROW_NO_MEMORY;
	if (error == EINVAL)
		return GROW_TOO_LARGE;
	if (s->pipe_max_size != UNKNOWN && size_bytes > s->pipe_max_size)
		return GROW_BEYOND_MAX;
	return GROW_USER_PAGES;
}

/* Halves a size that nobody asked for until the kernel allows it. */
static struct grow grow_end(int fd, const struct snapshot *s, int64_t size_bytes)
{
	bool asked = size_bytes != 0;
	int64_t before = fcntl(fd, F_GETPIPE_SZ);
	struct grow grow = { GROW_LARGE_ALREADY, before, before };

	if (!asked)
		size_bytes = s->pipe_max_size;
	if (size_bytes > INT32_MAX) {
		grow.outcome = GROW_TOO_LARGE;
		return grow;
	}
	for (; size_bytes > before; size_bytes /= 2) {
		int after = fcntl(fd, F_SETPIPE_SZ, (int)size_bytes);

		if (after >= 0) {
			grow.outcome = GROW_DONE;
			grow.after_bytes = after;
			return grow;
		}
		grow.outcome = outcome_of(errno, s, size_bytes);
		if (asked)
			return grow;
	}
	return grow;
}

/* Shared with the child. */
struct growth {
	const struct snapshot *s;
	const struct pipe *pipe;
	int64_t size_bytes;
	struct grow grow;
};

static int grow_in_child(void *context)
{
	struct growth *growth = context;
	struct ends_hold hold;
	int error;

	error = ends_take(growth->s, growth->pipe, ENDS_WRITE, &hold);
	if (error)
		error = ends_take(growth->s, growth->pipe, ENDS_READ, &hold);
	if (error)
		return error;
	growth->grow = grow_end(hold.fd, growth->s, growth->size_bytes);
	ends_release(&hold);
	return 0;
}

int grow_run(const struct snapshot *s, const struct pipe *pipe, int64_t size_bytes,
             struct grow *ret_grow)
{
	struct growth *growth = scout_memory(sizeof(*growth));
	int error;

	if (!growth)
		return -ENOMEM;
	*growth = (struct growth){ .s = s, .pipe = pipe, .size_bytes = size_bytes };
	error = ends_by_child(grow_in_child, growth);
	if (!error)
		*ret_grow = growth->grow;
	scout_forget(growth, sizeof(*growth));
	return error;
}
