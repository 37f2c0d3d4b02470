/* The detail of a pipe: the drawn cycle, the reasons, the ways out, the holders. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "tui/cycle.h"
#include "tui/view.h"
#include "world.h"

static void assert_has(struct state *s, const char *expected)
{
	char *text = pictures_draw(s);

	if (strstr(text, expected) == NULL)
		print_error("%s", text);
	assert_non_null(strstr(text, expected));
	free(text);
}

/* Draws the first deadlock of the look, which is freed. */
static void assert_cycle(struct look *look, int width, bool roomy, const char *expected)
{
	const struct diagnosis *d = look_diagnosis(look);
	struct grid *g;
	char *text;

	assert_int_equal(d->deadlock_count, 1);
	assert_int_equal(grid_new(20, width, false, &g), 0);
	g->rows = cycle_draw(g, 0, 0, width, roomy, d, &d->deadlocks[0]);
	text = grid_dump(g);
	assert_string_equal(text, expected);
	free(text);
	grid_free(g);
	look_unref(look);
}

static void test_view_detail__two_stand_side_by_side(void **state)
{
	(void)state;
	assert_cycle(pictures_stuckbox(), 70, false,
		"  ╭────────────╮  write(2)            ╭────────────────╮\n"
		"  │ log  90909 │ ━━━ pipe:[6715] ━━━▶ │ python3  90908 │\n"
		"  │ alice      │ ◀━━ wait4(90909) ━━━ │ alice          │\n"
		"  ╰────────────╯                      ╰────────────────╯\n");
}

static void test_view_detail__two_by_two_pipes(void **state)
{
	(void)state;
	assert_cycle(pictures_ring(2), 70, false,
		"  ╭──────────────╮  write(1)           ╭──────────────╮\n"
		"  │ program  500 │ ━━━ pipe:[7000] ━━▶ │ program  501 │\n"
		"  │              │ ◀━━ pipe:[7001] ━━━ │              │\n"
		"  ╰──────────────╯           write(1)  ╰──────────────╯\n");
}

static void test_view_detail__three_stand_below_each_other(void **state)
{
	(void)state;
	assert_cycle(pictures_ring(3), 70, true,
		"   ╭──────────────╮\n"
		"╭─▶│ program  500 │  write(1)  waits for room in pipe:[7000]\n"
		"│  ╰───────┬──────╯\n"
		"│          ▼\n"
		"│  ╭──────────────╮\n"
		"│  │ program  501 │  write(1)  waits for room in pipe:[7001]\n"
		"│  ╰───────┬──────╯\n"
		"│          ▼\n"
		"│  ╭──────────────╮\n"
		"╰──│ program  502 │  write(1)  waits for room in pipe:[7002]\n"
		"   ╰──────────────╯\n");
}

static void test_view_detail__with_less_room(void **state)
{
	(void)state;
	assert_cycle(pictures_ring(3), 30, false,
		"   ╭──────────────╮\n"
		"╭─▶│ program  500 │  write(1)\n"
		"│  ╰───────▼──────╯\n"
		"│  │ program  501 │  write(1)\n"
		"│  ╰───────▼──────╯\n"
		"╰──│ program  502 │  write(1)\n"
		"   ╰──────────────╯\n");
}

static void test_view_detail__one_waits_for_itself(void **state)
{
	(void)state;
	assert_cycle(pictures_ring(1), 40, true,
		"   ╭──────────────╮\n"
		"╭─▶│ program  500 │  write(1)  waits for\n"
		"│  ╰───────┬──────╯\n"
		"╰──────────╯\n");
}

