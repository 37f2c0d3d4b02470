/*
 * The loop. Everything that may take its time (a look, an action) is an errand in a thread, so
 * each turn only reads what has come in, changes the state, draws, and waits in poll(2).
 *
 * Signals arrive by a signalfd and never interrupt anything: SIGTERM, SIGHUP and SIGINT leave in
 * order; SIGTSTP waits for the look that is under way, because that may hold somebody's pipe end
 * for a moment, and a stopped process would keep it (collect/probe.h).
 */
#include "tui/tui.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "tui/act.h"
#include "tui/errand.h"
#include "tui/screen.h"
#include "tui/view.h"
#include "words/escape.h"

enum {
	QUICK_LOOKS = 3,         /* in a row, that may follow each other without the interval */
	LONGEST_MS = 4000,       /* between two looks, for the budget's sake */
};

/* What the thread that looks is given, and gives back. */
struct look_job {
	const struct tui_source *source;
	struct look *previous;   /* counted */
	struct who follow;
	struct look *look;
	int result;
};

struct tui {
	const struct tui_source *source;
	const struct tui_options *options;
	struct screen *screen;
	struct state *state;
	struct errand *looks;
	struct act *act;
	struct look_job job;
	int signals;             /* signalfd */
	int64_t next_look_ms;    /* CLOCK_MONOTONIC; INT64_MAX for never */
	int64_t began_ms;        /* the last look, on that clock */
	int64_t began_cpu_us;    /* what had been used of a CPU by then */
	int64_t refreshes;
	int quick;               /* looks that followed soon, since everything was settled */
	bool wanted;             /* a look was asked for: it counts in a pause too */
	bool again;              /* one was asked for while another was under way */
	bool done;
	int result;
};

