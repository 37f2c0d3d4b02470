/*
 * Structs as JSON objects, by tables of their members that drive both directions, so that what is
 * written is what is read. Only record*.c use it.
 *
 * Unknown is null, and a missing key is the same; a key that is not in the table is an error.
 */
#ifndef MODEL_FIELDS_H
#define MODEL_FIELDS_H

#include <jansson.h>

#include "model/arena.h"
#include "model/snapshot.h"

/* Where in the file a value stands, for errors: a chain up to the root. */
struct place {
	const struct place *up;
	const char *key;         /* or NULL: the index counts */
	size_t index;
};

struct builder;
struct record_pipe;

struct reader {
	struct builder *builder;
	struct arena *arena;     /* of the builder, for texts */
	struct record_pipe *pipes; /* those of the look that is read, as the record has them */
	uint32_t pipe_count;
	char *error;
	size_t error_size;
};

struct kind;

struct field {
	const char *key;         /* NULL ends a table */
	const struct kind *kind;
	size_t offset;
	const char *const *words; /* of an enum or its bits, in its order, ending with NULL */
};

/* How one member is written and read; `object` is the struct that it is in. */
struct kind {
	/* A new value, or NULL when there is no memory. */
	json_t *(*write)(const struct snapshot *s, const void *object, const struct field *field);
	/* 0, -ENOMEM, or -EINVAL by fields_fail(). Not called for null, which leaves the member as
	   it was made, but for integers, which become UNKNOWN. */
	int (*read)(struct reader *r, const struct place *at, const json_t *value, void *object,
	            const struct field *field);
	bool required;           /* null is an error */
	size_t size;             /* of an integer */
	int64_t low, high;
};

/* Negative integers are written as null. */
extern const struct kind field_pid;            /* int32_t above 0 */
extern const struct kind field_descriptor;     /* int32_t from 0 on */
extern const struct kind field_int32, field_int64; /* or UNKNOWN */
extern const struct kind field_count16, field_count32; /* uint16_t, uint32_t */
/* uint64_t, as a hexadecimal string always, or where JSON's integers may end. */
extern const struct kind field_hex, field_count64;
extern const struct kind field_args;           /* six uint64_t */
extern const struct kind field_bool, field_fact;
extern const struct kind field_word, field_bits; /* an enum; an unsigned */
/* const char *: any bytes ({ "bytes": "HEX" } where they are no UTF-8), or printable ASCII. */
extern const struct kind field_text, field_name;
extern const struct kind field_letter;         /* char; '?' is null */

/* uint32_t: the index of a pipe (NONE but for the second); of a process, as its pid, or NONE. */
extern const struct kind field_pipe, field_held_pipe, field_process;

/* A new object, or NULL when there is no memory. */
json_t *fields_write(const struct snapshot *s, const void *object, const struct field *fields);
/* The same for `count` structs of `size` that lie side by side. */
json_t *fields_write_array(const struct snapshot *s, const void *objects, size_t size, size_t count,
                           const struct field *fields);

int fields_read(struct reader *r, const struct place *at, const json_t *json, void *object,
                const struct field *fields);
/* Calls `read_item` for each item of an array until one fails. */
int fields_read_array(struct reader *r, const struct place *at, const json_t *json, void *object,
                      int (*read_item)(struct reader *r, const struct place *at,
                                       const json_t *item, void *object));

/* Whether it has nothing but printable ASCII. */
bool fields_is_printable(const char *text);

/* -EINVAL, with "where: what" in printable ASCII as the reader's error. */
int fields_fail(struct reader *r, const struct place *at, const char *what);

#endif
