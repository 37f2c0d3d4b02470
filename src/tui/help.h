/* The help screen's text, made from the table of keys. */
#ifndef TUI_HELP_H
#define TUI_HELP_H

#include "tui/text.h"

/* 0 or -ENOMEM. */
int help_text(struct text *text);

#endif
