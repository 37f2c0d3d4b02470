/*
 * The terminal UI with everything that it needs from the other rooms: looks of this system or of a
 * record, the actions, the reports, and pipetoprc. main's room.
 */
#ifndef UI_H
#define UI_H

#include <stdio.h>

#include "attach.h"
#include "collect/collect.h"
#include "options.h"
#include "trust/helper.h"

enum { UI_ERROR_SIZE = 256 };

struct ui;

/*
 * Reads pipetoprc, with the rights of this moment. There is one, for as long as the process lives.
 */
struct ui *ui_open(const struct options *options);

/* Replaces pipetoprc: the helper's duty to save, helper.h. */
int ui_save(void *ui, const char *text, size_t length);

/*
 * Runs until the user leaves. Looks come from `replay` where it is not NULL; else they are about
 * whom `attach` holds. Files are made by the helper; the iterator, unless *iterator is NULL, tells
 * registers for a backtrace. 0; -ENOTTY, -ENODEV as tui_run(); -EINVAL and -ESRCH with a line in
 * `error`; or -errno.
 *
 * A look that did not come back by then works on: *iterator, *collector, *replay and *attach are
 * then NULL, so that nobody frees them before the process ends.
 */
int ui_run(struct ui *ui, struct helper *helper, struct iterator **iterator,
           struct collector **collector, FILE **replay, struct attach **attach,
           char error[UI_ERROR_SIZE]);

#endif
