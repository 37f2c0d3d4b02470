/*
 * A walk through the states of the screen: every step is a key, a click, a size or a new picture,
 * after which all that must always hold is checked. For fuzz_state and for make check.
 */
#ifndef FUZZ_WALK_H
#define FUZZ_WALK_H

#include <stdint.h>

struct walk;

struct walk *walk_new(void);
/* What is wrong ends the process. */
void walk_step(struct walk *walk, const uint8_t bytes[4]);
void walk_free(struct walk *walk);

#endif
