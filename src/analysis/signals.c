/*
 * Sets of signals, as bits like those of SigCgt in proc_pid_status(5): bit N-1 is signal N. The
 * numbers are those of the machine that we run on (signal(7) has the few that differ elsewhere).
 */
#include "analysis/signals.h"

#include <signal.h>

#define BIT(signal) (UINT64_C(1) << ((signal) - 1))

/* A process raises these itself. 32 and 33 are glibc's and musl's, for thread cancellation. */
static const uint64_t own = BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) | BIT(SIGBUS) | BIT(SIGFPE) |
                            BIT(SIGSEGV) | BIT(SIGSYS) | BIT(32) | BIT(33);

/* Caught to clean up, to redraw or to reap, not to be given work. Python alone catches SIGINT. */
static const uint64_t everyday = BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGCHLD) | BIT(SIGPIPE) |
                                 BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU) | BIT(SIGCONT) |
                                 BIT(SIGWINCH) | BIT(SIGXCPU) | BIT(SIGXFSZ);

bool signals_catch(const struct process *p, int signal)
{
	return p->signals_known && p->signals_caught & BIT(signal);
}

bool signals_any(const struct process *p)
{
	return p->signals_known && p->signals_caught & ~own;
}

bool signals_work(const struct process *p)
{
	return p->signals_known && p->signals_caught & ~own & ~everyday;
}
