/*
 * The state of the screen: its pictures, its lists, and where the user is in them. commands.c and
 * prompt.c have what the keys do.
 */
#include "tui/state.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/commands.h"
#include "tui/layout.h"
#include "tui/prompt.h"
#include "words/columns.h"

const struct menu_signal menu_signals[] = {
	{SIGTERM, "TERM", "asks the process to end"},
	{SIGINT, "INT", "what Ctrl-C sends"},
	{SIGHUP, "HUP", "the terminal is gone; daemons read their configuration again"},
	{SIGCONT, "CONT", "lets a stopped process go on"},
	{SIGSTOP, "STOP", "stops the process until CONT"},
	{SIGQUIT, "QUIT", "ends it with a core dump; Java prints its threads"},
	{SIGUSR1, "USR1", "whatever the program makes of it"},
	{SIGUSR2, "USR2", "whatever the program makes of it"},
	{SIGPIPE, "PIPE", "as if the reader of its pipe were gone"},
	{SIGKILL, "KILL", "ends it at once; it can't clean up"},
};

const uint32_t menu_signal_count = sizeof menu_signals / sizeof menu_signals[0];

int state_new(const struct settings *settings, struct state **ret_state)
{
	struct state *state = calloc(1, sizeof *state);

	if (state == NULL)
		return -ENOMEM;
	if (history_new(&state->history) < 0) {
		free(state);
		return -ENOMEM;
	}
	state->settings = *settings;
	state->rows = 24;
	state->columns = 80;
	state->subject_pipe = state->subject_process = NONE;
	*ret_state = state;
	return 0;
}

void state_free(struct state *state)
{
	if (state == NULL)
		return;
	for (size_t i = 0; i < SCREEN_COUNT; i++)
		text_free(&state->texts[i]);
	rows_free(&state->table);
	tree_free(&state->tree);
	history_free(state->history);
	look_unref(state->subject_look);
	look_unref(state->before);
	look_unref(state->look);
	free(state->bytes);
	free(state);
}

void state_say(struct state *state, bool error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(state->message, sizeof state->message, format, args);
	va_end(args);
	state->message_is_error = error;
}

static void out_of_memory(struct state *state)
{
	state->failed = true;
	state_say(state, true, "out of memory");
}

/* ---- lists ---- */

enum screen_name state_screen(const struct state *state)
{
	return state->stack[state->depth];
}

uint32_t state_page(const struct state *state)
{
	int rows = layout_rows(state_screen(state), state->rows).list_rows;

	return rows < 1 ? 1 : (uint32_t)rows;
}

uint32_t state_lines(const struct state *state, enum screen_name screen)
{
	switch (screen) {
	case SCREEN_PIPES: return state->table.count;
	case SCREEN_TREE: return state->tree.count;
	case SCREEN_DETAIL: return state->detail_lines;
	case SCREEN_SETUP: return column_count + SETUP_EXTRA;
	case SCREEN_SIGNALS: return menu_signal_count;
	case SCREEN_PEEK:
	case SCREEN_BACKTRACE:
	case SCREEN_HELP: return state->texts[screen].count;
	case SCREEN_COUNT: break;
	}
	return 0;
}

/* Screens without a cursor: their first line moves. */
static bool is_text(enum screen_name screen)
{
	return screen == SCREEN_DETAIL || screen == SCREEN_PEEK || screen == SCREEN_BACKTRACE ||
	       screen == SCREEN_HELP;
}

const struct row *state_row(const struct state *state)
{
	uint32_t cursor = state->scrolls[SCREEN_PIPES].cursor;
	const struct row *row = cursor < state->table.count ? &state->table.rows[cursor] : NULL;
	const struct pipe *pipe;

	if (row == NULL || !state->selected)
		return NULL;
	pipe = &look_snapshot(row->look)->pipes[row->pipe];
	return pipe->dev == state->dev && pipe->ino == state->ino ? row : NULL;
}

static void select_row(struct state *state, uint32_t line)
{
	const struct row *row = &state->table.rows[line];
	const struct pipe *pipe = &look_snapshot(row->look)->pipes[row->pipe];

	state->selected = true;
	state->dev = pipe->dev;
	state->ino = pipe->ino;
}

static void select_line(struct state *state, enum screen_name screen, uint32_t line)
{
	if (screen == SCREEN_PIPES && line < state->table.count)
		select_row(state, line);
	if (screen == SCREEN_TREE && line < state->tree.count)
		state->pid =
			look_snapshot(state->look)->processes[state->tree.lines[line].process].pid;
}

