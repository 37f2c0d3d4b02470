/*
 * Something that takes its time, done in a thread, so that the keys never freeze. One at a time
 * for each errand; the end of it makes a descriptor readable (an eventfd, never a pipe: we are in
 * our own picture).
 */
#ifndef TUI_ERRAND_H
#define TUI_ERRAND_H

#include <stdbool.h>

struct errand;

int errand_new(struct errand **ret_errand);

/* Waits a moment for what still runs. What does not end then is left to the end of the process. */
void errand_free(struct errand *e);

/* Readable when it has been done. */
int errand_fd(const struct errand *e);
bool errand_busy(const struct errand *e);

/* 0 or -errno of pthread_create(3). Not while it is busy. The thread
   has all signals blocked but those of a crash. */
int errand_start(struct errand *e, void (*run)(void *context), void *context);

/* After its descriptor became readable: it may be started again. */
void errand_finish(struct errand *e);

#endif
