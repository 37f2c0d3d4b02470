/* Open addressing; half of the places are free. */
#include "model/index.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/snapshot.h"

static struct index_key key_of(const struct index *x, const void *item)
{
	struct index_key key;

	if (x->key_of)
		return x->key_of(item);
	memcpy(&key, item, sizeof(key));
	return key;
}

static bool is_at(const struct index *x, const void *item, struct index_key key)
{
	const struct index_key other = key_of(x, item);

	return other.ino == key.ino && other.dev == key.dev;
}

/* Where that key is noted, or would be. */
static uint32_t *place_of(const struct index *x, const char *items, size_t size,
                          struct index_key key)
{
	uint32_t at = (uint32_t)((key.ino + 31 * key.dev) * UINT64_C(0x9e3779b97f4a7c15) >> 32);

	for (;; at++) {
		uint32_t *place = &x->places[at & (x->place_count - 1)];

		if (*place == NONE || is_at(x, items + size * *place, key))
			return place;
	}
}

static int grow(struct index *x, const char *items, size_t size, uint32_t count)
{
	uint32_t room = x->place_count ? x->place_count * 2 : 64;
	uint32_t *places =
		room > x->place_count ? reallocarray(x->places, room, sizeof(*places)) : NULL;

	if (!places)
		return -1;
	x->places = places;
	x->place_count = room;
	memset(places, 0xff, room * sizeof(*places));
	for (uint32_t i = 0; i < count; i++)
		*place_of(x, items, size, key_of(x, items + size * i)) = i;
	return 0;
}

uint32_t index_find(struct index *x, const void *items, size_t size, uint32_t count,
                    struct index_key key)
{
	uint32_t *place;

	if (count >= x->place_count / 2 && grow(x, items, size, count) < 0)
		return NONE;
	place = place_of(x, items, size, key);
	if (*place == NONE)
		*place = count;
	return *place;
}

void index_free(struct index *x)
{
	free(x->places);
	*x = (struct index){ 0 };
}