/* Moves the top as little as makes the cursor visible. */
static void show_cursor(struct state *state, enum screen_name screen)
{
	struct scroll *scroll = &state->scrolls[screen];
	uint32_t lines = state_lines(state, screen);
	int rows = layout_rows(screen, state->rows).list_rows;
	uint32_t page = rows < 1 ? 1 : (uint32_t)rows;

	if (scroll->cursor < scroll->top)
		scroll->top = scroll->cursor;
	if (scroll->cursor >= scroll->top + page)
		scroll->top = scroll->cursor - page + 1;
	if (scroll->top + page > lines)
		scroll->top = lines > page ? lines - page : 0;
}

void state_go(struct state *state, int64_t line)
{
	enum screen_name screen = state_screen(state);
	struct scroll *scroll = &state->scrolls[screen];
	int64_t lines = state_lines(state, screen), last = lines - 1;

	if (is_text(screen))
		last = lines - state_page(state);
	line = line > last ? last : line;
	scroll->cursor = line < 0 ? 0 : (uint32_t)line;
	if (is_text(screen)) {
		scroll->top = scroll->cursor;
		return;
	}
	select_line(state, screen, scroll->cursor);
	show_cursor(state, screen);
}

/* The cursor follows its subject; where that is gone, it takes what stands there now. */
static void follow_selection(struct state *state, enum screen_name screen, uint32_t found)
{
	struct scroll *scroll = &state->scrolls[screen];
	uint32_t lines = state_lines(state, screen);

	if (found < lines)
		scroll->cursor = found;
	else if (scroll->cursor >= lines)
		scroll->cursor = lines > 0 ? lines - 1 : 0;
	if ((found == NONE || !state->touched) && state_screen(state) == screen)
		select_line(state, screen, scroll->cursor);
	show_cursor(state, screen);
}

static int rebuild(struct state *state)
{
	const struct rows_query rows_query = {
		.sort = state->settings.sort, .reversed = state->settings.reversed,
		.only_stuck = state->only_stuck, .filter = state->filter,
	};
	const struct tree_query tree_query = {
		.only_stuck = state->only_stuck, .all = state->all, .filter = state->filter,
		.collapsed = state->collapsed, .collapsed_count = state->collapsed_count,
	};
	struct rows table;
	struct tree tree;

	if (rows_make(state->look, state->before, &rows_query, &table) < 0)
		return -ENOMEM;
	if (tree_make(state->look, &tree_query, &tree) < 0) {
		rows_free(&table);
		return -ENOMEM;
	}
	rows_free(&state->table);
	tree_free(&state->tree);
	state->table = table;
	state->tree = tree;
	return 0;
}

void state_rebuild(struct state *state)
{
	if (state->look == NULL)
		return;
	if (rebuild(state) < 0) {
		rows_free(&state->table);
		tree_free(&state->tree);
		out_of_memory(state);
		return;
	}
	follow_selection(state, SCREEN_PIPES, !state->touched ? 0 : state->selected
		? rows_find(&state->table, state->dev, state->ino) : NONE);
	follow_selection(state, SCREEN_TREE, state->pid != 0
		? tree_find(&state->tree, look_snapshot(state->look), state->pid) : NONE);
}

/* The look before is kept only for what is gone since: a look at 20,000 pipes is large. */
static void drop_before(struct state *state)
{
	for (uint32_t i = 0; i < state->table.count; i++)
		if (state->table.rows[i].gone)
			return;
	look_unref(state->before);
	state->before = NULL;
}

void state_take_look(struct state *state, struct look *look)
{
	look_unref(state->before);
	state->before = state->look;
	state->look = look_ref(look);
	if (history_add(state->history, look_snapshot(look)) < 0)
		out_of_memory(state);
	state_rebuild(state);
	drop_before(state);
}

bool state_line_matches(const struct state *state, uint32_t line, const char *text)
{
	enum screen_name screen = state_screen(state);

	if (screen == SCREEN_PIPES)
		return rows_match(state->table.rows[line].look, state->table.rows[line].pipe, text);
	if (screen == SCREEN_TREE)
		return tree_match(look_snapshot(state->look), state->tree.lines[line].process,
		                  text);
	if (line < state->texts[screen].count)
		return strcasestr(state->texts[screen].lines[line], text) != NULL;
	return false;
}

/* ---- screens ---- */

void state_push(struct state *state, enum screen_name screen)
{
	if (state_screen(state) == screen)
		return;
	if (state->depth == STATE_STACK - 1) {
		memmove(&state->stack[1], &state->stack[2],
		        (STATE_STACK - 2) * sizeof state->stack[0]);
		state->depth--;
	}
	state->stack[++state->depth] = screen;
	state->prompt = PROMPT_NONE;
	state->left = 0;
	if (is_text(screen))
		state->scrolls[screen] = (struct scroll){0};
	select_line(state, screen, state->scrolls[screen].cursor);
}

void state_pop(struct state *state)
{
	if (state->depth == 0)
		return;
	state->depth--;
	state->left = 0;
	state_rebuild(state);
}

