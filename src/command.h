/*
 * --report -- COMMAND: starts it and watches it and its descendants until it ends or is stuck.
 * main's room.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "attach.h"
#include "report/formats.h"

struct command_settings {
	struct source_settings source;
	uint32_t interval_ms;    /* from one look to the next */
	enum found stuck;        /* what ends the watching, or worse */
	bool kill;               /* then: it and all of its descendants */
	struct helper *hook;     /* runs --on-deadlock's command, see hook.h; or NULL */
};

struct command;

/*
 * Starts it with our own standard input, output and error. From then on we hold its input and
 * output no longer, so nobody waits for us at their other ends, and signals that would end us are
 * passed on to it. With `adopt` its orphans become our children, so that all can be killed. 0, or
 * -errno: of execvp(3) where nothing was started.
 */
int command_start(char *const *argv, bool adopt, struct command **ret_command);

/* Until it has ended or is stuck; *ret is the last examination. 0 or -errno. */
int command_watch(struct command *command, struct collector *c,
                  const struct command_settings *settings, struct examination *ret);

/* What the report says of it; good as long as the command. */
const struct report_command *command_outcome(const struct command *command);

/* Its status as the shell tells it, or UNKNOWN as long as it has not ended. */
int command_exit_status(const struct command *command);

/* It runs on. NULL is allowed. */
void command_free(struct command *command);

#endif
