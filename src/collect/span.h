/*
 * Walks through a text: a span is the bytes that are still to be read. What takes from it moves
 * behind what it took, and does not move at all, nor touch its result, when that is not there.
 */
#ifndef COLLECT_SPAN_H
#define COLLECT_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *at, *end;
};

struct span span_of(const char *text, size_t length);
size_t span_length(const struct span *s);
bool span_at_end(const struct span *s);

bool span_take(struct span *s, const char *literal);
void span_take_blanks(struct span *s); /* as many as there are, tabs too */

/* Numbers of at least one digit, without a blank before, that fit their type. */
bool span_take_digits(struct span *s, unsigned base, uint64_t *ret);
bool span_take_address(struct span *s, uint64_t *ret); /* "0x" and hexadecimal digits */
bool span_take_int64(struct span *s, int64_t *ret);
bool span_take_int32(struct span *s, int32_t *ret);

/* Up to the next blank or the end, at least one byte. */
bool span_take_word(struct span *s, struct span *ret_word);

/*
 * Up to the next newline, and that too. A last line without its newline was cut off by somebody's
 * buffer: half a number is no number, so it is not there.
 */
bool span_take_line(struct span *s, struct span *ret_line);

/*
 * What stands behind `key` and blanks in the first line that begins with it. The find_ functions
 * leave *ret alone where no line does, and are false only where it is no such number.
 */
bool span_find(struct span text, const char *key, struct span *ret_value);
bool span_find_digits(struct span text, const char *key, unsigned base, uint64_t *ret);
bool span_find_int64(struct span text, const char *key, int64_t *ret);
bool span_find_int32(struct span text, const char *key, int32_t *ret);

#endif
