/*
 * Owns the wording of --watch. Lines are flushed one by one, so that they come when they are due
 * through a pipe too; a reader that is slow makes us wait, and nothing is kept for it.
 */
#include "watch/lines.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "words/escape.h"
#include "words/explain.h"
#include "words/party.h"
#include "words/phrase.h"
#include "words/units.h"

enum { TIME_SIZE = 64 };

/* "2026-11-25T01:12:56.123Z"; empty for a time that has no such form. */
static const char *utc_time(char out[TIME_SIZE], int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm parts;

	out[0] = '\0';
	if (ms < 0 || !gmtime_r(&seconds, &parts) || parts.tm_year > 9999 - 1900)
		return out;
	strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(out + strlen(out), TIME_SIZE - strlen(out), ".%03dZ", (int)(ms % 1000));
	return out;
}

static int finish(FILE *file)
{
	errno = 0;
	if (fputc('\n', file) == EOF || fflush(file) || ferror(file))
		return errno ? -errno : -EIO;
	return 0;
}

/* ---- text ---- */

static void add_party(struct phrase *phrase, const struct diagnosis *d, uint32_t pipe,
                      enum side side)
{
	struct party party = party_find(d, pipe, side);

	if (party.holder == NONE) {
		phrase_add(phrase, "nobody seen");
		return;
	}
	phrase_add_taken(phrase, explain_process(
		&d->snapshot->processes[d->snapshot->holders[party.holder].process]));
	if (party.others)
		phrase_add(phrase, " and %" PRIu32 " more", party.others);
}

static void add_ends(struct phrase *phrase, const struct diagnosis *d, uint32_t pipe)
{
	phrase_add(phrase, ", from ");
	add_party(phrase, d, pipe, SIDE_WRITER);
	phrase_add(phrase, " to ");
	add_party(phrase, d, pipe, SIDE_READER);
}

static char *id_of(const struct change_pipe *pipe)
{
	return explain_pipe_key(pipe->type, pipe->ino, pipe->path);
}

static void add_fill(struct phrase *phrase, const struct pipe *pipe)
{
	char fill[UNITS_SIZE], capacity[UNITS_SIZE];

	phrase_add(phrase, ", %s of %s bytes", units_grouped(fill, pipe->fill_bytes),
	           units_grouped(capacity, pipe->capacity_bytes));
}

/* Who is blocked, and in which call. */
static void add_writer(struct phrase *phrase, const struct diagnosis *d, uint32_t pipe)
{
	const struct snapshot *s = d->snapshot;
	struct party party = party_find(d, pipe, SIDE_WRITER);

	if (party.task == NONE)
		return;
	phrase_add(phrase, ": ");
	phrase_add_taken(phrase, explain_task(s, &s->tasks[party.task]));
	phrase_add(phrase, " is in ");
	phrase_add_taken(phrase, explain_call(s, &s->tasks[party.task]));
}

static void add_stall(struct phrase *phrase, const struct diagnosis *d, uint32_t pipe)
{
	uint32_t stall = diagnosis_stall(d, pipe);

	if (stall == NONE) {
		add_writer(phrase, d, pipe);
		return;
	}
	phrase_add(phrase, ": ");
	phrase_add_taken(phrase, explain_stall(d, &d->stalls[stall]));
}

static void add_pipe(struct phrase *phrase, const struct diagnosis *d, const struct change *change)
{
	phrase_add_taken(phrase, id_of(change->pipe));
	if (change->at == NONE)
		return;
	if (change->kind != CHANGE_OPENED)
		add_fill(phrase, &d->snapshot->pipes[change->at]);
	if (change->kind == CHANGE_OPENED || change->kind == CHANGE_FULL)
		add_ends(phrase, d, change->at);
	else if (change->kind == CHANGE_BLOCKED)
		add_writer(phrase, d, change->at);
	else if (change->kind == CHANGE_STALLED)
		add_stall(phrase, d, change->at);
}

