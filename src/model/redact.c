/*
 * Tokens are numbered as their texts are met, so they tell which texts are the same and nothing
 * else: a hash could be tried against likely texts, and an order would tell the first letters.
 */
#include "model/redact.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include "model/arena.h"

enum sort { HOST, USER, NAME, ARGUMENT, UNIT, PATH, SORTS };

enum { TOKEN_SIZE = sizeof("/path-4294967295") };

/* A pipe is called by a FIFO's path only where that begins with a slash. */
static const char *const prefixes[SORTS] = { "host", "user", "name", "arg", "unit", "/path" };

struct token {
	enum sort sort;
	const char *text;        /* what it stands for, and has no NUL at its end */
	size_t length;
	char shown[TOKEN_SIZE];
};

struct tokens {
	struct arena *arena;
	const char *(*well_known)(const char *comm);
	void *tree;              /* of struct token, by tsearch(3) */
	unsigned counts[SORTS];
};

static int compare_tokens(const void *left, const void *right)
{
	const struct token *a = left, *b = right;

	if (a->sort != b->sort)
		return a->sort < b->sort ? -1 : 1;
	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return memcmp(a->text, b->text, a->length);
}

/* NULL when there is no memory. */
static const char *token_for(struct tokens *t, enum sort sort, const char *text, size_t length)
{
	struct token *token = arena_alloc(t->arena, sizeof(*token)), **found;

	if (!token)
		return NULL;
	*token = (struct token){ .sort = sort, .text = text, .length = length };
	found = tsearch(token, &t->tree, compare_tokens);
	if (!found)
		return NULL;
	if (*found == token)
		snprintf(token->shown, sizeof(token->shown), "%s-%u", prefixes[sort],
		         ++t->counts[sort]);
	return (*found)->shown;
}

/* What is unknown or empty tells nothing and stays. */
static int replace(struct tokens *t, enum sort sort, const char **text)
{
	if (!*text || !**text)
		return 0;
	*text = token_for(t, sort, *text, strlen(*text));
	return *text ? 0 : -ENOMEM;
}

static int replace_name(struct tokens *t, const char **comm)
{
	const char *known = *comm ? t->well_known(*comm) : NULL;

	if (!known)
		return replace(t, NAME, comm);
	*comm = known;
	return 0;
}

static size_t count_words(const char *text)
{
	size_t words = 0;

	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		words++;
		text += strcspn(text, " ");
	}
	return words;
}

/* Each argument by itself, since the same file or option may stand elsewhere. */
static int replace_words(struct tokens *t, const char **command)
{
	const char *from = *command;
	char *to = from ? arena_array(t->arena, count_words(from) + 1, TOKEN_SIZE) : NULL;

	if (!to)
		return from ? -ENOMEM : 0;
	*command = to;
	for (from += strspn(from, " "); *from; from += strspn(from, " ")) {
		const char *token = token_for(t, ARGUMENT, from, strcspn(from, " "));

		if (!token)
			return -ENOMEM;
		to = stpcpy(stpcpy(to, to == *command ? "" : " "), token);
		from += strcspn(from, " ");
	}
	return 0;
}

static int replace_in_process(struct tokens *t, struct process *process)
{
	int e = replace(t, USER, &process->user);

	if (e == 0)
		e = replace_name(t, &process->comm);
	if (e == 0)
		e = replace_words(t, &process->command);
	if (e == 0)
		e = replace(t, UNIT, &process->unit);
	return e;
}

static void *copy(struct arena *arena, const void *from, size_t count, size_t size)
{
	void *to = arena_array(arena, count, size);

	if (to && count)
		memcpy(to, from, count * size);
	return to;
}

static int redact_look(struct tokens *t, const struct snapshot *from, struct snapshot **ret)
{
	struct snapshot *s = copy(t->arena, from, 1, sizeof(*from));
	struct process *processes = copy(t->arena, from->processes, from->process_count,
	                                 sizeof(*processes));
	struct task *tasks = copy(t->arena, from->tasks, from->task_count, sizeof(*tasks));
	struct pipe_path *paths = copy(t->arena, from->paths, from->path_count, sizeof(*paths));
	int e = s && processes && tasks && paths ? 0 : -ENOMEM;

	if (e == 0)
		e = replace(t, HOST, &s->host);
	for (uint32_t i = 0; i < from->process_count && e == 0; i++)
		e = replace_in_process(t, &processes[i]);
	for (uint32_t i = 0; i < from->task_count && e == 0; i++)
		e = replace_name(t, &tasks[i].comm);
	for (uint32_t i = 0; i < from->path_count && e == 0; i++)
		e = replace(t, PATH, &paths[i].path);
	if (e < 0)
		return e;
	s->arena = t->arena;
	s->processes = processes;
	s->tasks = tasks;
	s->paths = paths;
	*ret = s;
	return 0;
}

static void keep(void *token)
{
	(void)token; /* the arena's */
}

int redact(const struct snapshot *earlier, const struct snapshot *later,
           const char *(*well_known)(const char *comm), struct redacted *ret_redacted)
{
	struct tokens t = { .arena = arena_new(), .well_known = well_known };
	struct redacted redacted = { .arena = t.arena };
	int e = t.arena ? 0 : -ENOMEM;

	if (e == 0 && earlier)
		e = redact_look(&t, earlier, &redacted.earlier);
	if (e == 0)
		e = redact_look(&t, later, &redacted.later);
	tdestroy(t.tree, keep);
	if (e < 0)
		redacted_free(&redacted);
	else
		*ret_redacted = redacted;
	return e;
}

void redacted_free(struct redacted *redacted)
{
	arena_free(redacted->arena);
	*redacted = (struct redacted){ 0 };
}
