/*
 * What the process may do. It begins with what it was started with, and goes on with no more than
 * what a look and the actions need.
 */
#ifndef TRUST_PRIVILEGES_H
#define TRUST_PRIVILEGES_H

#include <stdbool.h>

/*
 * First of all: from now on files are opened with the user's own rights, whatever the file
 * capabilities of the program add. -EPERM where it is installed setuid or setgid, -ENOTSUP where it
 * has file capabilities and was built without libcap-ng, which could not give them up again.
 */
int privileges_begin(void);

/*
 * When all files of the command line are open and what runs with the user's rights was forked:
 * keeps what looking needs, with `act` also what signals and larger pipes need. Nothing that is
 * executed later has more. For this thread, so before any other is there. 0 or -errno.
 */
int privileges_keep(bool act);

/* In a child: gives up for good what file capabilities have added to the user's own rights. */
int privileges_drop(void);

/* Whether an end of any thread's pipe can be duplicated, pidfd_getfd(2). */
bool privileges_reach_pipes(void);

#endif
