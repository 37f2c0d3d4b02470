/*
 * The registers of a process' threads, as the kernel put them down when they entered the system
 * calls in which they sleep: by our programs in the kernel, since proc_pid_syscall(5) gives but
 * two.
 */
#ifndef COLLECT_REGISTERS_H
#define COLLECT_REGISTERS_H

#include "collect/iterator.h"
#include "model/trace.h"

/*
 * Of the threads that sleep, in an array to be freed, in no order. 0, -ENOMEM, or -errno of the
 * pass. Any thread of ours may ask, also while another one looks.
 */
int registers_read(struct iterator *iterator, int32_t pid, struct registers **ret_registers,
                   uint32_t *ret_count);

#endif
