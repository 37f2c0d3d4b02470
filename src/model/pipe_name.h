/*
 * Which pipe is meant: "pipe:[INODE]", "INODE", "PID:FD", or else the path of a FIFO as the
 * snapshot has it (a caller that can should ask stat(2) for a path instead).
 */
#ifndef MODEL_PIPE_NAME_H
#define MODEL_PIPE_NAME_H

#include "model/snapshot.h"

/* Whether it is a path, as none of the other forms fits. */
bool pipe_name_is_path(const char *name);

/*
 * How many pipes it fits; the first `size` of their indices go to ret_pipes, ascending. FIFOs on
 * several file systems may share an inode number, and threads of a process may have several
 * descriptor tables.
 */
uint32_t pipe_name_find(const struct snapshot *s, const char *name, uint32_t *ret_pipes,
                        uint32_t size);

#endif
