/*
 * Which system calls are left to the process, once it is set up. Nothing is executed any more, no
 * socket made, and no file opened but to read it.
 */
#ifndef TRUST_FILTER_H
#define TRUST_FILTER_H

/* What a mode does besides looking. */
enum filter_need {
	FILTER_SIGNAL = 1 << 0,  /* sends signals to processes that are not its own */
	FILTER_PIPE = 1 << 1,    /* copies and moves what is in a pipe, and enlarges it */
	FILTER_UNWIND = 1 << 2,  /* backtraces */
	FILTER_SCREEN = 1 << 3,  /* sets up a terminal */
	FILTER_REOPEN = 1 << 4,  /* opens pipes anew to write, where it may not duplicate an end */
};

/*
 * For this thread and all that come from it, for good. 0; -ENOSYS without libseccomp, or where the
 * kernel has no such filters; or -errno.
 */
int filter_install(unsigned needs);

#endif
