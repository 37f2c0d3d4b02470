/*
 * The one place where errors are printed: one line each on standard error, behind "pipetop: ". What
 * they return is the exit status that goes with it.
 */
#ifndef TROUBLE_H
#define TROUBLE_H

#include <stdio.h>

enum status {
	STATUS_NOTHING = 0, STATUS_FOUND = 1, STATUS_TROUBLE = 2,
	STATUS_NOT_STARTED = 126, STATUS_NO_COMMAND = 127 /* as the shell has it */
};

int trouble(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "cannot WHAT 'PATH': WHY"; the path is escaped. */
int trouble_with_file(const char *what, const char *path, const char *why);

/*
 * Closes what was written to a file (`path` is NULL for standard output) and makes it NULL; `r` is
 * how the writing went, as 0 or a negative errno. Returns 0 or the exit status.
 */
int finish_file(FILE **file, const char *path, int r);
int finish_output(void);

#endif
