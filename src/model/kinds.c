/*
 * The kinds of members that a snapshot has, each as JSON and back. What is read may come from
 * anybody: every type and range is checked, and every reference leads somewhere.
 */
#include "model/fields.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/builder.h"

static const void *member(const void *object, const struct field *field)
{
	return (const char *)object + field->offset;
}

static void *member_to_set(void *object, const struct field *field)
{
	return (char *)object + field->offset;
}

/* ---- numbers ---- */

static int64_t integer(const void *object, const struct field *field)
{
	const void *from = member(object, field);

	if (field->kind->size == sizeof(uint16_t))
		return *(const uint16_t *)from;
	if (field->kind->size == sizeof(int64_t))
		return *(const int64_t *)from;
	if (field->kind->high > INT32_MAX)
		return *(const uint32_t *)from;
	return *(const int32_t *)from;
}

static json_t *write_integer(const struct snapshot *s, const void *object,
                             const struct field *field)
{
	int64_t number = integer(object, field);

	(void)s;
	return number < 0 ? json_null() : json_integer(number);
}

static int read_integer(struct reader *r, const struct place *at, const json_t *value,
                        void *object, const struct field *field)
{
	const struct kind *kind = field->kind;
	int64_t number = value ? json_integer_value(value) : UNKNOWN;
	void *to = member_to_set(object, field);

	if (value && !json_is_integer(value))
		return fields_fail(r, at, "not a whole number");
	if (value && (number < kind->low || number > kind->high))
		return fields_fail(r, at, "out of range");
	if (kind->size == sizeof(uint16_t))
		*(uint16_t *)to = (uint16_t)number;
	else if (kind->size == sizeof(uint32_t))
		*(uint32_t *)to = (uint32_t)number;
	else
		*(int64_t *)to = number;
	return 0;
}

static json_t *new_hex(uint64_t number)
{
	return json_sprintf("0x%" PRIx64, number);
}

static json_t *write_hex(const struct snapshot *s, const void *object,
                         const struct field *field)
{
	(void)s;
	return new_hex(*(const uint64_t *)member(object, field));
}

static json_t *write_count64(const struct snapshot *s, const void *object,
                             const struct field *field)
{
	uint64_t number = *(const uint64_t *)member(object, field);

	(void)s;
	return number > INT64_MAX ? new_hex(number) : json_integer((json_int_t)number);
}

static int parse_unsigned(struct reader *r, const struct place *at, const json_t *value,
                          uint64_t *ret_number)
{
	const char *text = json_string_value(value);

	if (json_is_integer(value) && json_integer_value(value) >= 0) {
		*ret_number = (uint64_t)json_integer_value(value);
		return 0;
	}
	if (!text || strncmp(text, "0x", 2) != 0 || strlen(text) < 3 || strlen(text) > 18 ||
	    text[2 + strspn(text + 2, "0123456789abcdef")])
		return fields_fail(r, at, "neither a whole number nor \"0x\" with 1 to 16 digits");
	*ret_number = strtoull(text + 2, NULL, 16);
	return 0;
}

static int read_unsigned(struct reader *r, const struct place *at, const json_t *value,
                         void *object, const struct field *field)
{
	return parse_unsigned(r, at, value, member_to_set(object, field));
}

enum { ARGS = 6 };

