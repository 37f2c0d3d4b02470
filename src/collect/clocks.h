/*
 * The task clock, by which the scheduler writes down when a thread last ran: every processor has
 * its own, and leaves out the time that the hypervisor took it away (update_rq_clock_task(),
 * kernel/sched/core.c). /proc/stat tells how much that was, so that what two processors say can be
 * compared.
 */
#ifndef COLLECT_CLOCKS_H
#define COLLECT_CLOCKS_H

#include <stdint.h>

struct clocks;

/* As they are now; NULL when /proc/stat cannot be read. */
struct clocks *clocks_new(void);
void clocks_free(struct clocks *c);

/*
 * What must be added to a time of this processor's clock, in microseconds; to 10 ms. 0 for a
 * processor that is not known, and where `c` is NULL.
 */
int64_t clocks_stolen_us(const struct clocks *c, int32_t processor);

#endif
