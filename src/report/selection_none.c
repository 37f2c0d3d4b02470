/* In place of selection.c where libsmartcols has no expressions. */
#include "report/selection.h"

#include <errno.h>
#include <stdio.h>

int selection_new(const char *expression, struct selection **ret_selection,
                  char error[SELECTION_ERROR_SIZE])
{
	(void)expression, (void)ret_selection;
	snprintf(error, SELECTION_ERROR_SIZE,
	         "--filter is not in this pipetop, which was built with a libsmartcols before 2.40");
	return -ENOTSUP;
}

bool selection_takes(struct selection *s, const struct diagnosis *d, uint32_t pipe)
{
	(void)s, (void)d, (void)pipe;
	return false;
}

void selection_free(struct selection *s)
{
	(void)s;
}
