/*
 * From the words of the command line to deeds, and from their outcome to a line. A path is looked
 * up by stat(2), which opens nothing.
 */
#include "actions.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "act/peek.h"
#include "deeds.h"
#include "model/pipe_name.h"
#include "words/escape.h"
#include "words/explain.h"
#include "words/growth.h"
#include "words/party.h"
#include "words/refusal.h"

enum { PIPES_NAMED = 4, ID_SIZE = 128 };

/* ---- lines ---- */

__attribute__((format(printf, 3, 4)))
static int say(char text[ACTION_TEXT_SIZE], int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, ACTION_TEXT_SIZE, format, arguments);
	va_end(arguments);
	return error;
}

/* "pipe:[6715]", cut where a path is long. */
static const char *pipe_id(const struct snapshot *s, uint32_t pipe, char id[ID_SIZE])
{
	char *whole = explain_pipe_id(s, pipe);

	snprintf(id, ID_SIZE, "%s", whole ? whole : "?");
	free(whole);
	return id;
}

/* ---- which pipe ---- */

/* Whether it is a FIFO; NONE as its pipe where nobody is seen to have it open. */
static bool find_path(const struct snapshot *s, const char *path, uint32_t *ret_pipe)
{
	struct stat st;

	*ret_pipe = NONE;
	if (stat(path, &st) < 0 || !S_ISFIFO(st.st_mode))
		return false;
	*ret_pipe = snapshot_find_pipe(s, st.st_dev, st.st_ino);
	return true;
}

static int say_ambiguous(const struct snapshot *s, const char *word, const uint32_t *pipes,
                         uint32_t count, char text[ACTION_TEXT_SIZE])
{
	char shown[64], id[ID_SIZE];

	escape_text(shown, sizeof(shown), word);
	say(text, 0, "'%s' fits %" PRIu32 " pipes:", shown, count);
	for (uint32_t i = 0; i < count && i < PIPES_NAMED; i++) {
		size_t used = strlen(text);

		snprintf(text + used, ACTION_TEXT_SIZE - used, " %s", pipe_id(s, pipes[i], id));
	}
	return -EINVAL;
}

static int say_missing(const struct snapshot *s, const char *word, bool is_fifo,
                       char text[ACTION_TEXT_SIZE])
{
	char shown[64];

	escape_text(shown, sizeof(shown), word);
	if (s->denied && s->view_limits & LIMIT_NOT_ROOT)
		return say(text, -ENOENT, "no such pipe: '%s' is not in what could be seen "
		           "(%" PRIu32 " %s could not be read: run as root)", shown, s->denied,
		           s->denied == 1 ? "process" : "processes");
	if (is_fifo)
		return say(text, -ENOENT, "no such pipe: nobody is seen to have the FIFO '%s' open",
		           shown);
	return say(text, -ENOENT, "no such pipe: '%s' (pipe:[INODE], INODE, PID:FD, or a path)",
	           shown);
}

static int find_pipe(const struct snapshot *s, const char *word, uint32_t *ret_pipe,
                     char text[ACTION_TEXT_SIZE])
{
	uint32_t found[PIPES_NAMED] = { NONE }, count;
	bool is_fifo = pipe_name_is_path(word) && find_path(s, word, &found[0]);

	count = found[0] != NONE ? 1 : pipe_name_find(s, word, found, PIPES_NAMED);
	if (count > 1)
		return say_ambiguous(s, word, found, count, text);
	if (count == 0)
		return say_missing(s, word, is_fifo, text);
	*ret_pipe = found[0];
	return 0;
}

/* ---- peek ---- */

/* 0 or -errno: a stream that failed to write so much can't tell why when it is closed. */
static int print_peek(const struct peek *peek)
{
	char *shown;
	size_t size;

	if (!isatty(STDOUT_FILENO)) {
		errno = 0;
		fwrite(peek->bytes, 1, peek->length, stdout);
		return fflush(stdout) != 0 || ferror(stdout) ? -(errno ? errno : EIO) : 0;
	}
	size = escape_bytes(NULL, 0, peek->bytes, peek->length) + 1;
	shown = malloc(size);
	if (!shown)
		return -ENOMEM;
	escape_bytes(shown, size, peek->bytes, peek->length);
	puts(shown);
	free(shown);
	return 0;
}

