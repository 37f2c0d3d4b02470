/*
 * A change into its line: a sentence or, for programs, an object of JSON. All foreign text is
 * escaped.
 */
#ifndef WATCH_LINES_H
#define WATCH_LINES_H

#include <stdio.h>

#include "watch/changes.h"

/*
 * Both write one line and hand it to the file at once. 0, -ENOMEM, or -errno of the file. Keys of
 * JSON: `time` (RFC 3339, UTC, with ms) and `event`; then, always all of them,
 *
 *   exited              pid, comm, status, signal
 *   deadlock, cleared   id, kind, certainty, members [{pid, tid, comm}], pipes, explanation
 *   any other           pipe, type, dev, inode, bytes, capacity, full, verdict,
 *                       writers and readers [{pid, comm}], blocked_ms, reason
 */
int lines_text(FILE *file, const struct diagnosis *d, const struct change *change, bool ascii);
int lines_json(FILE *file, const struct diagnosis *d, const struct change *change);

#endif