static void add_members(struct phrase *phrase, const struct change_deadlock *deadlock)
{
	for (uint32_t i = 0; i < deadlock->member_count; i++) {
		const struct change_member *member = &deadlock->members[i];

		phrase_add(phrase, i ? ", " : "");
		phrase_add_foreign(phrase, member->comm);
		if (member->tid == member->pid)
			phrase_add(phrase, " (%" PRId32 ")", member->pid);
		else
			phrase_add(phrase, " (%" PRId32 ", thread %" PRId32 ")", member->pid,
			           member->tid);
	}
}

static void add_deadlock(struct phrase *phrase, const struct diagnosis *d,
                         const struct change *change)
{
	const struct change_deadlock *deadlock = change->deadlock;
	char span[UNITS_SIZE];

	phrase_add(phrase, "%" PRIu32 " (%s, %s", deadlock->number,
	           deadlock_kind_name(deadlock->kind), deadlock->proved ? "proved" : "likely");
	if (change->finding == NONE) {
		phrase_add(phrase, ") after %s: ",
		           units_span(span, change->time_ms - deadlock->since_ms));
		add_members(phrase, deadlock);
		return;
	}
	phrase_add(phrase, "): ");
	phrase_add_taken(phrase, explain_deadlock(d, &d->deadlocks[change->finding]));
}

static void add_exit(struct phrase *phrase, const struct change_ending *ending)
{
	phrase_add_foreign(phrase, ending->comm);
	phrase_add(phrase, " (%" PRId32 ")", ending->pid);
	phrase_add_taken(phrase, explain_end(ending->status, ending->signal));
}

int lines_text(FILE *file, const struct diagnosis *d, const struct change *change, bool ascii)
{
	struct phrase phrase = { 0 };
	char time[TIME_SIZE], *text;

	phrase_add(&phrase, "%s %-9s", utc_time(time, change->time_ms), change_name(change->kind));
	if (change->pipe)
		add_pipe(&phrase, d, change);
	else if (change->deadlock)
		add_deadlock(&phrase, d, change);
	else
		add_exit(&phrase, &change->ending);
	text = phrase_take(&phrase);
	if (text && ascii) {
		char *plain = escape_ascii(text);

		free(text);
		text = plain;
	}
	if (!text)
		return -ENOMEM;
	fputs(text, file);
	free(text);
	return finish(file);
}

/* ---- JSON ---- */

static json_t *known(int64_t number)
{
	return number < 0 ? json_null() : json_integer(number);
}

/* A text that words/ made; NULL is what it is there: no memory. */
static json_t *taken(char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	free(text);
	return value;
}

static json_t *foreign(const char *text)
{
	return text ? taken(escape_dup(text)) : json_null();
}

/* Takes the item; NULL for either, or no memory, leads to NULL. */
static json_t *append(json_t *array, json_t *item)
{
	if (array && item && !json_array_append_new(array, item))
		return array;
	if (!array)
		json_decref(item);
	json_decref(array);
	return NULL;
}

/* Each process that holds that side, once: ends are sorted by process. */
static json_t *holders(const struct snapshot *s, uint32_t pipe, enum side side)
{
	json_t *array = json_array();
	uint32_t last = NONE;

	for (uint32_t k = 0; array && pipe != NONE && k < s->pipes[pipe].ends; k++) {
		const struct holder *holder = snapshot_end(s, &s->pipes[pipe], k);
		const struct process *process = &s->processes[holder->process];

		if (holder->process == last ||
		    !(side == SIDE_WRITER ? holder->writes : holder->reads))
			continue;
		last = holder->process;
		array = append(array, json_pack("{s:i, s:o}", "pid", process->pid,
		                                "comm", foreign(process->comm)));
	}
	return array;
}

static json_t *fact(enum fact fact)
{
	return fact == FACT_UNKNOWN ? json_null() : json_boolean(fact == FACT_YES);
}

