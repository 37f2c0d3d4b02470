/*
 * A page of text on its way to a file: styles, wrapping and padding by columns. It remembers its
 * first error, so that those who write need not look at each step.
 *
 * Everything that is written must be shown text: printable, and ASCII where the page has no UTF-8.
 * page_shown() makes it so.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/formats.h"

enum style {
	STYLE_PLAIN, STYLE_DEADLOCK, STYLE_STALLED, STYLE_BACKPRESSURE, STYLE_DIM, STYLE_BOLD
};

struct page {
	FILE *file;
	const struct report_settings *settings;
	size_t column;           /* where the next character goes */
	int error;               /* 0 or -errno */
};

/* Takes a text that words/ made (NULL is -ENOMEM) and gives what is to be freed: shown, or NULL. */
char *page_shown(struct page *page, char *text);

/* Written as it is. NULL is left out. */
void page_text(struct page *page, enum style style, const char *text);

/* Broken at blanks where the width ends; the lines that follow start at column `hang`. */
void page_wrap(struct page *page, enum style style, size_t hang, const char *text);

/* Blanks up to the column, and at least one when something stands there already. */
void page_pad(struct page *page, size_t column);

void page_end_line(struct page *page);

/* 0 or -errno, the file's errors included. */
int page_finish(struct page *page);

#endif
