/* An arena: many allocations, one free. Every snapshot and every diagnosis owns one. */
#ifndef MODEL_ARENA_H
#define MODEL_ARENA_H

#include <stddef.h>

struct arena;

/* NULL when there is no memory. */
struct arena *arena_new(void);

/* Zeroed and aligned for any object; NULL when there is no memory. Lives as long as the arena. */
void *arena_alloc(struct arena *arena, size_t size);

/* The same for `count` objects of `size`; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Copies of text; the second takes `length` bytes and ends them with a NUL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);

/* Frees memory of malloc(3) with the arena; 0 or -ENOMEM, and then it is still the caller's. */
int arena_adopt(struct arena *arena, void *memory, size_t size);

/* Bytes handed out or taken so far, for tests and figures. */
size_t arena_used(const struct arena *arena);

void arena_free(struct arena *arena);

#endif
