/*
 * Lines of somebody else's bytes. Tabs become blanks, everything else that is not printable is
 * escaped.
 */
#include "tui/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/escape.h"

enum { TAB = 8, HEX = 16 };

static char *escaped_line(const char *bytes, size_t length)
{
	size_t size, column = 0;
	char *spaced = malloc(length * TAB + 1), *out;

	if (spaced == NULL)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		spaced[column++] = bytes[i] == '\t' ? ' ' : bytes[i];
		while (bytes[i] == '\t' && column % TAB != 0)
			spaced[column++] = ' ';
	}
	size = escape_bytes(NULL, 0, spaced, column) + 1;
	out = malloc(size);
	if (out != NULL)
		escape_bytes(out, size, spaced, column);
	free(spaced);
	return out;
}

static char *hex_line(const unsigned char *bytes, size_t offset, size_t length)
{
	char *line = NULL;
	size_t size;
	FILE *file = open_memstream(&line, &size);

	if (file == NULL)
		return NULL;
	fprintf(file, "%08zx ", offset);
	for (size_t i = 0; i < HEX; i++) {
		fputs(i == HEX / 2 ? "  " : " ", file);
		if (i < length)
			fprintf(file, "%02x", bytes[i]);
		else
			fputs("  ", file);
	}
	fputs("  |", file);
	for (size_t i = 0; i < length; i++)
		fputc(bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.', file);
	fputc('|', file);
	if (fclose(file) == 0)
		return line;
	free(line);
	return NULL;
}

/* How many bytes of the rest the next line takes, without its line end. */
static size_t line_length(const char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\n', length);

	return end == NULL ? length : (size_t)(end - bytes);
}

static uint32_t count_lines(const char *bytes, size_t length)
{
	uint32_t count = 0;

	for (size_t at = 0; at < length; at += line_length(bytes + at, length - at) + 1)
		count++;
	return count;
}

static int start(struct text *text, const char *title, size_t lines)
{
	text->title = strdup(title);
	text->lines = calloc(lines + 1, sizeof *text->lines);
	return text->title == NULL || text->lines == NULL ? -ENOMEM : 0;
}

static int add(struct text *text, char *line)
{
	if (line == NULL)
		return -ENOMEM;
	text->lines[text->count++] = line;
	return 0;
}

/* The new text takes the old one's place, if it could be made. */
static int settle(struct text *text, struct text *made, int r)
{
	if (r < 0) {
		text_free(made);
		return r;
	}
	text_free(text);
	*text = *made;
	return 0;
}

static int set_lines(struct text *text, const char *title, const char *bytes, size_t length,
                     char *(*make_line)(const char *bytes, size_t length))
{
	struct text made = {0};
	int r = start(&made, title, count_lines(bytes, length));

	for (size_t at = 0; r == 0 && at < length; at += line_length(bytes + at, length - at) + 1)
		r = add(&made, make_line(bytes + at, line_length(bytes + at, length - at)));
	return settle(text, &made, r);
}

int text_set(struct text *text, const char *title, const char *bytes, size_t length)
{
	return set_lines(text, title, bytes, length, escaped_line);
}

int text_set_plain(struct text *text, const char *title, const char *words, size_t length)
{
	return set_lines(text, title, words, length, strndup);
}

int text_set_hex(struct text *text, const char *title, const char *bytes, size_t length)
{
	struct text made = {0};
	int r = start(&made, title, length / HEX + 1);

	for (size_t at = 0; r == 0 && at < length; at += HEX)
		r = add(&made, hex_line((const unsigned char *)bytes + at, at,
		                        length - at < HEX ? length - at : HEX));
	return settle(text, &made, r);
}

void text_free(struct text *text)
{
	for (uint32_t i = 0; i < text->count; i++)
		free(text->lines[i]);
	free(text->lines);
	free(text->title);
	*text = (struct text){0};
}
