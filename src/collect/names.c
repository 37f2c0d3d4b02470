/*
 * Command lines, units and the names of users, for those processes that will be shown. The files
 * are read by the worker: a command line lies in the process's memory, a control group's path is
 * under a lock of the kernel's that much else takes.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/look.h"
#include "collect/unit.h"
#include "collect/worker.h"

enum { NAMES_LIMIT_MS = 300, LONGEST_COMMAND = 4096 };

static bool is_shown(const struct look *look, uint32_t index)
{
	const struct process *process = builder_process(look->b, index);

	if (process->kernel_thread || process->state == 'Z')
		return false;
	if (look->request->names && look->relevant[index])
		return true;
	return look_suspects(look, process->pid);
}

/* Arguments end with a NUL each; they are joined by blanks. NULL without memory. */
static char *command_of(struct arena *arena, const struct request *q)
{
	size_t length = q->data_length;
	char *command;

	while (length && q->data[length - 1] == '\0')
		length--;
	command = arena_strndup(arena, q->data, length);
	for (size_t i = 0; command && i < length; i++)
		if (command[i] == '\0')
			command[i] = ' ';
	return command;
}

/* Empty when it is in none. */
static char *unit_of(struct arena *arena, const struct request *q)
{
	char name[UNIT_SIZE] = "";

	unit_parse(q->data, q->data_length, name);
	return arena_strdup(arena, name);
}

/* A file of a process, and what is made of it. */
struct name_file {
	const char *name;
	size_t most;             /* bytes of it; 0 for a list */
	bool may_be_empty;       /* an empty text tells something, too */
	size_t place;            /* of the text in struct process */
	char *(*text_of)(struct arena *arena, const struct request *q);
};

static const struct name_file command_file = {
	"cmdline", LONGEST_COMMAND, false, offsetof(struct process, command), command_of,
};
static const struct name_file unit_file = {
	"cgroup", 0, true, offsetof(struct process, unit), unit_of,
};

static void put(struct process *process, const struct name_file *file, const char *text)
{
	*(const char **)((char *)process + file->place) = *text || file->may_be_empty ? text : NULL;
}

static struct request file_request(int32_t pid, uint32_t index, const struct name_file *file)
{
	struct request q = { .kind = REQUEST_FILE, .pid = pid, .id = index, .length = file->most };

	snprintf(q.name, sizeof(q.name), "%s", file->name);
	return q;
}

/* Whether it was kept of one who has not run since. */
static bool take_kept(struct look *look, struct process *process, const struct name_file *file)
{
	const char *kept = kept_text(look->c->kept, process->pid, file->name);
	const char *text = kept ? arena_strdup(builder_arena(look->b), kept) : NULL;

	if (text)
		put(process, file, text);
	return text != NULL;
}

static int take_text(struct look *look, const struct request *q, const struct name_file *file)
{
	struct process *process = builder_process(look->b, q->id);
	const char *text;

	if (q->status == -ETIMEDOUT)
		look->head->view_limits |= LIMIT_TIMEOUT;
	if (q->status || !q->data_length)
		return 0;
	text = file->text_of(builder_arena(look->b), q);
	if (!text)
		return -ENOMEM;
	put(process, file, text);
	return kept_store_text(look->c->kept, process->pid, file->name, text, strlen(text));
}

/* That file of each process that is shown. */
static int read_files(struct look *look, struct request *requests, const struct name_file *file)
{
	uint32_t asked = 0;
	int r;

	for (uint32_t i = 0; i < builder_process_count(look->b); i++) {
		struct process *process = builder_process(look->b, i);

		if (is_shown(look, i) && !take_kept(look, process, file))
			requests[asked++] = file_request(process->pid, i, file);
	}
	r = worker_do(requests, asked, NAMES_LIMIT_MS);
	for (uint32_t i = 0; i < asked && r == 0; i++)
		r = take_text(look, &requests[i], file);
	worker_forget(requests, asked);
	return r;
}

/* Those of all who are shown, each once: there are few. How many. */
static uint32_t list_users(struct look *look, uint32_t *uids)
{
	uint32_t count = 0, last = 0;

	for (uint32_t i = 0; i < builder_process_count(look->b); i++) {
		int64_t uid = builder_process(look->b, i)->uid;

		if (uid < 0 || !is_shown(look, i) || (count && uids[last] == uid))
			continue;
		for (last = 0; last < count && uids[last] != uid; last++)
			;
		if (last == count)
			uids[count++] = (uint32_t)uid;
	}
	return count;
}

static int name_users(struct look *look, const uint32_t *uids, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const char *known = users_name(look->c->users, uids[i]);
		const char *name = known ? arena_strdup(builder_arena(look->b), known) : NULL;

		if (known && !name)
			return -ENOMEM;
		for (uint32_t p = 0; p < builder_process_count(look->b); p++)
			if (is_shown(look, p) && builder_process(look->b, p)->uid == uids[i])
				builder_process(look->b, p)->user = name;
	}
	return 0;
}

static int read_users(struct look *look)
{
	uint32_t *uids = calloc((size_t)builder_process_count(look->b) + 1, sizeof(*uids));
	uint32_t count;
	int r = uids ? 0 : -ENOMEM;

	if (r == 0) {
		count = list_users(look, uids);
		r = count ? users_ask(look->c->users, look->c->scouts, uids, count) : 0;
		if (r == 0)
			r = name_users(look, uids, count);
	}
	free(uids);
	return r;
}

int look_at_names(struct look *look)
{
	struct request *requests =
		calloc((size_t)builder_process_count(look->b) + 1, sizeof(*requests));
	int r = requests ? 0 : -ENOMEM;

	if (r == 0)
		r = read_files(look, requests, &command_file);
	if (r == 0 && look->request->units)
		r = read_files(look, requests, &unit_file);
	if (r == 0)
		r = read_users(look);
	free(requests);
	return r;
}
