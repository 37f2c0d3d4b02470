/*
 * Owns the picture of a deadlock: its members in three columns (who, in which call, waiting for
 * what), between them what makes the lower one the only hope of the upper one, then the victims
 * and the ways out.
 */
#include "report/deadlocks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "words/escape.h"
#include "words/explain.h"
#include "words/phrase.h"
#include "words/units.h"

enum {
	MEMBERS = 16, VICTIMS = 5, DOUBTS = 4, /* at most so many are named */
	SENTENCE = 32            /* columns that the third one needs at least */
};

/* ---- the first line ---- */

static void write_heading(struct page *page, const struct deadlock *deadlock)
{
	char text[128], span[UNITS_SIZE];

	snprintf(text, sizeof(text), "DEADLOCK %" PRIu32, deadlock->id);
	page_text(page, STYLE_DEADLOCK, text);
	snprintf(text, sizeof(text), " (%s, %s)", deadlock_kind_name(deadlock->kind),
	         deadlock->proved ? "proved" : "likely");
	page_text(page, STYLE_PLAIN, text);
	if (deadlock->blocked_ms != UNKNOWN) {
		snprintf(text, sizeof(text), ", for %s", units_span(span, deadlock->blocked_ms));
		page_text(page, STYLE_PLAIN, text);
	}
	page_end_line(page);
}

/* "  label: one; two; and 3 more" */
static void write_list(struct page *page, const char *label, struct phrase *items, uint32_t more)
{
	char *text;

	if (more)
		phrase_add(items, "; and %" PRIu32 " more", more);
	text = page_shown(page, phrase_take(items));
	page_text(page, STYLE_PLAIN, label);
	page_wrap(page, STYLE_PLAIN, 4, text);
	page_end_line(page);
	free(text);
}

static void write_doubts(struct page *page, const struct diagnosis *d,
                         const struct deadlock *deadlock)
{
	uint32_t named = deadlock->doubt_count < DOUBTS ? deadlock->doubt_count : DOUBTS;
	struct phrase items = { 0 };

	for (uint32_t i = 0; i < named; i++) {
		phrase_add(&items, "%s", i ? "; " : "");
		phrase_add_taken(&items, explain_doubt(d, &deadlock->doubts[i]));
	}
	if (named)
		write_list(page, "  likely: ", &items, deadlock->doubt_count - named);
}

/* ---- members ---- */

struct member {
	char *name, *call, *sentence, *detail; /* shown text */
};

/* "log (90909, alice)" */
static char *member_name(const struct snapshot *s, const struct task *task)
{
	const struct process *process = &s->processes[task->process];
	char *name = explain_task(s, task);
	struct phrase phrase = { 0 };

	if (!name || !process->user)
		return name;
	phrase_add(&phrase, "%.*s, ", (int)strlen(name) - 1, name); /* without its ")" */
	phrase_add_foreign(&phrase, process->user);
	phrase_add(&phrase, ")");
	free(name);
	return phrase_take(&phrase);
}

/* "65520 of 65536 bytes, full" */
static char *member_detail(const struct snapshot *s, const struct task *task)
{
	const struct wait *wait = &task->wait;
	const struct pipe *pipe = wait->pipe == NONE ? NULL : &s->pipes[wait->pipe];
	struct phrase phrase = { 0 };

	if (!pipe || (wait->kind != WAIT_PIPE_SPACE && wait->kind != WAIT_PIPE_DATA))
		return phrase_take(&phrase);
	if (pipe->fill_bytes > 0 && pipe->capacity_bytes > 0)
		phrase_add(&phrase, "%" PRId32 " of %" PRId32 " bytes", pipe->fill_bytes,
		           pipe->capacity_bytes);
	if (pipe->full == FACT_YES)
		phrase_add(&phrase, "%sfull", phrase.length ? ", " : "");
	else if (pipe->fill_bytes == 0)
		phrase_add(&phrase, "empty");
	return phrase_take(&phrase);
}

static struct member member_of(struct page *page, const struct diagnosis *d,
                               const struct deadlock *deadlock, uint32_t index)
{
	const struct snapshot *s = d->snapshot;
	const struct task *task = &s->tasks[index];

	return (struct member){
		.name = page_shown(page, member_name(s, task)),
		.call = page_shown(page, explain_call(s, task)),
		.sentence = page_shown(page, explain_wait_in(d, deadlock, task)),
		.detail = page_shown(page, member_detail(s, task)),
	};
}

static void free_member(struct member *member)
{
	free(member->name);
	free(member->call);
	free(member->sentence);
	free(member->detail);
}

static size_t columns_of(const char *text)
{
	return text ? escape_columns(text, strlen(text)) : 0;
}

static void write_member(struct page *page, const struct member *member, size_t calls,
                         size_t sentences)
{
	size_t width = (size_t)page->settings->width;

	page_text(page, STYLE_PLAIN, "  ");
	page_text(page, STYLE_BOLD, member->name);
	page_pad(page, calls);
	page_text(page, STYLE_PLAIN, member->call);
	if (sentences + SENTENCE > width) {
		sentences = 6;
		page_end_line(page);
	}
	page_pad(page, sentences);
	page_wrap(page, STYLE_PLAIN, sentences, member->sentence);
	if (member->detail && *member->detail) {
		page_text(page, STYLE_PLAIN, ",");
		if (page->column + 1 + columns_of(member->detail) > width)
			page_end_line(page);
		page_pad(page, sentences);
		page_wrap(page, STYLE_PLAIN, sentences, member->detail);
	}
	page_end_line(page);
}

