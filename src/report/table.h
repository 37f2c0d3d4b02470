/* The table of pipes in the text report. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "report/page.h"

/* A heading and one row a pipe, in this order; as many columns as the width has room for. */
void table_write(struct page *page, const struct diagnosis *d, const uint32_t *pipes,
                 uint32_t count);

#endif
