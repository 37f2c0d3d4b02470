/*
 * Which mounts are local, so that a stat(2) of a file on them cannot hang: by the ids that fdinfo
 * shows, since a path may be that of a mount that was taken away lazily (umount -l, just what is
 * done to dead servers), and then no mountinfo has it.
 */
#ifndef COLLECT_MOUNTS_H
#define COLLECT_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct mounts;

/* Knows our own namespace's. NULL when there is no memory. */
struct mounts *mounts_new(void);
void mounts_free(struct mounts *m);

/* Whether a process, by the directory of its descriptors, lives in our own mount namespace. */
bool mounts_are_ours(const struct mounts *m, int fd_dir);

/*
 * Whether a mount on which the process has a file is known to be local; where it is not, the
 * mounts of the process's namespace are read, once each.
 */
bool mounts_is_local(struct mounts *m, int fd_dir, int64_t id);

#endif
