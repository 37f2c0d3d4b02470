/*
 * Rings of samples, one a pipe, sorted by (dev, ino) as the pipes of a snapshot are: a new look is
 * merged in one pass. All rings turn together, so one position serves them all.
 */
#include "tui/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "words/columns.h"

struct ring {
	uint64_t dev, ino;
	uint8_t age;             /* samples that it has */
	uint8_t samples[HISTORY_SAMPLES];
};

struct history {
	struct ring *rings;
	uint32_t count;
	int next;                /* where the next sample goes, in every ring */
};

int history_new(struct history **ret_history)
{
	struct history *h = calloc(1, sizeof *h);

	if (h == NULL)
		return -ENOMEM;
	*ret_history = h;
	return 0;
}

void history_free(struct history *h)
{
	if (h == NULL)
		return;
	free(h->rings);
	free(h);
}

static int compare(uint64_t dev, uint64_t ino, const struct ring *ring)
{
	if (dev != ring->dev)
		return dev < ring->dev ? -1 : 1;
	return (ino > ring->ino) - (ino < ring->ino);
}

int history_add(struct history *h, const struct snapshot *s)
{
	struct ring *rings = calloc(s->pipe_count + 1u, sizeof *rings);
	uint32_t old = 0;

	if (rings == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->pipe_count; i++) {
		const struct pipe *pipe = &s->pipes[i];
		int percent = columns_percent(pipe);

		while (old < h->count && compare(pipe->dev, pipe->ino, &h->rings[old]) > 0)
			old++;
		if (old < h->count && compare(pipe->dev, pipe->ino, &h->rings[old]) == 0)
			rings[i] = h->rings[old];
		rings[i].dev = pipe->dev;
		rings[i].ino = pipe->ino;
		rings[i].samples[h->next] = percent == UNKNOWN ? HISTORY_GAP : (uint8_t)percent;
		if (rings[i].age < HISTORY_SAMPLES)
			rings[i].age++;
	}
	free(h->rings);
	h->rings = rings;
	h->count = s->pipe_count;
	h->next = (h->next + 1) % HISTORY_SAMPLES;
	return 0;
}

static const struct ring *find(const struct history *h, uint64_t dev, uint64_t ino)
{
	uint32_t low = 0, high = h->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = compare(dev, ino, &h->rings[middle]);

		if (order == 0)
			return &h->rings[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

int history_read(const struct history *h, uint64_t dev, uint64_t ino, uint8_t *out, int count)
{
	const struct ring *ring = find(h, dev, ino);
	int have;

	if (ring == NULL)
		return 0;
	have = count < ring->age ? count : ring->age;
	for (int i = 0; i < have; i++)
		out[i] = ring->samples[(h->next - have + i + HISTORY_SAMPLES) % HISTORY_SAMPLES];
	return have;
}
