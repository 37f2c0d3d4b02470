/*
 * The analysis against brute force. Usage: oracle [SEED [SYSTEMS]]
 *
 *   1. fixpoint and exhaustive search agree on every thread of every random system
 *   2. components and knots agree with plain reachability
 *   3. turning a fact of two looks into "unknown" never adds a proved deadlock
 *   4. the work grows with the input, and no faster
 *
 * Speaks TAP. A failure prints the seed of its system.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/world.h"
#include "analysis/diagnosis.h"
#include "analysis/knots.h"
#include "search.h"
#include "system.h"

/* What the analysis finds in one look. */
struct found {
	struct arena *arena;
	struct snapshot *snapshot;
	struct family family;
	struct evidence evidence;
	struct graph graph;
	struct liveness liveness;
	struct knots knots;
	uint32_t task_of[MAX_THREADS];
};

struct tally {
	bool fixpoint, components, monotone;
	unsigned threads, doomed, ghosts, knots, proofs;
	uint64_t facts;
};

static void need(bool good)
{
	if (!good) {
		printf("Bail out! no memory\n");
		exit(1);
	}
}

static void analyse(struct found *f)
{
	f->arena = arena_new();
	need(f->arena && family_build(f->arena, f->snapshot, &f->family) == 0);
	f->evidence = (struct evidence){
		.snapshot = f->snapshot, .family = &f->family, .close = true,
	};
	need(graph_build(f->arena, &f->evidence, &f->graph) == 0);
	need(liveness_run(f->arena, &f->graph, &f->liveness) == 0);
	need(knots_find(f->arena, &f->graph, &f->liveness, &f->knots) == 0);
}

static void end(struct found *f)
{
	arena_free(f->arena);
	snapshot_free(f->snapshot);
}

/* ---- 1: the fixpoint ---- */

/*
 * Whom the fixpoint dooms can never run. Whom it does not doom can run, with one exception: it
 * does not mind that the very event that would release a thread is the end of its own process.
 * Such threads are counted; with ghosts, the search must agree on them too.
 */
static bool agrees(struct search *search, const struct system *y, const struct found *f,
                   struct tally *tally)
{
	unsigned movable = search_movable(search, y, false), with_ghosts = movable;
	bool good = true;

	for (int i = 0; i < y->thread_count; i++) {
		bool live = f->liveness.live[f->task_of[i]];

		if (y->threads[i].kind == WAIT_EXITED)
			continue;
		tally->threads++;
		tally->doomed += !live;
		if (live == (movable >> i & 1))
			continue;
		if (with_ghosts == movable)
			with_ghosts = search_movable(search, y, true);
		tally->ghosts++;
		if (live && with_ghosts >> i & 1)
			continue;
		printf("# thread %d: the fixpoint says %s, the search %s\n", i,
		       live ? "live" : "doomed", live ? "doomed" : "live");
		good = false;
	}
	return good;
}

/* ---- 2: components ---- */

static void reach(const struct graph *g, uint32_t node, bool *reached)
{
	if (reached[node])
		return;
	reached[node] = true;
	for (uint32_t k = g->first_releaser[node]; k < g->first_releaser[node + 1]; k++)
		reach(g, g->releasers[k], reached);
}

/* Two doomed threads share a component when each reaches the other. */
static bool components_agree(const struct found *f, unsigned *knots)
{
	enum { MAX_NODES = MAX_THREADS + 3 * MAX_PROCESSES + 2 * MAX_PIPES + 1 };
	bool reached[MAX_NODES][MAX_NODES] = { 0 };
	const uint32_t *component = f->knots.component;
	uint32_t tasks = f->snapshot->task_count;

	for (uint32_t i = 0; i < tasks; i++)
		if (liveness_doomed(&f->liveness, f->snapshot, i))
			reach(&f->graph, i, reached[i]);
	for (uint32_t i = 0; i < tasks; i++) {
		bool doomed = liveness_doomed(&f->liveness, f->snapshot, i), leads_on = false;

		if (doomed != (component[i] != NONE))
			return false;
		for (uint32_t k = 0; doomed && k < tasks; k++) {
			bool mutual = i == k || (reached[i][k] && reached[k][i]);

			if (mutual != (component[i] == component[k]))
				return false;
			leads_on |= reached[i][k] && !reached[k][i];
		}
		if (doomed && f->knots.leads_on[component[i]] != leads_on)
			return false;
		*knots += doomed && !leads_on;
	}
	return true;
}

