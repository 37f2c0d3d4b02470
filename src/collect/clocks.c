/*
 * What was stolen since a thread went to sleep is taken for stolen before, so for how long it has
 * been blocked comes out a little short, never long.
 */
#include "collect/clocks.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/parse.h"
#include "collect/proc.h"

struct clocks {
	uint32_t count;
	int64_t stolen_us[];     /* by processor */
};

struct clocks *clocks_new(void)
{
	long processors = sysconf(_SC_NPROCESSORS_CONF);
	uint32_t count = processors > 0 ? (uint32_t)processors : 1;
	struct clocks *c = calloc(1, sizeof(*c) + count * sizeof(*c->stolen_us));
	char *text = NULL;
	ssize_t length = c ? proc_read_all(AT_FDCWD, "/proc/stat", &text) : -1;
	int64_t tick_us = 1000000 / sysconf(_SC_CLK_TCK);

	if (length < 0) {
		free(c);
		return NULL;
	}
	c->count = count;
	parse_stolen(text, (size_t)length, c->stolen_us, count);
	for (uint32_t i = 0; i < count; i++)
		c->stolen_us[i] *= tick_us;
	free(text);
	return c;
}

void clocks_free(struct clocks *c)
{
	free(c);
}

int64_t clocks_stolen_us(const struct clocks *c, int32_t processor)
{
	return c && processor >= 0 && (uint32_t)processor < c->count ? c->stolen_us[processor] : 0;
}
