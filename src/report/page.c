/*
 * Owns the look of text: which column comes next, where a line breaks, what a style is in escape
 * sequences (ECMA-48, SGR). A word that is longer than the line stands on a line of its own, since
 * breaking a path or a command would spoil it.
 */
#include "report/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "words/escape.h"

static const char *const style_starts[] = {
	[STYLE_PLAIN] = "",
	[STYLE_DEADLOCK] = "\033[1;31m",
	[STYLE_STALLED] = "\033[33m",
	[STYLE_BACKPRESSURE] = "\033[36m",
	[STYLE_DIM] = "\033[2m",
	[STYLE_BOLD] = "\033[1m",
};

static void put(struct page *page, const char *bytes, size_t length)
{
	if (!page->error && fwrite(bytes, 1, length, page->file) != length)
		page->error = errno ? -errno : -EIO;
}

char *page_shown(struct page *page, char *text)
{
	char *shown = text && !page->settings->utf8 ? escape_ascii(text) : text;

	if (shown != text)
		free(text);
	if (!shown && !page->error)
		page->error = -ENOMEM;
	return shown;
}

static void put_styled(struct page *page, enum style style, const char *text, size_t length)
{
	bool styled = page->settings->color && style != STYLE_PLAIN && length;

	if (styled)
		put(page, style_starts[style], strlen(style_starts[style]));
	put(page, text, length);
	if (styled)
		put(page, "\033[0m", 4);
	page->column += escape_columns(text, length);
}

void page_text(struct page *page, enum style style, const char *text)
{
	if (text)
		put_styled(page, style, text, strlen(text));
}

void page_pad(struct page *page, size_t column)
{
	if (page->column && page->column >= column)
		page_text(page, STYLE_PLAIN, " ");
	while (page->column < column)
		page_text(page, STYLE_PLAIN, " ");
}

void page_end_line(struct page *page)
{
	put(page, "\n", 1);
	page->column = 0;
}

/* The blanks and the word at the start of the text. "python3 (90908)" is one word. */
static size_t next_word(const char *text)
{
	size_t length = strspn(text, " ");

	length += strcspn(text + length, " ");
	if (!strncmp(text + length, " (", 2) && text[length + 2] >= '0' && text[length + 2] <= '9')
		length += 1 + strcspn(text + length + 1, " ");
	return length;
}

/*
 * How many bytes of the text fit on the line: up to a blank, or to the end of the first word where
 * not even that fits.
 */
static size_t fitting(const char *text, size_t columns)
{
	size_t fits = 0, length = 0, used = 0;

	do {
		size_t word = next_word(text + length);

		used += escape_columns(text + length, word);
		length += word;
		if (!fits || used <= columns)
			fits = length;
	} while (text[length] && used <= columns);
	return fits;
}

void page_wrap(struct page *page, enum style style, size_t hang, const char *text)
{
	size_t width = page->settings->width > 0 ? (size_t)page->settings->width : 80;

	while (text && *text) {
		size_t room = width > page->column ? width - page->column : 0;
		size_t length = fitting(text, room);

		if (page->column > hang && escape_columns(text, length) > room) {
			length = 0;
		} else {
			put_styled(page, style, text, length);
			text += length;
		}
		text += strspn(text, " ");
		if (*text) {
			page_end_line(page);
			page_pad(page, hang);
		}
	}
}

int page_finish(struct page *page)
{
	if (!page->error && (fflush(page->file) || ferror(page->file)))
		page->error = errno ? -errno : -EIO;
	return page->error;
}