static json_t *write_args(const struct snapshot *s, const void *object,
                          const struct field *field)
{
	const uint64_t *args = member(object, field);
	json_t *array = json_array();

	(void)s;
	for (size_t i = 0; i < ARGS; i++)
		if (json_array_append_new(array, new_hex(args[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static int read_args(struct reader *r, const struct place *at, const json_t *value,
                     void *object, const struct field *field)
{
	uint64_t *args = member_to_set(object, field);
	int e = 0;

	if (json_array_size(value) != ARGS)
		return fields_fail(r, at, "not an array of 6");
	for (size_t i = 0; i < ARGS && e == 0; i++) {
		const struct place there = { at, NULL, i };

		e = parse_unsigned(r, &there, json_array_get(value, i), &args[i]);
	}
	return e;
}

/* required, size, low, high */
const struct kind field_pid = { write_integer, read_integer, true, 4, 1, INT32_MAX };
const struct kind field_descriptor = { write_integer, read_integer, true, 4, 0, INT32_MAX };
const struct kind field_int32 = { write_integer, read_integer, false, 4, 0, INT32_MAX };
const struct kind field_int64 = { write_integer, read_integer, false, 8, 0, INT64_MAX };
const struct kind field_count16 = { write_integer, read_integer, true, 2, 0, UINT16_MAX };
const struct kind field_count32 = { write_integer, read_integer, true, 4, 0, UINT32_MAX };
const struct kind field_hex = { write_hex, read_unsigned, .required = true };
const struct kind field_count64 = { write_count64, read_unsigned, .required = true };
const struct kind field_args = { write_args, read_args, .required = true };

/* ---- yes and no, words ---- */

static json_t *write_bool(const struct snapshot *s, const void *object,
                          const struct field *field)
{
	(void)s;
	return json_boolean(*(const bool *)member(object, field));
}

static int read_bool(struct reader *r, const struct place *at, const json_t *value,
                     void *object, const struct field *field)
{
	if (!json_is_boolean(value))
		return fields_fail(r, at, "neither true nor false");
	*(bool *)member_to_set(object, field) = json_is_true(value);
	return 0;
}

static json_t *write_fact(const struct snapshot *s, const void *object,
                          const struct field *field)
{
	enum fact fact = *(const enum fact *)member(object, field);

	(void)s;
	return fact == FACT_UNKNOWN ? json_null() : json_boolean(fact == FACT_YES);
}

static int read_fact(struct reader *r, const struct place *at, const json_t *value,
                     void *object, const struct field *field)
{
	if (!json_is_boolean(value))
		return fields_fail(r, at, "neither true, false nor null");
	*(enum fact *)member_to_set(object, field) = json_is_true(value) ? FACT_YES : FACT_NO;
	return 0;
}

static json_t *write_word(const struct snapshot *s, const void *object,
                          const struct field *field)
{
	(void)s;
	return json_string(field->words[*(const unsigned *)member(object, field)]);
}

static int parse_word(struct reader *r, const struct place *at, const json_t *value,
                      const char *const *words, unsigned *ret_index)
{
	const char *text = json_string_value(value);

	for (unsigned i = 0; text && words[i]; i++)
		if (!strcmp(words[i], text)) {
			*ret_index = i;
			return 0;
		}
	return fields_fail(r, at, "not one of the words that may stand here");
}

static int read_word(struct reader *r, const struct place *at, const json_t *value,
                     void *object, const struct field *field)
{
	return parse_word(r, at, value, field->words, member_to_set(object, field));
}

static json_t *write_bits(const struct snapshot *s, const void *object,
                          const struct field *field)
{
	unsigned bits = *(const unsigned *)member(object, field);
	json_t *array = json_array();

	(void)s;
	for (unsigned i = 0; field->words[i]; i++)
		if (bits & 1u << i &&
		    json_array_append_new(array, json_string(field->words[i])) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static int read_bits(struct reader *r, const struct place *at, const json_t *value,
                     void *object, const struct field *field)
{
	unsigned *bits = member_to_set(object, field), bit = 0;
	int e = 0;

	if (!json_is_array(value))
		return fields_fail(r, at, "not an array");
	for (size_t i = 0; i < json_array_size(value) && e == 0; i++) {
		const struct place there = { at, NULL, i };

		e = parse_word(r, &there, json_array_get(value, i), field->words, &bit);
		*bits |= 1u << bit;
	}
	return e;
}

const struct kind field_bool = { write_bool, read_bool, .required = true };
const struct kind field_fact = { write_fact, read_fact, .required = false };
const struct kind field_word = { write_word, read_word, .required = true };
const struct kind field_bits = { write_bits, read_bits, .required = true };

/* ---- text ---- */

static json_t *write_bytes(const char *text)
{
	size_t length = strlen(text);
	char *hex = malloc(2 * length + 1);
	json_t *json;

	if (!hex)
		return NULL;
	for (size_t i = 0; i < length; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)text[i]);
	json = json_pack("{s:s}", "bytes", hex);
	free(hex);
	return json;
}

static json_t *write_text(const struct snapshot *s, const void *object,
                          const struct field *field)
{
	const char *text = *(const char *const *)member(object, field);
	json_t *json = text ? json_string(text) : json_null();

	(void)s;
	return json ? json : write_bytes(text);
}

/* The digits, in pairs, as bytes; false when they are none, or one byte is a NUL. */
static bool decode_hex(char *out, const char *hex)
{
	if (strlen(hex) % 2 || hex[strspn(hex, "0123456789abcdef")])
		return false;
	for (; *hex; hex += 2, out++) {
		const char pair[] = { hex[0], hex[1], '\0' };

		*out = (char)strtoul(pair, NULL, 16);
		if (!*out)
			return false;
	}
	return true;
}

static int read_text(struct reader *r, const struct place *at, const json_t *value,
                     void *object, const struct field *field)
{
	const json_t *hex = json_object_get(value, "bytes");
	const char *from = json_string_value(hex ? hex : value);
	char *text = from ? arena_alloc(r->arena, strlen(from) + 1) : NULL;

	if (!from || (hex && json_object_size(value) != 1))
		return fields_fail(r, at, "neither text nor { \"bytes\": HEX }");
	if (!text)
		return -ENOMEM;
	if (!hex)
		memcpy(text, from, strlen(from));
	else if (!decode_hex(text, from))
		return fields_fail(r, at, "its bytes are not in hexadecimal");
	*(const char **)member_to_set(object, field) = text;
	return 0;
}

static int read_name(struct reader *r, const struct place *at, const json_t *value,
                     void *object, const struct field *field)
{
	const char *text = json_string_value(value);

	if (!text || !fields_is_printable(text))
		return fields_fail(r, at, "not a name of printable ASCII");
	return read_text(r, at, value, object, field);
}

static json_t *write_letter(const struct snapshot *s, const void *object,
                            const struct field *field)
{
	const char text[] = { *(const char *)member(object, field), '\0' };

	(void)s;
	return *text == '?' ? json_null() : json_string(text);
}

static int read_letter(struct reader *r, const struct place *at, const json_t *value,
                       void *object, const struct field *field)
{
	const char *text = json_string_value(value);

	if (json_string_length(value) != 1 || *text <= ' ' || *text > '~')
		return fields_fail(r, at, "not one letter");
	*(char *)member_to_set(object, field) = *text;
	return 0;
}

const struct kind field_text = { write_text, read_text, .required = false };
const struct kind field_name = { write_text, read_name, .required = false };
const struct kind field_letter = { write_letter, read_letter, .required = false };

/* ---- references ---- */

static json_t *write_pipe(const struct snapshot *s, const void *object,
                          const struct field *field)
{
	uint32_t pipe = *(const uint32_t *)member(object, field);

	(void)s;
	return pipe == NONE ? json_null() : json_integer(pipe);
}

static int read_pipe(struct reader *r, const struct place *at, const json_t *value,
                     void *object, const struct field *field)
{
	int64_t pipe = json_is_integer(value) ? json_integer_value(value) : UNKNOWN;

	if (pipe < 0 || pipe >= r->pipe_count)
		return fields_fail(r, at, "no such pipe");
	*(uint32_t *)member_to_set(object, field) = (uint32_t)pipe;
	return 0;
}

static json_t *write_process(const struct snapshot *s, const void *object,
                             const struct field *field)
{
	uint32_t process = *(const uint32_t *)member(object, field);

	return process == NONE ? json_null() : json_integer(s->processes[process].pid);
}

static int read_process(struct reader *r, const struct place *at, const json_t *value,
                        void *object, const struct field *field)
{
	int64_t pid = json_integer_value(value);
	uint32_t process = NONE;

	if (pid > 0 && pid <= INT32_MAX)
		process = builder_find_process(r->builder, (int32_t)pid);
	if (process == NONE)
		return fields_fail(r, at, "no such process");
	*(uint32_t *)member_to_set(object, field) = process;
	return 0;
}

const struct kind field_pipe = { write_pipe, read_pipe, .required = false };
const struct kind field_held_pipe = { write_pipe, read_pipe, .required = true };
const struct kind field_process = { write_process, read_process, .required = false };
