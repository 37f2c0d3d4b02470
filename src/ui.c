/*
 * The callbacks of tui.h. They run in threads of the UI, one look and one action at a time; what
 * they share is const. A look is diagnosed against the one before it, so the interval (after a
 * first candidate: --confirm) is the time between the two looks of a verdict.
 */
#include "ui.h"

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "act/peek.h"
#include "act/signal.h"
#include "deeds.h"
#include "model/record.h"
#include "report/formats.h"
#include "tui/tui.h"
#include "words/explain.h"
#include "words/phrase.h"

enum { REPORT_WIDTH = 100 };

struct ui {
	const struct options *options;
	struct tui_options tui;
	char warning[SETTINGS_ERROR_SIZE + 64];
	struct helper *helper;
	struct iterator *iterator; /* or NULL */
	struct collector *collector;
	FILE *replay;
	struct attach *attach;   /* to whom the call says; NULL for a replay */
	struct attach *followed; /* to whom F says, or NULL */
	struct who follow;
	char error[UI_ERROR_SIZE];
	atomic_bool looking;
};

/* ---- looks ---- */

static int scan(const struct ui *ui, const struct look *previous, struct snapshot **ret_later)
{
	const struct diagnosis *d = previous == NULL ? NULL : look_diagnosis(previous);
	const struct collect_request request = {
		.suspects = d == NULL ? NULL : d->suspects,
		.suspect_count = d == NULL ? 0 : d->suspect_count,
		.settle = d != NULL && d->suspect_count > 0,
		.names = true,
		.units = true, .keep = true,
	};

	return collect(ui->collector, &request, ret_later);
}

static int replay(struct ui *ui, struct snapshot **ret_earlier, struct snapshot **ret_later)
{
	char error[RECORD_ERROR_SIZE] = "";
	int r;

	rewind(ui->replay);
	r = record_read(ui->replay, ret_earlier, ret_later, error);
	if (r == -EINVAL)
		snprintf(ui->error, UI_ERROR_SIZE, "%s", error);
	return r;
}

/* ---- who is attached to ---- */

/*
 * F is about the process that was on the screen when it was pressed: whoever else has its pid by
 * now is not followed.
 */
static int follow(struct ui *ui, const struct look *previous, struct who who)
{
	const struct snapshot *s = previous == NULL ? NULL : look_snapshot(previous);
	uint32_t i = s == NULL ? NONE : snapshot_find_process(s, who.pid);
	struct process process = {.pid = who.pid, .start_ticks = who.start_ticks};

	if (who.pid == ui->follow.pid && who.start_ticks == ui->follow.start_ticks)
		return 0;
	attach_free(ui->followed);
	ui->followed = NULL;
	ui->follow = who;
	if (i != NONE && s->processes[i].start_ticks == who.start_ticks)
		process.comm = s->processes[i].comm;
	return who.pid == 0 ? 0 : attach_seen(&process, &ui->followed);
}

static void add_ending(struct phrase *note, const struct attach_ending *ending)
{
	time_t seconds = (time_t)(ending->time_ms / 1000);
	char clock[16] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		strftime(clock, sizeof clock, "%H:%M:%S", &tm);
	phrase_add_foreign(note, ending->comm);
	phrase_add(note, "[%" PRId32 "] ended %s", ending->pid, clock);
	phrase_add_taken(note, explain_end(ending->status, ending->signal));
}

/* Those that have ended, and with -p how many are left. NULL when there is nothing to tell. */
static char *attach_note(const struct attach *a, bool named)
{
	struct phrase note = {0};
	uint32_t count = attach_count(a), alive = count;
	bool ended;

	for (uint32_t i = 0; i < count; i++) {
		const struct attach_ending *process = attach_get(a, i, &ended);

		if (!ended)
			continue;
		phrase_add(&note, "%s", alive-- == count ? "" : "; ");
		add_ending(&note, process);
	}
	if (named && count > 0)
		phrase_add(&note, "%s%" PRIu32 " of %" PRIu32 " attached",
		           alive == count ? "" : "; ", alive, count);
	return phrase_take(&note);
}

/* NULL for nobody: then everything is asked about. */
static struct attach *attached(const struct ui *ui)
{
	return ui->followed != NULL ? ui->followed : ui->attach;
}

/* ---- a look ---- */

static int look_live(struct ui *ui, const struct look *previous, struct look **ret_look)
{
	struct attach *a = attached(ui);
	struct diagnosis_settings settings = {
		.stall_ms = ui->options->stall_ms, .depth = ui->options->depth,
	};
	struct snapshot *later;
	struct diagnosis *d;
	int r;

	attach_notice(a);
	attach_ask(a, &settings);
	r = scan(ui, previous, &later);
	if (r < 0)
		return r;
	r = diagnose(previous == NULL ? NULL : look_snapshot(previous), later, &settings, &d);
	if (r < 0) {
		snapshot_free(later);
		return r;
	}
	r = attach_learn(a, d);
	if (r < 0) {
		diagnosis_free(d);
		snapshot_free(later);
		return r;
	}
	r = look_new(later, d, ret_look);
	if (r == 0)
		look_set_note(*ret_look, attach_note(a, a == ui->attach));
	return r;
}