int action_peek(const struct diagnosis *d, const char *word,
                const struct action_means *means, char text[ACTION_TEXT_SIZE])
{
	const struct snapshot *s = d->snapshot;
	char id[ID_SIZE];
	struct peek peek;
	uint32_t pipe;
	int r;

	(void)means;
	r = find_pipe(s, word, &pipe, text);
	if (r < 0)
		return r;
	pipe_id(s, pipe, id);
	r = peek_take(s, &s->pipes[pipe], &peek);
	if (r < 0)
		return say(text, r, "cannot look into %s: %s", id, refusal_text(r));
	r = print_peek(&peek);
	if (r < 0 && r != -EPIPE)
		say(text, r, "cannot write to standard output: %s", strerror(-r));
	else if (r == 0 && peek.length < peek.waiting_bytes)
		say(text, 0, "these are the first %zu of the %zu bytes in %s: you may have no larger pipe "
		             "to copy them to (pipe-user-pages-soft)", peek.length, peek.waiting_bytes, id);
	peek_free(&peek);
	return r;
}

/* ---- grow ---- */

static int grow(const struct snapshot *s, uint32_t pipe, int64_t size_bytes,
                char text[ACTION_TEXT_SIZE])
{
	int64_t before, after;
	char id[ID_SIZE];
	int r = deeds_grow(s, &s->pipes[pipe], size_bytes, &before, &after);

	pipe_id(s, pipe, id);
	if (r < 0)
		return say(text, r, "cannot enlarge %s: %s", id, refusal_text(r));
	return say(text, 0, "%s: %" PRId64 " -> %" PRId64 " bytes", id, before, after);
}

/* "65536", "64K", "1M"; 0 when it is no size. */
static int64_t parse_size(const char *word)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	int64_t size;

	errno = 0;
	size = strtoll(word, &end, 10);
	if (*word < '0' || *word > '9' || errno || size > (int64_t)1 << 32)
		return 0;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		size <<= 10 * (unit - units + 1);
		end++;
	}
	return *end ? 0 : size;
}

/* Splits PIPE=SIZE; what follows the last '=' of a path counts only if it is a size. */
static int split_size(const char *word, char **ret_name, int64_t *ret_size,
                      char text[ACTION_TEXT_SIZE])
{
	const char *mark = strrchr(word, '=');
	int64_t size = mark ? parse_size(mark + 1) : 0;
	char *name = size ? strndup(word, (size_t)(mark - word)) : strdup(word);
	char shown[64];

	if (!name)
		return say(text, -ENOMEM, "%s", strerror(ENOMEM));
	if (mark && !size && *word != '/' && *word != '.') {
		free(name);
		escape_text(shown, sizeof(shown), mark + 1);
		return say(text, -EINVAL, "not a size: '%s'", shown);
	}
	*ret_name = name;
	*ret_size = size;
	return 0;
}

/* Once the writers have had the time to go on. */
static int look_again(const struct diagnosis *d, const struct action_means *means,
                      struct snapshot **ret_after)
{
	const struct collect_request request = {
		.suspects = d->suspects, .suspect_count = d->suspect_count,
	};
	struct timespec left = { means->confirm_ms / 1000, means->confirm_ms % 1000 * 1000000L };

	fflush(stdout);
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	return collect(means->collector, &request, ret_after);
}

static void print_growth(const struct diagnosis *d, uint32_t pipe, const struct snapshot *after)
{
	char *fate = growth_text(d->snapshot, pipe, after);

	puts(fate ? fate : "?");
	free(fate);
}

int action_grow(const struct diagnosis *d, const char *word,
                const struct action_means *means, char text[ACTION_TEXT_SIZE])
{
	struct snapshot *after;
	uint32_t pipe;
	int64_t size = 0;
	char *name = NULL;
	int r;

	r = split_size(word, &name, &size, text);
	if (r < 0)
		return r;
	r = find_pipe(d->snapshot, name, &pipe, text);
	free(name);
	if (r == 0)
		r = grow(d->snapshot, pipe, size, text);
	if (r < 0)
		return r;
	puts(text);
	*text = '\0';
	if (look_again(d, means, &after) == 0) {
		print_growth(d, pipe, after);
		snapshot_free(after);
	}
	return 0;
}

/* Whether a member of the deadlock waits for room in it. */
static bool is_waited_for(const struct diagnosis *d, const struct deadlock *lock, uint32_t pipe)
{
	const struct snapshot *s = d->snapshot;

	for (uint32_t i = 0; i < lock->member_count; i++)
		if (party_waits_here(s, &s->tasks[lock->members[i]], pipe, SIDE_WRITER))
			return true;
	return false;
}

