/*
 * The looks behind a diagnosis. A survey of all processes finds suspects; close looks at them, some
 * time apart, tell what is stuck for good. Where there is no suspect, another look tells what moves
 * of the pipes that hold bytes, at these alone.
 *
 * Whoever was stuck when the survey was read is a suspect by it, and gets no narrow look. But a
 * survey may miss who is stuck in a write when it meets something passing, such as a duplicate of an
 * end in the hands of another pipetop; and how long he has been blocked tells a stall. So where a
 * pipe is full, or the survey was cut short, the second look is a survey, too.
 *
 * A record holds the last looks of such a scan, so it needs one diagnosis and no loop.
 */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

/*
 * Each close look settles what it can with the one before it; what is still in doubt after these
 * is said to be. Whoever becomes a suspect in one has not been examined before, so then there is
 * another. On a busy machine somebody always comes or goes, and a look is a load.
 */
enum { CLOSE_LOOKS = 5 };

/* Whoever was a suspect in one of the looks, ascending. */
struct suspects {
	int32_t *pids;
	uint32_t count;
};

void examination_free(struct examination *e)
{
	diagnosis_free(e->diagnosis);
	snapshot_free(e->earlier);
	snapshot_free(e->later);
	*e = (struct examination){ 0 };
}

enum found examination_found(const struct examination *e)
{
	const struct diagnosis *d = e->diagnosis;

	for (uint32_t i = 0; i < d->deadlock_count; i++)
		if (d->deadlocks[i].proved)
			return FOUND_PROVED;
	if (d->deadlock_count)
		return FOUND_LIKELY;
	return d->stall_count ? FOUND_STALL : FOUND_NOTHING;
}

/* Owns both snapshots from here on, in failure too. */
static int diagnose_instead(struct examination *e, const struct source_settings *settings,
                            struct snapshot *earlier, struct snapshot *later)
{
	struct examination next = { .earlier = earlier, .later = later };
	int r = diagnose(earlier, later, &settings->diagnosis, &next.diagnosis);

	if (r < 0) {
		examination_free(&next);
		return r;
	}
	examination_free(e);
	*e = next;
	return 0;
}

static int find_pids(const struct snapshot *s, const struct diagnosis_settings *settings,
                     char error[SOURCE_ERROR_SIZE])
{
	for (uint32_t i = 0; i < settings->pid_count && !settings->start_ticks; i++)
		if (snapshot_find_process(s, settings->pids[i]) == NONE) {
			snprintf(error, SOURCE_ERROR_SIZE, "no such process: %d",
			         settings->pids[i]);
			return -ESRCH;
		}
	return 0;
}

static void pause_for(uint32_t ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

static bool holds_bytes(const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->pipe_count; i++)
		if (s->pipes[i].fill_bytes > 0)
			return true;
	return false;
}

static bool has_full_pipe(const struct snapshot *s)
{
	for (uint32_t i = 0; i < s->pipe_count; i++)
		if (s->pipes[i].full == FACT_YES)
			return true;
	return false;
}

static bool has_unexamined(const struct diagnosis *d)
{
	for (uint32_t i = 0; i < d->suspect_count; i++) {
		uint32_t process = snapshot_find_process(d->snapshot, d->suspects[i]);

		if (process != NONE && !d->snapshot->processes[process].examined)
			return true;
	}
	return false;
}

/* One more look; the last one becomes the earlier of two. */
static int look_again(struct collector *c, const struct source_settings *settings,
                      const struct collect_request *request, struct examination *e)
{
	struct snapshot *earlier = e->later, *later;
	int r = collect(c, request, &later);

	if (r < 0)
		return r;
	e->later = NULL;
	return diagnose_instead(e, settings, earlier, later);
}

/* The survey becomes the earlier of two. */
static int survey_again(struct collector *c, const struct source_settings *settings,
                        struct examination *e)
{
	const struct collect_request request = {
		.names = settings->names, .units = settings->units, .keep = settings->keep,
	};

	pause_for(settings->confirm_ms);
	return look_again(c, settings, &request, e);
}

