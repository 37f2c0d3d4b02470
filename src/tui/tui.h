/*
 * The terminal UI: an endless loop of keys, looks and resizes. Where the pictures come from and
 * what an action does is main's business, by the callbacks here: a live scan, a replay and a demo
 * draw through the same path.
 */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include "tui/look.h"
#include "tui/settings.h"

/*
 * All callbacks but the first may be NULL: their keys then say that they are not available. They
 * run in threads with signals blocked, one look and one action at a time, and must not write
 * to the terminal. `context` must live until the process ends: a look that never comes back is
 * left behind when the user quits.
 */
struct tui_source {
	void *context;
	bool still;              /* the picture never changes (--replay); its time is the clock */
	int64_t confirm_ms;      /* until the second look, when the first found a candidate */

	/*
	 * A new look, diagnosed against `previous` (NULL at first). `follow` is a process whose
	 * pipes alone are in scope, or nobody. 0 or -errno.
	 */
	int (*look)(void *context, const struct look *previous, struct who follow,
	            struct look **ret_look);

	int (*grow)(void *context, const struct snapshot *s, const struct pipe *pipe,
	            int64_t *ret_before_bytes, int64_t *ret_after_bytes);
	int (*peek)(void *context, const struct snapshot *s, const struct pipe *pipe,
	            char **ret_bytes, size_t *ret_length);
	int (*drain)(void *context, const struct look *look, uint32_t pipe, const char *path,
	             int64_t *ret_bytes);
	/* The text is printable, and to be freed. */
	int (*backtrace)(void *context, const struct process *process, char **ret_text);
	int (*signal)(void *context, const struct process *process, int number);
	/* Writes the reports, and tells the names of the files; to be freed. */
	int (*report)(void *context, const struct look *look, char **ret_names);

	/* Keeps them in options.settings_path; called by the loop itself. */
	int (*save)(void *context, const struct settings *settings);
};

struct tui_options {
	struct settings settings;
	bool settings_given;     /* they were read from a file: not the first run */
	const char *settings_path; /* where they are kept, or NULL */
	const char *warning;     /* shown first, or NULL */
	bool only_stuck;         /* as s does */
	int64_t refreshes;       /* leave after so many looks; 0 for never */
	int cpu_budget_percent;  /* of one core: looks come no oftener than it allows; 0: any */
	bool ascii;              /* draw with ASCII alone */
	bool color;              /* colours are allowed where the settings leave it to us */
};

/*
 * Runs until the user leaves or the terminal goes away; the terminal is then as it was. 0;
 * -ENOTTY when standard input or output is no terminal; -ENODEV when TERM is unknown or can't
 * move a cursor; else -errno of the first look or -ENOMEM.
 */
int tui_run(const struct tui_source *source, const struct tui_options *options);

/* For who ends the program from within it: gives the terminal back, where it was taken over. */
void tui_abandon(void);

#endif
