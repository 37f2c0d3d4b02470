/* The deadlocks in the text report. */
#ifndef REPORT_DEADLOCKS_H
#define REPORT_DEADLOCKS_H

#include "report/page.h"

/* Each in full: members, victims, remedies. */
void deadlocks_write(struct page *page, const struct diagnosis *d);

#endif
