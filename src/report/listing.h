/* The table of chosen columns, one row a pipe, for scripts. */
#ifndef REPORT_LISTING_H
#define REPORT_LISTING_H

#include "report/formats.h"

/* 0, -ENOMEM, or -errno of the file. */
int listing_write(FILE *file, const struct diagnosis *d, const struct report_settings *settings);

#endif
