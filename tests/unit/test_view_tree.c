/* The tree of processes with their pipes, as text. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>

#include "pictures.h"
#include "tui/view.h"

static void test_view_tree__whole(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 14, 100);
	char *text;

	(void)state;
	pictures_press(s, 't');
	text = pictures_draw(s);
	assert_string_equal(text,
		" pipetop  stuckbox  Linux 6.1.0-13-amd64  up 12d 03:14                             14:03:02  replay\n"
		" Pipes 4  FIFOs 0  Processes 8                                        DEADLOCK 1  STALLED 1  FULL 2\n"
		"    PID PROCESS                                  ENDS\n"
		"      1 ▾ systemd epoll_wait\n"
		"     77 ├─ ▾ bash read(0)                        9 ─ pipe:[8200] ─▶ cat[78]\n"
		"     78 │  ╰─ cat read(0)                        0 ◀─ pipe:[8200] ◀─ bash[77]\n"
		"    800 ├─ ▾ node epoll_wait                     21 ◀─ pipe:[8012] ◀─ ffmpeg[811]\n"
		"    811 │  ╰─ ffmpeg write(1)                    1 ─ pipe:[8012] ─▶ node[800]\n"
		"   4711 ╰─ ▾ bash wait4(-1)\n"
		"  90908    ╰─ ▾ python3 wait4(90909)             5 ◀─ pipe:[6715] ◀─ log[90909]   3 ◀─ pipe:[6714] ◀\n"
		"▶ 90909       ╰─ log write(2)                    2 ─ pipe:[6715] ─▶ python3[90908]   1 ─ pipe:[6714]\n"
		"\n"
		"\n"
		" F1 Help Esc Back / Search \\ Filter t Tree b Trace F9 Signal s Stuck a All F2 Setup q Quit\n");
	free(text);
	state_free(s);
}

static void test_view_tree__the_stuck_ones_stand_out(void **state)
{
	struct state *s = pictures_state(pictures_stuckbox(), 14, 100);
	struct grid *g;

	(void)state;
	pictures_press(s, 't');
	assert_int_equal(grid_new(14, 100, false, &g), 0);
	view_draw(s, g);
	assert_int_equal(grid_cell(g, 10, 17)->style, STYLE_DEADLOCK | STYLE_SELECTED);
	assert_int_equal(grid_cell(g, 9, 16)->style, STYLE_DEADLOCK);
	assert_int_equal(grid_cell(g, 8, 13)->style, STYLE_DEADLOCK);
	assert_int_equal(grid_cell(g, 5, 14)->style, STYLE_NORMAL);
	grid_free(g);
	state_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view_tree__whole),
		cmocka_unit_test(test_view_tree__the_stuck_ones_stand_out),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
