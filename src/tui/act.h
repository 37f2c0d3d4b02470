/* The actions of the screen as errands: starts main's callback, turns its result into words. */
#ifndef TUI_ACT_H
#define TUI_ACT_H

#include "tui/state.h"
#include "tui/tui.h"

struct act;

int act_new(const struct tui_source *source, struct act **ret_act);
void act_free(struct act *act);

/* Readable when an action has been done. */
int act_fd(const struct act *act);

/* On the state's subject. While another one is under way it is refused, with a message. */
void act_start(struct act *act, struct state *state, enum effect effect);

/* Puts the result into the state. True when the world may look different now. */
bool act_finish(struct act *act, struct state *state);

/*
 * A look that began after that. Where a pipe was enlarged, tells whether its writers went on; where
 * the bytes of one are shown, looks at them anew.
 */
void act_look_back(struct act *act, struct state *state, const struct look *look);

#endif