/* Of those, only the pid is known. */
static int find_pids(struct ui *ui, const struct snapshot *s)
{
	for (uint32_t i = 0; i < ui->options->pid_count; i++) {
		if (snapshot_find_process(s, ui->options->pids[i]) != NONE)
			continue;
		snprintf(ui->error, UI_ERROR_SIZE, "no such process: %d", ui->options->pids[i]);
		return -ESRCH;
	}
	return 0;
}

static int look_recorded(struct ui *ui, struct who follow, struct look **ret_look)
{
	const struct options *o = ui->options;
	const struct diagnosis_settings settings = {
		.stall_ms = o->stall_ms, .depth = o->depth,
		.pids = follow.pid != 0 ? &follow.pid : o->pids,
		.pid_count = follow.pid != 0 ? 1 : o->pid_count,
	};
	struct snapshot *earlier, *later;
	struct diagnosis *d;
	int r = replay(ui, &earlier, &later);

	if (r < 0)
		return r;
	r = find_pids(ui, later);
	if (r == 0)
		r = diagnose(earlier, later, &settings, &d);
	snapshot_free(earlier);
	if (r == 0)
		return look_new(later, d, ret_look);
	snapshot_free(later);
	return r;
}

static int look(void *context, const struct look *previous, struct who who, struct look **ret_look)
{
	struct ui *ui = context;
	int r;

	atomic_store(&ui->looking, true);
	if (ui->replay != NULL) {
		r = look_recorded(ui, who, ret_look);
	} else {
		r = follow(ui, previous, who);
		if (r == 0)
			r = look_live(ui, previous, ret_look);
	}
	atomic_store(&ui->looking, false);
	return r;
}

/* ---- actions ---- */

static int grow(void *context, const struct snapshot *s, const struct pipe *pipe,
                int64_t *ret_before_bytes, int64_t *ret_after_bytes)
{
	(void)context;
	return deeds_grow(s, pipe, 0, ret_before_bytes, ret_after_bytes);
}

static int peek(void *context, const struct snapshot *s, const struct pipe *pipe,
                char **ret_bytes, size_t *ret_length)
{
	struct peek result;
	int r = peek_take(s, pipe, &result);

	(void)context;
	if (r < 0)
		return r;
	*ret_bytes = malloc(result.length + 1);
	if (*ret_bytes == NULL)
		r = -ENOMEM;
	else
		memcpy(*ret_bytes, result.bytes, result.length);
	*ret_length = result.length;
	peek_free(&result);
	return r;
}

