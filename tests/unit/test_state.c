/* The state of the screen: what each key does, and what holds after any of them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fuzz/walk.h"
#include "pictures.h"
#include "words/columns.h"

static int setup(void **state)
{
	*state = pictures_state(pictures_stuckbox(), 30, 100);
	return 0;
}

static int teardown(void **state)
{
	state_free(*state);
	return 0;
}

static uint64_t inode(const struct state *s)
{
	const struct row *row = state_row(s);

	assert_non_null(row);
	return look_snapshot(row->look)->pipes[row->pipe].ino;
}

static int32_t pid(const struct state *s)
{
	uint32_t process = state_process(s);

	assert_int_not_equal(process, NONE);
	return look_snapshot(s->look)->processes[process].pid;
}

static void press(struct state *s, const int32_t *codes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pictures_press(s, codes[i]);
}

#define PRESS(s, ...) press(s, (const int32_t[]){__VA_ARGS__}, \
	sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

static void take(struct state *s, struct look *look)
{
	state_take_look(s, look);
	look_unref(look);
}

/* ---- moving and selecting ---- */

static void test_state__the_worst_is_selected_first(void **state)
{
	assert_int_equal(inode(*state), 6715);
}

static void test_state__arrows_move(void **state)
{
	PRESS(*state, KEYS_DOWN);
	assert_int_equal(inode(*state), 8012);
	PRESS(*state, 'j', 'j', 'j', 'j');
	assert_int_equal(inode(*state), 6714);
	PRESS(*state, 'k');
	assert_int_equal(inode(*state), 8200);
	PRESS(*state, KEYS_HOME);
	assert_int_equal(inode(*state), 6715);
	PRESS(*state, KEYS_END);
	assert_int_equal(inode(*state), 6714);
}

static void test_state__pages(void **state)
{
	struct state *s = *state;

	take(s, pictures_many(100));
	take(s, pictures_many(100));
	PRESS(s, KEYS_HOME, KEYS_PAGE_DOWN);
	assert_int_equal(s->scrolls[SCREEN_PIPES].cursor, state_page(s));
	PRESS(s, KEYS_END, KEYS_PAGE_UP);
	assert_int_equal(s->scrolls[SCREEN_PIPES].cursor, 99 - state_page(s));
}

static void test_state__selection_stays_on_its_pipe_when_sorted(void **state)
{
	struct state *s = *state;

	PRESS(s, KEYS_DOWN, '>', '>', '>');
	assert_int_equal(inode(s), 8012);
	PRESS(s, 'i');
	assert_int_equal(inode(s), 8012);
	assert_true(s->settings.reversed);
}

static void test_state__selection_stays_on_its_pipe_over_looks(void **state)
{
	struct state *s = *state;

	PRESS(s, KEYS_DOWN, KEYS_DOWN);
	for (int i = 0; i < 3; i++)
		take(s, pictures_stuckbox());
	assert_int_equal(inode(s), 8200);
}

static void test_state__a_pipe_that_is_gone_fades_and_then_gives_way(void **state)
{
	struct state *s = *state;

	take(s, pictures_ring(3));
	assert_true(state_row(s)->gone);
	assert_int_equal(inode(s), 6715);
	assert_int_equal(s->table.count, 7);
	take(s, pictures_ring(3));
	assert_int_equal(s->table.count, 3);
	assert_false(state_row(s)->gone);
}

static void test_state__nothing_can_be_done_to_what_is_gone(void **state)
{
	struct state *s = *state;

	take(s, pictures_ring(3));
	assert_int_equal(pictures_press(s, 'g'), EFFECT_NONE);
	assert_string_equal(s->message, "No pipe is selected");
}

static void test_state__left_and_right_shift_texts(void **state)
{
	struct state *s = *state;

	PRESS(s, KEYS_RIGHT, KEYS_RIGHT);
	assert_int_equal(s->left, 16);
	PRESS(s, KEYS_LEFT, KEYS_LEFT, KEYS_LEFT);
	assert_int_equal(s->left, 0);
}

/* ---- what is shown ---- */

