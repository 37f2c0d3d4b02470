/*
 * One run of the program: a source of facts, the diagnosis of them, and whoever presents it or acts
 * on it.
 */
#ifndef RUN_H
#define RUN_H

#include "options.h"

/* The exit status; errors have been printed. */
int run(const struct options *options);

#endif
