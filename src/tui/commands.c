/*
 * The commands, and one table that says which function each of them is. Those that need the world
 * only say so, by an effect; what it is about is fixed in state_effect().
 */
#include "tui/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/help.h"
#include "tui/layout.h"
#include "tui/prompt.h"
#include "words/columns.h"

enum { SHIFT = 8 };              /* columns that one press scrolls sideways */

static struct scroll *scroll_of(struct state *state)
{
	return &state->scrolls[state_screen(state)];
}

/* ---- moving ---- */

static enum effect up(struct state *state)
{
	state_go(state, (int64_t)scroll_of(state)->cursor - 1);
	return EFFECT_NONE;
}

static enum effect down(struct state *state)
{
	state_go(state, (int64_t)scroll_of(state)->cursor + 1);
	return EFFECT_NONE;
}

static enum effect page_up(struct state *state)
{
	state_go(state, (int64_t)scroll_of(state)->cursor - state_page(state));
	return EFFECT_NONE;
}

static enum effect page_down(struct state *state)
{
	state_go(state, (int64_t)scroll_of(state)->cursor + state_page(state));
	return EFFECT_NONE;
}

static enum effect first(struct state *state)
{
	state_go(state, 0);
	return EFFECT_NONE;
}

static enum effect last(struct state *state)
{
	state_go(state, UINT32_MAX);
	return EFFECT_NONE;
}

static enum effect left(struct state *state)
{
	state->left = state->left > SHIFT ? state->left - SHIFT : 0;
	return EFFECT_NONE;
}

static enum effect right(struct state *state)
{
	if (state->left < 4096)
		state->left += SHIFT;
	return EFFECT_NONE;
}

/* ---- the tree ---- */

static const struct tree_line *tree_line(struct state *state)
{
	uint32_t cursor = state->scrolls[SCREEN_TREE].cursor;

	return cursor < state->tree.count ? &state->tree.lines[cursor] : NULL;
}

static uint32_t collapsed_place(const struct state *state, int32_t pid)
{
	uint32_t i = 0;

	while (i < state->collapsed_count && state->collapsed[i] < pid)
		i++;
	return i;
}

static enum effect collapse(struct state *state)
{
	const struct tree_line *line = tree_line(state);
	const struct process *process;
	uint32_t place, parent;

	if (line == NULL)
		return EFFECT_NONE;
	process = &look_snapshot(state->look)->processes[line->process];
	if (!line->has_children || line->collapsed) {
		parent = tree_find(&state->tree, look_snapshot(state->look), process->ppid);
		if (parent != NONE)
			state_go(state, parent);
		return EFFECT_NONE;
	}
	if (state->collapsed_count == STATE_COLLAPSED)
		return EFFECT_NONE;
	place = collapsed_place(state, process->pid);
	memmove(&state->collapsed[place + 1], &state->collapsed[place],
	        (state->collapsed_count - place) * sizeof state->collapsed[0]);
	state->collapsed[place] = process->pid;
	state->collapsed_count++;
	state_rebuild(state);
	return EFFECT_NONE;
}

static enum effect expand(struct state *state)
{
	const struct tree_line *line = tree_line(state);
	uint32_t place;

	if (line == NULL || !line->collapsed)
		return EFFECT_NONE;
	place = collapsed_place(state, look_snapshot(state->look)->processes[line->process].pid);
	state->collapsed_count--;
	memmove(&state->collapsed[place], &state->collapsed[place + 1],
	        (state->collapsed_count - place) * sizeof state->collapsed[0]);
	state_rebuild(state);
	return EFFECT_NONE;
}

/* ---- screens ---- */

/* From the tree: the worst pipe that the process holds. */
static bool select_pipe_of_process(struct state *state)
{
	const struct snapshot *s = look_snapshot(state->look);
	uint32_t index = state_process(state), best = NONE;
	const struct process *process;

	if (index == NONE)
		return false;
	process = &s->processes[index];
	for (uint32_t h = process->first_holder; h < process->first_holder + process->holders;
	     h++) {
		uint32_t pipe = s->holders[h].pipe;

		if (best == NONE || look_diagnosis(state->look)->pipes[pipe].verdict <
		                    look_diagnosis(state->look)->pipes[best].verdict)
			best = pipe;
	}
	if (best == NONE)
		return false;
	state->selected = true;
	state->dev = s->pipes[best].dev;
	state->ino = s->pipes[best].ino;
	return true;
}