static void test_state__sort_goes_round(void **state)
{
	struct state *s = *state;

	PRESS(s, '<');
	assert_string_equal(columns[s->settings.sort].name, "reader");
	PRESS(s, KEYS_F6);
	assert_string_equal(columns[s->settings.sort].name, "verdict");
}

static void test_state__stuck_and_all(void **state)
{
	struct state *s = *state;

	PRESS(s, 's');
	assert_int_equal(s->table.count, 2);
	PRESS(s, 'a');
	assert_int_equal(s->table.count, 4);
}

static void test_state__search_moves_while_one_types(void **state)
{
	struct state *s = *state;

	PRESS(s, '/');
	pictures_type(s, "cat");
	assert_int_equal(inode(s), 8200);
	PRESS(s, KEYS_ESCAPE);
	assert_int_equal(inode(s), 6715);
	PRESS(s, '/');
	pictures_type(s, "LOG");
	PRESS(s, KEYS_ENTER, 'n');
	assert_int_equal(inode(s), 6714);
	PRESS(s, 'n');
	assert_int_equal(inode(s), 6715);
	PRESS(s, 'N');
	assert_int_equal(inode(s), 6714);
}

static void test_state__search_for_nothing_says_so(void **state)
{
	struct state *s = *state;

	PRESS(s, '/');
	pictures_type(s, "zzz");
	assert_string_equal(s->message, "Not found");
	PRESS(s, KEYS_ENTER, 'n');
	assert_string_equal(s->message, "Not found");
	assert_int_equal(inode(s), 6715);
}

static void test_state__filter_and_its_end(void **state)
{
	struct state *s = *state;

	PRESS(s, '\\');
	pictures_type(s, "nodex");
	PRESS(s, KEYS_RUBOUT, KEYS_ENTER);
	assert_int_equal(s->table.count, 1);
	assert_int_equal(s->table.hidden_deadlocks, 1);
	assert_int_equal(inode(s), 8012);
	PRESS(s, KEYS_F4, 'x', KEYS_ESCAPE);
	assert_string_equal(s->filter, "node");
	PRESS(s, KEYS_ESCAPE);
	assert_int_equal(s->table.count, 4);
	assert_int_equal(inode(s), 8012);
}

static void test_state__the_prompt_takes_characters_of_any_width(void **state)
{
	struct state *s = *state;

	PRESS(s, '/', 0x7bb1, 0xe9, 0x1f600);
	assert_string_equal(s->line, "箱é😀");
	PRESS(s, KEYS_RUBOUT, KEYS_RUBOUT);
	assert_string_equal(s->line, "箱");
	PRESS(s, 'U' & 0x1f);
	assert_string_equal(s->line, "");
	for (int i = 0; i < 1000; i++)
		pictures_press(s, 0x7bb1);
	assert_in_range(strlen(s->line), STATE_LINE - 8, STATE_LINE - 1);
}

/* ---- time ---- */

static void test_state__intervals(void **state)
{
	struct state *s = *state;

	PRESS(s, '+');
	assert_int_equal(s->settings.interval_ms, 500);
	for (int i = 0; i < 20; i++)
		PRESS(s, '+');
	assert_int_equal(s->settings.interval_ms, 100);
	for (int i = 0; i < 20; i++)
		PRESS(s, '-');
	assert_int_equal(s->settings.interval_ms, 60000);
}

static void test_state__pause_and_refresh(void **state)
{
	struct state *s = *state;

	PRESS(s, ' ');
	assert_true(s->paused);
	assert_int_equal(pictures_press(s, 'r'), EFFECT_LOOK);
	PRESS(s, ' ');
	assert_false(s->paused);
}

/* ---- screens ---- */