/* ---- 3: monotonicity ---- */

/* The members of proved deadlocks, as bits; counts those deadlocks that have none of `known`. */
static uint64_t proved(const struct snapshot *earlier, const struct snapshot *later,
                       uint64_t known, unsigned *ret_new)
{
	const struct diagnosis_settings settings = { .stall_ms = 1000 };
	struct diagnosis *d;
	uint64_t all = 0;

	need(diagnose(earlier, later, &settings, &d) == 0);
	*ret_new = 0;
	for (uint32_t i = 0; i < d->deadlock_count; i++) {
		uint64_t members = 0;

		for (uint32_t k = 0; k < d->deadlocks[i].member_count; k++)
			members |= UINT64_C(1) << d->deadlocks[i].members[k];
		if (!d->deadlocks[i].proved)
			continue;
		all |= members;
		*ret_new += !(members & known);
	}
	diagnosis_free(d);
	return all;
}

/* A fact, and what it is when it is not known. */
struct fact_at {
	const char *name;
	const void *place;
	size_t size;
	uint64_t unknown;
};

#define FACT(place, unknown) { #place, &(place), sizeof(place), (uint64_t)(unknown) }

struct erasing {
	const struct snapshot *earlier, *later;
	uint64_t before;         /* proved with all facts */
	uint64_t facts;          /* tried so far */
	bool good;
};

static void put_instead(struct erasing *e, const char *name, const void *place, const void *other,
                        size_t size)
{
	uint64_t kept[4];
	unsigned more;

	need(size <= sizeof(kept));
	memcpy(kept, place, size);
	memcpy((void *)place, other, size);
	proved(e->earlier, e->later, e->before, &more);
	if (more > 0) {
		printf("# without %s there is one more proof\n", name);
		e->good = false;
	}
	memcpy((void *)place, kept, size);
	e->facts++;
}

static void erase(struct erasing *e, const struct fact_at *facts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t byte = (uint8_t)facts[i].unknown;
		uint32_t word = (uint32_t)facts[i].unknown;

		put_instead(e, facts[i].name, facts[i].place,
		            facts[i].size == 1 ? (void *)&byte :
		            facts[i].size == 4 ? (void *)&word : (void *)&facts[i].unknown,
		            facts[i].size);
	}
}

static void erase_process(struct erasing *e, const struct process *p)
{
	const struct fact_at facts[] = {
		FACT(p->signals_known, false), FACT(p->tracer, UNKNOWN),
		FACT(p->namespace_init, FACT_UNKNOWN), FACT(p->posix_timers, FACT_UNKNOWN),
		FACT(p->thread_count, 0), FACT(p->start_ticks, 0), FACT(p->pgid, 0),
		FACT(p->access, ACCESS_DENIED), FACT(p->state, '?'), FACT(p->examined, false),
		FACT(p->exit_signal, UNKNOWN), FACT(p->async_descriptors, FACT_UNKNOWN),
	};

	erase(e, facts, sizeof(facts) / sizeof(*facts));
}

static void erase_task(struct erasing *e, const struct task *t)
{
	const struct fact_at facts[] = {
		FACT(t->wait.kind, WAIT_UNKNOWN), FACT(t->wait.pipe, NONE),
		FACT(t->syscall, UNKNOWN), FACT(t->sp, 0), FACT(t->voluntary_switches, UNKNOWN),
		FACT(t->start_ticks, 0), FACT(t->blocked_ms, UNKNOWN), FACT(t->comm, 0),
		FACT(t->wait.child, 0),
	};

	erase(e, facts, sizeof(facts) / sizeof(*facts));
}