static int64_t clock_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Used by us, and by children that are no more: what touches pipes is a child (collect/scout.h). */
static int64_t cpu_us(void)
{
	static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
	int64_t us = 0;
	struct rusage used;

	for (size_t i = 0; i < sizeof whose / sizeof whose[0]; i++) {
		getrusage(whose[i], &used);
		us += (int64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
		      used.ru_utime.tv_usec + used.ru_stime.tv_usec;
	}
	return us;
}

static void leave(struct tui *tui, int result)
{
	tui->done = true;
	tui->result = result;
}

/* ---- looks ---- */

static void run_look(void *context)
{
	struct look_job *job = context;

	job->result =
		job->source->look(job->source->context, job->previous, job->follow, &job->look);
}

static void start_look(struct tui *tui)
{
	int r;

	tui->next_look_ms = INT64_MAX;
	if (errand_busy(tui->looks)) {
		tui->again = true;
		return;
	}
	tui->again = false;
	tui->began_ms = clock_ms(CLOCK_MONOTONIC);
	tui->began_cpu_us = cpu_us();
	tui->job = (struct look_job){
		.source = tui->source, .previous = look_ref(tui->state->look),
		.follow = tui->state->follow,
	};
	tui->state->looking = true;
	tui->state->looking_since_ms = clock_ms(CLOCK_BOOTTIME);
	r = errand_start(tui->looks, run_look, &tui->job);
	if (r < 0)
		leave(tui, r);
}

/* Somebody may be stuck, and was not looked at closely in two looks. */
static bool is_unsettled(const struct diagnosis *d)
{
	return d->look_again || (!d->two_looks && d->suspect_count > 0);
}

/*
 * From the begin of the last look to that of the next, so that the budget is kept; but who sits in
 * front of a stuck box is not to wait for long.
 */
static int64_t budget_ms(const struct tui *tui)
{
	int percent = tui->options->cpu_budget_percent;

	int64_t ms = percent == 0 ? 0 : (cpu_us() - tui->began_cpu_us) / 10 / percent;

	return ms < LONGEST_MS ? ms : LONGEST_MS;
}

static int64_t paced_ms(struct tui *tui)
{
	int64_t passed_ms = clock_ms(CLOCK_MONOTONIC) - tui->began_ms;
	int64_t pause = tui->state->settings.interval_ms, least = budget_ms(tui) - passed_ms;

	/* A little more is not worth a word that comes and goes. */
	tui->state->pace_ms = least > pause * 5 / 4 ? least + passed_ms : 0;
	return least > pause ? least : pause;
}

/* What may be stuck is settled soon, if it can be; else the interval rules, and the budget. */
static int64_t pause_ms(struct tui *tui)
{
	if (tui->source->still || tui->state->paused)
		return INT64_MAX;
	if (!is_unsettled(look_diagnosis(tui->state->look)))
		tui->quick = 0;
	else if (tui->quick++ < QUICK_LOOKS)
		return tui->source->confirm_ms;
	return paced_ms(tui);
}

static void plan_look(struct tui *tui)
{
	int64_t pause = tui->state->look == NULL ? 0 : pause_ms(tui);

	tui->next_look_ms = pause == INT64_MAX ? INT64_MAX : clock_ms(CLOCK_MONOTONIC) + pause;
}

static void take_look(struct tui *tui)
{
	errand_finish(tui->looks);
	tui->state->looking = false;
	look_unref(tui->job.previous);
	if (tui->job.result < 0 && tui->state->look == NULL) {
		leave(tui, tui->job.result);
		return;
	}
	if (tui->job.result < 0) {
		state_say(tui->state, true, "The last look failed: %s", strerror(-tui->job.result));
	} else {
		if (!tui->state->paused || tui->wanted || tui->state->look == NULL)
			state_take_look(tui->state, tui->job.look);
		if (!tui->again)
			act_look_back(tui->act, tui->state, tui->job.look);
		look_unref(tui->job.look);
		tui->refreshes++;
	}
	tui->wanted = tui->again;
	if (tui->options->refreshes > 0 && tui->refreshes >= tui->options->refreshes)
		leave(tui, 0);
	else if (tui->again)
		start_look(tui);
	else
		plan_look(tui);
}

/* ---- effects ---- */

static void save(struct tui *tui)
{
	const char *path = tui->options->settings_path;
	int r = tui->source->save(tui->source->context, &tui->state->settings);
	char shown[256];

	escape_text(shown, sizeof shown, path);
	if (r < 0)
		state_say(tui->state, true, "%s can't be written: %s", shown, strerror(-r));
	else
		state_say(tui->state, false, "Saved to %s", shown);
}

static void carry_out(struct tui *tui, enum effect effect)
{
	switch (effect) {
	case EFFECT_NONE:
		break;
	case EFFECT_QUIT:
		leave(tui, 0);
		break;
	case EFFECT_LOOK:
		tui->wanted = true;
		start_look(tui);
		break;
	case EFFECT_SAVE:
		save(tui);
		break;
	default:
		act_start(tui->act, tui->state, effect);
	}
}

static unsigned offers(const struct tui_source *source)
{
	return (source->grow != NULL ? 1u << EFFECT_GROW : 0) |
	       (source->peek != NULL ? 1u << EFFECT_PEEK : 0) |
	       (source->drain != NULL ? 1u << EFFECT_DRAIN : 0) |
	       (source->backtrace != NULL ? 1u << EFFECT_BACKTRACE : 0) |
	       (source->signal != NULL ? 1u << EFFECT_SIGNAL : 0) |
	       (source->report != NULL ? 1u << EFFECT_REPORT : 0) |
	       (source->save != NULL ? 1u << EFFECT_SAVE : 0);
}

/* ---- what comes in ---- */

static bool wants_color(const struct tui *tui)
{
	enum settings_color color = tui->state->settings.color;

	return color == SETTINGS_COLOR_ALWAYS ||
	       (color == SETTINGS_COLOR_AUTO && tui->options->color);
}

/* A change of what the settings say about looks and colours takes effect at once. */
static void apply_settings(struct tui *tui, int64_t interval_ms, bool paused)
{
	if (wants_color(tui) != screen_has_color(tui->screen))
		screen_set_color(tui->screen, wants_color(tui));
	if ((interval_ms != tui->state->settings.interval_ms || paused != tui->state->paused) &&
	    !errand_busy(tui->looks))
		plan_look(tui);
}

static void read_keys(struct tui *tui)
{
	struct event event;

	while (!tui->done && screen_event(tui->screen, &event)) {
		int64_t interval_ms = tui->state->settings.interval_ms;
		bool paused = tui->state->paused;

		if (event.key == ('L' & 0x1f))
			screen_repaint(tui->screen);
		carry_out(tui, state_event(tui->state, &event));
		apply_settings(tui, interval_ms, paused);
	}
}

static void resize(struct tui *tui)
{
	struct event event = {.key = KEYS_RESIZE};

	screen_resize(tui->screen);
	screen_size(tui->screen, &event.row, &event.column);
	state_event(tui->state, &event);
}

static void wait_for_look(struct tui *tui)
{
	struct pollfd fd = {.fd = errand_fd(tui->looks), .events = POLLIN};

	if (errand_busy(tui->looks))
		poll(&fd, 1, 2000);
}

static void stop(struct tui *tui)
{
	wait_for_look(tui);
	screen_suspend(tui->screen);
	raise(SIGSTOP);
	screen_resume(tui->screen);
	resize(tui);
	if (!errand_busy(tui->looks) && !tui->state->paused && !tui->source->still)
		start_look(tui);
}

static void read_signals(struct tui *tui)
{
	struct signalfd_siginfo info;

	while (read(tui->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGWINCH)
			resize(tui);
		else if (info.ssi_signo == SIGTSTP)
			stop(tui);
		else if (info.ssi_signo != SIGCONT)
			leave(tui, 0);
	}
}

/* ---- the loop ---- */

static void draw(struct tui *tui)
{
	struct grid *g;

	tui->state->now_ms = tui->source->still && tui->state->look != NULL
		? look_snapshot(tui->state->look)->uptime_ms : clock_ms(CLOCK_BOOTTIME);
	if (grid_new(tui->state->rows, tui->state->columns, tui->options->ascii, &g) < 0) {
		leave(tui, -ENOMEM);
		return;
	}
	tui->state->detail_lines = view_draw(tui->state, g);
	screen_draw(tui->screen, g);
	grid_free(g);
}

/* Until the next look is due; while one is under way, until the header has to tell of it. */
static int timeout_ms(const struct tui *tui)
{
	int64_t left = tui->next_look_ms == INT64_MAX
	                       ? INT64_MAX
	                       : tui->next_look_ms - clock_ms(CLOCK_MONOTONIC);

	if ((errand_busy(tui->looks) || tui->state->paused) && left > 1000 && !tui->source->still)
		left = 1000;
	return left == INT64_MAX ? -1 : left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static bool is_due(const struct tui *tui)
{
	return tui->next_look_ms <= clock_ms(CLOCK_MONOTONIC);
}

/*
 * Until something has come in, or the header has to tell of time; a look that begins is not seen.
 */
static void wait_for_news(struct tui *tui, struct pollfd *fds, nfds_t count)
{
	int n;

	do {
		if (is_due(tui))
			start_look(tui);
		n = tui->done ? 0 : poll(fds, count, timeout_ms(tui));
	} while (n == 0 && is_due(tui) && !tui->done);
	if (n < 0 && errno != EINTR)
		leave(tui, -errno);
}

static void turn(struct tui *tui)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = tui->signals, .events = POLLIN},
		{.fd = errand_fd(tui->looks), .events = POLLIN},
		{.fd = act_fd(tui->act), .events = POLLIN},
	};

	draw(tui);
	wait_for_news(tui, fds, sizeof fds / sizeof fds[0]);
	if (fds[1].revents != 0)
		read_signals(tui);
	if (fds[0].revents & POLLIN)
		read_keys(tui);
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		leave(tui, 0);
	if (fds[3].revents != 0 && act_finish(tui->act, tui->state))
		start_look(tui);
	if (fds[2].revents != 0)
		take_look(tui);
	if (tui->state->failed)
		leave(tui, -ENOMEM);
}

