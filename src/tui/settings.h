/*
 * What the user may set and keep: pipetoprc, a plain file of "key = value" lines. It is written
 * only when the user asks for it.
 */
#ifndef TUI_SETTINGS_H
#define TUI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SETTINGS_COLUMNS = 32, SETTINGS_ERROR_SIZE = 160 };

enum settings_color {
	SETTINGS_COLOR_AUTO,
	SETTINGS_COLOR_ALWAYS,
	SETTINGS_COLOR_NEVER,
	SETTINGS_COLOR_COUNT
};

struct settings {
	uint32_t columns[SETTINGS_COLUMNS]; /* indices of words/columns.h, as they are shown */
	uint32_t column_count;
	uint32_t sort;                      /* index of a column */
	bool reversed;                      /* not the order that is natural for that column */
	int64_t interval_ms;
	enum settings_color color;
};

void settings_default(struct settings *settings);

/* Words of pipetoprc and --color. */
const char *settings_color_name(enum settings_color color);

/*
 * Reads lines from the file. Where one is wrong, returns -EINVAL with one printable line about
 * the first such in `error`, and `settings` are left as they were.
 */
int settings_read(FILE *file, struct settings *settings, char error[SETTINGS_ERROR_SIZE]);

int settings_write(FILE *file, const struct settings *settings);

/*
 * The same by path. A file that is not there gives -ENOENT and no error text. Saving makes the
 * directory, and replaces the file in one step (rename(2)).
 */
int settings_load(const char *path, struct settings *settings, char error[SETTINGS_ERROR_SIZE]);
int settings_save(const char *path, const struct settings *settings);

/* $XDG_CONFIG_HOME/pipetop/pipetoprc, or the same in ~/.config; NULL when neither is set. */
char *settings_path(const char *xdg_config_home, const char *home);

#endif
