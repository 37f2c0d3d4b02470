/*
 * Snapshots as JSON text and back: what --record writes and --replay reads. A record holds every
 * fact of one or two looks, so that everything behind the look runs on it as if it were live.
 * Bytes that are no valid UTF-8 survive the way there and back.
 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include <stdio.h>

#include "model/snapshot.h"

enum { RECORD_ERROR_SIZE = 160 };

/* `earlier` may be NULL. 0, -ENOMEM, or -errno of the file. */
int record_write(FILE *file, const struct snapshot *earlier, const struct snapshot *later);

/*
 * Reads what record_write() wrote. *ret_earlier is NULL where the record has one look. On -EINVAL
 * `error` says in one line what is wrong and where (printable, whatever the file holds). Nothing
 * in a hostile record leads out of bounds: every index and count is checked.
 */
int record_read(FILE *file, struct snapshot **ret_earlier, struct snapshot **ret_later,
                char error[RECORD_ERROR_SIZE]);

#endif
