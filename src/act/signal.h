/* Sends a signal to the very process that was looked at, never to another that has its pid now. */
#ifndef ACT_SIGNAL_H
#define ACT_SIGNAL_H

#include <stdint.h>

/*
 * A pidfd of the process that has this pid and this start time (proc_pid_stat(5)). While it is
 * open and the process not reaped, the pid stays its own. Start time 0 is any. -ESRCH when there
 * is none, or another.
 */
int signal_open(int32_t pid, uint64_t start_ticks, int *ret_pidfd);

/* 0, -ESRCH, -EPERM, or -EINVAL for what is no signal. */
int signal_send(int32_t pid, uint64_t start_ticks, int number);

#endif