static int open_signals(sigset_t *ret_before)
{
	static const int numbers[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGCONT};
	sigset_t set;
	int fd;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		sigaddset(&set, numbers[i]);
	sigprocmask(SIG_BLOCK, &set, ret_before);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int set_up(struct tui *tui)
{
	int r = state_new(&tui->options->settings, &tui->state);

	if (r == 0)
		r = errand_new(&tui->looks);
	if (r == 0)
		r = act_new(tui->source, &tui->act);
	if (r == 0)
		r = screen_open(wants_color(tui), &tui->screen);
	if (r < 0)
		return r;
	tui->state->still = tui->source->still;
	tui->state->only_stuck = tui->options->only_stuck;
	tui->state->offers = offers(tui->source);
	if (tui->options->warning != NULL)
		state_say(tui->state, true, "%s", tui->options->warning);
	tui->state->welcome = !tui->options->settings_given && !tui->source->still;
	resize(tui);
	return 0;
}

void tui_abandon(void)
{
	screen_restore();
}

int tui_run(const struct tui_source *source, const struct tui_options *options)
{
	struct tui tui = {.source = source, .options = options, .signals = -1};
	sigset_t before;

	tui.signals = open_signals(&before);
	tui.result = tui.signals < 0 ? tui.signals : set_up(&tui);
	if (tui.result == 0)
		start_look(&tui);
	while (tui.result == 0 && !tui.done)
		turn(&tui);
	screen_close(tui.screen);
	act_free(tui.act);
	errand_free(tui.looks);
	state_free(tui.state);
	if (tui.signals >= 0)
		close(tui.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return tui.result;
}