/* Most of its facts have no place of their own. */
static void erase_pipe(struct erasing *e, const struct pipe *p)
{
	struct pipe other;

#define ERASE(member, unknown) \
	(other = *p, other.member = (unknown), put_instead(e, "p->" #member, p, &other, sizeof(other)))
	ERASE(fill_bytes, UNKNOWN);
	ERASE(capacity_bytes, UNKNOWN);
	ERASE(full, FACT_UNKNOWN);
	ERASE(packet, FACT_UNKNOWN);
	ERASE(no_writers, FACT_UNKNOWN);
	ERASE(no_readers, FACT_UNKNOWN);
	ERASE(unseen_writers, FACT_UNKNOWN);
	ERASE(unseen_readers, FACT_UNKNOWN);
	ERASE(named, FACT_UNKNOWN);
	ERASE(has_path, false);
#undef ERASE
}

static void erase_target(struct erasing *e, const struct target *t)
{
	const struct fact_at facts[] = {
		FACT(t->kind, TARGET_UNKNOWN), FACT(t->pipe, NONE), FACT(t->process, NONE),
	};

	erase(e, facts, sizeof(facts) / sizeof(*facts));
}

static void erase_look(struct erasing *e, const struct snapshot *s)
{
	const struct fact_at facts[] = {
		FACT(s->settled, false), FACT(s->descriptors_in_flight, FACT_UNKNOWN),
		FACT(s->alarm_pending, FACT_UNKNOWN),
	};

	erase(e, facts, sizeof(facts) / sizeof(*facts));
	for (uint32_t i = 0; i < s->process_count; i++)
		erase_process(e, &s->processes[i]);
	for (uint32_t i = 0; i < s->task_count; i++)
		erase_task(e, &s->tasks[i]);
	for (uint32_t i = 0; i < s->pipe_count; i++)
		erase_pipe(e, &s->pipes[i]);
	for (uint32_t i = 0; i < s->target_count; i++)
		erase_target(e, &s->targets[i]);
}

/* Makes the facts less mild than the world is: what can spoil a proof should be there to erase. */
static void roughen(uint64_t *seed, struct snapshot *s)
{
	for (uint32_t i = 0; i < s->process_count; i++) {
		struct process *p = world_edit_process(s, s->processes[i].pid);

		if (system_random(seed, 8) == 0)
			p->signals_caught |= UINT64_C(1) << system_random(seed, 31);
		if (system_random(seed, 16) == 0)
			p->posix_timers = FACT_YES;
		if (system_random(seed, 16) == 0)
			p->access = ACCESS_DENIED;
	}
	for (uint32_t i = 0; i < s->task_count; i++) {
		const struct task *t = &s->tasks[i];

		if (system_random(seed, 12) == 0)
			world_edit_task(s, s->processes[t->process].pid, t->tid)->voluntary_switches++;
	}
}

/* ---- 4: the cost ---- */

/* n times the article, below one shell that waits for any of them. */
static struct snapshot *many_pairs(int32_t n)
{
	struct world *w = world_new();
	struct snapshot *s;

	world_process(w, 10, 1);
	for (int32_t i = 1; i <= n; i++) {
		world_process(w, 100 * i, 10);
		world_process(w, 100 * i + 1, 100 * i);
		world_end(w, 100 * i, 3, "r", (uint64_t)i);
		world_end(w, 100 * i + 1, 2, "w", (uint64_t)i);
	}
	world_link(w);
	world_waits_any(w, 10);
	for (int32_t i = 1; i <= n; i++) {
		struct task *t = world_task(w, 100 * i + 1, 100 * i + 1, WAIT_PIPE_SPACE);

		t->wait.pipe = (uint32_t)i - 1;
		world_waits(w, 100 * i, 100 * i + 1);
	}
	s = world_seal(w);
	for (int32_t i = 1; i <= n; i++)
		world_edit_pipe(s, (uint64_t)i)->full = FACT_YES;
	return s;
}

/* n threads wait for any of n children, all of which hold both ends of one pipe. */
static struct snapshot *big_family(int32_t n)
{
	struct world *w = world_new();

	world_process(w, 10, 1);
	for (int32_t i = 1; i <= n; i++) {
		world_process(w, 10 + i, 10);
		world_end(w, 10 + i, 0, "rw", 1);
	}
	world_link(w);
	for (int32_t i = 0; i < n; i++)
		world_task(w, 10, 10 + i, WAIT_CHILD_EXIT)->wait.children = CHILDREN_ANY;
	for (int32_t i = 1; i <= n; i++)
		world_writes(w, 10 + i, 1);
	return world_seal(w);
}

/* A chain of n inits, each of which waits for any child; the last one sleeps. */
static struct snapshot *deep_chain(int32_t n)
{
	struct world *w = world_new();

	for (int32_t i = 1; i <= n; i++)
		world_process(w, 10 + i, 9 + i);
	world_link(w);
	for (int32_t i = 1; i < n; i++) {
		world_waits_any(w, 10 + i);
		world_process_at(w, 10 + i)->namespace_init = FACT_YES;
	}
	world_sleeps(w, 10 + n);
	return world_seal(w);
}

static uint64_t cost(struct snapshot *snapshot)
{
	struct found f = { .snapshot = snapshot };
	uint64_t steps;

	analyse(&f);
	steps = f.graph.node_count + f.graph.edge_count + f.liveness.steps;
	end(&f);
	return steps;
}

static bool is_linear(const char *name, struct snapshot *(*scene)(int32_t))
{
	uint64_t once = cost(scene(500)), twice = cost(scene(1000));

	if (twice <= 2 * once + 100)
		return true;
	printf("# %s: %" PRIu64 " steps for 500, %" PRIu64 " for 1000\n", name, once, twice);
	return false;
}

static bool costs_are_linear(void)
{
	bool pairs = is_linear("many pairs", many_pairs);
	bool family = is_linear("big family", big_family);

	return is_linear("deep chain", deep_chain) && pairs && family;
}

/* ---- the run ---- */

static int plan(int number, bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", number, what);
	fflush(stdout);
	return !good;
}

/* Where something is proved; in half of the systems a fact or two are then put against it. */
static void try_erasing(uint64_t seed, const struct system *y, struct tally *tally)
{
	uint32_t unused[MAX_THREADS];
	struct snapshot *earlier = system_snapshot(y, unused), *later = system_snapshot(y, unused);
	struct erasing e = { .earlier = earlier, .later = later, .good = true };
	unsigned more;

	if (proved(earlier, later, 0, &more)) {
		tally->proofs++;
		if (tally->proofs % 2 == 0)
			roughen(&seed, later);
		e.before = proved(earlier, later, 0, &more);
		erase_look(&e, later);
		erase_look(&e, earlier);
	}
	tally->facts += e.facts;
	tally->monotone &= e.good;
	if (!e.good)
		system_print(y);
	snapshot_free(earlier);
	snapshot_free(later);
}

static void try_system(struct search *search, uint64_t seed, int64_t number, struct tally *tally)
{
	uint64_t own = seed + (uint64_t)number;
	struct found f = { 0 };
	struct system y;
	unsigned knots = 0;

	system_generate(&own, &y);
	f.snapshot = system_snapshot(&y, f.task_of);
	analyse(&f);
	bool fixpoint = agrees(search, &y, &f, tally);
	bool components = components_agree(&f, &knots);

	if (!fixpoint || !components) {
		printf("# system %" PRId64 " of seed %" PRIu64 "%s\n", number, seed,
		       components ? "" : ": components differ");
		system_print(&y);
	}
	tally->fixpoint &= fixpoint;
	tally->components &= components;
	tally->knots += knots > 0;
	end(&f);
	if (knots > 0)
		try_erasing(own, &y, tally);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	int64_t systems = argc > 2 ? strtoll(argv[2], NULL, 0) : 30000;
	struct search *search = search_new();
	struct tally tally = { .fixpoint = true, .components = true, .monotone = true };
	int failures = 0;

	printf("1..4\n# seed %" PRIu64 ", %" PRId64 " systems\n", seed, systems);
	for (int64_t i = 0; i < systems; i++)
		try_system(search, seed * UINT64_C(1000003), i, &tally);
	printf("# %" PRIu64 " states; %u of %u threads doomed, %u freed only by their own end\n",
	       search_states(search), tally.doomed, tally.threads, tally.ghosts);
	printf("# %u systems with a knot, %u with a proof; %" PRIu64 " facts erased\n",
	       tally.knots, tally.proofs, tally.facts);
	failures += plan(1, tally.fixpoint, "fixpoint and search agree on every thread");
	failures += plan(2, tally.components, "components and knots agree with reachability");
	failures += plan(3, tally.monotone && (tally.proofs > 0 || systems < 1000),
	                 "a fact that is not known never adds a proof");
	failures += plan(4, costs_are_linear(), "the work is linear");
	search_free(search);
	return failures > 0;
}