static enum effect open_detail(struct state *state)
{
	if (state_screen(state) == SCREEN_TREE) {
		if (!select_pipe_of_process(state)) {
			state_say(state, true, "This process holds no pipe");
			return EFFECT_NONE;
		}
		state_push(state, SCREEN_DETAIL);
		state_rebuild(state);
	} else if (state_row(state) != NULL) {
		state_push(state, SCREEN_DETAIL);
	}
	return EFFECT_NONE;
}

static enum effect back(struct state *state)
{
	if (state->depth > 0) {
		state_pop(state);
	} else if (state->filter[0] != '\0') {
		state->filter[0] = '\0';
		state_rebuild(state);
	} else {
		state->search[0] = '\0';
	}
	return EFFECT_NONE;
}

static enum effect side(struct state *state)
{
	state->side = state->side == SIDE_WRITER ? SIDE_READER : SIDE_WRITER;
	return EFFECT_NONE;
}

/* Shows the process of the selected row in the tree. */
static enum effect tree(struct state *state)
{
	uint32_t process = state_process(state);

	if (state_screen(state) == SCREEN_TREE) {
		state_pop(state);
		return EFFECT_NONE;
	}
	if (process != NONE)
		state->pid = look_snapshot(state->look)->processes[process].pid;
	state_rebuild(state);
	state_push(state, SCREEN_TREE);
	return EFFECT_NONE;
}

static enum effect help(struct state *state)
{
	if (state_screen(state) == SCREEN_HELP) {
		state_pop(state);
		return EFFECT_NONE;
	}
	if (help_text(&state->texts[SCREEN_HELP]) == 0)
		state_push(state, SCREEN_HELP);
	return EFFECT_NONE;
}

static enum effect setup(struct state *state)
{
	state_push(state, SCREEN_SETUP);
	return EFFECT_NONE;
}

/* ---- what is shown ---- */

static enum effect search(struct state *state)
{
	prompt_open(state, PROMPT_SEARCH, "");
	return EFFECT_NONE;
}

static enum effect search_on(struct state *state, int direction)
{
	uint32_t lines = state_lines(state, state_screen(state));
	uint32_t from = scroll_of(state)->cursor;

	if (lines > 0)
		from = direction > 0 ? (from + 1) % lines : (from + lines - 1) % lines;
	if (!prompt_find(state, from, direction))
		state_say(state, true, "Not found");
	return EFFECT_NONE;
}

static enum effect next(struct state *state)
{
	return search_on(state, 1);
}

static enum effect previous(struct state *state)
{
	return search_on(state, -1);
}

static enum effect filter(struct state *state)
{
	prompt_open(state, PROMPT_FILTER, state->filter);
	return EFFECT_NONE;
}

static enum effect sort_by(struct state *state, uint32_t column)
{
	state->settings.reversed = column == state->settings.sort && !state->settings.reversed;
	state->settings.sort = column;
	state_rebuild(state);
	return EFFECT_NONE;
}

/* By the column beside the one that is sorted by, of those that have a place. */
static enum effect sort_beside(struct state *state, uint32_t step)
{
	struct places places = layout_columns(&state->settings, state->columns);
	uint32_t at = 0;

	for (uint32_t i = 0; i < places.count; i++)
		if (places.places[i].column == state->settings.sort)
			at = i;
	at = (at + step) % places.count;
	state->settings.reversed = false;
	state->settings.sort = places.places[at].column;
	state_rebuild(state);
	return EFFECT_NONE;
}

static enum effect sort_right(struct state *state)
{
	return sort_beside(state, 1);
}

static enum effect sort_left(struct state *state)
{
	struct places places = layout_columns(&state->settings, state->columns);

	return sort_beside(state, places.count - 1);
}

static enum effect reverse(struct state *state)
{
	return sort_by(state, state->settings.sort);
}

static enum effect only_stuck(struct state *state)
{
	state->only_stuck = true;
	state->all = false;
	state_rebuild(state);
	return EFFECT_NONE;
}

