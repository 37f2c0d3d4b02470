/*
 * What all screens share: the header, the footer, the prompt and the messages; and the dispatch to
 * the view between them.
 */
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/glyphs.h"
#include "tui/prompt.h"
#include "words/columns.h"
#include "words/escape.h"
#include "words/explain.h"
#include "words/units.h"

static void (*const views[SCREEN_COUNT])(const struct state *state, struct grid *g,
                                         const struct layout *layout) = {
	[SCREEN_PIPES] = view_pipes, [SCREEN_TREE] = view_tree,
	[SCREEN_PEEK] = view_text, [SCREEN_BACKTRACE] = view_text, [SCREEN_HELP] = view_text,
	[SCREEN_SETUP] = view_setup, [SCREEN_SIGNALS] = view_signals,
};

enum style view_verdict_style(enum verdict verdict)
{
	static const enum style styles[VERDICT_COUNT] = {
		[VERDICT_DEADLOCK] = STYLE_DEADLOCK, [VERDICT_STALLED] = STYLE_STALLED,
		[VERDICT_BACKPRESSURE] = STYLE_BACKPRESSURE, [VERDICT_STARVED] = STYLE_STARVED,
		[VERDICT_HALF_OPEN] = STYLE_HALF_OPEN, [VERDICT_MOVING] = STYLE_MOVING,
		[VERDICT_IDLE] = STYLE_DIM, [VERDICT_UNKNOWN] = STYLE_DIM,
	};

	return styles[verdict];
}

void view_process_name(const struct process *process, char *out, size_t size)
{
	char comm[COLUMNS_TEXT];

	escape_text(comm, sizeof comm, process->comm);
	snprintf(out, size, "%s[%" PRId32 "]", comm, process->pid);
}

int view_gauge(struct grid *g, int row, int column, int cells, unsigned style, int percent)
{
	int eighths = percent < 0 ? 0 : (percent * cells * GLYPHS_LEVELS + 50) / 100;

	for (int i = 0; i < cells; i++, eighths -= GLYPHS_LEVELS) {
		int level = eighths < 0 ? 0 : eighths > GLYPHS_LEVELS ? GLYPHS_LEVELS : eighths;

		column = grid_text(g, row, column, style, g->glyphs->gauge[level]);
	}
	return column;
}

/* ---- the header ---- */

static void up_text(char *out, size_t size, int64_t uptime_ms)
{
	int64_t minutes = uptime_ms / 60000;

	if (uptime_ms < 0)
		snprintf(out, size, "%s", "");
	else if (minutes < 24 * 60)
		snprintf(out, size, "up %02" PRId64 ":%02" PRId64, minutes / 60, minutes % 60);
	else
		snprintf(out, size, "up %" PRId64 "d %02" PRId64 ":%02" PRId64, minutes / 1440,
		         minutes / 60 % 24, minutes % 60);
}

static void clock_text(char *out, size_t size, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL || strftime(out, size, "%H:%M:%S", &tm) == 0)
		snprintf(out, size, "?");
}

/* How the picture comes about: "every 1 s", "paused", "replay", "looking for 3 s". */
static void pace_text(const struct state *state, char *out, size_t size)
{
	int64_t age_ms = state->now_ms - look_snapshot(state->look)->uptime_ms;
	int64_t looking_ms = state->now_ms - state->looking_since_ms;
	char span[UNITS_SIZE];

	if (state->looking && looking_ms >= 1000)
		snprintf(out, size, "looking for %s", units_span(span, looking_ms));
	else if (state->still)
		snprintf(out, size, "replay");
	else if (state->paused)
		snprintf(out, size, "PAUSED, %s old", units_span(span, age_ms < 0 ? 0 : age_ms));
	else if (age_ms > 2 * (state->settings.interval_ms + state->pace_ms) + 2000)
		snprintf(out, size, "%s old", units_span(span, age_ms));
	else if (state->pace_ms > 0)
		snprintf(out, size, "every %s, for the budget", units_span(span, state->pace_ms));
	else
		snprintf(out, size, "every %g s", (double)state->settings.interval_ms / 1000);
}

