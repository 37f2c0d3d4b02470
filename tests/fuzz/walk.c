/* Steps and invariants, see walk.h. */
#include "walk.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/pictures.h"

struct walk {
	struct state *state;
	uint64_t pictures;
};

struct walk *walk_new(void)
{
	struct walk *walk = calloc(1, sizeof *walk);

	if (walk == NULL)
		abort();
	walk->state = pictures_state(pictures_stuckbox(), 24, 80);
	return walk;
}

void walk_free(struct walk *walk)
{
	state_free(walk->state);
	free(walk);
}

static void require(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "walk: %s\n", what);
		abort();
	}
}

static void check_scroll(const struct state *state, enum screen_name screen)
{
	const struct scroll *scroll = &state->scrolls[screen];
	uint32_t lines = state_lines(state, screen);

	require(scroll->cursor < lines || scroll->cursor == 0, "a cursor behind the last line");
	require(scroll->top < lines || scroll->top == 0, "a top behind the last line");
}

static void check_selection(const struct state *state)
{
	const struct row *row = state_row(state);
	uint32_t process = state_process(state);

	if (state_screen(state) == SCREEN_PIPES)
		require((row != NULL) == (state->table.count > 0), "a table without a selection");
	require(process == NONE || process < look_snapshot(state->look)->process_count,
	        "a process out of range");
}

static void check(struct walk *walk)
{
	struct state *state = walk->state;

	require(state->depth >= 0 && state->depth < STATE_STACK, "the stack of screens");
	require(state->stack[0] == SCREEN_PIPES, "the first screen");
	check_scroll(state, SCREEN_PIPES);
	check_scroll(state, SCREEN_TREE);
	check_scroll(state, SCREEN_SETUP);
	check_scroll(state, SCREEN_SIGNALS);
	check_selection(state);
	require(strlen(state->line) < STATE_LINE && strlen(state->filter) < STATE_LINE, "a line");
	require(state->settings.column_count > 0, "no columns");
	require(!state->failed, "out of memory");
}

static void draw(struct walk *walk)
{
	free(pictures_draw(walk->state));
}

static void new_picture(struct walk *walk, const uint8_t bytes[4])
{
	uint64_t seed = walk->pictures++ * 131071 + bytes[1] + bytes[2] * 256u;
	struct look *look = bytes[3] % 8 == 0 ? pictures_stuckbox()
	                  : bytes[3] % 8 == 1 ? pictures_ring(1 + bytes[1] % 6)
	                                      : pictures_random(seed);

	state_take_look(walk->state, look);
	look_unref(look);
}

static void effect_happens(struct walk *walk, enum effect effect)
{
	require(effect < EFFECT_COUNT, "no such effect");
	if (effect == EFFECT_PEEK)
		state_take_peek(walk->state, "Hello\n\x1b[31m\tworld\xff", 17);
	if (effect == EFFECT_BACKTRACE)
		state_take_backtrace(walk->state, "#0 write\n#1 main\n");
}

void walk_step(struct walk *walk, const uint8_t bytes[4])
{
	struct event event = {.row = bytes[1] % 64, .column = bytes[2]};

	switch (bytes[0] % 16) {
	case 0:
		new_picture(walk, bytes);
		break;
	case 1:
		event.key = KEYS_RESIZE;
		break;
	case 2:
		event.key = KEYS_CLICK;
		break;
	case 3:
		event.key = bytes[1] * 256 + bytes[2];
		break;
	case 4:
		draw(walk);
		break;
	case 5: case 6:
		event.key = bytes[1] % 128;
		break;
	default:
		event.key = keys[(bytes[1] * 256u + bytes[2]) % key_count].codes[bytes[3] % 2];
	}
	if (event.key != 0)
		effect_happens(walk, state_event(walk->state, &event));
	check(walk);
}
