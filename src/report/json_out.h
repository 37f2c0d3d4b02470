/*
 * JSON, RFC 8259, written as it is told: no value is kept, so a report costs no more memory than
 * its longest text. Indented by two blanks, one value a line.
 *
 * A member of an object has a key, which is written as it is; an item of an array has none, NULL.
 */
#ifndef REPORT_JSON_OUT_H
#define REPORT_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/snapshot.h"

enum { JSON_OUT_BUFFER = 32 * 1024 };

/* Starts as { .file = ... }. */
struct json_out {
	FILE *file;
	int depth;               /* how many objects and arrays are open */
	bool has_items;          /* the innermost of them */
	int error;               /* the first one, or 0: -errno of the file, -ENOMEM */
	size_t length;
	char buffer[JSON_OUT_BUFFER];
};

/* The outermost value is an object, without a key. */
void out_open_object(struct json_out *o, const char *key);
void out_close_object(struct json_out *o);
void out_open_array(struct json_out *o, const char *key);
void out_close_array(struct json_out *o);

void out_null(struct json_out *o, const char *key);
void out_bool(struct json_out *o, const char *key, bool value);
void out_number(struct json_out *o, const char *key, int64_t number);
/* Valid UTF-8; null for NULL. */
void out_text(struct json_out *o, const char *key, const char *text);

/* null for UNKNOWN. */
void out_known(struct json_out *o, const char *key, int64_t number);
void out_fact(struct json_out *o, const char *key, enum fact fact);
/* As words/escape.h has it; null for NULL. */
void out_foreign(struct json_out *o, const char *key, const char *text);
/* Frees a text that words/ made; NULL is what it is there: no memory. */
void out_taken(struct json_out *o, const char *key, char *text);

/* There was no memory for what was to be written. */
void out_fail(struct json_out *o);

/* Ends the outermost object's line and writes what is left. 0 or the error. */
int out_finish(struct json_out *o);

#endif
