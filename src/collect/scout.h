/*
 * What may sleep for good where no signal arrives, done by a child process that can be left behind.
 *
 * A thread that hangs so would keep its whole process from ending, and a shell from going on; a
 * child of its own keeps nobody.
 */
#ifndef COLLECT_SCOUT_H
#define COLLECT_SCOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a scout may hang on: a pipe by device and inode, a descriptor of a thread by tid and fd. */
struct goal {
	uint64_t a, b;
};

struct errand {
	/*
	 * Done in the child, which has none of our descriptors. What it writes must lie in
	 * scout_memory().
	 */
	void (*step)(void *context, uint32_t i);
	struct goal (*goal)(const void *context, uint32_t i);
	void *context;
	uint32_t count;
	int limit_ms;            /* for each step */
};

struct scouts;

/* NULL when there is no memory. */
struct scouts *scouts_new(void);
/* Those who were left behind stay so, and end by themselves. */
void scouts_free(struct scouts *scouts);

/*
 * Does all steps but those whose goal a scout who was left behind still hangs on. Whether all were
 * done. Where no child can be made none are.
 */
bool scout_do(struct scouts *scouts, const struct errand *errand);

/* Shared with the children, zeroed. NULL when there is none. */
void *scout_memory(size_t size);
void scout_forget(void *memory, size_t size);

#endif
