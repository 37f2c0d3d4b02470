/* What each command of the table of keys does to the state. */
#ifndef TUI_COMMANDS_H
#define TUI_COMMANDS_H

#include "tui/state.h"

enum effect commands_run(struct state *state, enum command command, const struct event *event);

#endif
