/* Owns the look of JSON: separators, indentation and escapes. */
#include "report/json_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "words/escape.h"

static void flush(struct json_out *o)
{
	size_t length = o->length;

	o->length = 0;
	if (!o->error && fwrite(o->buffer, 1, length, o->file) != length)
		o->error = errno ? -errno : -EIO;
}

static void put_slowly(struct json_out *o, const char *bytes, size_t length)
{
	while (length) {
		size_t room = sizeof(o->buffer) - o->length;
		size_t part = length < room ? length : room;

		memcpy(o->buffer + o->length, bytes, part);
		o->length += part;
		bytes += part;
		length -= part;
		if (o->length == sizeof(o->buffer))
			flush(o);
	}
}

/* Most pieces are short, and of a length that the compiler knows. */
static inline void put(struct json_out *o, const char *bytes, size_t length)
{
	if (length >= sizeof(o->buffer) - o->length) {
		put_slowly(o, bytes, length);
		return;
	}
	memcpy(o->buffer + o->length, bytes, length);
	o->length += length;
}

static void put_line(struct json_out *o)
{
	static const char blanks[] = "\n                                ";
	size_t length = 1 + 2 * (size_t)o->depth;

	put(o, blanks, length < sizeof(blanks) ? length : sizeof(blanks) - 1);
}

/* What stands before a value. */
static void begin(struct json_out *o, const char *key)
{
	if (o->has_items)
		put(o, ",", 1);
	if (o->depth)
		put_line(o);
	o->has_items = true;
	if (!key)
		return;
	put(o, "\"", 1);
	put(o, key, strlen(key));
	put(o, "\": ", 3);
}

static void open_value(struct json_out *o, const char *key, const char *bracket)
{
	begin(o, key);
	put(o, bracket, 1);
	o->depth++;
	o->has_items = false;
}

static void close_value(struct json_out *o, const char *bracket)
{
	o->depth--;
	if (o->has_items)
		put_line(o);
	put(o, bracket, 1);
	o->has_items = true;
}

void out_open_object(struct json_out *o, const char *key)
{
	open_value(o, key, "{");
}

void out_close_object(struct json_out *o)
{
	close_value(o, "}");
}

void out_open_array(struct json_out *o, const char *key)
{
	open_value(o, key, "[");
}

void out_close_array(struct json_out *o)
{
	close_value(o, "]");
}

void out_null(struct json_out *o, const char *key)
{
	begin(o, key);
	put(o, "null", 4);
}

void out_bool(struct json_out *o, const char *key, bool value)
{
	begin(o, key);
	put(o, value ? "true" : "false", value ? 4 : 5);
}

void out_number(struct json_out *o, const char *key, int64_t number)
{
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		digits[--at] = '-';
	begin(o, key);
	put(o, digits + at, sizeof(digits) - at);
}

void out_text(struct json_out *o, const char *key, const char *text)
{
	if (!text) {
		out_null(o, key);
		return;
	}
	begin(o, key);
	put(o, "\"", 1);
	while (*text) {
		size_t plain = 0;

		while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' &&
		       text[plain] != '\\')
			plain++;
		put(o, text, plain);
		text += plain;
		if (*text == '"' || *text == '\\') {
			put(o, *text == '"' ? "\\\"" : "\\\\", 2);
			text++;
		} else if (*text) {
			char code[8];

			put(o, code,
			    (size_t)snprintf(code, sizeof(code), "\\u%04x", (unsigned)*text++));
		}
	}
	put(o, "\"", 1);
}

void out_known(struct json_out *o, const char *key, int64_t number)
{
	if (number < 0)
		out_null(o, key);
	else
		out_number(o, key, number);
}

void out_fact(struct json_out *o, const char *key, enum fact fact)
{
	if (fact == FACT_UNKNOWN)
		out_null(o, key);
	else
		out_bool(o, key, fact == FACT_YES);
}

void out_foreign(struct json_out *o, const char *key, const char *text)
{
	char escaped[512];

	if (!text || escape_text(escaped, sizeof(escaped), text) < sizeof(escaped))
		out_text(o, key, text ? escaped : NULL);
	else
		out_taken(o, key, escape_dup(text));
}

void out_taken(struct json_out *o, const char *key, char *text)
{
	if (!text)
		out_fail(o);
	out_text(o, key, text);
	free(text);
}

void out_fail(struct json_out *o)
{
	if (!o->error)
		o->error = -ENOMEM;
}

int out_finish(struct json_out *o)
{
	put(o, "\n", 1);
	flush(o);
	if (!o->error && (fflush(o->file) || ferror(o->file)))
		o->error = errno ? -errno : -EIO;
	return o->error;
}