/* Whether it was given more room. */
static bool grow_deadlock(const struct diagnosis *d, const struct deadlock *lock,
                          char text[ACTION_TEXT_SIZE])
{
	bool waited_for = false, grown = false;

	for (uint32_t i = 0; i < lock->pipe_count; i++) {
		if (!is_waited_for(d, lock, lock->pipes[i]))
			continue;
		waited_for = true;
		grown |= grow(d->snapshot, lock->pipes[i], 0, text) == 0;
		printf("deadlock %" PRIu32 ": %s\n", lock->id, text);
	}
	if (!waited_for)
		printf("deadlock %" PRIu32 ": nobody in it waits for room, so more room cannot help\n",
		       lock->id);
	return grown;
}

static void print_growths(const struct diagnosis *d, const struct snapshot *after)
{
	for (uint32_t i = 0; i < d->deadlock_count; i++) {
		const struct deadlock *lock = &d->deadlocks[i];

		for (uint32_t k = 0; k < lock->pipe_count; k++)
			if (is_waited_for(d, lock, lock->pipes[k])) {
				printf("deadlock %" PRIu32 ": ", lock->id);
				print_growth(d, lock->pipes[k], after);
			}
	}
}

int action_grow_all_stuck(const struct diagnosis *d, const char *word,
                          const struct action_means *means, char text[ACTION_TEXT_SIZE])
{
	struct snapshot *after;
	uint32_t grown = 0;

	(void)word;
	for (uint32_t i = 0; i < d->deadlock_count; i++)
		grown += grow_deadlock(d, &d->deadlocks[i], text);
	*text = '\0';
	if (grown && look_again(d, means, &after) == 0) {
		print_growths(d, after);
		snapshot_free(after);
	}
	if (grown == d->deadlock_count)
		return 0;
	return say(text, -EPERM, "%" PRIu32 " of %" PRIu32 " deadlocks could not be given more room",
	           d->deadlock_count - grown, d->deadlock_count);
}

/* ---- drain ---- */

static int drain(const struct diagnosis *d, uint32_t pipe, int out, char text[ACTION_TEXT_SIZE])
{
	int64_t bytes;
	char id[ID_SIZE];
	bool raced;
	int r = deeds_drain(d, pipe, out, &bytes, &raced);

	pipe_id(d->snapshot, pipe, id);
	if (r < 0)
		return say(text, r, "%" PRId64 " bytes were taken from %s: %s", bytes, id, refusal_text(r));
	return say(text, 0, "%" PRId64 " bytes were taken from %s, whose reader will not get them%s",
	           bytes, id, raced ? "; somebody read meanwhile and may have some of them too" : "");
}

int action_drain(const struct diagnosis *d, const char *word,
                 const struct action_means *means, char text[ACTION_TEXT_SIZE])
{
	int out = STDOUT_FILENO, r;
	uint32_t pipe;
	char shown[64];

	r = find_pipe(d->snapshot, word, &pipe, text);
	if (r < 0)
		return r;
	/* Before a file is made for nothing. */
	if (deeds_reader_lives(d, pipe))
		return say(text, -EBUSY, "nothing was taken: %s", refusal_text(-EBUSY));
	r = means->output ? helper_create(means->helper, means->output, 0600, &out) : 0;
	if (r < 0) {
		escape_text(shown, sizeof(shown), means->output);
		return say(text, r, "cannot make the file '%s': %s", shown, strerror(-r));
	}
	r = drain(d, pipe, out, text);
	if (means->output)
		close(out);
	return r;
}

/* ---- backtrace ---- */

static bool parse_id(const char **word, int32_t *ret_id)
{
	char *end;
	long id;

	errno = 0;
	id = strtol(*word, &end, 10);
	if (**word < '0' || **word > '9' || errno || id == 0 || id > INT32_MAX)
		return false;
	*word = end;
	*ret_id = (int32_t)id;
	return true;
}

int action_backtrace(const struct diagnosis *d, const char *word,
                     const struct action_means *means, char text[ACTION_TEXT_SIZE])
{
	const char *at = word;
	int32_t pid, tid = 0;
	char *trace, shown[64];
	int r;

	(void)d;
	escape_text(shown, sizeof(shown), word);
	if (!parse_id(&at, &pid) || (*at == ':' && !(at++, parse_id(&at, &tid))) || *at)
		return say(text, -EINVAL, "not a process or PID:TID: '%s'", shown);
	r = deeds_backtrace(pid, 0, tid, means->helper, means->iterator, &trace);
	if (r < 0)
		return say(text, r, "no backtrace of %s: %s", shown, refusal_text(r));
	fputs(trace, stdout);
	free(trace);
	return 0;
}