static json_t *pipe_object(const struct diagnosis *d, const struct change *change)
{
	static const struct pipe gone = {
		.fill_bytes = UNKNOWN, .capacity_bytes = UNKNOWN, .full = FACT_UNKNOWN,
	};
	const struct snapshot *s = d->snapshot;
	const struct change_pipe *key = change->pipe;
	uint32_t at = change->at;
	const struct pipe *pipe = at == NONE ? &gone : &s->pipes[at];
	uint32_t stall = change->kind == CHANGE_STALLED ? diagnosis_stall(d, at) : NONE;

	return json_pack("{s:o, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	                 "pipe", taken(id_of(key)),
	                 "type", key->type == PIPE_FIFO ? "fifo" : "pipe",
	                 "dev", (json_int_t)key->dev,
	                 "inode", (json_int_t)key->ino,
	                 "bytes", known(pipe->fill_bytes),
	                 "capacity", known(pipe->capacity_bytes),
	                 "full", fact(pipe->full),
	                 "verdict", at == NONE ? json_null()
	                                       : json_string(verdict_name(d->pipes[at].verdict)),
	                 "writers", holders(s, at, SIDE_WRITER),
	                 "readers", holders(s, at, SIDE_READER),
	                 "blocked_ms", known(at == NONE ? UNKNOWN : party_blocked_ms(d, at)),
	                 "reason", stall == NONE ? json_null()
	                                         : taken(explain_stall(d, &d->stalls[stall])));
}

static json_t *members(const struct change_deadlock *deadlock)
{
	json_t *array = json_array();

	for (uint32_t i = 0; array && i < deadlock->member_count; i++) {
		const struct change_member *member = &deadlock->members[i];

		array = append(array, json_pack("{s:i, s:i, s:o}", "pid", member->pid,
		                                "tid", member->tid, "comm", foreign(member->comm)));
	}
	return array;
}

static json_t *pipe_ids(const struct change_deadlock *deadlock)
{
	json_t *array = json_array();

	for (uint32_t i = 0; array && i < deadlock->pipe_count; i++)
		array = append(array, taken(id_of(&deadlock->pipes[i])));
	return array;
}

static json_t *deadlock_object(const struct diagnosis *d, const struct change *change)
{
	const struct change_deadlock *deadlock = change->deadlock;
	json_t *explanation = change->finding == NONE ? json_null()
		: taken(explain_deadlock(d, &d->deadlocks[change->finding]));

	return json_pack("{s:I, s:s, s:s, s:o, s:o, s:o}",
	                 "id", (json_int_t)deadlock->number,
	                 "kind", deadlock_kind_name(deadlock->kind),
	                 "certainty", deadlock->proved ? "proved" : "likely",
	                 "members", members(deadlock),
	                 "pipes", pipe_ids(deadlock),
	                 "explanation", explanation);
}

static json_t *exit_object(const struct change_ending *ending)
{
	return json_pack("{s:i, s:o, s:o, s:o}",
	                 "pid", ending->pid,
	                 "comm", foreign(ending->comm),
	                 "status", known(ending->status),
	                 "signal", ending->signal > 0 ? json_integer(ending->signal) : json_null());
}

int lines_json(FILE *file, const struct diagnosis *d, const struct change *change)
{
	char time[TIME_SIZE];
	json_t *line = json_pack("{s:s, s:s}", "time", utc_time(time, change->time_ms),
	                         "event", change_name(change->kind));
	json_t *rest = change->pipe     ? pipe_object(d, change)
	             : change->deadlock ? deadlock_object(d, change)
	                                : exit_object(&change->ending);
	int r = line && rest ? 0 : -ENOMEM;

	if (r == 0 && json_object_update(line, rest) < 0)
		r = -ENOMEM;
	if (r == 0 && json_dumpf(line, file, JSON_COMPACT) < 0)
		r = errno ? -errno : -EIO;
	json_decref(line);
	json_decref(rest);
	return r == 0 ? finish(file) : r;
}
