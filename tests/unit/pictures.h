/* Looks to draw: worlds (world.h) that have been diagnosed, for the tests of the screen. */
#ifndef TESTS_PICTURES_H
#define TESTS_PICTURES_H

#include "tui/look.h"
#include "tui/state.h"

/*
 * The article's pair, stuck for 3 h 12 min, below bash (4711), which is doomed with it; their idle
 * pipe 6714; ffmpeg (811) stalled on pipe 8012 by node (800); cat (78), which reads the empty pipe
 * 8200 of bash (77).
 */
struct look *pictures_stuckbox(void);

/* A ring of `count` processes 500, 501, … that write to each other by the pipes 7000, 7001, … */
struct look *pictures_ring(int count);

/* Some processes, pipes and waits; the same for the same seed. */
struct look *pictures_random(uint64_t seed);

/* `count` pipes from process 100 to 101, inodes from 1000 on. */
struct look *pictures_many(uint32_t count);

/* The world in two looks, diagnosed. Takes the snapshots over; `earlier` may be NULL. */
struct look *pictures_of(struct snapshot *earlier, struct snapshot *later);

/* A state of that size that shows the look, which is taken over. */
struct state *pictures_state(struct look *look, int rows, int columns);

/* The state as it is drawn, in Unicode; to be freed. */
char *pictures_draw(struct state *state);

/* Presses a key, or each character of the text. */
enum effect pictures_press(struct state *state, int32_t key);
void pictures_type(struct state *state, const char *text);

#endif