/* The survey stays what is told; the narrow look, though younger, is the earlier of two. */
static int look_narrowly(struct collector *c, const struct source_settings *settings,
                         struct examination *e)
{
	const struct collect_request request = { .again = e->later };
	struct snapshot *survey = e->later, *narrow;
	int r;

	pause_for(settings->confirm_ms);
	r = collect(c, &request, &narrow);
	if (r < 0)
		return r;
	e->later = NULL;
	return diagnose_instead(e, settings, narrow, survey);
}

static int compare_survey(struct collector *c, const struct source_settings *settings,
                          struct examination *e)
{
	const unsigned cut_short = LIMIT_TIMEOUT | LIMIT_MAX_FDS;

	if (e->later->view_limits & cut_short || has_full_pipe(e->later))
		return survey_again(c, settings, e);
	return look_narrowly(c, settings, e);
}

/* Merges two ascending lists. */
static int add_suspects(struct suspects *all, const struct diagnosis *d)
{
	size_t room = (size_t)all->count + d->suspect_count;
	int32_t *merged = malloc(room * sizeof(*merged) + 1);
	uint32_t count = 0;

	if (!merged)
		return -ENOMEM;
	for (uint32_t a = 0, b = 0; a < all->count || b < d->suspect_count;) {
		bool old =
			b == d->suspect_count || (a < all->count && all->pids[a] <= d->suspects[b]);
		int32_t pid = old ? all->pids[a++] : d->suspects[b++];

		if (!count || merged[count - 1] != pid)
			merged[count++] = pid;
	}
	free(all->pids);
	*all = (struct suspects){ merged, count };
	return 0;
}

/*
 * The first close look has only a survey before it, which says too little to prove anything: it
 * comes at once, and need not see the last of a crowd.
 */
static int look_closely(struct collector *c, const struct source_settings *settings,
                        const struct suspects *suspects, bool first, struct examination *e)
{
	const struct collect_request request = {
		.suspects = suspects->pids, .suspect_count = suspects->count,
		.settle = !first, .names = settings->names, .units = settings->units,
	};

	if (!first)
		pause_for(settings->confirm_ms);
	return look_again(c, settings, &request, e);
}

static bool wants_look(const struct diagnosis *d)
{
	return d->look_again || has_unexamined(d);
}

static int settle(struct collector *c, const struct source_settings *settings,
                  struct examination *e)
{
	struct suspects suspects = { 0 };
	int r = 0;

	if (!e->diagnosis->suspect_count && holds_bytes(e->later))
		r = compare_survey(c, settings, e);
	for (int looks = 0; r == 0 && looks < CLOSE_LOOKS && wants_look(e->diagnosis); looks++) {
		r = add_suspects(&suspects, e->diagnosis);
		if (r == 0)
			r = look_closely(c, settings, &suspects, looks == 0, e);
	}
	free(suspects.pids);
	return r;
}

int source_scan(struct collector *c, const struct source_settings *settings,
                struct examination *ret, char error[SOURCE_ERROR_SIZE])
{
	const struct collect_request request = {
		.names = settings->names, .units = settings->units, .keep = settings->keep,
	};
	struct examination e = { 0 };
	struct snapshot *survey;
	int r = collect(c, &request, &survey);

	if (r < 0)
		return r;
	r = find_pids(survey, &settings->diagnosis, error);
	if (r < 0) {
		snapshot_free(survey);
		return r;
	}
	r = diagnose_instead(&e, settings, NULL, survey);
	if (r == 0)
		r = settle(c, settings, &e);
	if (r < 0)
		examination_free(&e);
	else
		*ret = e;
	return r;
}

int source_replay(FILE *file, const struct source_settings *settings, struct examination *ret,
                  char error[SOURCE_ERROR_SIZE])
{
	struct examination e = { 0 };
	struct snapshot *earlier, *later;
	bool narrow;
	int r = record_read(file, &earlier, &later, error);

	if (r < 0)
		return r;
	narrow = earlier && earlier->view_limits & LIMIT_NARROW;
	r = find_pids(earlier && !narrow ? earlier : later, &settings->diagnosis, error);
	if (r < 0) {
		snapshot_free(earlier);
		snapshot_free(later);
		return r;
	}
	r = diagnose_instead(&e, settings, earlier, later);
	if (r == 0)
		*ret = e;
	return r;
}
