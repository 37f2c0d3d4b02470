/* The terminal: grids go out, events come in. The only file that knows curses is behind this. */
#ifndef TUI_SCREEN_H
#define TUI_SCREEN_H

#include "tui/grid.h"
#include "tui/state.h"

struct screen;

/*
 * Takes the terminal over. -ENOTTY when standard input or output is none; -ENODEV when TERM is
 * unknown or the terminal can't move its cursor. From here on a crash restores it.
 */
int screen_open(bool color, struct screen **ret_screen);

/* Gives it back as it was. NULL is allowed. */
void screen_close(struct screen *screen);

/*
 * Gives it back by what a signal handler may do (signal-safety(7)), for good. Nothing where it was
 * not taken over, and in a child, whose descriptors may be somebody else's.
 */
void screen_restore(void);

/* Gives it back for a while, and takes it over again. */
void screen_suspend(struct screen *screen);
void screen_resume(struct screen *screen);

void screen_draw(struct screen *screen, const struct grid *g);

/* The next key or click that waits; false when there is none. Never blocks. */
bool screen_event(struct screen *screen, struct event *ret_event);

/* Asks the terminal for its size, after SIGWINCH. */
void screen_resize(struct screen *screen);
void screen_size(const struct screen *screen, int *ret_rows, int *ret_columns);

/* Everything is drawn anew with the next grid, whatever was on the terminal. */
void screen_repaint(struct screen *screen);

bool screen_has_color(const struct screen *screen);
void screen_set_color(struct screen *screen, bool color);

#endif
