/* Diagnosed worlds for the tests of the screen, see pictures.h. What fails here ends the program. */
#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/view.h"
#include "world.h"

static void need(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "pictures: %s\n", what);
		abort();
	}
}

struct look *pictures_of(struct snapshot *earlier, struct snapshot *later)
{
	const struct diagnosis_settings settings = {.stall_ms = 1000, .depth = 1};
	struct diagnosis *d;
	struct look *look;

	need(diagnose(earlier, later, &settings, &d) == 0, "no diagnosis");
	snapshot_free(earlier);
	need(look_new(later, d, &look) == 0, "no look");
	return look;
}

static void fill_head(struct world *w)
{
	struct snapshot *head = world_head(w);

	head->host = "stuckbox";
	head->kernel = "6.1.0-13-amd64";
	head->time_ms = 1700056982000;
	head->uptime_ms = 1048440000;
	head->pipe_max_size = 1048576;
}

static void name(struct world *w, int32_t pid, const char *comm, const char *user)
{
	world_process_at(w, pid)->comm = comm;
	world_process_at(w, pid)->user = user;
}

static void call(struct task *task, const char *name_of_call, int64_t blocked_ms, int32_t fd)
{
	task->call = name_of_call;
	task->blocked_ms = blocked_ms;
	task->wait.fd = fd;
}

static struct snapshot *stuckbox(void)
{
	static const int32_t parents[][2] = {
		{1, 0}, {77, 1}, {78, 77}, {800, 1}, {811, 800}, {4711, 1}, {90908, 4711}, {90909, 90908}
	};
	struct world *w = world_new();

	fill_head(w);
	for (size_t i = 0; i < sizeof parents / sizeof parents[0]; i++)
		world_process(w, parents[i][0], parents[i][1]);
	world_end(w, 77, 9, "w", 8200);
	world_end(w, 78, 0, "r", 8200);
	world_end(w, 800, 21, "r", 8012);
	world_end(w, 811, 1, "w", 8012);
	world_end(w, 90908, 3, "r", 6714);
	world_end(w, 90908, 5, "r", 6715);
	world_end(w, 90909, 1, "w", 6714);
	world_end(w, 90909, 2, "w", 6715);
	world_link(w);
	name(w, 1, "systemd", "root");
	name(w, 77, "bash", "bob");
	name(w, 78, "cat", "bob");
	name(w, 800, "node", "www");
	name(w, 811, "ffmpeg", "www");
	name(w, 4711, "bash", "alice");
	name(w, 90908, "python3", "alice");
	name(w, 90909, "log", "alice");
	call(world_sleeps(w, 1), "epoll_wait", 900, UNKNOWN);
	call(world_sleeps(w, 77), "read", 600, 0);
	call(world_reads(w, 78, 8200), "read", 93600000, 0);
	call(world_sleeps(w, 800), "epoll_wait", 41000, UNKNOWN);
	call(world_writes(w, 811, 8012), "write", 42000, 1);
	call(world_waits_any(w, 4711), "wait4", 11521000, UNKNOWN);
	call(world_waits(w, 90908, 90909), "wait4", 11520500, UNKNOWN);
	call(world_writes(w, 90909, 6715), "write", 11520000, 2);
	world_pipe_at(w, 6715)->fill_bytes = 65520;
	return world_seal(w);
}

struct look *pictures_stuckbox(void)
{
	return pictures_of(stuckbox(), stuckbox());
}

static struct snapshot *ring(int count)
{
	struct world *w = world_new();

	fill_head(w);
	for (int i = 0; i < count; i++)
		world_process(w, 500 + i, 1);
	for (int i = 0; i < count; i++) {
		world_end(w, 500 + i, 1, "w", 7000 + (uint64_t)i);
		world_end(w, 500 + (i + 1) % count, 0, "r", 7000 + (uint64_t)i);
	}
	world_link(w);
	for (int i = 0; i < count; i++)
		call(world_writes(w, 500 + i, 7000 + (uint64_t)i), "write", 95000 + i, 1);
	return world_seal(w);
}

