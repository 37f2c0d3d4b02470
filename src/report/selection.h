/*
 * Which rows of a list are wanted, by an expression over its columns in the language of lsfd(1):
 * 'bytes > 4K and writer =~ "^log"'. libsmartcols has it from 2.40 on.
 */
#ifndef REPORT_SELECTION_H
#define REPORT_SELECTION_H

#include "analysis/diagnosis.h"

struct selection;

enum { SELECTION_ERROR_SIZE = 160 };

/*
 * 0, -ENOMEM, or, with one printable line in `error`, -EINVAL, or -ENOTSUP where the library is too
 * old.
 */
int selection_new(const char *expression, struct selection **ret_selection,
                  char error[SELECTION_ERROR_SIZE]);

/* Whether it holds for the pipe. What is not known is neither more nor less than anything. */
bool selection_takes(struct selection *s, const struct diagnosis *d, uint32_t pipe);

/* NULL is allowed. */
void selection_free(struct selection *s);

#endif