/* What makes the next member the hope of this one. */
static void write_tie(struct page *page, const struct diagnosis *d, const struct deadlock *deadlock,
                      uint32_t at)
{
	char *tie = page_shown(page, explain_tie(d, deadlock, at));

	if (tie && *tie) {
		page_text(page, STYLE_PLAIN, page->settings->utf8 ? "    ▲ " : "    ^ ");
		page_wrap(page, STYLE_PLAIN, 6, tie);
		page_end_line(page);
	}
	free(tie);
}

static void write_members(struct page *page, const struct diagnosis *d,
                          const struct deadlock *deadlock)
{
	uint32_t count = deadlock->member_count < MEMBERS ? deadlock->member_count : MEMBERS;
	size_t names = 0, calls = 0;
	struct member members[MEMBERS];
	char text[64];

	for (uint32_t i = 0; i < count; i++) {
		members[i] = member_of(page, d, deadlock, deadlock->members[i]);
		names = columns_of(members[i].name) > names ? columns_of(members[i].name) : names;
		calls = columns_of(members[i].call) > calls ? columns_of(members[i].call) : calls;
	}
	for (uint32_t i = 0; i < count; i++) {
		write_member(page, &members[i], names + 4, names + calls + 6);
		write_tie(page, d, deadlock, i);
		free_member(&members[i]);
	}
	if (count == deadlock->member_count)
		return;
	snprintf(text, sizeof(text), "  and %" PRIu32 " more members",
	         deadlock->member_count - count);
	page_text(page, STYLE_PLAIN, text);
	page_end_line(page);
}

static void write_victims(struct page *page, const struct diagnosis *d,
                          const struct deadlock *deadlock)
{
	const struct snapshot *s = d->snapshot;
	uint32_t named = deadlock->victim_count < VICTIMS ? deadlock->victim_count : VICTIMS;
	struct phrase items = { 0 };

	for (uint32_t i = 0; i < named; i++) {
		const struct task *task = &s->tasks[deadlock->victims[i]];

		phrase_add(&items, "%s", i ? "; " : "");
		phrase_add_taken(&items, explain_task(s, task));
		phrase_add(&items, " ");
		phrase_add_taken(&items, explain_wait_in(d, deadlock, task));
	}
	if (named)
		write_list(page, "  doomed with it: ", &items, deadlock->victim_count - named);
}

/* ---- ways out ---- */

static const struct {
	const char *command, *label;
} labels[] = {
	{ "pipetop --grow", "  To end it without loss:  " },
	{ "pipetop --drain", "  As a last resort (its reader will not see these bytes):  " },
};

static const char *label_of(const char *remedy)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (!strncmp(remedy, labels[i].command, strlen(labels[i].command)))
			return labels[i].label;
	}
	return NULL;
}

/* A command line is never broken. The label stands once, the commands below one another. */
static void write_command(struct page *page, const char *label, bool first, char *remedy)
{
	char *text = page_shown(page, remedy);

	if (first)
		page_text(page, STYLE_PLAIN, label);
	else
		page_pad(page, strlen(label));
	page_text(page, STYLE_BOLD, text);
	page_end_line(page);
	free(text);
}

static void write_remedies(struct page *page, const struct diagnosis *d,
                           const struct deadlock *deadlock)
{
	char **remedies = explain_remedies(d, deadlock);
	struct phrase changes = { 0 };

	if (!remedies && !page->error)
		page->error = -ENOMEM;
	for (char **remedy = remedies; remedy && *remedy; remedy++) {
		const char *label = label_of(*remedy);

		if (label)
			write_command(page, label, remedy == remedies, strdup(*remedy));
		else
			phrase_add(&changes, "%s%s",
			           changes.length ? ", or " : "  In the program: ", *remedy);
	}
	explain_free_list(remedies);
	if (changes.length) {
		char *text;

		phrase_add(&changes, ".");
		text = page_shown(page, phrase_take(&changes));
		page_wrap(page, STYLE_PLAIN, 2, text);
		page_end_line(page);
		free(text);
	}
	phrase_free(&changes);
}

static void write_notes(struct page *page, const struct diagnosis *d,
                        const struct deadlock *deadlock)
{
	char *notes = page_shown(page, explain_notes(d, deadlock));

	if (notes && *notes) {
		page_text(page, STYLE_PLAIN, "  ");
		page_wrap(page, STYLE_PLAIN, 2, notes);
		page_end_line(page);
	}
	free(notes);
}

static void write_deadlock(struct page *page, const struct diagnosis *d,
                           const struct deadlock *deadlock)
{
	page_end_line(page);
	write_heading(page, deadlock);
	write_doubts(page, d, deadlock);
	write_members(page, d, deadlock);
	write_victims(page, d, deadlock);
	write_notes(page, d, deadlock);
	write_remedies(page, d, deadlock);
}

void deadlocks_write(struct page *page, const struct diagnosis *d)
{
	bool proved = false;

	for (uint32_t i = 0; i < d->deadlock_count; i++) {
		write_deadlock(page, d, &d->deadlocks[i]);
		proved |= d->deadlocks[i].proved;
	}
	if (!proved)
		return;
	page_end_line(page);
	page_wrap(page, STYLE_DIM, 2, explain_proved);
	page_end_line(page);
}
