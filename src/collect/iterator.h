/*
 * The program of ours that the kernel runs (iterator.bpf.c): loading it, and what it writes
 * down. Needs CAP_BPF and CAP_PERFMON, and a kernel of 5.17 (arm64: 5.18) or later with BTF.
 */
#ifndef COLLECT_ITERATOR_H
#define COLLECT_ITERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct iterator;

/*
 * Loads it; afterwards none of the capabilities is needed any more, only bpf(2) itself, for
 * BPF_ITER_CREATE. 0, or -errno with the cause in a few words: -ENOSYS where we were built without.
 */
int iterator_open(struct iterator **ret_iterator, const char **ret_why);

/*
 * One pass over all threads, with their descriptors or without: take(context, data, length) gets
 * the records as they come, whole ones; what it returns below 0 ends the pass. How many descriptors
 * were met, or -errno. Of passes that several threads want at once, one comes after the other.
 */
int64_t iterator_pass(struct iterator *iterator, bool descriptors,
                       int (*take)(void *context, const char *data, size_t length), void *context);

/* NULL is allowed. */
void iterator_close(struct iterator *iterator);

#endif