static void draw_title(const struct state *state, struct grid *g, int row)
{
	const struct snapshot *s = look_snapshot(state->look);
	char host[128], release[128], kernel[144], up[48], engine[16], clock[16], pace[64],
		right[96];
	const char *fields[] = {host, kernel, up, engine};
	int x, end;

	escape_text(host, sizeof host, s->host);
	escape_text(release, sizeof release, s->kernel);
	snprintf(kernel, sizeof kernel, "Linux %s", release);
	up_text(up, sizeof up, s->uptime_ms);
	escape_text(engine, sizeof engine, s->engine ? s->engine : "");
	clock_text(clock, sizeof clock, s->time_ms);
	pace_text(state, pace, sizeof pace);
	snprintf(right, sizeof right, "  %s  %s ", clock, pace);
	x = grid_text(g, row, 1, STYLE_TITLE, "pipetop") + 2;
	end = g->columns - grid_width(g, right);
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (x + grid_width(g, fields[i]) <= end)
			x = grid_text(g, row, x, i == 0 ? STYLE_BOLD : STYLE_NORMAL, fields[i]) + 2;
	grid_text(g, row, end, state->paused ? STYLE_STALLED : STYLE_NORMAL, right);
}

struct counts {
	uint32_t pipes, fifos, full;
};

static struct counts count_pipes(const struct diagnosis *d)
{
	struct counts counts = {0};

	for (uint32_t i = 0; i < d->snapshot->pipe_count; i++) {
		const struct pipe *pipe = &d->snapshot->pipes[i];

		if (!d->pipes[i].in_scope)
			continue;
		counts.pipes += pipe->type == PIPE_ANONYMOUS;
		counts.fifos += pipe->type == PIPE_FIFO;
		counts.full += pipe->full == FACT_YES;
	}
	return counts;
}

static int draw_count(struct grid *g, int row, int column, unsigned style, const char *name,
                      uint32_t count)
{
	return grid_printf(g, row, column, count == 0 ? STYLE_DIM : style, "%s %" PRIu32, name,
	                   count);
}

/* What is wrong; right-aligned where there is room for everything, else first. */
static int draw_trouble(const struct state *state, struct grid *g, int row, int column)
{
	const struct diagnosis *d = look_diagnosis(state->look);
	struct counts counts = count_pipes(d);

	column = draw_count(g, row, column, STYLE_DEADLOCK, "DEADLOCK", d->deadlock_count) + 2;
	if (state->table.hidden_deadlocks > 0)
		column =
			grid_text(g, row, column - 1, STYLE_DEADLOCK, "(hidden by the filter)") + 2;
	column = draw_count(g, row, column, STYLE_STALLED, "STALLED", d->stall_count) + 2;
	return draw_count(g, row, column, STYLE_BACKPRESSURE, "FULL", counts.full) + 2;
}

static int draw_totals(const struct state *state, struct grid *g, int row, int column, bool brief)
{
	const struct snapshot *s = look_snapshot(state->look);
	struct counts counts = count_pipes(look_diagnosis(state->look));
	uint32_t unseen = s->denied + s->timed_out;

	column = grid_printf(g, row, column, STYLE_NORMAL,
	                     "Pipes %" PRIu32 "  FIFOs %" PRIu32 "  Processes %" PRIu32,
	                     counts.pipes, counts.fifos, s->process_count);
	if (unseen > 0)
		column = grid_printf(
			g, row, column, STYLE_HINT, " (%" PRIu32 " not seen%s)", unseen,
			!brief && s->view_limits & LIMIT_NOT_ROOT ? ": run as root" : "");
	return column;
}

static void draw_counts(const struct state *state, struct grid *g, int row)
{
	struct grid *scratch;
	int left, right;

	if (grid_new(1, 4 * g->columns, g->ascii, &scratch) < 0)
		return;
	left = draw_totals(state, scratch, 0, 1, false);
	right = draw_trouble(state, scratch, 0, 0);
	grid_free(scratch);
	if (left + 2 + right - 1 <= g->columns) {
		draw_totals(state, g, row, 1, false);
		draw_trouble(state, g, row, g->columns - right + 1);
	} else {
		draw_totals(state, g, row, draw_trouble(state, g, row, 1), true);
	}
}

