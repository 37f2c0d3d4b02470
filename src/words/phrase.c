/* Owns the growing of texts, so that those who make sentences need not think of memory. */
#include "words/phrase.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/escape.h"

/* Room for `more` bytes and an ending NUL. */
static bool reserve(struct phrase *phrase, size_t more)
{
	size_t size = phrase->size ? phrase->size : 64;
	char *text;

	if (phrase->broken || more < phrase->size - phrase->length)
		return !phrase->broken;
	while (size - phrase->length <= more)
		size *= 2;
	text = realloc(phrase->text, size);
	if (!text) {
		phrase->broken = true;
		return false;
	}
	phrase->text = text;
	phrase->size = size;
	return true;
}

void phrase_add(struct phrase *phrase, const char *format, ...)
{
	va_list args, again;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	if (length < 0)
		phrase->broken = true;
	else if (reserve(phrase, (size_t)length))
		phrase->length += (size_t)vsnprintf(phrase->text + phrase->length,
		                                    (size_t)length + 1, format, again);
	va_end(again);
	va_end(args);
}

void phrase_add_foreign(struct phrase *phrase, const char *text)
{
	size_t length = escape_text(NULL, 0, text);

	if (reserve(phrase, length))
		phrase->length += escape_text(phrase->text + phrase->length, length + 1, text);
}

void phrase_add_taken(struct phrase *phrase, char *text)
{
	if (text)
		phrase_add(phrase, "%s", text);
	else
		phrase->broken = true;
	free(text);
}

void phrase_clear(struct phrase *phrase)
{
	phrase->length = 0;
	if (phrase->text)
		phrase->text[0] = '\0';
}

char *phrase_take(struct phrase *phrase)
{
	char *text = reserve(phrase, 0) ? phrase->text : NULL;

	if (!text) {
		phrase_free(phrase);
		return NULL;
	}
	text[phrase->length] = '\0';
	*phrase = (struct phrase){ 0 };
	return text;
}

void phrase_free(struct phrase *phrase)
{
	free(phrase->text);
	*phrase = (struct phrase){ 0 };
}