static void test_state__screens_open_and_close(void **state)
{
	static const struct {
		int32_t key;
		enum screen_name screen;
	} screens[] = {
		{KEYS_ENTER, SCREEN_DETAIL}, {'t', SCREEN_TREE}, {'?', SCREEN_HELP}, {'h', SCREEN_HELP},
		{KEYS_F1, SCREEN_HELP}, {KEYS_F2, SCREEN_SETUP}, {'S', SCREEN_SETUP}, {KEYS_F9, SCREEN_SIGNALS},
		{'K', SCREEN_SIGNALS}, {KEYS_F5, SCREEN_TREE},
	};
	struct state *s = *state;

	for (size_t i = 0; i < sizeof screens / sizeof screens[0]; i++) {
		pictures_press(s, screens[i].key);
		assert_int_equal(state_screen(s), screens[i].screen);
		PRESS(s, KEYS_ESCAPE);
		assert_int_equal(state_screen(s), SCREEN_PIPES);
	}
	PRESS(s, KEYS_ESCAPE);
	assert_int_equal(state_screen(s), SCREEN_PIPES);
}

static void test_state__the_tree_begins_at_the_process_of_the_row(void **state)
{
	struct state *s = *state;

	PRESS(s, KEYS_TAB, 't');
	assert_int_equal(s->pid, 90908);
	PRESS(s, KEYS_DOWN);
	assert_int_equal(s->pid, 90909);
	PRESS(s, KEYS_LEFT);
	assert_int_equal(s->pid, 90908);
	PRESS(s, KEYS_LEFT);
	assert_int_equal(s->pid, 90908);
	assert_int_equal(s->tree.count, 7);
	PRESS(s, KEYS_RIGHT);
	assert_int_equal(s->tree.count, 8);
	PRESS(s, KEYS_ENTER);
	assert_int_equal(state_screen(s), SCREEN_DETAIL);
	assert_int_equal(inode(s), 6715);
}

static void test_state__a_process_without_pipes_has_no_detail(void **state)
{
	struct state *s = *state;

	PRESS(s, 't', KEYS_HOME, KEYS_ENTER);
	assert_int_equal(state_screen(s), SCREEN_TREE);
	assert_string_equal(s->message, "This process holds no pipe");
}

static void test_state__the_detail_stays_on_a_pipe_that_is_gone(void **state)
{
	struct state *s = *state;

	PRESS(s, KEYS_ENTER);
	take(s, pictures_ring(3));
	take(s, pictures_ring(3));
	assert_null(state_row(s));
	PRESS(s, KEYS_ESCAPE);
	assert_non_null(state_row(s));
}

/* ---- actions ---- */

static void test_state__tab_chooses_the_side(void **state)
{
	struct state *s = *state;

	assert_int_equal(pictures_press(s, 'b'), EFFECT_BACKTRACE);
	assert_int_equal(pid(s), 90909);
	PRESS(s, KEYS_TAB);
	assert_int_equal(pictures_press(s, 'b'), EFFECT_BACKTRACE);
	assert_int_equal(pid(s), 90908);
	assert_int_equal(s->subject_process, snapshot_find_process(look_snapshot(s->look), 90908));
}

static void test_state__actions_on_the_pipe(void **state)
{
	struct state *s = *state;

	assert_int_equal(pictures_press(s, 'g'), EFFECT_NONE);
	assert_int_equal(pictures_press(s, 'n'), EFFECT_NONE);
	assert_int_equal(pictures_press(s, 'g'), EFFECT_NONE);
	assert_int_equal(s->prompt, PROMPT_GROW);
	assert_int_equal(pictures_press(s, 'y'), EFFECT_GROW);
	assert_int_equal(pictures_press(s, 'p'), EFFECT_PEEK);
	assert_int_equal(look_snapshot(s->subject_look)->pipes[s->subject_pipe].ino, 6715);
	assert_int_equal(pictures_press(s, 'y'), EFFECT_REPORT);
	assert_int_equal(pictures_press(s, 'W'), EFFECT_SAVE);
	assert_int_equal(pictures_press(s, 'q'), EFFECT_QUIT);
}

static void test_state__what_is_not_offered_is_not_available(void **state)
{
	struct state *s = *state;

	s->offers = 0;
	for (const char *key = "gpbDKyW"; *key != '\0'; key++) {
		assert_int_equal(pictures_press(s, *key), EFFECT_NONE);
		assert_string_equal(s->message, "Not available here");
		assert_int_equal(state_screen(s), SCREEN_PIPES);
	}
}

