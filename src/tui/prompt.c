/*
 * Edits the line of the prompt and hands it on. Search and filter act while one types; Escape
 * undoes what they did.
 */
#include "tui/prompt.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static void search_changed(struct state *state);
static void filter_changed(struct state *state);
static void search_cancelled(struct state *state);
static void filter_cancelled(struct state *state);
static enum effect search_done(struct state *state);
static enum effect drain_done(struct state *state);
static enum effect grow_done(struct state *state);
static enum effect signal_done(struct state *state);

static const struct prompt_kind {
	const char *label;
	void (*changed)(struct state *state);
	void (*cancelled)(struct state *state);
	enum effect (*done)(struct state *state);
	bool yes_or_no;          /* a yes is one key; everything else is a no */
} kinds[PROMPT_COUNT] = {
	[PROMPT_SEARCH] = { .label = "Search: ",
	                    .changed = search_changed,
	                    .cancelled = search_cancelled,
	                    .done = search_done },
	[PROMPT_FILTER] = { .label = "Filter: ",
	                    .changed = filter_changed,
	                    .cancelled = filter_cancelled },
	[PROMPT_DRAIN] = { .label = "Take the bytes from their reader into the new file: ",
	                   .done = drain_done },
	[PROMPT_GROW] = { .label = "", .done = grow_done, .yes_or_no = true },
	[PROMPT_SIGNAL] = { .label = "", .done = signal_done, .yes_or_no = true },
};

const char *prompt_label(enum prompt prompt)
{
	return kinds[prompt].label;
}

void prompt_open(struct state *state, enum prompt prompt, const char *line)
{
	state->prompt = prompt;
	state->origin = state->scrolls[state_screen(state)];
	snprintf(state->line, sizeof state->line, "%s", line);
	snprintf(state->old_filter, sizeof state->old_filter, "%s", state->filter);
}

/* ---- search and filter ---- */

bool prompt_find(struct state *state, uint32_t from, int direction)
{
	uint32_t lines = state_lines(state, state_screen(state));

	for (uint32_t i = 0; i < lines && state->search[0] != '\0'; i++) {
		uint32_t step = direction > 0 ? i : lines - i;
		uint32_t line = (uint32_t)(((uint64_t)from + step) % lines);

		if (state_line_matches(state, line, state->search)) {
			state_go(state, line);
			return true;
		}
	}
	return false;
}

static void search_changed(struct state *state)
{
	snprintf(state->search, sizeof state->search, "%s", state->line);
	if (!prompt_find(state, state->origin.cursor, 1) && state->search[0] != '\0')
		state_say(state, true, "Not found");
}

static void search_cancelled(struct state *state)
{
	state_go(state, state->origin.cursor);
}

static enum effect search_done(struct state *state)
{
	search_changed(state);
	return EFFECT_NONE;
}

static void filter_changed(struct state *state)
{
	snprintf(state->filter, sizeof state->filter, "%s", state->line);
	state_rebuild(state);
}

static void filter_cancelled(struct state *state)
{
	snprintf(state->filter, sizeof state->filter, "%s", state->old_filter);
	state_rebuild(state);
}

/* ---- actions ---- */

static enum effect drain_done(struct state *state)
{
	return state->line[0] == '\0' ? EFFECT_NONE : EFFECT_DRAIN;
}

static enum effect grow_done(struct state *state)
{
	if (strcmp(state->line, "y") == 0)
		return EFFECT_GROW;
	state_say(state, false, "The pipe was left as it is");
	return EFFECT_NONE;
}

static enum effect signal_done(struct state *state)
{
	if (strcmp(state->line, "y") != 0) {
		state_say(state, false, "Nothing was sent");
		return EFFECT_NONE;
	}
	state_pop(state);
	return EFFECT_SIGNAL;
}

/* ---- the line ---- */

static void add_char(char line[STATE_LINE], int32_t c)
{
	size_t n = strlen(line);
	unsigned u = (unsigned)c;

	if (n + 5 > STATE_LINE)
		return;
	if (u < 0x80) {
		line[n++] = (char)u;
	} else if (u < 0x800) {
		line[n++] = (char)(0xc0 | u >> 6);
		line[n++] = (char)(0x80 | (u & 0x3f));
	} else if (u < 0x10000) {
		line[n++] = (char)(0xe0 | u >> 12);
		line[n++] = (char)(0x80 | (u >> 6 & 0x3f));
		line[n++] = (char)(0x80 | (u & 0x3f));
	} else {
		line[n++] = (char)(0xf0 | u >> 18);
		line[n++] = (char)(0x80 | (u >> 12 & 0x3f));
		line[n++] = (char)(0x80 | (u >> 6 & 0x3f));
		line[n++] = (char)(0x80 | (u & 0x3f));
	}
	line[n] = '\0';
}

static void remove_char(char line[STATE_LINE])
{
	size_t n = strlen(line);

	while (n > 0 && (line[n - 1] & 0xc0) == 0x80)
		n--;
	line[n > 0 ? n - 1 : 0] = '\0';
}

/* Returns whether the key changed the line. */
static bool edit(struct state *state, int32_t key)
{
	if (key == KEYS_RUBOUT)
		remove_char(state->line);
	else if (key == ('U' & 0x1f))
		state->line[0] = '\0';
	else if (key > 0 && key < KEYS_SPECIAL && iswprint((wint_t)key))
		add_char(state->line, key);
	else
		return false;
	return true;
}

enum effect prompt_event(struct state *state, const struct event *event)
{
	const struct prompt_kind *kind = &kinds[state->prompt];

	if (kind->yes_or_no) {
		state->prompt = PROMPT_NONE;
		snprintf(state->line, sizeof state->line, "%s", event->key == 'y' ? "y" : "");
		return kind->done(state);
	}
	if (event->key == KEYS_ESCAPE || event->key == KEYS_ENTER) {
		state->prompt = PROMPT_NONE;
		if (event->key == KEYS_ENTER)
			return kind->done == NULL ? EFFECT_NONE : kind->done(state);
		if (kind->cancelled != NULL)
			kind->cancelled(state);
		return EFFECT_NONE;
	}
	if (edit(state, event->key) && kind->changed != NULL)
		kind->changed(state);
	return EFFECT_NONE;
}
