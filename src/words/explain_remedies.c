/*
 * Owns the ways out. Enlarging a pipe (fcntl(2), F_SETPIPE_SZ) loses nothing, and lets a writer
 * that waits for room go on, but nobody else; so it is named only where somebody waits for room
 * in a pipe that can still grow. What to change in the program depends on the kind of the knot.
 */
#include "words/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "words/escape.h"
#include "words/phrase.h"
#include "words/units.h"

enum {
	GROWS_NAMED = 3,         /* pipes to enlarge one by one */
	POOR_BYTES = 2 * 4096    /* two slots: pipe(7), pipe-user-pages-soft */
};

/* Which kinds a change of the program fits, as bits. */
enum {
	WRITE_WAIT = 1 << KIND_WRITE_WAIT,
	WRITE_WRITE = 1 << KIND_WRITE_WRITE,
	WRITE_SELF = 1 << KIND_WRITE_SELF,
	READ_WRITE = 1 << KIND_READ_WRITE,
	READ_WAIT = 1 << KIND_READ_WAIT,
	READ_READ = 1 << KIND_READ_READ,
	READ_SELF = 1 << KIND_READ_SELF,
	MIXED = 1 << KIND_MIXED
};

/* ---- what the ends of an empty pipe tell ---- */

static bool waits_for_exit(const struct snapshot *s, const struct process *process)
{
	for (uint32_t i = 0; i < process->tasks; i++) {
		if (s->tasks[process->first_task + i].wait.kind == WAIT_CHILD_EXIT)
			return true;
	}
	return false;
}

/* Who waits for the reader's exit keeps the pipe open for writing, so the reader reads on. */
static bool waiter_could_close(const struct snapshot *s, const struct pipe *pipe)
{
	for (uint32_t k = 0; k < pipe->ends; k++) {
		const struct holder *holder = snapshot_end(s, pipe, k);

		if (holder->writes && waits_for_exit(s, &s->processes[holder->process]))
			return true;
	}
	return false;
}

/* Several could write, or a sibling of the reader could: some child has inherited that end. */
static bool write_end_leaked(const struct snapshot *s, const struct pipe *pipe)
{
	uint32_t writer, reader;
	uint32_t writers = explain_holders(s, pipe, true, &writer, 1);

	if (writers != 1 || !explain_holders(s, pipe, false, &reader, 1))
		return writers > 1;
	return writer != reader && s->processes[writer].ppid == s->processes[reader].ppid;
}

/* ---- the table ---- */

static const struct {
	unsigned kinds;
	/* Where not NULL: it helps only where this is so of an empty pipe of the knot. */
	bool (*fits)(const struct snapshot *s, const struct pipe *pipe);
	const char *text;
} changes[] = {
	{ WRITE_WAIT | MIXED, NULL, "read the pipe before waiting for the child (communicate())" },
	{ WRITE_WAIT, NULL, "merge stderr into stdout and read it in a thread, minding memory" },
	{ READ_WRITE, NULL,
	  "read both pipes at once, with poll or with a thread for each (communicate())" },
	{ WRITE_WRITE, NULL,
	  "read while writing: a thread for each direction, or poll and non-blocking writes" },
	{ WRITE_SELF, NULL,
	  "read in another thread, write without blocking, or use a temporary file (memfd_create) "
	  "instead of a pipe to itself" },
	{ READ_WAIT, waiter_could_close,
	  "close the write end (the child's standard input) before waiting for the child" },
	{ READ_WRITE | READ_WAIT | READ_READ | MIXED, write_end_leaked,
	  "open pipes close-on-exec (O_CLOEXEC, close_fds=True), lest another child inherits a "
	  "write "
	  "end" },
	{ READ_READ | READ_SELF, NULL,
	  "close the ends that a process does not use: end-of-file comes only after the last write "
	  "end is closed" },
	{ READ_WAIT | READ_READ, NULL,
	  "flush what was written before waiting for the answer (fflush, flush=True, stdbuf)" },
	{ READ_READ, NULL, "let one side write first" },
};

/* ---- pipes that somebody waits for room in ---- */

struct room {
	uint32_t pipe;
	int32_t pid, fd;         /* of one who waits for it */
};

struct rooms {
	const struct snapshot *s;
	struct room grows[GROWS_NAMED]; /* where more room can be made */
	uint32_t count;
	bool more;               /* there are more of them */
	uint32_t poor;           /* a pipe of two slots, or NONE */
	struct room limit;       /* a pipe that has the greatest size already, or NONE */
};

static void add_room(struct rooms *rooms, const struct room *room)
{
	const struct snapshot *s = rooms->s;
	int64_t capacity = s->pipes[room->pipe].capacity_bytes;

	for (uint32_t i = 0; i < rooms->count; i++) {
		if (rooms->grows[i].pipe == room->pipe)
			return;
	}
	if (capacity == POOR_BYTES)
		rooms->poor = room->pipe;
	if (capacity != UNKNOWN && s->pipe_max_size != UNKNOWN && capacity >= s->pipe_max_size)
		rooms->limit = *room;
	else if (rooms->count < GROWS_NAMED)
		rooms->grows[rooms->count++] = *room;
	else
		rooms->more = true;
}

static void add_task_rooms(struct rooms *rooms, const struct task *task)
{
	const struct wait *wait = &task->wait;
	struct room room = {
		.pipe = wait->pipe,
		.pid = rooms->s->processes[task->process].pid,
		.fd = wait->fd,
	};

	if (wait->kind == WAIT_PIPE_SPACE && wait->pipe != NONE)
		add_room(rooms, &room);
	for (uint32_t i = 0; wait->kind == WAIT_POLL && i < wait->targets; i++) {
		const struct target *target = &rooms->s->targets[wait->first_target + i];

		room.pipe = target->pipe;
		room.fd = target->fd;
		if (target->kind == TARGET_SPACE && target->pipe != NONE)
			add_room(rooms, &room);
	}
}

