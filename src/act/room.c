/* Not an arena (model/arena.h): that grows by malloc(3), this lies in memory that is shared. */
#include "act/room.h"

#include <string.h>

void *room_take(struct room *room, size_t size)
{
	const size_t grain = sizeof(max_align_t);
	char *piece = room->next;

	size = (size + grain - 1) / grain * grain;
	if ((size_t)(room->end - room->next) < size)
		return NULL;
	room->next += size;
	return piece;
}

const char *room_text(struct room *room, const char *text)
{
	char *copy = text ? room_take(room, strlen(text) + 1) : NULL;

	return copy ? strcpy(copy, text) : NULL;
}