static void test_state__drain_asks_for_a_file(void **state)
{
	struct state *s = *state;

	assert_int_equal(pictures_press(s, 'D'), EFFECT_NONE);
	assert_int_equal(s->prompt, PROMPT_DRAIN);
	assert_int_equal(pictures_press(s, KEYS_ENTER), EFFECT_NONE);
	PRESS(s, 'D');
	pictures_type(s, "out");
	assert_int_equal(pictures_press(s, KEYS_ENTER), EFFECT_DRAIN);
	assert_string_equal(s->line, "out");
	PRESS(s, 'D', 'x');
	assert_int_equal(pictures_press(s, KEYS_ESCAPE), EFFECT_NONE);
}

static void test_state__a_signal_is_sent_only_after_a_yes(void **state)
{
	struct state *s = *state;

	PRESS(s, 'K', KEYS_DOWN, KEYS_ENTER);
	assert_int_equal(s->prompt, PROMPT_SIGNAL);
	assert_int_equal(pictures_press(s, KEYS_ENTER), EFFECT_NONE);
	assert_string_equal(s->message, "Nothing was sent");
	PRESS(s, KEYS_ENTER);
	assert_int_equal(pictures_press(s, 'y'), EFFECT_SIGNAL);
	assert_int_equal(s->signal, menu_signals[1].number);
	assert_int_equal(look_snapshot(s->subject_look)->processes[s->subject_process].pid, 90909);
	assert_int_equal(state_screen(s), SCREEN_PIPES);
}

static void test_state__the_subject_outlives_its_look(void **state)
{
	struct state *s = *state;

	PRESS(s, 'K');
	for (int i = 0; i < 3; i++)
		take(s, pictures_ring(3));
	assert_int_equal(look_snapshot(s->subject_look)->processes[s->subject_process].pid, 90909);
}

static void test_state__follow_and_its_end(void **state)
{
	struct state *s = *state;

	assert_int_equal(pictures_press(s, 'F'), EFFECT_LOOK);
	assert_int_equal(s->follow.pid, 90909);
	assert_int_equal(pictures_press(s, 'F'), EFFECT_LOOK);
	assert_int_equal(s->follow.pid, 0);
}

static void test_state__peek_shows_text_and_numbers(void **state)
{
	struct state *s = *state;

	state_take_peek(s, "one\ntwo\n", 8);
	assert_int_equal(state_screen(s), SCREEN_PEEK);
	assert_int_equal(s->texts[SCREEN_PEEK].count, 2);
	assert_string_equal(s->texts[SCREEN_PEEK].lines[1], "two");
	PRESS(s, 'x');
	assert_int_equal(s->texts[SCREEN_PEEK].count, 1);
	assert_string_equal(s->texts[SCREEN_PEEK].lines[0], "00000000  6f 6e 65 0a 74 77 6f 0a"
	                    "                           |one.two.|");
	PRESS(s, 'x');
	assert_int_equal(s->texts[SCREEN_PEEK].count, 2);
}

/* ---- mouse ---- */

static void click(struct state *s, int row, int column)
{
	const struct event event = {.key = KEYS_CLICK, .row = row, .column = column};

	state_event(s, &event);
}

static void test_state__mouse(void **state)
{
	struct state *s = *state;

	click(s, 5, 30);
	assert_int_equal(inode(s), 8012);
	click(s, 29, 30);
	click(s, 12, 30);
	assert_int_equal(inode(s), 8012);
	click(s, 5, 30);
	assert_int_equal(state_screen(s), SCREEN_DETAIL);
	PRESS(s, KEYS_ESCAPE);
	click(s, 3, 40);
	assert_string_equal(columns[s->settings.sort].name, "size");
	click(s, 3, 40);
	assert_true(s->settings.reversed);
	PRESS(s, KEYS_HOME, KEYS_WHEEL_DOWN);
	assert_int_equal(s->scrolls[SCREEN_PIPES].cursor, 1);
	PRESS(s, KEYS_WHEEL_UP);
	assert_int_equal(s->scrolls[SCREEN_PIPES].cursor, 0);
}

/* ---- setup ---- */

