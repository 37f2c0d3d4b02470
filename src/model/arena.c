/*
 * An arena as a chain of blocks. It hands out pieces of the newest block and never takes one back;
 * what does not fit gets a new block, each twice as large as the one before, up to a limit.
 */
#include "model/arena.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 16 * 1024, LARGEST_BLOCK = 1024 * 1024 };

struct block {
	struct block *older;
	size_t size, used;       /* of the bytes behind this header */
	max_align_t bytes[];
};

struct adopted {
	struct adopted *older;
	void *memory;
};

struct arena {
	struct block *newest;
	struct adopted *adopted;
	size_t next_size;
	size_t used;
};

struct arena *arena_new(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->next_size = FIRST_BLOCK;
	return arena;
}

static struct block *add_block(struct arena *arena, size_t least)
{
	size_t size = arena->next_size > least ? arena->next_size : least;
	struct block *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = calloc(1, sizeof(*block) + size);
	if (!block)
		return NULL;
	block->size = size;
	block->older = arena->newest;
	arena->newest = block;
	if (arena->next_size < LARGEST_BLOCK)
		arena->next_size *= 2;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t grain = sizeof(max_align_t);
	struct block *block = arena->newest;
	void *piece;

	if (size > SIZE_MAX - grain)
		return NULL;
	size = (size + grain - 1) / grain * grain;
	if (!block || block->size - block->used < size)
		block = add_block(arena, size);
	if (!block)
		return NULL;
	piece = (char *)block->bytes + block->used;
	block->used += size;
	arena->used += size;
	return piece;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? arena_alloc(arena, length + 1) : NULL;

	if (copy)
		memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

int arena_adopt(struct arena *arena, void *memory, size_t size)
{
	struct adopted *adopted = arena_alloc(arena, sizeof(*adopted));

	if (!adopted)
		return -ENOMEM;
	*adopted = (struct adopted){ arena->adopted, memory };
	arena->adopted = adopted;
	arena->used += size;
	return 0;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

void arena_free(struct arena *arena)
{
	struct block *block = arena ? arena->newest : NULL;

	for (struct adopted *a = arena ? arena->adopted : NULL; a; a = a->older)
		free(a->memory);
	while (block) {
		struct block *older = block->older;

		free(block);
		block = older;
	}
	free(arena);
}