/* ---- what an effect is about ---- */

uint32_t state_process(const struct state *state)
{
	const struct row *row = state_row(state);
	struct party party;

	if (state->look == NULL)
		return NONE;
	if (state_screen(state) == SCREEN_TREE ||
	    (state->depth > 0 && state->stack[state->depth - 1] == SCREEN_TREE))
		return state->pid == 0 ? NONE : snapshot_find_process(look_snapshot(state->look),
		                                                      state->pid);
	if (row == NULL || row->gone)
		return NONE;
	party = party_find(look_diagnosis(state->look), row->pipe, state->side);
	return party.holder == NONE ? NONE
	                            : look_snapshot(state->look)->holders[party.holder].process;
}

static bool needs_pipe(enum effect effect)
{
	return effect == EFFECT_GROW || effect == EFFECT_PEEK || effect == EFFECT_DRAIN;
}

static bool needs_process(enum effect effect)
{
	return effect == EFFECT_BACKTRACE || effect == EFFECT_SIGNAL;
}

enum effect state_effect(struct state *state, enum effect effect)
{
	const struct row *row = state_row(state);

	look_unref(state->subject_look);
	state->subject_look = look_ref(state->look);
	state->subject_pipe = row == NULL || row->gone ? NONE : row->pipe;
	state->subject_process = state_process(state);
	if ((state->offers & 1u << effect) == 0)
		state_say(state, true, "Not available here");
	else if (needs_pipe(effect) && state->subject_pipe == NONE)
		state_say(state, true, "No pipe is selected");
	else if (needs_process(effect) && state->subject_process == NONE)
		state_say(state, true,
		          "No process is seen on that side; Tab chooses the other one");
	else
		return effect;
	return EFFECT_NONE;
}

static void show_peek(struct state *state)
{
	struct text *text = &state->texts[SCREEN_PEEK];
	char title[64];

	snprintf(title, sizeof title, "%zu bytes, still in the pipe", state->byte_count);
	if ((state->hex ? text_set_hex : text_set)(text, title, state->bytes, state->byte_count) <
	    0)
		out_of_memory(state);
}

void state_take_peek(struct state *state, const char *bytes, size_t length)
{
	char *copy = malloc(length + 1);

	if (copy == NULL) {
		out_of_memory(state);
		return;
	}
	memcpy(copy, bytes, length);
	free(state->bytes);
	state->bytes = copy;
	state->byte_count = length;
	show_peek(state);
	if (state_screen(state) == SCREEN_PEEK)
		state_go(state, state->scrolls[SCREEN_PEEK].top);
	else
		state_push(state, SCREEN_PEEK);
}

void state_toggle_hex(struct state *state)
{
	state->hex = !state->hex;
	show_peek(state);
}

void state_take_backtrace(struct state *state, const char *text)
{
	if (text_set_plain(&state->texts[SCREEN_BACKTRACE], "Backtrace", text, strlen(text)) < 0)
		out_of_memory(state);
	state_push(state, SCREEN_BACKTRACE);
}

/* ---- setup ---- */

bool state_setup_shown(const struct state *state, uint32_t line)
{
	return line < state->settings.column_count;
}

uint32_t state_setup_column(const struct state *state, uint32_t line)
{
	uint32_t skip = line - state->settings.column_count;

	if (state_setup_shown(state, line))
		return state->settings.columns[line];
	for (uint32_t c = 0; c < column_count; c++) {
		bool shown = false;

		for (uint32_t i = 0; i < state->settings.column_count; i++)
			shown = shown || state->settings.columns[i] == c;
		if (!shown && skip-- == 0)
			return c;
	}
	return NONE;
}

/* ---- events ---- */

static void resize(struct state *state, const struct event *event)
{
	state->rows = event->row < 1 ? 1 : event->row;
	state->columns = event->column < 1 ? 1 : event->column;
	for (enum screen_name screen = 0; screen < SCREEN_COUNT; screen++)
		if (!is_text(screen))
			show_cursor(state, screen);
	if (is_text(state_screen(state)))
		state_go(state, state->scrolls[state_screen(state)].top);
}

enum effect state_event(struct state *state, const struct event *event)
{
	const struct key *key;

	if (event->key == KEYS_RESIZE) {
		resize(state, event);
		return EFFECT_NONE;
	}
	state->message[0] = '\0';
	state->welcome = false;
	state->touched = true;
	if (state->prompt != PROMPT_NONE && event->key < KEYS_WHEEL_UP)
		return prompt_event(state, event);
	key = keys_find(event->key, state_screen(state));
	/* Before the first picture there is nothing to do but to leave. */
	if (key == NULL || (state->look == NULL && key->command != COMMAND_QUIT))
		return EFFECT_NONE;
	return commands_run(state, key->command, event);
}
