/*
 * The actions of the command line: --peek, --grow, --drain, --backtrace. Each takes the word that
 * came with it, finds what is meant, and writes its data to standard output.
 *
 * 0, or -errno; then, and where there is something to note, one printable line is in `text` (else,
 * and where nobody reads standard output any more, it is empty).
 */
#ifndef ACTIONS_H
#define ACTIONS_H

#include "analysis/diagnosis.h"
#include "collect/collect.h"
#include "trust/helper.h"

enum { ACTION_TEXT_SIZE = 320 };

/* What an action needs beside the diagnosis and its word. */
struct action_means {
	const char *output;      /* a file that the helper makes; NULL: standard output */
	struct helper *helper;
	struct iterator *iterator; /* to ask for registers, or NULL */
	struct collector *collector; /* to look at what has come of it … */
	uint32_t confirm_ms;     /* … so much later */
};

typedef int action_function(const struct diagnosis *d, const char *word,
                            const struct action_means *means, char text[ACTION_TEXT_SIZE]);

action_function action_peek;            /* PIPE */
action_function action_grow;            /* PIPE or PIPE=SIZE */
action_function action_grow_all_stuck;  /* no word */
action_function action_drain;           /* PIPE; to a new file */
action_function action_backtrace;       /* PID or PID:TID; the diagnosis may be NULL */

#endif
