/* A text to be scrolled: lines, escaped already. */
#ifndef TUI_TEXT_H
#define TUI_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *title;
	char **lines;
	uint32_t count;
};

/*
 * Each breaks its bytes into lines; the old content is freed. 0 or -ENOMEM and no change. The
 * first escapes them; the second shows them as numbers, 16 a line, as hexdump -C does; the third
 * takes our own words as they are.
 */
int text_set(struct text *text, const char *title, const char *bytes, size_t length);
int text_set_hex(struct text *text, const char *title, const char *bytes, size_t length);
int text_set_plain(struct text *text, const char *title, const char *words, size_t length);

void text_free(struct text *text);

#endif
