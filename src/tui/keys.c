/* The table of keys. Where two rows share a key, their screens differ. */
#include "tui/keys.h"

#define ON(screen) (1u << (screen))

enum {
	EVERYWHERE = (1u << SCREEN_COUNT) - 1,
	MAIN = ON(SCREEN_PIPES),
	DETAIL = ON(SCREEN_DETAIL),
	TREE = ON(SCREEN_TREE),
	TEXTS = ON(SCREEN_PEEK) | ON(SCREEN_BACKTRACE) | ON(SCREEN_HELP),
	SETUP = ON(SCREEN_SETUP),
	MENU = ON(SCREEN_SIGNALS),
	PICTURES = MAIN | DETAIL | TREE | ON(SCREEN_PEEK) | ON(SCREEN_BACKTRACE),
	ROWS = MAIN | TREE,
	SUBJECT = MAIN | DETAIL | TREE
};

const struct key keys[] = {
	{{KEYS_F1, '?', 'h'}, "F1", "Help", "this help", EVERYWHERE, COMMAND_HELP},
	{{KEYS_UP, 'k'}, "Up k", NULL, "one line up", EVERYWHERE, COMMAND_UP},
	{{KEYS_DOWN, 'j'}, "Down j", NULL, "one line down", EVERYWHERE, COMMAND_DOWN},
	{{KEYS_PAGE_UP, 'B' & 0x1f}, "PgUp", NULL, "one page up", EVERYWHERE, COMMAND_PAGE_UP},
	{{KEYS_PAGE_DOWN, 'F' & 0x1f}, "PgDn", NULL, "one page down", EVERYWHERE, COMMAND_PAGE_DOWN},
	{{KEYS_HOME}, "Home", NULL, "to the first line", EVERYWHERE, COMMAND_FIRST},
	{{KEYS_END, 'G'}, "End G", NULL, "to the last line", EVERYWHERE, COMMAND_LAST},
	{{KEYS_LEFT}, "Left", NULL, "collapse; to the parent", TREE, COMMAND_COLLAPSE},
	{{KEYS_RIGHT}, "Right", NULL, "expand", TREE, COMMAND_EXPAND},
	{{KEYS_LEFT}, "Left", NULL, "scroll long texts back", EVERYWHERE & ~(unsigned)TREE,
	 COMMAND_LEFT},
	{{KEYS_RIGHT}, "Right", NULL, "scroll long texts to the left", EVERYWHERE & ~(unsigned)TREE,
	 COMMAND_RIGHT},
	{{KEYS_ENTER}, "Enter", NULL, "all about this pipe, on the whole screen", ROWS,
	 COMMAND_OPEN},
	{{KEYS_ENTER}, "Enter", "Send", "choose this signal", MENU, COMMAND_CHOOSE},
	{{KEYS_ESCAPE}, "Esc", "Back", "leave this screen", EVERYWHERE & ~(unsigned)MAIN,
	 COMMAND_BACK},
	{{KEYS_ESCAPE}, "Esc", NULL, "forget the filter, then the search", MAIN, COMMAND_BACK},
	{{'/', KEYS_F3}, "/", "Search", "search while you type; Enter stays there, Esc goes back",
	 EVERYWHERE & ~(unsigned)(SETUP | MENU), COMMAND_SEARCH},
	{{'n'}, "n", NULL, "next match of the search", EVERYWHERE & ~(unsigned)(SETUP | MENU),
	 COMMAND_NEXT},
	{{'N'}, "N", NULL, "previous match of the search", EVERYWHERE & ~(unsigned)(SETUP | MENU),
	 COMMAND_PREVIOUS},
	{{'\\', KEYS_F4}, "\\", "Filter", "show only what contains a text; F4 as well", ROWS,
	 COMMAND_FILTER},
	{{'t', KEYS_F5}, "t", "Tree", "the tree of processes with their pipes", SUBJECT,
	 COMMAND_TREE},
	{{'>', KEYS_F6}, ">", "Sort", "sort by the next column; F6 or a click on a heading as well",
	 MAIN, COMMAND_SORT_RIGHT},
	{{'<'}, "<", NULL, "sort by the column before", MAIN, COMMAND_SORT_LEFT},
	{{'i'}, "i", NULL, "reverse the order", MAIN, COMMAND_REVERSE},
	{{'g'}, "g", "Grow", "enlarge the pipe: its writer goes on, nothing is lost", MAIN | DETAIL,
	 COMMAND_GROW},
	{{'p'}, "p", "Peek", "look at the bytes that wait in the pipe, and leave them there",
	 MAIN | DETAIL, COMMAND_PEEK},
	{{'x'}, "x", "Hex", "bytes as text or as numbers", ON(SCREEN_PEEK), COMMAND_HEX},
	{{'b'}, "b", "Trace", "where in its program the process waits, without stopping it", SUBJECT,
	 COMMAND_BACKTRACE},
	{{'D'}, "D", NULL, "take the bytes out of the pipe into a file: its reader loses them",
	 MAIN | DETAIL, COMMAND_DRAIN},
	{{KEYS_F9, 'K'}, "F9", "Signal", "send a signal to the process; K as well", SUBJECT,
	 COMMAND_SIGNAL},
	{{KEYS_TAB}, "Tab", NULL, "choose the writer or the reader for b, F and K", MAIN | DETAIL,
	 COMMAND_SIDE},
	{{'F'}, "F", NULL, "follow the process: only its pipes and its children's; again: all",
	 SUBJECT, COMMAND_FOLLOW},
	{{'s'}, "s", "Stuck", "show only what is stuck", ROWS, COMMAND_STUCK},
	{{'a'}, "a", "All", "show everything", ROWS, COMMAND_ALL},
	{{' '}, "Space", NULL, "pause, and go on", PICTURES, COMMAND_PAUSE},
	{{'+', '='}, "+", NULL, "look more often", PICTURES, COMMAND_FASTER},
	{{'-'}, "-", NULL, "look less often", PICTURES, COMMAND_SLOWER},
	{{'r', 'L' & 0x1f}, "r", NULL, "look now", PICTURES, COMMAND_REFRESH},
	{{'y'}, "y", NULL, "write the report to a file, as text and as JSON", PICTURES,
	 COMMAND_REPORT},
	{{KEYS_F2, 'S'}, "F2", "Setup", "columns, colours; S as well", SUBJECT, COMMAND_SETUP},
	{{' ', KEYS_ENTER}, "Space", "Change", "show or hide the column, change the value", SETUP,
	 COMMAND_TOGGLE},
	{{'<', ',' }, "<", "Left", "move the column to the left", SETUP, COMMAND_COLUMN_LEFT},
	{{'>', '.' }, ">", "Right", "move the column to the right", SETUP, COMMAND_COLUMN_RIGHT},
	{{'W'}, "W", "Save", "save columns, order, interval and colours", SETUP, COMMAND_SAVE},
	{{'W'}, "W", NULL, "save columns, order, interval and colours", SUBJECT, COMMAND_SAVE},
	{{'q', KEYS_F10}, "q", "Quit", "leave pipetop", EVERYWHERE, COMMAND_QUIT},
	{{KEYS_WHEEL_UP}, NULL, NULL, NULL, EVERYWHERE, COMMAND_UP},
	{{KEYS_WHEEL_DOWN}, NULL, NULL, NULL, EVERYWHERE, COMMAND_DOWN},
	{{KEYS_CLICK}, NULL, NULL, NULL, EVERYWHERE, COMMAND_CLICK},
	{{KEYS_RESIZE}, NULL, NULL, NULL, EVERYWHERE, COMMAND_RESIZE},
};

const size_t key_count = sizeof keys / sizeof keys[0];

const struct key *keys_find(int32_t code, enum screen_name screen)
{
	for (size_t i = 0; i < key_count; i++) {
		if (code == 0 || (keys[i].screens & ON(screen)) == 0)
			continue;
		for (int k = 0; k < KEYS_EACH; k++)
			if (keys[i].codes[k] == code)
				return &keys[i];
	}
	return NULL;
}