static int drain(void *context, const struct look *look, uint32_t pipe, const char *path,
                 int64_t *ret_bytes)
{
	const struct diagnosis *d = look_diagnosis(look);
	struct ui *ui = context;
	bool raced;
	int fd, r = -EBUSY;

	if (!deeds_reader_lives(d, pipe))
		r = helper_create(ui->helper, path, 0600, &fd);
	if (r < 0)
		return r;
	r = deeds_drain(d, pipe, fd, ret_bytes, &raced);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int backtrace(void *context, const struct process *process, char **ret_text)
{
	const struct ui *ui = context;

	return deeds_backtrace(process->pid, process->start_ticks, 0, ui->helper,
	                       ui->iterator, ret_text);
}

static int send_signal(void *context, const struct process *process, int number)
{
	(void)context;
	return signal_send(process->pid, process->start_ticks, number);
}

/* ---- reports ---- */

/* A new file, never one that is there already. */
static int write_report(struct ui *ui, const struct look *look, const char *format,
                        const char *path)
{
	const struct report_settings settings = {.width = REPORT_WIDTH, .utf8 = true};
	FILE *file;
	int fd, r = helper_create(ui->helper, path, 0666, &fd);

	if (r < 0)
		return r;
	file = fdopen(fd, "w");
	if (file == NULL) {
		close(fd);
		return -ENOMEM;
	}
	r = report_format_find(format)->write(file, look_diagnosis(look), &settings);
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	return r;
}

static int report(void *context, const struct look *look, char **ret_names)
{
	time_t now = time(NULL);
	char stem[64] = "pipetop", *text = NULL, *json = NULL;
	struct tm tm;
	int r = -ENOMEM;

	if (localtime_r(&now, &tm) != NULL)
		strftime(stem, sizeof stem, "pipetop-%Y%m%d-%H%M%S", &tm);
	if (asprintf(&text, "%s.txt", stem) >= 0 && asprintf(&json, "%s.json", stem) >= 0)
		r = write_report(context, look, "text", text);
	if (r == 0)
		r = write_report(context, look, "json", json);
	if (r == 0 && asprintf(ret_names, "%s and %s", text, json) < 0)
		r = -ENOMEM;
	free(text);
	free(json);
	return r;
}

/* ---- settings ---- */

/* Options of the call are stronger than pipetoprc. */
static void apply_options(const struct options *o, struct settings *settings)
{
	static const enum settings_color colors[] = {
		[COLOR_AUTO] = SETTINGS_COLOR_AUTO, [COLOR_ALWAYS] = SETTINGS_COLOR_ALWAYS,
		[COLOR_NEVER] = SETTINGS_COLOR_NEVER,
	};

	if (o->interval_ms > 0)
		settings->interval_ms = o->interval_ms;
	if (o->color != COLOR_AUTO)
		settings->color = colors[o->color];
}

static void load_settings(struct ui *ui)
{
	struct tui_options *tui = &ui->tui;
	char error[SETTINGS_ERROR_SIZE];
	int r;

	settings_default(&tui->settings);
	if (tui->settings_path == NULL)
		return;
	r = settings_load(tui->settings_path, &tui->settings, error);
	tui->settings_given = r == 0;
	if (r == 0 || r == -ENOENT)
		return;
	snprintf(ui->warning, sizeof ui->warning, "pipetoprc is not used: %s",
	         r == -EINVAL ? error : strerror(-r));
	tui->warning = ui->warning;
}

struct ui *ui_open(const struct options *options)
{
	/* It outlives all: a look that does not come back is left to the end of the process. */
	static struct ui ui;
	const char *no_color = getenv("NO_COLOR");

	ui.options = options;
	ui.tui = (struct tui_options){
		.settings_path = settings_path(getenv("XDG_CONFIG_HOME"), getenv("HOME")),
		.refreshes = options->count,
		.cpu_budget_percent = (int)options->cpu_budget_percent,
		.only_stuck = options->show == SHOW_STUCK,
		.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
		.color = no_color == NULL || *no_color == '\0',
	};
	load_settings(&ui);
	apply_options(options, &ui.tui.settings);
	return &ui;
}

/* ---- pipetoprc, which the helper writes ---- */

/* In the helper: nothing but settings is written. */
int ui_save(void *context, const char *text, size_t length)
{
	const struct ui *ui = context;
	FILE *file = fmemopen((void *)(uintptr_t)text, length, "r");
	char error[SETTINGS_ERROR_SIZE];
	struct settings settings;
	int r;

	if (file == NULL)
		return -errno;
	settings_default(&settings);
	r = settings_read(file, &settings, error);
	fclose(file);
	return r < 0 ? r : settings_save(ui->tui.settings_path, &settings);
}

static int save(void *context, const struct settings *settings)
{
	const struct ui *ui = context;
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);
	int r;

	if (file == NULL)
		return -errno;
	r = settings_write(file, settings);
	if (fclose(file) != 0 && r == 0)
		r = -ENOMEM;
	if (r == 0)
		r = helper_save(ui->helper, text, length);
	free(text);
	return r;
}

/* ---- the whole ---- */

int ui_run(struct ui *ui, struct helper *helper, struct iterator **iterator,
           struct collector **collector, FILE **record, struct attach **attach,
           char error[UI_ERROR_SIZE])
{
	static struct tui_source source;
	static const struct tui_source live = {
		.look = look, .grow = grow, .peek = peek, .drain = drain, .backtrace = backtrace,
		.signal = send_signal, .report = report, .save = save,
	};
	/* What was recorded can't be acted on: its pids may be anybody's here. */
	static const struct tui_source recorded = {
		.still = true, .look = look, .report = report, .save = save,
	};
	int r;

	ui->helper = helper;
	ui->iterator = *iterator;
	ui->collector = *collector;
	ui->replay = *record;
	ui->attach = *attach;
	source = *record != NULL ? recorded : live;
	source.context = ui;
	source.confirm_ms = ui->options->confirm_ms;
	if (ui->options->readonly) {
		source.grow = NULL;
		source.drain = NULL;
		source.backtrace = NULL;
		source.signal = NULL;
	}
	if (ui->tui.settings_path == NULL)
		source.save = NULL;
	r = tui_run(&source, &ui->tui);
	snprintf(error, UI_ERROR_SIZE, "%s", ui->error);
	if (atomic_load(&ui->looking)) {
		*iterator = NULL;
		*collector = NULL;
		*record = NULL;
		*attach = NULL;
	} else {
		attach_free(ui->followed);
	}
	return r;
}
