/*
 * The one table of keys: it feeds the dispatch in state.c, the footer and the help screen, so that
 * no key works without being named and none is named that does not work.
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* A key is a Unicode character, or one of these. */
enum {
	KEYS_ENTER = '\n',
	KEYS_TAB = '\t',
	KEYS_ESCAPE = 0x1b,
	KEYS_RUBOUT = 0x7f,
	KEYS_SPECIAL = 0x110000,
	KEYS_UP,
	KEYS_DOWN,
	KEYS_LEFT,
	KEYS_RIGHT,
	KEYS_PAGE_UP,
	KEYS_PAGE_DOWN,
	KEYS_HOME,
	KEYS_END,
	KEYS_DELETE,
	KEYS_F1,
	KEYS_F2,
	KEYS_F3,
	KEYS_F4,
	KEYS_F5,
	KEYS_F6,
	KEYS_F7,
	KEYS_F8,
	KEYS_F9,
	KEYS_F10,
	KEYS_WHEEL_UP,
	KEYS_WHEEL_DOWN,
	KEYS_CLICK,
	KEYS_RESIZE
};

enum screen_name {
	SCREEN_PIPES, SCREEN_DETAIL, SCREEN_TREE, SCREEN_PEEK, SCREEN_BACKTRACE, SCREEN_HELP,
	SCREEN_SETUP, SCREEN_SIGNALS,
	SCREEN_COUNT
};

enum command {
	COMMAND_NONE,
	COMMAND_UP, COMMAND_DOWN, COMMAND_PAGE_UP, COMMAND_PAGE_DOWN, COMMAND_FIRST, COMMAND_LAST,
	COMMAND_LEFT, COMMAND_RIGHT, COMMAND_COLLAPSE, COMMAND_EXPAND,
	COMMAND_OPEN, COMMAND_BACK, COMMAND_SIDE, COMMAND_TREE, COMMAND_HELP, COMMAND_SETUP,
	COMMAND_SEARCH, COMMAND_NEXT, COMMAND_PREVIOUS, COMMAND_FILTER,
	COMMAND_SORT_LEFT, COMMAND_SORT_RIGHT, COMMAND_REVERSE, COMMAND_STUCK, COMMAND_ALL,
	COMMAND_PAUSE, COMMAND_FASTER, COMMAND_SLOWER, COMMAND_REFRESH,
	COMMAND_GROW, COMMAND_PEEK, COMMAND_HEX, COMMAND_BACKTRACE, COMMAND_DRAIN, COMMAND_SIGNAL,
	COMMAND_FOLLOW, COMMAND_REPORT, COMMAND_SAVE, COMMAND_QUIT,
	COMMAND_TOGGLE, COMMAND_COLUMN_LEFT, COMMAND_COLUMN_RIGHT, COMMAND_CHOOSE,
	COMMAND_CLICK, COMMAND_RESIZE,
	COMMAND_COUNT
};

enum { KEYS_EACH = 4 };

struct key {
	int32_t codes[KEYS_EACH];/* ends with 0 where there are fewer */
	const char *label;       /* as people write it; NULL for what is no key to press */
	const char *footer;      /* one word for the footer, or NULL */
	const char *help;        /* one line */
	unsigned screens;        /* where it works: bits by enum screen_name */
	enum command command;
};

extern const struct key keys[];
extern const size_t key_count;

/* The row that a key means on a screen, or NULL. */
const struct key *keys_find(int32_t code, enum screen_name screen);

#endif
