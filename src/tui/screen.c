/*
 * ncursesw behind screen.h. The styles of grid.h become attributes and colours by one table, for
 * 256 colours, 8 and none. Signals are the loop's business (a signalfd), so curses installs no
 * handlers that matter; but a crash restores the terminal by what tcsetattr(3) and write(2) can do.
 */
#include "tui/screen.h"

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct screen {
	SCREEN *terminal;
	bool color;
};

/* What the crash handler needs; nothing else may look at it. */
static struct {
	bool armed;
	pid_t owner;
	struct termios termios;
	char text[256];
	size_t length;
} crash;

/* ---- styles ---- */

enum { PLAIN = -1, DARK = 236 };

/* Colours by number: 0 black, 1 red, 2 green, 3 yellow, 4 blue, 5 magenta, 6 cyan, 7 white. */
static const struct look_of_style {
	attr_t attributes;       /* with colours */
	attr_t plain_attributes; /* without */
	short front, front_256, back;
} looks[STYLE_COUNT] = {
	[STYLE_NORMAL] = {A_NORMAL, A_NORMAL, PLAIN, PLAIN, PLAIN},
	[STYLE_DIM] = {A_DIM, A_NORMAL, PLAIN, 245, PLAIN},
	[STYLE_BOLD] = {A_BOLD, A_BOLD, PLAIN, PLAIN, PLAIN},
	[STYLE_TITLE] = {A_BOLD, A_BOLD, 6, 45, PLAIN},
	[STYLE_HEADING] = {A_NORMAL, A_REVERSE, 0, 16, 2},
	[STYLE_HEADING_SORTED] = {A_NORMAL, A_REVERSE | A_BOLD, 0, 16, 6},
	[STYLE_RULE] = {A_NORMAL, A_NORMAL, 4, 67, PLAIN},
	[STYLE_KEY] = {A_BOLD, A_BOLD, 6, 45, PLAIN},
	[STYLE_KEY_NAME] = {A_NORMAL, A_NORMAL, PLAIN, PLAIN, PLAIN},
	[STYLE_HINT] = {A_NORMAL, A_NORMAL, 3, 179, PLAIN},
	[STYLE_MESSAGE] = {A_BOLD, A_BOLD, 2, 114, PLAIN},
	[STYLE_PROMPT] = {A_BOLD, A_BOLD, 6, 45, PLAIN},
	[STYLE_ERROR] = {A_BOLD, A_BOLD, 1, 203, PLAIN},
	[STYLE_DEADLOCK] = {A_BOLD, A_BOLD, 1, 196, PLAIN},
	[STYLE_STALLED] = {A_BOLD, A_BOLD, 3, 220, PLAIN},
	[STYLE_BACKPRESSURE] = {A_NORMAL, A_NORMAL, 6, 44, PLAIN},
	[STYLE_STARVED] = {A_NORMAL, A_NORMAL, 4, 75, PLAIN},
	[STYLE_HALF_OPEN] = {A_NORMAL, A_NORMAL, 5, 176, PLAIN},
	[STYLE_MOVING] = {A_NORMAL, A_NORMAL, 2, 114, PLAIN},
};

static bool has_many_colors(void)
{
	return COLORS >= 256;
}

static unsigned without_flags(unsigned style)
{
	return style & ~(unsigned)(STYLE_SELECTED | STYLE_UNDERLINED | STYLE_FOUND);
}

/* A pair for each style, and behind them one for each on the bar of the selected row. */
static short pair_of(unsigned style)
{
	return (short)(1 + without_flags(style) + (style & STYLE_SELECTED ? STYLE_COUNT : 0));
}

static void make_pairs(void)
{
	for (unsigned style = 0; style < STYLE_COUNT; style++) {
		const struct look_of_style *look = &looks[style];
		short front = has_many_colors() ? look->front_256 : look->front;

		init_pair(pair_of(style), front, look->back);
		init_pair(pair_of(style | STYLE_SELECTED), front,
		          has_many_colors() && look->back == PLAIN ? DARK : look->back);
	}
}

