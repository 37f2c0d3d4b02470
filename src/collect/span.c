/*
 * Owns the steps by which a text is read: they never leave the span, whatever bytes stand in it,
 * and refuse a number that does not fit instead of wrapping it.
 */
#include "collect/span.h"

#include <limits.h>
#include <string.h>

struct span span_of(const char *text, size_t length)
{
	return (struct span){ text, text + length };
}

size_t span_length(const struct span *s)
{
	return (size_t)(s->end - s->at);
}

bool span_take(struct span *s, const char *literal)
{
	size_t length = strlen(literal);

	if (span_length(s) < length || memcmp(s->at, literal, length) != 0)
		return false;
	s->at += length;
	return true;
}

void span_take_blanks(struct span *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

/* More than any base for what is none. */
static unsigned digit_value(char c)
{
	static const unsigned char one_more[UCHAR_MAX + 1] = {
		['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ['a'] = 11, 12, 13, 14, 15, 16,
	};

	return one_more[(unsigned char)c] - 1U;
}

bool span_take_digits(struct span *s, unsigned base, uint64_t *ret)
{
	const char *at = s->at;
	uint64_t value = 0;

	for (; at < s->end && digit_value(*at) < base; at++)
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit_value(*at), &value))
			return false;
	if (at == s->at)
		return false;
	s->at = at;
	*ret = value;
	return true;
}

bool span_take_address(struct span *s, uint64_t *ret)
{
	struct span rest = *s;

	if (!span_take(&rest, "0x") || !span_take_digits(&rest, 16, ret))
		return false;
	*s = rest;
	return true;
}

bool span_take_int64(struct span *s, int64_t *ret)
{
	struct span rest = *s;
	bool negative = span_take(&rest, "-");
	uint64_t magnitude;

	if (!span_take_digits(&rest, 10, &magnitude) || magnitude > INT64_MAX)
		return false;
	*s = rest;
	*ret = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return true;
}

bool span_take_int32(struct span *s, int32_t *ret)
{
	struct span rest = *s;
	int64_t value;

	if (!span_take_int64(&rest, &value) || value < INT32_MIN || value > INT32_MAX)
		return false;
	*s = rest;
	*ret = (int32_t)value;
	return true;
}

bool span_take_word(struct span *s, struct span *ret_word)
{
	const char *start = s->at;

	while (s->at < s->end && *s->at != ' ')
		s->at++;
	if (s->at == start)
		return false;
	*ret_word = (struct span){ start, s->at };
	return true;
}

bool span_take_line(struct span *s, struct span *ret_line)
{
	const char *newline = s->at < s->end ? memchr(s->at, '\n', span_length(s)) : NULL;

	if (!newline)
		return false;
	*ret_line = (struct span){ s->at, newline };
	s->at = newline + 1;
	return true;
}

bool span_at_end(const struct span *s)
{
	return s->at == s->end;
}

bool span_find(struct span text, const char *key, struct span *ret_value)
{
	struct span line;

	while (span_take_line(&text, &line))
		if (span_take(&line, key)) {
			span_take_blanks(&line);
			*ret_value = line;
			return true;
		}
	return false;
}

bool span_find_digits(struct span text, const char *key, unsigned base, uint64_t *ret)
{
	struct span value;

	return !span_find(text, key, &value) ||
	       (span_take_digits(&value, base, ret) && span_at_end(&value));
}

bool span_find_int64(struct span text, const char *key, int64_t *ret)
{
	struct span value;

	return !span_find(text, key, &value) ||
	       (span_take_int64(&value, ret) && span_at_end(&value));
}

bool span_find_int32(struct span text, const char *key, int32_t *ret)
{
	struct span value;

	return !span_find(text, key, &value) ||
	       (span_take_int32(&value, ret) && span_at_end(&value));
}
