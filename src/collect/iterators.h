/*
 * The programs of ours that the kernel runs (iterators.bpf.c): loading them, and what they write
 * down. Needs CAP_BPF and CAP_PERFMON, and a kernel of 5.17 or later with BTF.
 */
#ifndef COLLECT_ITERATORS_H
#define COLLECT_ITERATORS_H

#include <stddef.h>
#include <sys/types.h>

struct iterators;

enum iterator { ITERATOR_THREADS, ITERATOR_DESCRIPTORS };

/*
 * Loads them; afterwards none of the capabilities is needed any more, only bpf(2) itself, for
 * BPF_ITER_CREATE. 0, or -errno with the cause in a few words: -ENOSYS where we were built without.
 */
int iterators_open(struct iterators **ret_iterators, const char **ret_why);

/*
 * One pass: take(context, data, length) gets the records as they come and returns how many bytes
 * of them it has used, or -errno, which ends the pass. What it leaves comes again, with more
 * behind. 0 or -errno.
 */
int iterators_pass(const struct iterators *iterators, enum iterator which,
                   ssize_t (*take)(void *context, const char *data, size_t length), void *context);

/* NULL is allowed. */
void iterators_close(struct iterators *iterators);

#endif