static void test_state__setup_shows_hides_and_moves_columns(void **state)
{
	struct state *s = *state;

	PRESS(s, KEYS_F2, KEYS_DOWN, ' ');
	assert_int_equal(s->settings.column_count, 5);
	assert_string_equal(columns[s->settings.columns[1]].name, "size");
	PRESS(s, '>');
	assert_string_equal(columns[s->settings.columns[2]].name, "size");
	PRESS(s, '<');
	assert_string_equal(columns[s->settings.columns[1]].name, "size");
	PRESS(s, KEYS_END);
	PRESS(s, ' ');
	assert_int_equal(s->settings.color, SETTINGS_COLOR_ALWAYS);
	PRESS(s, KEYS_UP, KEYS_ENTER);
	assert_int_equal(s->settings.interval_ms, 2000);
	assert_int_equal(pictures_press(s, 'W'), EFFECT_SAVE);
}

static void test_state__the_last_column_stays(void **state)
{
	struct state *s = *state;

	PRESS(s, KEYS_F2);
	for (int i = 0; i < 40; i++)
		PRESS(s, KEYS_HOME, ' ');
	assert_int_equal(s->settings.column_count, 1);
}

static void test_state__before_the_first_look_one_can_only_leave(void **state)
{
	struct settings settings;
	struct state *s;

	(void)state;
	settings_default(&settings);
	assert_int_equal(state_new(&settings, &s), 0);
	s->offers = ~0u;
	for (size_t i = 0; i < key_count; i++)
		if (keys[i].command != COMMAND_QUIT)
			assert_int_equal(pictures_press(s, keys[i].codes[0]), EFFECT_NONE);
	assert_int_equal(state_screen(s), SCREEN_PIPES);
	assert_int_equal(pictures_press(s, 'q'), EFFECT_QUIT);
	state_free(s);
}

/* ---- chance and time ---- */

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void test_state__holds_over_100000_random_steps(void **state)
{
	const char *given = getenv("SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : 20261125;
	struct walk *walk = walk_new();

	(void)state;
	print_message("# SEED=%llu\n", (unsigned long long)seed);
	for (int i = 0; i < 100000; i++) {
		uint64_t chance = next(&seed);
		uint8_t bytes[4];

		memcpy(bytes, &chance, sizeof bytes);
		walk_step(walk, bytes);
	}
	walk_free(walk);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_state__the_worst_is_selected_first),
		CASE(test_state__arrows_move),
		CASE(test_state__pages),
		CASE(test_state__selection_stays_on_its_pipe_when_sorted),
		CASE(test_state__selection_stays_on_its_pipe_over_looks),
		CASE(test_state__a_pipe_that_is_gone_fades_and_then_gives_way),
		CASE(test_state__nothing_can_be_done_to_what_is_gone),
		CASE(test_state__left_and_right_shift_texts),
		CASE(test_state__sort_goes_round),
		CASE(test_state__stuck_and_all),
		CASE(test_state__search_moves_while_one_types),
		CASE(test_state__search_for_nothing_says_so),
		CASE(test_state__filter_and_its_end),
		CASE(test_state__the_prompt_takes_characters_of_any_width),
		CASE(test_state__intervals),
		CASE(test_state__pause_and_refresh),
		CASE(test_state__screens_open_and_close),
		CASE(test_state__the_tree_begins_at_the_process_of_the_row),
		CASE(test_state__a_process_without_pipes_has_no_detail),
		CASE(test_state__the_detail_stays_on_a_pipe_that_is_gone),
		CASE(test_state__tab_chooses_the_side),
		CASE(test_state__actions_on_the_pipe),
		CASE(test_state__what_is_not_offered_is_not_available),
		CASE(test_state__drain_asks_for_a_file),
		CASE(test_state__a_signal_is_sent_only_after_a_yes),
		CASE(test_state__the_subject_outlives_its_look),
		CASE(test_state__follow_and_its_end),
		CASE(test_state__peek_shows_text_and_numbers),
		CASE(test_state__mouse),
		CASE(test_state__setup_shows_hides_and_moves_columns),
		CASE(test_state__the_last_column_stays),
		cmocka_unit_test(test_state__before_the_first_look_one_can_only_leave),
		cmocka_unit_test(test_state__holds_over_100000_random_steps),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
