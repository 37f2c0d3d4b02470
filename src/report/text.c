/*
 * Owns the report for people: the verdict in one line, then each deadlock and each stall in full,
 * then the rest as far as it was asked for. Sentences are wrapped at the width, command lines to
 * copy never.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/deadlocks.h"
#include "report/listing.h"
#include "report/page.h"
#include "report/table.h"
#include "words/explain.h"
#include "words/phrase.h"
#include "words/units.h"

enum {
	FULLEST = 5,             /* pipes in the table of the default report */
	STALLS = 20,             /* likewise; --all and --stuck have no limit */
};

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* Takes the phrase and wraps it. */
static void wrap_phrase(struct page *page, enum style style, size_t hang, struct phrase *phrase)
{
	char *text = page_shown(page, phrase_take(phrase));

	page_wrap(page, style, hang, text);
	free(text);
}

static void wrap_taken(struct page *page, size_t hang, char *taken)
{
	char *text = page_shown(page, taken);

	page_wrap(page, STYLE_PLAIN, hang, text);
	free(text);
}

/* ---- the headline ---- */

static uint32_t pipes_in_scope(const struct diagnosis *d)
{
	uint32_t count = 0;

	for (size_t i = 0; i < VERDICT_COUNT; i++)
		count += d->verdict_counts[i];
	return count;
}

static uint32_t processes_in_scope(const struct diagnosis *d)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < d->snapshot->process_count; i++)
		count += d->processes[i];
	return count;
}

/* "1 deadlock, 1 stall" or "nothing stuck" */
static void add_findings(struct phrase *phrase, const struct diagnosis *d)
{
	if (d->deadlock_count)
		phrase_add(phrase, "%" PRIu32 " deadlock%s", d->deadlock_count,
		           plural(d->deadlock_count));
	if (d->stall_count)
		phrase_add(phrase, "%s%" PRIu32 " stall%s", d->deadlock_count ? ", " : "",
		           d->stall_count, plural(d->stall_count));
	if (!d->deadlock_count && !d->stall_count)
		phrase_add(phrase, "nothing stuck");
}

static void write_headline(struct page *page, const struct diagnosis *d)
{
	const struct snapshot *s = d->snapshot;
	uint32_t pipes = pipes_in_scope(d), processes = processes_in_scope(d);
	uint64_t unseen = (uint64_t)s->denied + s->timed_out;
	struct phrase findings = { 0 }, rest = { 0 };

	page_text(page, STYLE_BOLD, "pipetop:");
	page_text(page, STYLE_PLAIN, " ");
	add_findings(&findings, d);
	wrap_phrase(page, d->deadlock_count ? STYLE_DEADLOCK : d->stall_count ? STYLE_STALLED
	            : STYLE_PLAIN, 9, &findings);
	phrase_add(&rest, " among %" PRIu32 " pipe%s of %" PRIu32 " process%s", pipes,
	           plural(pipes), processes, processes == 1 ? "" : "es");
	if (unseen)
		phrase_add(&rest, " (%" PRIu64 " not seen%s)", unseen,
		           s->view_limits & LIMIT_NOT_ROOT ? ": run as root" : "");
	wrap_phrase(page, STYLE_PLAIN, 9, &rest);
	page_end_line(page);
}

static void write_command(struct page *page, const struct report_command *command)
{
	struct phrase phrase = { 0 };

	phrase_add_foreign(&phrase, command->argv[0]);
	phrase_add(&phrase, " (%" PRId32 ")", command->pid);
	if (command->killed)
		phrase_add(&phrase, " was killed, with all of its descendants.");
	else if (command->signal)
		phrase_add(&phrase, " was ended by signal %" PRId32 ".", command->signal);
	else if (command->status != UNKNOWN)
		phrase_add(&phrase, " has ended with status %" PRId32 ".", command->status);
	else
		phrase_add(&phrase, " is left as it is: kill %" PRId32 " ends it.", command->pid);
	wrap_phrase(page, STYLE_PLAIN, 2, &phrase);
	page_end_line(page);
}

/* ---- stalls ---- */

static void write_stall(struct page *page, const struct diagnosis *d, const struct stall *stall)
{
	const struct snapshot *s = d->snapshot;
	struct phrase phrase = { 0 };

	page_text(page, STYLE_STALLED, "STALLED");
	phrase_add(&phrase, " ");
	phrase_add_taken(&phrase, explain_pipe_id(s, stall->pipe));
	phrase_add(&phrase, "  ");
	if (stall->writer != NONE) {
		phrase_add_taken(&phrase, explain_task(s, &s->tasks[stall->writer]));
		phrase_add(&phrase, " is blocked in ");
		phrase_add_taken(&phrase, explain_call(s, &s->tasks[stall->writer]));
		phrase_add(&phrase, ", ");
	}
	phrase_add_taken(&phrase, explain_stall(d, stall));
	wrap_phrase(page, STYLE_PLAIN, 2, &phrase);
	page_end_line(page);
}

static void write_stalls(struct page *page, const struct diagnosis *d)
{
	const struct report_settings *settings = page->settings;
	uint32_t shown = settings->all || settings->stuck || d->stall_count <= STALLS
	               ? d->stall_count : STALLS;
	struct phrase phrase = { 0 };

	if (shown)
		page_end_line(page);
	for (uint32_t i = 0; i < shown; i++)
		write_stall(page, d, &d->stalls[i]);
	if (shown == d->stall_count)
		return;
	phrase_add(&phrase, "and %" PRIu32 " more stalled pipes: --stuck shows them all",
	           d->stall_count - shown);
	wrap_phrase(page, STYLE_PLAIN, 2, &phrase);
	page_end_line(page);
}