/*
 * 256 colours have a dark bar for the selected row; elsewhere it is shown in reverse. What was
 * found is the other way round than its row.
 */
static attr_t attributes_of(const struct screen *screen, unsigned style, short *ret_pair)
{
	const struct look_of_style *look = &looks[without_flags(style)];
	bool selected = (style & STYLE_SELECTED) != 0, bar = screen->color && has_many_colors();
	attr_t attributes = screen->color ? look->attributes : look->plain_attributes;

	*ret_pair = screen->color ? pair_of(style) : 0;
	if (bar || (screen->color && selected))
		attributes &= ~A_DIM;
	if (selected && !bar)
		attributes ^= A_REVERSE;
	if (style & STYLE_FOUND)
		attributes ^= A_REVERSE;
	return attributes | (style & STYLE_UNDERLINED ? A_UNDERLINE : A_NORMAL);
}

/* ---- a crash ---- */

void screen_restore(void)
{
	if (!crash.armed || crash.owner != getpid())
		return;
	crash.armed = false;
	(void)!write(STDOUT_FILENO, crash.text, crash.length);
	tcsetattr(STDIN_FILENO, TCSANOW, &crash.termios);
}

static void on_crash(int number)
{
	screen_restore();
	signal(number, SIG_DFL);
	raise(number);
}

static void add_capability(const char *name)
{
	const char *text = tigetstr(name);
	size_t length;

	if (text == NULL || text == (const char *)-1)
		return;
	length = strlen(text);
	if (crash.length + length > sizeof crash.text)
		return;
	memcpy(crash.text + crash.length, text, length);
	crash.length += length;
}

static void arm_crash_handler(void)
{
	static const char *const names[] = {"sgr0", "rmkx", "cnorm", "rmcup"};
	static const char no_mouse[] = "\033[?1000l\033[?1006l";
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
	struct sigaction action = {.sa_handler = on_crash};

	crash.owner = getpid();
	crash.length = 0;
	if (tigetstr("kmous") != NULL && tigetstr("kmous") != (char *)-1) {
		memcpy(crash.text, no_mouse, sizeof no_mouse - 1);
		crash.length = sizeof no_mouse - 1;
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		add_capability(names[i]);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
	crash.armed = true;
}

/* ---- the terminal ---- */

static void take_over(struct screen *screen)
{
	set_term(screen->terminal);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	meta(stdscr, TRUE);
	leaveok(stdscr, TRUE);
	curs_set(0);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
}

static bool can_move_cursor(void)
{
	const char *text = tigetstr("cup");

	return text != NULL && text != (const char *)-1;
}

int screen_open(bool color, struct screen **ret_screen)
{
	struct screen *screen;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &crash.termios) < 0)
		return -ENOTTY;
	screen = calloc(1, sizeof *screen);
	if (screen == NULL)
		return -ENOMEM;
	set_escdelay(25);
	screen->terminal = newterm(NULL, stdout, stdin);
	if (screen->terminal == NULL || !can_move_cursor()) {
		if (screen->terminal != NULL)
			screen_close(screen);
		else
			free(screen);
		return -ENODEV;
	}
	arm_crash_handler();
	take_over(screen);
	screen_set_color(screen, color);
	*ret_screen = screen;
	return 0;
}

void screen_close(struct screen *screen)
{
	if (screen == NULL)
		return;
	crash.armed = false;
	endwin();
	delscreen(screen->terminal);
	free(screen);
}

void screen_suspend(struct screen *screen)
{
	(void)screen;
	crash.armed = false;
	def_prog_mode();
	endwin();
}

void screen_resume(struct screen *screen)
{
	crash.armed = true;
	reset_prog_mode();
	screen_resize(screen);
	screen_repaint(screen);
}

void screen_repaint(struct screen *screen)
{
	(void)screen;
	clearok(stdscr, TRUE);
}

void screen_resize(struct screen *screen)
{
	struct winsize size;

	(void)screen;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
}