/* What is left out at the moment, and what would help to see more. */
static void draw_hint(const struct state *state, struct grid *g, int row)
{
	const struct snapshot *s = look_snapshot(state->look);
	uint32_t followed =
		state->follow.pid == 0 ? NONE : snapshot_find_process(s, state->follow.pid);
	char name[COLUMNS_TEXT + 16];
	char **view = explain_view(s);
	int x = 1;

	if (state->welcome && look_note(state->look) == NULL)
		x = grid_text(g, row, x, STYLE_MESSAGE,
		              "Enter: all about a pipe   g: let its writer go on   "
		              "?: every key") +
		    3;
	if (state->filter[0] != '\0')
		x = grid_printf(g, row, x, STYLE_HINT, "Filter \"%s\" (Esc: all)", state->filter) +
		    2;
	if (state->only_stuck)
		x = grid_text(g, row, x, STYLE_HINT, "Only what is stuck (a: all)") + 2;
	if (state->follow.pid != 0) {
		if (followed != NONE &&
		    s->processes[followed].start_ticks == state->follow.start_ticks)
			view_process_name(&s->processes[followed], name, sizeof name);
		else
			snprintf(name, sizeof name, "process %" PRId32 ", which is gone",
			         state->follow.pid);
		x = grid_printf(g, row, x, STYLE_HINT, "Following %s (F: all)", name) + 2;
	}
	if (look_note(state->look) != NULL)
		x = grid_text(g, row, x, STYLE_HINT, look_note(state->look)) + 2;
	if (view != NULL && view[0] != NULL)
		grid_field(g, row, x, g->columns - x, 0, STYLE_DIM, view[0]);
	explain_free_list(view);
}

/* ---- the footer ---- */

/* The pipe that an action is about; NULL for none. */
static const struct pipe *subject_pipe(const struct state *state)
{
	if (state->subject_look == NULL || state->subject_pipe == NONE)
		return NULL;
	return &look_snapshot(state->subject_look)->pipes[state->subject_pipe];
}

static void draw_grow(const struct state *state, struct grid *g, int row)
{
	const struct pipe *pipe = subject_pipe(state);
	char *id = pipe == NULL ? NULL
		: explain_pipe_id(look_snapshot(state->subject_look), state->subject_pipe);
	char before[UNITS_SIZE];

	grid_printf(g, row, 1, STYLE_PROMPT,
	            "Enlarge %s beyond its %s bytes?  y: yes, any other key: no",
	            id == NULL ? "?" : id,
	            units_grouped(before, pipe == NULL ? UNKNOWN : pipe->capacity_bytes));
	free(id);
}

/* Who dies takes with him what waits for him, or what he had still to write. */
static void draw_signal(const struct state *state, struct grid *g, int row)
{
	const struct pipe *pipe = subject_pipe(state);
	const char *signal = "?";
	char name[COLUMNS_TEXT + 16] = "?", bytes[UNITS_SIZE];
	int x;

	for (uint32_t i = 0; i < menu_signal_count; i++)
		if (menu_signals[i].number == state->signal)
			signal = menu_signals[i].name;
	if (state->subject_look != NULL && state->subject_process != NONE)
		view_process_name(
			&look_snapshot(state->subject_look)->processes[state->subject_process],
			name, sizeof name);
	x = grid_printf(g, row, 1, STYLE_PROMPT, "Send %s to %s?  y: yes, any other key: no",
	                signal, name);
	if (pipe != NULL && pipe->fill_bytes > 0)
		grid_printf(g, row, x, STYLE_PROMPT, "  (%s bytes in the pipe may be lost)",
		            units_grouped(bytes, pipe->fill_bytes));
}