static enum effect all(struct state *state)
{
	state->only_stuck = false;
	state->all = true;
	state_rebuild(state);
	return EFFECT_NONE;
}

/* ---- time ---- */

static const int64_t intervals_ms[] = {100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000};

enum { INTERVALS = sizeof intervals_ms / sizeof intervals_ms[0] };

static enum effect faster(struct state *state)
{
	for (int i = INTERVALS - 1; i >= 0; i--) {
		if (intervals_ms[i] < state->settings.interval_ms) {
			state->settings.interval_ms = intervals_ms[i];
			return EFFECT_NONE;
		}
	}
	return EFFECT_NONE;
}

static enum effect slower(struct state *state)
{
	for (int i = 0; i < INTERVALS; i++) {
		if (intervals_ms[i] > state->settings.interval_ms) {
			state->settings.interval_ms = intervals_ms[i];
			return EFFECT_NONE;
		}
	}
	return EFFECT_NONE;
}

static enum effect pause_looks(struct state *state)
{
	state->paused = !state->paused;
	return EFFECT_NONE;
}

static enum effect refresh(struct state *state)
{
	(void)state;
	return EFFECT_LOOK;
}

/* ---- actions ---- */

static enum effect grow(struct state *state)
{
	if (state_effect(state, EFFECT_GROW) == EFFECT_GROW)
		prompt_open(state, PROMPT_GROW, "");
	return EFFECT_NONE;
}

static enum effect peek(struct state *state)
{
	return state_effect(state, EFFECT_PEEK);
}

static enum effect hex(struct state *state)
{
	state_toggle_hex(state);
	return EFFECT_NONE;
}

static enum effect backtrace(struct state *state)
{
	return state_effect(state, EFFECT_BACKTRACE);
}

static enum effect drain(struct state *state)
{
	if (state_effect(state, EFFECT_DRAIN) == EFFECT_DRAIN)
		prompt_open(state, PROMPT_DRAIN, "");
	return EFFECT_NONE;
}

static enum effect signal_menu(struct state *state)
{
	if (state_effect(state, EFFECT_SIGNAL) == EFFECT_SIGNAL)
		state_push(state, SCREEN_SIGNALS);
	return EFFECT_NONE;
}

static enum effect choose_signal(struct state *state)
{
	state->signal = menu_signals[state->scrolls[SCREEN_SIGNALS].cursor].number;
	prompt_open(state, PROMPT_SIGNAL, "");
	return EFFECT_NONE;
}

static enum effect follow(struct state *state)
{
	uint32_t index = state_process(state);
	const struct process *process;

	if (state->follow.pid != 0) {
		state->follow = (struct who){0};
		return EFFECT_LOOK;
	}
	if (index == NONE) {
		state_say(state, true,
		          "No process is seen on that side; Tab chooses the other one");
		return EFFECT_NONE;
	}
	process = &look_snapshot(state->look)->processes[index];
	state->follow = (struct who){process->pid, process->start_ticks};
	return EFFECT_LOOK;
}

static enum effect report(struct state *state)
{
	return state_effect(state, EFFECT_REPORT);
}

static enum effect save(struct state *state)
{
	return state_effect(state, EFFECT_SAVE);
}

static enum effect quit(struct state *state)
{
	(void)state;
	return EFFECT_QUIT;
}

/* ---- setup ---- */

static void toggle_column(struct settings *settings, uint32_t line, uint32_t column)
{
	if (line >= settings->column_count) {
		settings->columns[settings->column_count++] = column;
	} else if (settings->column_count > 1) {
		settings->column_count--;
		memmove(&settings->columns[line], &settings->columns[line + 1],
		        (settings->column_count - line) * sizeof settings->columns[0]);
	}
}

static enum effect toggle(struct state *state)
{
	uint32_t line = state->scrolls[SCREEN_SETUP].cursor;

	if (line < column_count)
		toggle_column(&state->settings, line, state_setup_column(state, line));
	else if (line == column_count + SETUP_COLOR)
		state->settings.color = (state->settings.color + 1) % SETTINGS_COLOR_COUNT;
	else if (state->settings.interval_ms >= intervals_ms[INTERVALS - 1])
		state->settings.interval_ms = intervals_ms[0];
	else
		slower(state);
	return EFFECT_NONE;
}