static struct rooms find_rooms(const struct diagnosis *d, const struct deadlock *deadlock)
{
	struct rooms rooms = { .s = d->snapshot, .poor = NONE, .limit.pipe = NONE };

	for (uint32_t i = 0; i < deadlock->member_count; i++)
		add_task_rooms(&rooms, &d->snapshot->tasks[deadlock->members[i]]);
	return rooms;
}

/* ---- lists ---- */

struct list {
	char **items;
	size_t count;
	bool broken;
};

enum { LIST_SIZE = GROWS_NAMED + 1 + sizeof(changes) / sizeof(changes[0]) + 1 };

static void list_add(struct list *list, char *item)
{
	if (item)
		list->items[list->count++] = item;
	else
		list->broken = true;
}

/* ---- commands ---- */

/* In single quotes, as sh(1) has it. */
static void add_quoted(struct phrase *phrase, const char *text)
{
	phrase_add(phrase, "'");
	for (; *text; text++)
		phrase_add(phrase, *text == '\'' ? "'\\''" : "%c", *text);
	phrase_add(phrase, "'");
}

/* A FIFO whose path names it for sure, and can be typed as it is shown. */
static bool is_typable(const struct snapshot *s, uint32_t pipe, const char *id)
{
	const char *path = snapshot_path(s, pipe);

	return path && path[0] == '/' && s->pipes[pipe].named == FACT_YES && !strcmp(id, path);
}

/* PIPE as the command line takes it: 'pipe:[6715]', '/path', PID:FD or the inode's number. */
static void add_operand(struct phrase *phrase, const struct snapshot *s, const struct room *room)
{
	const struct pipe *pipe = &s->pipes[room->pipe];
	char *id = explain_pipe_id(s, room->pipe);

	if (!id || pipe->type == PIPE_ANONYMOUS || is_typable(s, room->pipe, id))
		add_quoted(phrase, id ? id : "");
	else if (room->fd != UNKNOWN)
		phrase_add(phrase, "%" PRId32 ":%" PRId32, room->pid, room->fd);
	else
		phrase_add(phrase, "%" PRIu64, pipe->ino);
	phrase->broken |= !id;
	free(id);
}

static char *command(const struct rooms *rooms, const char *option, const struct room *room,
                     const char *rest)
{
	struct phrase phrase = { 0 };

	phrase_add(&phrase, "pipetop --%s ", option);
	add_operand(&phrase, rooms->s, room);
	phrase_add(&phrase, "%s", rest);
	return phrase_take(&phrase);
}

static void list_commands(struct list *list, const struct rooms *rooms)
{
	for (uint32_t i = 0; i < rooms->count; i++)
		list_add(list, command(rooms, "grow", &rooms->grows[i], ""));
	if (rooms->more)
		list_add(list, strdup("pipetop --grow-all-stuck"));
	if (!rooms->count && rooms->limit.pipe != NONE)
		list_add(list, command(rooms, "drain", &rooms->limit, " > FILE"));
}

/* ---- changes of the program ---- */

static bool change_fits(size_t change, const struct snapshot *s, const struct deadlock *deadlock)
{
	bool (*fits)(const struct snapshot *s, const struct pipe *pipe) = changes[change].fits;
	bool found = !fits;

	if (!(changes[change].kinds & 1U << deadlock->kind))
		return false;
	for (uint32_t i = 0; !found && i < deadlock->pipe_count; i++) {
		const struct pipe *pipe = &s->pipes[deadlock->pipes[i]];

		found = pipe->fill_bytes == 0 && fits(s, pipe);
	}
	return found;
}

static void list_changes(struct list *list, const struct snapshot *s,
                         const struct deadlock *deadlock)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		if (change_fits(i, s, deadlock))
			list_add(list, strdup(changes[i].text));
	}
}

char **explain_remedies(const struct diagnosis *d, const struct deadlock *deadlock)
{
	struct rooms rooms = find_rooms(d, deadlock);
	struct list list = { .items = calloc(LIST_SIZE, sizeof(char *)) };

	if (!list.items)
		return NULL;
	list_commands(&list, &rooms);
	list_changes(&list, d->snapshot, deadlock);
	if (!list.broken)
		return list.items;
	explain_free_list(list.items);
	return NULL;
}

/* ---- notes ---- */

char *explain_notes(const struct diagnosis *d, const struct deadlock *deadlock)
{
	struct rooms rooms = find_rooms(d, deadlock);
	struct phrase phrase = { 0 };
	char bytes[UNITS_SIZE];

	if (!rooms.count && rooms.limit.pipe == NONE)
		phrase_add(&phrase, "Growing a pipe cannot help: nobody here waits for room.");
	if (!rooms.count && rooms.limit.pipe != NONE) {
		phrase_add_taken(&phrase, explain_pipe_id(rooms.s, rooms.limit.pipe));
		phrase_add(&phrase, " has the greatest size that pipe-max-size allows, %s bytes.",
		           units_grouped(bytes, rooms.s->pipe_max_size));
	}
	if (rooms.poor != NONE) {
		phrase_add(&phrase, "%s", phrase.length ? " " : "");
		phrase_add_taken(&phrase, explain_pipe_id(rooms.s, rooms.poor));
		phrase_add(&phrase,
		           " has only 2 slots (%s bytes), as new pipes of a user have who is "
		           "past pipe-user-pages-soft; then only root can enlarge it.",
		           units_grouped(bytes, POOR_BYTES));
	}
	return phrase_take(&phrase);
}