static void draw_prompt(const struct state *state, struct grid *g, int row)
{
	int x, over;

	if (state->prompt == PROMPT_SIGNAL) {
		draw_signal(state, g, row);
		return;
	}
	if (state->prompt == PROMPT_GROW) {
		draw_grow(state, g, row);
		return;
	}
	x = grid_text(g, row, 1, STYLE_PROMPT, prompt_label(state->prompt));
	over = grid_width(g, state->line) + 1 - (g->columns - x);
	x = grid_field(g, row, x, g->columns - x, over > 0 ? over : 0, STYLE_NORMAL, state->line);
	x = over > 0 ? g->columns - 1 : g->columns + over - 1;
	grid_text(g, row, x, STYLE_NORMAL | STYLE_SELECTED, " ");
	if (state->message[0] != '\0')
		grid_text(g, row, x + 3, STYLE_ERROR, state->message);
}

static int draw_key(struct grid *g, int row, int column, const struct key *key)
{
	column = grid_text(g, row, column, STYLE_KEY, key->label);
	column = grid_text(g, row, column, STYLE_KEY_NAME, " ");
	return grid_text(g, row, column, STYLE_KEY_NAME, key->footer);
}

static int key_width(const struct grid *g, const struct key *key)
{
	return grid_width(g, key->label) + 1 + grid_width(g, key->footer);
}

static bool in_footer(const struct key *key, enum screen_name screen)
{
	return key->footer != NULL && (key->screens & 1u << screen) != 0;
}

/* As many keys as there is room for; the last, which leaves, always. */
static void draw_keys(const struct state *state, struct grid *g, int row)
{
	enum screen_name screen = state_screen(state);
	const struct key *last = keys_find('q', screen);
	int total = 0, x = 1, gap, end = g->columns - key_width(g, last) - 1;

	for (size_t i = 0; i < key_count; i++)
		if (in_footer(&keys[i], screen))
			total += key_width(g, &keys[i]) + 2;
	gap = total <= g->columns ? 2 : 1;
	for (size_t i = 0; i < key_count; i++)
		if (in_footer(&keys[i], screen) && &keys[i] != last &&
		    x + key_width(g, &keys[i]) + gap <= end)
			x = draw_key(g, row, x, &keys[i]) + gap;
	draw_key(g, row, x, last);
}

static void draw_footer(const struct state *state, struct grid *g, int row)
{
	if (state->prompt != PROMPT_NONE)
		draw_prompt(state, g, row);
	else if (state->message[0] != '\0')
		grid_field(g, row, 1, g->columns - 1, 0,
		           state->message_is_error ? STYLE_ERROR : STYLE_MESSAGE, state->message);
	else
		draw_keys(state, g, row);
}

/* ---- the whole ---- */

static void draw_header(const struct state *state, struct grid *g, const struct layout *layout)
{
	if (layout->title >= 0)
		draw_title(state, g, layout->title);
	if (layout->counts >= 0)
		draw_counts(state, g, layout->counts);
	if (layout->hint >= 0)
		draw_hint(state, g, layout->hint);
}

static uint32_t draw_screen(const struct state *state, struct grid *g, const struct layout *layout)
{
	enum screen_name screen = state_screen(state);

	if (screen != SCREEN_DETAIL) {
		views[screen](state, g, layout);
		return state->detail_lines;
	}
	if (layout->heading >= 0) {
		grid_field(g, layout->heading, 0, g->columns, 0, STYLE_HEADING, "");
		grid_text(g, layout->heading, 1, STYLE_HEADING, "PIPE");
	}
	return view_detail(state, g, layout->list, layout->list_rows, state->scrolls[screen].top,
	                   true);
}

uint32_t view_draw(const struct state *state, struct grid *g)
{
	struct layout layout = layout_rows(state_screen(state), g->rows);
	uint32_t lines;

	if (state->look == NULL) {
		grid_text(g, 0, 1, STYLE_TITLE, "pipetop");
		grid_printf(g, 0, 10, STYLE_NORMAL, "looks at every process%s", g->glyphs->more);
		return 0;
	}
	draw_header(state, g, &layout);
	if (layout.footer >= 0)
		draw_footer(state, g, layout.footer);
	lines = draw_screen(state, g, &layout);
	for (int i = 0; i < layout.list_rows; i++)
		grid_flag_text(g, layout.list + i, state->search, STYLE_FOUND);
	return lines;
}