/* ---- the rest ---- */

static void write_all(struct page *page, const struct diagnosis *d)
{
	uint32_t *pipes = calloc((size_t)d->snapshot->pipe_count + 1, sizeof(*pipes));
	uint32_t count = 0;

	if (!pipes) {
		page->error = -ENOMEM;
		return;
	}
	/* Worst first, and by key within a verdict: a counting sort. */
	for (unsigned verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		for (uint32_t i = 0; i < d->snapshot->pipe_count; i++) {
			if (d->pipes[i].in_scope && d->pipes[i].verdict == verdict)
				pipes[count++] = i;
		}
	}
	if (count) {
		page_end_line(page);
		table_write(page, d, pipes, count);
	}
	free(pipes);
}

/* Thousandths that are filled; 0 where that is not known. */
static int64_t fullness(const struct pipe *pipe)
{
	if (pipe->full == FACT_YES)
		return 1000;
	if (pipe->fill_bytes <= 0 || pipe->capacity_bytes <= 0)
		return 0;
	return (int64_t)(1000.0 * (double)pipe->fill_bytes / (double)pipe->capacity_bytes) + 1;
}

/* Puts a pipe in its place among the fullest, which are sorted. */
static void insert_fullest(const struct diagnosis *d, uint32_t *list, uint32_t *count,
                           uint32_t pipe)
{
	const struct pipe *pipes = d->snapshot->pipes;
	uint32_t at = *count < FULLEST ? (*count)++ : FULLEST - 1;

	for (; at && fullness(&pipes[list[at - 1]]) < fullness(&pipes[pipe]); at--)
		list[at] = list[at - 1];
	list[at] = pipe;
}

static void write_fullest(struct page *page, const struct diagnosis *d)
{
	const struct snapshot *s = d->snapshot;
	uint32_t list[FULLEST], count = 0;

	for (uint32_t i = 0; i < s->pipe_count; i++) {
		int64_t full = fullness(&s->pipes[i]);

		if (!d->pipes[i].in_scope || d->pipes[i].verdict <= VERDICT_STALLED || !full)
			continue;
		if (count < FULLEST || full > fullness(&s->pipes[list[FULLEST - 1]]))
			insert_fullest(d, list, &count, i);
	}
	if (!count)
		return;
	page_end_line(page);
	page_text(page, STYLE_PLAIN, d->deadlock_count || d->stall_count ? "Fullest of the others:"
	          : "Fullest:");
	page_end_line(page);
	table_write(page, d, list, count);
}

static void write_counts(struct page *page, const struct diagnosis *d)
{
	uint32_t pipes = pipes_in_scope(d);
	const char *separator = ": ";
	struct phrase phrase = { 0 };

	phrase_add(&phrase, "%" PRIu32 " pipe%s", pipes, plural(pipes));
	for (unsigned i = 0; i < VERDICT_COUNT; i++) {
		if (!d->verdict_counts[i])
			continue;
		phrase_add(&phrase, "%s%" PRIu32 " %s", separator, d->verdict_counts[i],
		           verdict_name((enum verdict)i));
		separator = ", ";
	}
	page_end_line(page);
	wrap_phrase(page, STYLE_PLAIN, 2, &phrase);
	page_end_line(page);
}

/* ---- the small print ---- */

static void write_view(struct page *page, const struct diagnosis *d)
{
	char **lines = explain_view(d->snapshot);

	if (!lines && !page->error)
		page->error = -ENOMEM;
	for (char **line = lines; line && *line; line++) {
		wrap_taken(page, 2, strdup(*line));
		page_end_line(page);
	}
	explain_free_list(lines);
}

static void write_limits(struct page *page, const struct snapshot *s)
{
	char max[UNITS_SIZE], soft[UNITS_SIZE], hard[UNITS_SIZE];
	struct phrase phrase = { 0 };

	phrase_add(&phrase,
	           "Limits: pipe-max-size %s (how far a pipe can grow), pipe-user-pages-soft "
	           "%s (past it a user's new pipes have 2 slots), -hard %s",
	           units_grouped(max, s->pipe_max_size),
	           units_grouped(soft, s->pipe_user_pages_soft),
	           s->pipe_user_pages_hard ? units_grouped(hard, s->pipe_user_pages_hard) : "none");
	wrap_phrase(page, STYLE_DIM, 2, &phrase);
	page_end_line(page);
}

int text_write(FILE *file, const struct diagnosis *d, const struct report_settings *settings)
{
	struct page page = { .file = file, .settings = settings };

	if (settings->column_count)
		return listing_write(file, d, settings);
	write_headline(&page, d);
	if (settings->command)
		write_command(&page, settings->command);
	deadlocks_write(&page, d);
	write_stalls(&page, d);
	if (settings->stuck)
		return page_finish(&page);
	if (settings->all)
		write_all(&page, d);
	else
		write_fullest(&page, d);
	write_counts(&page, d);
	write_view(&page, d);
	write_limits(&page, d->snapshot);
	return page_finish(&page);
}
