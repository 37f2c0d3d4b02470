/* What is remembered of each pipe's fill. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pictures.h"
#include "tui/history.h"
#include "world.h"

static void add(struct history *h, int32_t fill_bytes, uint64_t ino)
{
	struct world *w = world_new();
	struct snapshot *s;

	world_process(w, 7, 1);
	world_end(w, 7, 1, "w", ino);
	world_link(w);
	world_pipe_at(w, ino)->fill_bytes = fill_bytes;
	s = world_seal(w);
	assert_int_equal(history_add(h, s), 0);
	snapshot_free(s);
}

static void test_history__oldest_first(void **state)
{
	struct history *h;
	uint8_t samples[8];

	(void)state;
	assert_int_equal(history_new(&h), 0);
	add(h, 0, 5);
	add(h, 32768, 5);
	add(h, UNKNOWN, 5);
	assert_int_equal(history_read(h, 13, 5, samples, 8), 3);
	assert_int_equal(samples[0], 0);
	assert_int_equal(samples[1], 50);
	assert_int_equal(samples[2], HISTORY_GAP);
	assert_int_equal(history_read(h, 13, 5, samples, 2), 2);
	assert_int_equal(samples[0], 50);
	assert_int_equal(history_read(h, 13, 6, samples, 8), 0);
	history_free(h);
}

static void test_history__a_pipe_that_is_gone_is_forgotten(void **state)
{
	struct history *h;
	uint8_t samples[8];

	(void)state;
	assert_int_equal(history_new(&h), 0);
	add(h, 0, 5);
	add(h, 0, 6);
	assert_int_equal(history_read(h, 13, 5, samples, 8), 0);
	add(h, 0, 5);
	assert_int_equal(history_read(h, 13, 5, samples, 8), 1);
	history_free(h);
}

static void test_history__the_ring_turns(void **state)
{
	struct history *h;
	uint8_t samples[HISTORY_SAMPLES];

	(void)state;
	assert_int_equal(history_new(&h), 0);
	for (int i = 0; i < HISTORY_SAMPLES + 7; i++)
		add(h, i == HISTORY_SAMPLES + 6 ? 32768 : 0, 5);
	assert_int_equal(history_read(h, 13, 5, samples, HISTORY_SAMPLES), HISTORY_SAMPLES);
	assert_int_equal(samples[HISTORY_SAMPLES - 1], 50);
	assert_int_equal(samples[0], 0);
	history_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history__oldest_first),
		cmocka_unit_test(test_history__a_pipe_that_is_gone_is_forgotten),
		cmocka_unit_test(test_history__the_ring_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