static enum effect move_column(struct state *state, int step)
{
	struct scroll *scroll = scroll_of(state);
	int64_t to = (int64_t)scroll->cursor + step;
	uint32_t *list = state->settings.columns, moved;

	if (scroll->cursor >= state->settings.column_count || to < 0 ||
	    to >= state->settings.column_count)
		return EFFECT_NONE;
	moved = list[scroll->cursor];
	list[scroll->cursor] = list[to];
	list[to] = moved;
	state_go(state, to);
	return EFFECT_NONE;
}

static enum effect column_left(struct state *state)
{
	return move_column(state, -1);
}

static enum effect column_right(struct state *state)
{
	return move_column(state, 1);
}

/* ---- the table ---- */

static enum effect (*const functions[COMMAND_COUNT])(struct state *state) = {
	[COMMAND_UP] = up, [COMMAND_DOWN] = down,
	[COMMAND_PAGE_UP] = page_up, [COMMAND_PAGE_DOWN] = page_down,
	[COMMAND_FIRST] = first, [COMMAND_LAST] = last,
	[COMMAND_LEFT] = left, [COMMAND_RIGHT] = right,
	[COMMAND_COLLAPSE] = collapse, [COMMAND_EXPAND] = expand,
	[COMMAND_OPEN] = open_detail, [COMMAND_BACK] = back, [COMMAND_SIDE] = side,
	[COMMAND_TREE] = tree, [COMMAND_HELP] = help, [COMMAND_SETUP] = setup,
	[COMMAND_SEARCH] = search, [COMMAND_NEXT] = next, [COMMAND_PREVIOUS] = previous,
	[COMMAND_FILTER] = filter,
	[COMMAND_SORT_LEFT] = sort_left, [COMMAND_SORT_RIGHT] = sort_right,
	[COMMAND_REVERSE] = reverse, [COMMAND_STUCK] = only_stuck, [COMMAND_ALL] = all,
	[COMMAND_PAUSE] = pause_looks, [COMMAND_FASTER] = faster, [COMMAND_SLOWER] = slower,
	[COMMAND_REFRESH] = refresh,
	[COMMAND_GROW] = grow, [COMMAND_PEEK] = peek, [COMMAND_HEX] = hex,
	[COMMAND_BACKTRACE] = backtrace, [COMMAND_DRAIN] = drain, [COMMAND_SIGNAL] = signal_menu,
	[COMMAND_CHOOSE] = choose_signal, [COMMAND_FOLLOW] = follow, [COMMAND_REPORT] = report,
	[COMMAND_SAVE] = save, [COMMAND_QUIT] = quit,
	[COMMAND_TOGGLE] = toggle, [COMMAND_COLUMN_LEFT] = column_left,
	[COMMAND_COLUMN_RIGHT] = column_right,
};

/* On a line: go there, and there again: open it. On a heading: sort by it. */
static enum effect click(struct state *state, const struct event *event)
{
	enum screen_name screen = state_screen(state);
	struct layout layout = layout_rows(screen, state->rows);
	struct places places = layout_columns(&state->settings, state->columns);
	uint32_t column = layout_column_at(&places, event->column);
	int64_t line = (int64_t)scroll_of(state)->top + event->row - layout.list;

	if (screen == SCREEN_PIPES && event->row == layout.heading && column != NONE)
		return sort_by(state, column);
	if (event->row < layout.list || event->row >= layout.list + layout.list_rows ||
	    line >= state_lines(state, screen) || screen == SCREEN_DETAIL ||
	    state->texts[screen].count > 0)
		return EFFECT_NONE;
	if (line == scroll_of(state)->cursor && (screen == SCREEN_PIPES || screen == SCREEN_TREE))
		return open_detail(state);
	state_go(state, line);
	return EFFECT_NONE;
}

enum effect commands_run(struct state *state, enum command command, const struct event *event)
{
	if (command == COMMAND_CLICK)
		return click(state, event);
	return functions[command] == NULL ? EFFECT_NONE : functions[command](state);
}
