/* The main screen as text. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "tui/view.h"

/* Frees the state. */
static void assert_screen(struct state *s, const char *expected)
{
	char *text = pictures_draw(s);

	assert_string_equal(text, expected);
	free(text);
	state_free(s);
}

static void assert_has(struct state *s, const char *expected)
{
	char *text = pictures_draw(s);

	if (strstr(text, expected) == NULL)
		print_error("%s", text);
	assert_non_null(strstr(text, expected));
	free(text);
}

static void test_view_pipes__narrow(void **state)
{
	(void)state;
	assert_screen(pictures_state(pictures_stuckbox(), 10, 40),
		" pipetop  stuckbox     14:03:02  replay\n"
		" DEADLOCK 1  STALLED 1  FULL 2  Pipes 4\n"
		" VERDICT▼   WRITER         READER\n"
		"▶DEADLOCK   log[90909] … ▶ python3[9090…\n"
		" STALLED    ffmpeg[811]… ▶ node[800] ep…\n"
		" starved    bash[77] re… ▶ cat[78] read…\n"
		" idle       log[90909] … ▶ python3[9090…\n"
		"\n"
		"\n"
		" F1 Help / Search \\ Filter a All q Quit\n");
}

static void test_view_pipes__lowest(void **state)
{
	(void)state;
	assert_screen(pictures_state(pictures_stuckbox(), 1, 60),
		" DEADLOCK 1  STALLED 1  FULL 2  Pipes 4  FIFOs 0  Processes\n");
	assert_screen(pictures_state(pictures_stuckbox(), 2, 34),
		" DEADLOCK 1  STALLED 1  FULL 2  Pi\n"
		"▶DEADLOCK   log[90909] write(2)\n");
}

static void test_view_pipes__every_size_can_be_drawn(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 24, 80);

	(void)state;
	for (int rows = 1; rows < 60; rows += 3)
		for (int columns = 1; columns < 250; columns += 7) {
			const struct event size = {.key = KEYS_RESIZE, .row = rows, .column = columns};

			state_event(s, &size);
			free(pictures_draw(s));
		}
	state_free(s);
}

static void test_view_pipes__ascii_is_ascii(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 40, 100);
	char *text;

	(void)state;
	s->ascii = true;
	text = pictures_draw(s);
	for (const char *p = text; *p != '\0'; p++)
		assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
	assert_non_null(strstr(text, ">DEADLOCK     ############ 100%"));
	assert_non_null(strstr(text, "log[90909] write(2)"));
	assert_non_null(strstr(text, " ==> python3[90908] wait4("));
	free(text);
	state_free(s);
}

static void test_view_pipes__a_candidate_is_not_called_proved(void **state)
{
	struct look *proved = pictures_stuckbox();
	struct state *s;

	(void)state;
	s = pictures_state(proved, 30, 100);
	assert_has(s, "▶DEADLOCK     ████████████ 100%");
	assert_has(s, "deadlock 1 (write-wait), proved");
	state_free(s);
}

static void test_view_pipes__what_is_gone_is_called_closed(void **state)
{
	struct look *look = pictures_ring(2);
	struct state *s = pictures_state(pictures_stuckbox(), 30, 100);

	(void)state;
	state_take_look(s, look);
	look_unref(look);
	assert_has(s, "▶closed ");
	state_free(s);
}

static void test_view_pipes__hints(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 24, 100);

	(void)state;
	pictures_press(s, '\\');
	pictures_type(s, "node");
	assert_has(s, "\n Filter: node\n");
	pictures_press(s, KEYS_ENTER);
	assert_has(s, "Filter \"node\" (Esc: all)");
	assert_has(s, "DEADLOCK 1 (hidden by the filter)");
	pictures_press(s, 's');
	assert_has(s, "Only what is stuck (a: all)");
	pictures_press(s, 'F');
	assert_has(s, "Following ffmpeg[811] (F: all)");
	state_free(s);
}

static void test_view_pipes__pace(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 24, 100);

	(void)state;
	s->still = false;
	s->now_ms = look_snapshot(s->look)->uptime_ms + 100;
	assert_has(s, "14:03:02  every 1 s");
	s->pace_ms = 2300;
	assert_has(s, "every 2.3 s, for the budget");
	s->pace_ms = 0;
	s->now_ms += 20000;
	assert_has(s, "20 s old");
	s->looking = true;
	s->looking_since_ms = s->now_ms - 3000;
	assert_has(s, "looking for 3.0 s");
	s->looking = false;
	pictures_press(s, ' ');
	assert_has(s, "PAUSED, 20 s old");
	state_free(s);
}

static void test_view_pipes__colors_go_by_verdict(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 24, 100);
	struct grid *g;

	(void)state;
	assert_int_equal(grid_new(24, 100, false, &g), 0);
	view_draw(s, g);
	assert_int_equal(grid_cell(g, 4, 1)->style, STYLE_DEADLOCK | STYLE_SELECTED);
	assert_int_equal(grid_cell(g, 5, 1)->style, STYLE_STALLED);
	assert_int_equal(grid_cell(g, 6, 1)->style, STYLE_STARVED);
	assert_int_equal(grid_cell(g, 7, 1)->style, STYLE_DIM);
	grid_free(g);
	state_free(s);
}

static void test_view_pipes__footer_always_tells_how_to_leave(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 24, 80);

	(void)state;
	for (int columns = 10; columns < 200; columns++) {
		const struct event size = {.key = KEYS_RESIZE, .row = 24, .column = columns};

		state_event(s, &size);
		assert_has(s, "q Quit\n");
	}
	state_free(s);
}

static void test_view_pipes__setup_and_signals(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 24, 80);

	(void)state;
	pictures_press(s, KEYS_F2);
	assert_has(s, "▶ [x] verdict ");
	assert_has(s, "  [ ] user ");
	pictures_press(s, KEYS_ESCAPE);
	pictures_press(s, 'K');
	assert_has(s, " SIGNAL to log[90909]\n");
	pictures_press(s, KEYS_ENTER);
	assert_has(s, "Send TERM to log[90909]?  y: yes, any other key: no");
	state_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_pipes__narrow),
		cmocka_unit_test(test_view_pipes__lowest),
		cmocka_unit_test(test_view_pipes__every_size_can_be_drawn),
		cmocka_unit_test(test_view_pipes__ascii_is_ascii),
		cmocka_unit_test(test_view_pipes__a_candidate_is_not_called_proved),
		cmocka_unit_test(test_view_pipes__what_is_gone_is_called_closed),
		cmocka_unit_test(test_view_pipes__hints),
		cmocka_unit_test(test_view_pipes__pace),
		cmocka_unit_test(test_view_pipes__colors_go_by_verdict),
		cmocka_unit_test(test_view_pipes__footer_always_tells_how_to_leave),
		cmocka_unit_test(test_view_pipes__setup_and_signals),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
