/* Memory of a fixed size that is handed out from its front and freed as a whole by its owner. */
#ifndef ACT_ROOM_H
#define ACT_ROOM_H

#include <stddef.h>

struct room {
	char *next, *end;
};
/* Zeroed; NULL when it is full. */
void *room_take(struct room *room, size_t size);
/* NULL for NULL and when it is full. */
const char *room_text(struct room *room, const char *text);

#endif
