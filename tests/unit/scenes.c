/* Scenes as facts, see scenes.h. */
#include "scenes.h"

#include "world.h"

struct snapshot *scene_article(void)
{
	struct world *w = world_new();

	world_process(w, 100, 50);
	world_process(w, 200, 100);
	world_process(w, 300, 200);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 300, 2, "w", 7);
	world_link(w);
	world_waits(w, 100, 200);
	world_waits(w, 200, 300);
	world_writes(w, 300, 7);
	return world_seal(w);
}

/* Two processes, a pipe each way. */
static struct world *both_ways(void)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_process(w, 11, 10);
	world_end(w, 10, 3, "r", 1);
	world_end(w, 10, 4, "w", 2);
	world_end(w, 11, 3, "r", 2);
	world_end(w, 11, 4, "w", 1);
	world_link(w);
	return w;
}

struct snapshot *scene_cross(void)
{
	struct world *w = both_ways();

	world_writes(w, 10, 2);
	world_writes(w, 11, 1);
	return world_seal(w);
}

struct snapshot *scene_mutual_readers(void)
{
	struct world *w = both_ways();

	world_reads(w, 10, 1);
	world_reads(w, 11, 2);
	return world_seal(w);
}

struct snapshot *scene_write_against_poll(void)
{
	struct world *w = both_ways();

	world_writes(w, 10, 2);
	world_task(w, 11, 11, WAIT_POLL);
	world_polls(w, TARGET_SPACE, 1);
	world_pipe_at(w, 1)->full = FACT_YES;
	return world_seal(w);
}

struct snapshot *scene_cat_without_end(void)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_process(w, 11, 10);
	world_end(w, 10, 4, "w", 1);
	world_end(w, 11, 0, "r", 1);
	world_link(w);
	world_waits(w, 10, 11);
	world_reads(w, 11, 1);
	return world_seal(w);
}

struct snapshot *scene_own_pipe_empty(void)
{
	struct world *w = world_new();

	world_process(w, 10, 5);
	world_end(w, 10, 3, "rw", 1);
	world_link(w);
	world_reads(w, 10, 1);
	return world_seal(w);
}

struct snapshot *scene_any_child(void)
{
	struct world *w = world_new();

	world_process(w, 20, 5);
	world_process(w, 21, 20);
	world_process(w, 22, 21);
	world_end(w, 20, 3, "r", 7);
	world_end(w, 21, 1, "w", 7);
	world_end(w, 22, 1, "w", 7);
	world_link(w);
	world_waits_any(w, 20);
	world_writes(w, 21, 7);
	world_writes(w, 22, 7);
	return world_seal(w);
}

struct snapshot *scene_two_threads(void)
{
	struct world *w = world_new();

	world_process(w, 200, 50);
	world_process(w, 300, 200);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 300, 2, "w", 7);
	world_link(w);
	world_waits(w, 200, 300);
	world_task(w, 200, 201, WAIT_THREAD);
	world_writes(w, 300, 7);
	return world_seal(w);
}