void screen_size(const struct screen *screen, int *ret_rows, int *ret_columns)
{
	(void)screen;
	getmaxyx(stdscr, *ret_rows, *ret_columns);
}

bool screen_has_color(const struct screen *screen)
{
	return screen->color;
}

void screen_set_color(struct screen *screen, bool color)
{
	if (color && has_colors() && start_color() == OK && COLOR_PAIRS > 2 * STYLE_COUNT) {
		use_default_colors();
		make_pairs();
		screen->color = true;
	} else {
		screen->color = false;
	}
}

/* ---- drawing ---- */

void screen_draw(struct screen *screen, const struct grid *g)
{
	for (int row = 0; row < g->rows; row++) {
		for (int column = 0; column < g->columns; column++) {
			const struct cell *cell = grid_cell(g, row, column);
			attr_t attributes;
			short pair;
			cchar_t c;

			if (cell->text[0] == L'\0')
				continue;
			attributes = attributes_of(screen, cell->style, &pair);
			if (setcchar(&c, cell->text, attributes, pair, NULL) == OK)
				mvadd_wch(row, column, &c);
		}
	}
	refresh();
}

/* ---- keys ---- */

static const struct {
	int curses;
	int32_t key;
} special_keys[] = {
	{KEY_UP, KEYS_UP}, {KEY_DOWN, KEYS_DOWN}, {KEY_LEFT, KEYS_LEFT}, {KEY_RIGHT, KEYS_RIGHT},
	{KEY_PPAGE, KEYS_PAGE_UP}, {KEY_NPAGE, KEYS_PAGE_DOWN}, {KEY_HOME, KEYS_HOME},
	{KEY_END, KEYS_END}, {KEY_FIND, KEYS_HOME}, {KEY_SELECT, KEYS_END},
	{KEY_DC, KEYS_DELETE}, {KEY_BACKSPACE, KEYS_RUBOUT}, {KEY_ENTER, KEYS_ENTER},
	{KEY_F(1), KEYS_F1}, {KEY_F(2), KEYS_F2}, {KEY_F(3), KEYS_F3}, {KEY_F(4), KEYS_F4},
	{KEY_F(5), KEYS_F5}, {KEY_F(6), KEYS_F6}, {KEY_F(7), KEYS_F7}, {KEY_F(8), KEYS_F8},
	{KEY_F(9), KEYS_F9}, {KEY_F(10), KEYS_F10},
};

static int32_t special_key(wint_t code)
{
	for (size_t i = 0; i < sizeof special_keys / sizeof special_keys[0]; i++)
		if (special_keys[i].curses == (int)code)
			return special_keys[i].key;
	return 0;
}

static int32_t plain_key(wint_t code)
{
	return code == '\r' ? KEYS_ENTER : code == '\b' ? KEYS_RUBOUT : (int32_t)code;
}

/* A click or a turn of the wheel. */
static bool mouse_event(struct event *event)
{
	MEVENT mouse;

	if (getmouse(&mouse) != OK)
		return false;
	event->row = mouse.y;
	event->column = mouse.x;
	if (mouse.bstate & BUTTON4_PRESSED)
		event->key = KEYS_WHEEL_UP;
	else if (mouse.bstate & BUTTON5_PRESSED)
		event->key = KEYS_WHEEL_DOWN;
	else if (mouse.bstate & BUTTON1_PRESSED)
		event->key = KEYS_CLICK;
	else
		return false;
	return true;
}

bool screen_event(struct screen *screen, struct event *ret_event)
{
	bool found = false, more = true;

	(void)screen;
	while (more && !found) {
		struct event event = {0};
		wint_t code;
		int r = get_wch(&code);

		more = r != ERR;
		if (r == OK)
			event.key = plain_key(code);
		else if (r == KEY_CODE_YES && code == KEY_MOUSE)
			mouse_event(&event);
		else if (r == KEY_CODE_YES)
			event.key = special_key(code);
		found = event.key != 0;
		if (found)
			*ret_event = event;
	}
	return found;
}
