/*
 * The loop of --watch. Between two looks it sleeps in poll(2), which also tells the end of a
 * process that it is attached to, and that the reader of its lines has gone (POLLERR of a pipe's
 * write end), so that it does not watch on for nobody.
 */
#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hook.h"
#include "watch/lines.h"

struct watch {
	struct collector *collector;
	struct attach *attach;
	const struct watch_settings *settings;
	FILE *file;
	struct changes *changes;
	enum found worst;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int tell(struct watch *w, const struct diagnosis *d, const struct change *change)
{
	const struct watch_settings *settings = w->settings;
	int r = settings->json ? lines_json(w->file, d, change)
	                       : lines_text(w->file, d, change, settings->ascii);

	if (r == 0 && change->kind == CHANGE_DEADLOCK && settings->hook)
		r = hook_run(settings->hook, d, change->finding);
	return r;
}

/* Those that ended since the look before, as changes.h wants them; to be freed. */
static struct change_ending *take_endings(struct attach *a, uint32_t *ret_count)
{
	const struct attach_ending *list = attach_endings(a, ret_count);
	struct change_ending *endings = calloc((size_t)*ret_count + 1, sizeof(*endings));

	for (uint32_t i = 0; endings && i < *ret_count; i++)
		endings[i] = (struct change_ending){
			.pid = list[i].pid, .start_ticks = list[i].start_ticks,
			.comm = list[i].comm, .time_ms = list[i].time_ms,
			.status = list[i].status, .signal = list[i].signal,
		};
	return endings;
}

static int tell_changes(struct watch *w, const struct diagnosis *d)
{
	const struct change *list;
	uint32_t count, ending_count;
	struct change_ending *endings = take_endings(w->attach, &ending_count);
	int r = endings ? changes_find(w->changes, d, endings, ending_count, &list, &count)
	                : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < count; i++)
		r = tell(w, d, &list[i]);
	free(endings);
	return r;
}

static int look(struct watch *w)
{
	char error[SOURCE_ERROR_SIZE];
	struct examination e;
	enum found found;
	int r = attach_scan(w->attach, w->collector, &w->settings->source, &e, error);

	if (r < 0)
		return r;
	found = examination_found(&e);
	if (found > w->worst)
		w->worst = found;
	r = tell_changes(w, e.diagnosis);
	examination_free(&e);
	return r;
}

/* Until then, or until somebody who is attached ends. */
static int sleep_until(struct watch *w, int64_t end_ms)
{
	uint32_t count;
	const struct pollfd *attached = attach_poll(w->attach, &count);
	struct pollfd *polls = calloc((size_t)count + 1, sizeof(*polls));
	int64_t left_ms = end_ms - now_ms();
	int r = 0;

	if (!polls)
		return -ENOMEM;
	memcpy(polls, attached, count * sizeof(*polls));
	polls[count].fd = fileno(w->file);
	if (poll(polls, count + 1, left_ms > 0 ? (int)left_ms : 0) > 0 &&
	    polls[count].revents & (POLLERR | POLLHUP))
		r = -EPIPE;
	attach_notice(w->attach);
	free(polls);
	return r;
}

/* When all that is attached has ended there is one more look, at what that has changed. */
static int loop(struct watch *w)
{
	bool last = false;
	int r = 0;

	for (uint32_t looks = 1; r == 0 && !last; looks++) {
		int64_t begin_ms = now_ms();

		last = attach_is_over(w->attach) || looks == w->settings->count;
		r = look(w);
		if (r == 0 && !last && !attach_is_over(w->attach))
			r = sleep_until(w, begin_ms + w->settings->interval_ms);
	}
	return r;
}

int watch_run(struct collector *c, struct attach *a, const struct watch_settings *settings,
              FILE *file, enum found *ret_worst)
{
	struct watch w = {
		.collector = c, .attach = a, .settings = settings, .file = file,
		.changes = changes_new(),
	};
	int r = w.changes ? loop(&w) : -ENOMEM;

	if (settings->hook)
		helper_wait(settings->hook);
	changes_free(w.changes);
	*ret_worst = w.worst;
	return r;
}