struct look *pictures_ring(int count)
{
	return pictures_of(ring(count), ring(count));
}

static struct snapshot *many(uint32_t count)
{
	struct world *w = world_new();

	fill_head(w);
	world_process(w, 100, 1);
	world_process(w, 101, 100);
	for (uint32_t i = 0; i < count; i++) {
		world_end(w, 100, (int32_t)i + 3, "w", 1000 + i);
		world_end(w, 101, (int32_t)i + 3, "r", 1000 + i);
	}
	world_link(w);
	world_sleeps(w, 100);
	world_sleeps(w, 101);
	return world_seal(w);
}

struct look *pictures_many(uint32_t count)
{
	return pictures_of(many(count), many(count));
}

/* ---- chance ---- */

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

enum { PROCESSES = 10, PIPES = 12 };

static void wait_at_random(struct world *w, int32_t pid, uint64_t *seed, uint64_t held)
{
	uint64_t choice = next(seed) % 6;

	if (choice == 0 && held != 0)
		world_writes(w, pid, held);
	else if (choice == 1 && held != 0)
		world_reads(w, pid, held);
	else if (choice == 2)
		world_waits_any(w, pid);
	else if (choice == 3)
		world_waits(w, pid, 100 + (int32_t)(next(seed) % PROCESSES));
	else
		world_sleeps(w, pid);
}

static struct snapshot *chance(uint64_t seed)
{
	static const char *const modes[] = {"r", "w", "rw"};
	static const char *const comms[] = {"sh", "\xe6\x9b\xb8\xe3\x81\x8d", "e\xcc\x81", "a\tb\x1b[2J", "\xff"};
	struct world *w = world_new();
	uint64_t held[PROCESSES] = {0};
	int count = 1 + (int)(next(&seed) % PROCESSES);

	fill_head(w);
	for (int i = 0; i < count; i++)
		world_process(w, 100 + i, next(&seed) % 3 == 0 ? 1 : 100 + (int32_t)(next(&seed) % PROCESSES));
	for (int i = 0; i < count * 3; i++) {
		int process = (int)(next(&seed) % (uint64_t)count);

		held[process] = 1 + next(&seed) % PIPES;
		world_end(w, 100 + process, i, modes[next(&seed) % 3], held[process]);
	}
	world_link(w);
	for (int i = 0; i < count; i++) {
		world_process_at(w, 100 + i)->comm = comms[next(&seed) % 5];
		if (next(&seed) % 5 != 0)
			wait_at_random(w, 100 + i, &seed, held[i]);
	}
	return world_seal(w);
}

struct look *pictures_random(uint64_t seed)
{
	return pictures_of(seed % 4 == 0 ? NULL : chance(seed), chance(seed));
}

/* ---- states ---- */

struct state *pictures_state(struct look *look, int rows, int columns)
{
	const struct event size = {.key = KEYS_RESIZE, .row = rows, .column = columns};
	struct settings settings;
	struct state *state;

	settings_default(&settings);
	need(state_new(&settings, &state) == 0, "no state");
	state_event(state, &size);
	state->still = true;
	state->offers = ~0u;
	state_take_look(state, look);
	look_unref(look);
	return state;
}

char *pictures_draw(struct state *state)
{
	struct grid *g;
	char *text;

	need(grid_new(state->rows, state->columns, state->ascii, &g) == 0, "no grid");
	state->detail_lines = view_draw(state, g);
	text = grid_dump(g);
	grid_free(g);
	need(text != NULL, "no text");
	return text;
}

enum effect pictures_press(struct state *state, int32_t key)
{
	const struct event event = {.key = key};

	return state_event(state, &event);
}

void pictures_type(struct state *state, const char *text)
{
	for (; *text != '\0'; text++)
		pictures_press(state, *text);
}
