/*
 * Sets of signals, as bits like those of SigCgt in proc_pid_status(5): bit N-1 is signal N. The
 * numbers are those of the machine that we run on (signal(7) has the few that differ elsewhere).
 */
#include "analysis/signals.h"

#include <signal.h>

#define BIT(signal) (UINT64_C(1) << ((signal) - 1))

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
	return snapshot_signals(p);
}

bool signals_work(const struct process *p)
{
	return snapshot_signals(p) & ~everyday;
}