static void test_view_detail__of_the_article(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 50, 100);

	(void)state;
	pictures_press(s, KEYS_ENTER);
	assert_has(s, " pipe:[6715]  65,520 of 65,536 bytes, full");
	assert_has(s, "deadlock 1 (write-wait), proved\n");
	assert_has(s, " Doomed with it  bash (4711) ──▶ waits for any child to exit\n");
	assert_has(s, " Why  log (90909) waits for room in pipe:[6715]");
	assert_has(s, " Do   g  enlarge the pipe to 1.0M: log goes on, nothing is lost\n");
	assert_has(s, "communicate()");
	assert_has(s, " Writers\n         log[90909]  alice  fd 2  blocking\n");
	assert_has(s, "            90909    write(2)  waits for room in pipe:[6715]  for 3 h 12 min\n");
	assert_has(s, " Readers\n         python3[90908]  alice  fd 5  blocking\n");
	assert_has(s, "somebody has been waiting since 2023-11-15 10:51:02, for 3 h 12 min\n");
	state_free(s);
}

static void test_view_detail__of_a_stall(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 40, 100);

	(void)state;
	pictures_press(s, KEYS_DOWN);
	pictures_press(s, KEYS_ENTER);
	assert_has(s, " Why  no slot freed for 42 s: its reader node (800) ");
	assert_has(s, "ffmpeg goes on, nothing is lost");
	state_free(s);
}

static void test_view_detail__of_an_idle_pipe_offers_nothing(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 40, 100);
	char *text;

	(void)state;
	pictures_press(s, KEYS_END);
	pictures_press(s, KEYS_ENTER);
	text = pictures_draw(s);
	assert_non_null(strstr(text, "pipe:[6714]"));
	assert_null(strstr(text, "enlarge"));
	free(text);
	state_free(s);
}

static void test_view_detail__doubts_are_named(void **state)
{
	struct world *w = world_new();
	struct state *s;

	(void)state;
	world_process(w, 10, 1);
	world_process(w, 11, 10);
	world_end(w, 11, 1, "w", 5);
	world_end(w, 10, 3, "r", 5);
	world_link(w);
	world_waits(w, 10, 11);
	world_writes(w, 11, 5);
	s = pictures_state(pictures_of(NULL, world_seal(w)), 40, 100);
	assert_has(s, "▶DEADLOCK? ");
	pictures_press(s, KEYS_ENTER);
	assert_has(s, "being looked at again");
	assert_has(s, "\n But  ");
	state_free(s);
}

static void test_view_detail__scrolls_to_its_end_and_no_further(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 20, 100);

	(void)state;
	pictures_press(s, KEYS_ENTER);
	assert_has(s, "pipe:[6715]  65,520 of");
	for (int i = 0; i < 100; i++)
		pictures_press(s, KEYS_DOWN);
	assert_has(s, "somebody has been waiting since");
	assert_int_equal(s->scrolls[SCREEN_DETAIL].top, s->detail_lines - state_page(s));
	pictures_press(s, KEYS_HOME);
	assert_has(s, "pipe:[6715]  65,520 of");
	state_free(s);
}

static void test_view_detail__of_what_is_gone(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 20, 100);
	struct look *look = pictures_ring(3);

	(void)state;
	pictures_press(s, KEYS_ENTER);
	state_take_look(s, look);
	state_take_look(s, look);
	look_unref(look);
	assert_has(s, "This pipe is gone (Esc: back).");
	state_free(s);
}

static void test_view_detail__sparkline(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 30, 100);
	struct look *look = pictures_stuckbox();

	(void)state;
	for (int i = 0; i < 5; i++)
		state_take_look(s, look);
	look_unref(look);
	assert_has(s, "bytes, full  ██████ ");
	state_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_detail__two_stand_side_by_side),
		cmocka_unit_test(test_view_detail__two_by_two_pipes),
		cmocka_unit_test(test_view_detail__three_stand_below_each_other),
		cmocka_unit_test(test_view_detail__with_less_room),
		cmocka_unit_test(test_view_detail__one_waits_for_itself),
		cmocka_unit_test(test_view_detail__of_the_article),
		cmocka_unit_test(test_view_detail__of_a_stall),
		cmocka_unit_test(test_view_detail__of_an_idle_pipe_offers_nothing),
		cmocka_unit_test(test_view_detail__doubts_are_named),
		cmocka_unit_test(test_view_detail__scrolls_to_its_end_and_no_further),
		cmocka_unit_test(test_view_detail__of_what_is_gone),
		cmocka_unit_test(test_view_detail__sparkline),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
