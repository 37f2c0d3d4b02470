/* Prints the table of keys: for each key of each row its name, as tmux has it, and its screens. */
#include <stdio.h>

#include "tui/keys.h"

static const struct {
	int32_t code;
	const char *name;
} names[] = {
	{KEYS_ENTER, "Enter"}, {KEYS_TAB, "Tab"}, {KEYS_ESCAPE, "Escape"}, {' ', "Space"},
	{KEYS_UP, "Up"}, {KEYS_DOWN, "Down"}, {KEYS_LEFT, "Left"}, {KEYS_RIGHT, "Right"},
	{KEYS_PAGE_UP, "PPage"}, {KEYS_PAGE_DOWN, "NPage"}, {KEYS_HOME, "Home"}, {KEYS_END, "End"},
	{KEYS_F1, "F1"}, {KEYS_F2, "F2"}, {KEYS_F3, "F3"}, {KEYS_F4, "F4"}, {KEYS_F5, "F5"},
	{KEYS_F6, "F6"}, {KEYS_F9, "F9"}, {KEYS_F10, "F10"}, {KEYS_WHEEL_UP, "WheelUp"},
	{KEYS_WHEEL_DOWN, "WheelDown"}, {KEYS_CLICK, "Click"}, {KEYS_RESIZE, "Resize"},
};

static const char *const screens[SCREEN_COUNT] = {
	"pipes", "detail", "tree", "peek", "backtrace", "help", "setup", "signals"
};

static void print_name(int32_t code)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (names[i].code == code) {
			fputs(names[i].name, stdout);
			return;
		}
	}
	if (code < ' ')
		printf("C-%c", (int)code + 'a' - 1);
	else
		printf("%c", (int)code);
}

int main(void)
{
	for (size_t i = 0; i < key_count; i++) {
		for (int k = 0; k < KEYS_EACH && keys[i].codes[k] != 0; k++) {
			print_name(keys[i].codes[k]);
			for (enum screen_name screen = 0; screen < SCREEN_COUNT; screen++)
				if (keys[i].screens & 1u << screen)
					printf(" %s", screens[screen]);
			putchar('\n');
		}
	}
	return 0;
}
