/*
 * First a copy (tee(2), peek.c), then write and fsync, and only then are just as many bytes moved
 * out of the pipe, by splice(2) into a pipe of our own: it moves whole buffers and splits the last
 * one, so the rest of a packet is never dropped as read(2) would. No duplicate of the pipe's end
 * is held while the disk works.
 */
#include "act/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/ends.h"
#include "act/peek.h"
#include "collect/scout.h"

static int write_all(int out, const char *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = write(out, bytes + done, length - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	/* Pipes and sockets have nothing to sync. */
	return fsync(out) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

/* Takes back what a failed write left: those bytes still wait in the pipe. */
static int save(int out, const char *bytes, size_t length)
{
	off_t start = lseek(out, 0, SEEK_CUR);
	int error = write_all(out, bytes, length);

	if (error && start >= 0 && ftruncate(out, start) == 0)
		lseek(out, start, SEEK_SET);
	return error;
}

/* Shared with the child. */
struct taking {
	const struct snapshot *s;
	const struct pipe *pipe;
	size_t capacity, wanted, length;
	char bytes[];            /* `wanted` of them */
};

/* Moves what was seen out of the pipe. */
static int consume(void *context)
{
	struct taking *taking = context;
	struct ends_hold hold;
	size_t length = 0;
	int own[2], error;
	ssize_t n;

	error = ends_own_pipe((int64_t)taking->capacity, own);
	if (error)
		return error;
	error = ends_take(taking->s, taking->pipe, ENDS_READ, &hold);
	if (error)
		goto out;
	do {
		n = splice(hold.fd, NULL, own[1], NULL, taking->wanted - length, SPLICE_F_NONBLOCK);
		length += n > 0 ? (size_t)n : 0;
	} while (n > 0 && length < taking->wanted);
	ends_release(&hold);
	error = ends_read_all(own[0], taking->bytes, length);
	if (!error)
		taking->length = length;
out:
	close(own[0]);
	close(own[1]);
	return error;
}

/*
 * One round: what is seen is saved, then taken. Where a reader was quicker, other bytes are taken
 * than were seen; these are saved too, from the first on, lest a record of theirs be torn.
 */
static int drain_round(const struct snapshot *s, const struct pipe *pipe,
                       const struct peek *seen, int out, struct drain *drain)
{
	size_t size = sizeof(struct taking) + seen->length;
	struct taking *taking = scout_memory(size);
	bool other;
	int error;

	if (!taking)
		return -ENOMEM;
	*taking = (struct taking){
		.s = s, .pipe = pipe, .capacity = seen->capacity_bytes, .wanted = seen->length,
	};
	error = save(out, seen->bytes, seen->length);
	if (!error)
		error = ends_by_child(consume, taking);
	other = !error && memcmp(seen->bytes, taking->bytes, taking->length) != 0;
	if (other)
		error = write_all(out, taking->bytes, taking->length);
	drain->raced |= other || (!error && taking->length < seen->length);
	drain->taken_bytes += taking->length;
	scout_forget(taking, size);
	return error;
}

static int refusal(const struct pipe *pipe, bool reader_live, int out)
{
	struct stat st;

	if (reader_live)
		return -EBUSY;
	if (fstat(out, &st) < 0)
		return -errno;
	if (st.st_dev == pipe->dev && st.st_ino == pipe->ino)
		return -ELOOP;
	return isatty(out) ? -ENOTTY : 0;
}

int drain_run(const struct snapshot *s, const struct pipe *pipe, bool reader_live, int out,
              struct drain *ret_drain)
{
	struct drain drain = { 0 };
	size_t goal = 0;
	struct peek seen;
	int error;

	error = refusal(pipe, reader_live, out);
	if (error)
		return error;
	do {
		drain.error = peek_take(s, pipe, &seen);
		if (drain.error)
			break;
		if (goal == 0)
			goal = seen.waiting_bytes;
		if (seen.length > 0)
			drain.error = drain_round(s, pipe, &seen, out, &drain);
		peek_free(&seen);
	} while (!drain.error && seen.length > 0 && drain.taken_bytes < goal && !drain.raced);
	/* What was taken has set them free, and they are through with the rest. */
	if (drain.error == -ESTALE && drain.taken_bytes)
		drain.error = 0;
	*ret_drain = drain;
	return 0;
}
