/*
 * --watch: looks again and again, and writes a line for each change (watch/changes.h). main's room.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdio.h>

#include "attach.h"

struct watch_settings {
	struct source_settings source;
	uint32_t interval_ms;    /* from one look to the next */
	uint32_t count;          /* of looks; 0 for no end */
	bool json, ascii;
	struct helper *hook;     /* runs --on-deadlock's command, see hook.h; or NULL */
};

/*
 * Until `count` looks were made, all that is attached has ended, or nobody reads what is written:
 * -EPIPE. Else 0 or -errno, of the file where ferror(3) says so. *ret_worst is the worst that was
 * found, in failure too.
 */
int watch_run(struct collector *c, struct attach *a, const struct watch_settings *settings,
              FILE *file, enum found *ret_worst);

#endif
