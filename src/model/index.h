/* Where a pipe is in a growing array, while the array is in no order yet: a hash table. */
#ifndef MODEL_INDEX_H
#define MODEL_INDEX_H

#include <stddef.h>
#include <stdint.h>

/* The key of an item. */
struct index_key {
	uint64_t dev, ino;
};

/* Zeroed but for the function it is empty. */
struct index {
	struct index_key (*key_of)(const void *item); /* NULL: an item begins with its key */
	uint32_t *places;        /* an item's index, or NONE, by its hash or at the next free place */
	uint32_t place_count;    /* a power of two, or 0 */
};

/*
 * The index of the item with that key among the `count` items of `size` bytes. Where there is none
 * it is `count`: there the caller adds it, before he calls again. NONE without memory.
 */
uint32_t index_find(struct index *x, const void *items, size_t size, uint32_t count,
                    struct index_key key);

void index_free(struct index *x);

#endif
