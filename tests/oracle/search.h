/* The oracle: which threads can ever run again, by trying everything. */
#ifndef TESTS_SEARCH_H
#define TESTS_SEARCH_H

#include "system.h"

struct search;

/* Ends the program when there is no memory. */
struct search *search_new(void);
void search_free(struct search *search);

/*
 * Bit i: some schedule lets thread i run. With `ghosts`, the end of a process is seen by everybody
 * else, but does not stop its own threads.
 */
unsigned search_movable(struct search *search, const struct system *system, bool ghosts);

/* States visited so far, in all systems. */
uint64_t search_states(const struct search *search);

#endif
