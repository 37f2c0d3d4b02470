/*
 * Objects and arrays by tables, and errors with the place where they are. What is read may come
 * from anybody: nothing of it is quoted but printable ASCII.
 */
#include "model/fields.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- errors ---- */

bool fields_is_printable(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return !*text;
}

/* Appends "looks[0].pipes[3]". */
static void append_place(char *text, size_t size, const struct place *at)
{
	size_t used;

	if (!at)
		return;
	append_place(text, size, at->up);
	used = strlen(text);
	if (at->key)
		snprintf(text + used, size - used, "%s%s", used ? "." : "", at->key);
	else
		snprintf(text + used, size - used, "[%zu]", at->index);
}

int fields_fail(struct reader *r, const struct place *at, const char *what)
{
	size_t used;

	r->error[0] = '\0';
	append_place(r->error, r->error_size, at);
	used = strlen(r->error);
	snprintf(r->error + used, r->error_size - used, "%s%s", used ? ": " : "", what);
	return -EINVAL;
}

/* ---- objects ---- */

json_t *fields_write(const struct snapshot *s, const void *object, const struct field *fields)
{
	json_t *json = json_object();

	for (const struct field *f = fields; f->key; f++)
		if (json_object_set_new(json, f->key, f->kind->write(s, object, f)) < 0) {
			json_decref(json);
			return NULL;
		}
	return json;
}

json_t *fields_write_array(const struct snapshot *s, const void *objects, size_t size, size_t count,
                           const struct field *fields)
{
	json_t *array = json_array();
	const char *at = objects;

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(array, fields_write(s, at + i * size, fields)) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static bool has_key(const struct field *fields, const char *key)
{
	while (fields->key && strcmp(fields->key, key) != 0)
		fields++;
	return fields->key;
}

/* There is a key that is not in the table: names it. */
static int fail_on_stranger(struct reader *r, const struct place *at, const json_t *json,
                            const struct field *fields)
{
	const char *key;
	json_t *value;
	char what[64];

	json_object_foreach((json_t *)json, key, value) {
		if (has_key(fields, key))
			continue;
		if (!fields_is_printable(key))
			return fields_fail(r, at, "unknown key that is not printable");
		snprintf(what, sizeof(what), "unknown key \"%.40s\"", key);
		return fields_fail(r, at, what);
	}
	return fields_fail(r, at, "unknown key");
}

int fields_read(struct reader *r, const struct place *at, const json_t *json, void *object,
                const struct field *fields)
{
	size_t found = 0;

	if (!json_is_object(json))
		return fields_fail(r, at, "not an object");
	for (const struct field *f = fields; f->key; f++) {
		const json_t *value = json_object_get(json, f->key);
		const struct place there = { at, f->key, 0 };
		int e = 0;

		found += value != NULL;
		if (value && json_is_null(value))
			value = NULL;
		if (!value && f->kind->required)
			e = fields_fail(r, &there, "missing");
		else if (value || f->kind->size)
			e = f->kind->read(r, &there, value, object, f);
		if (e < 0)
			return e;
	}
	return found == json_object_size(json) ? 0 : fail_on_stranger(r, at, json, fields);
}

int fields_read_array(struct reader *r, const struct place *at, const json_t *json, void *object,
                      int (*read_item)(struct reader *r, const struct place *at,
                                       const json_t *item, void *object))
{
	int e = 0;

	if (!json_is_array(json))
		return fields_fail(r, at, "not an array");
	for (size_t i = 0; i < json_array_size(json) && e == 0; i++) {
		const struct place there = { at, NULL, i };

		e = read_item(r, &there, json_array_get(json, i), object);
	}
	return e;
}
