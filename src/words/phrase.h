/* A text that grows. Zeroed it is empty. Where there is no memory it breaks, once and for all. */
#ifndef WORDS_PHRASE_H
#define WORDS_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

struct phrase {
	char *text;              /* NULL while nothing was added */
	size_t length, size;
	bool broken;
};

__attribute__((format(printf, 2, 3)))
void phrase_add(struct phrase *phrase, const char *format, ...);

/* Foreign text, escaped; NULL reads as "?". */
void phrase_add_foreign(struct phrase *phrase, const char *text);

/* Appends a text that explain.h gave, and frees it; NULL breaks the phrase. */
void phrase_add_taken(struct phrase *phrase, char *text);

/* Empties it for the next text, and keeps the memory. */
void phrase_clear(struct phrase *phrase);

/* The text, to be freed, or NULL when the phrase broke. The phrase is empty then. */
char *phrase_take(struct phrase *phrase);

void phrase_free(struct phrase *phrase);

#endif
