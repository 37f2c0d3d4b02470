#include "run.h"

#include "config.h"

#include <errno.h>
#include <langinfo.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "actions.h"
#include "analysis/housekeeping.h"
#include "attach.h"
#include "command.h"
#include "collect/collect.h"
#include "collect/iterator.h"
#include "demo/scenes.h"
#include "model/record.h"
#include "model/redact.h"
#include "report/formats.h"
#include "report/selection.h"
#include "source.h"
#include "trouble.h"
#include "trust/filter.h"
#include "trust/helper.h"
#include "trust/privileges.h"
#include "ui.h"
#include "watch.h"
#include "words/columns.h"
#include "words/explain.h"

struct run {
	const struct options *options;
	struct iterator *iterator; /* NULL where /proc is read for everything */
	struct collector *collector; /* NULL for a replay */
	FILE *replay, *record;       /* NULL when not asked for */
	FILE *report;
	struct selection *selection; /* NULL when no filter is asked for */
	pid_t scene;                 /* 0 when none is played */
	struct attach *attach;       /* NULL for a replay and for a command */
	struct command *command;     /* NULL when there is none */
	struct ui *ui;               /* NULL without a screen */
	struct helper *helper;       /* NULL where nothing needs one */
	struct examination found;
};

/* ---- the steps: 0, or the status that ends the run ---- */

/*
 * Where the kernel's own account can't be had, /proc is read, unless that is not what was asked
 * for.
 */
static int open_iterator(struct run *run)
{
	enum options_engine engine = run->options->engine;
	const char *why = "out of memory";
	bool reads = engine == ENGINE_PROC || (engine != ENGINE_BPF && run->options->max_fds);
	int r = reads ? 0 : iterator_open(&run->iterator, &why);

	return r < 0 && engine == ENGINE_BPF ? trouble("cannot use the engine 'bpf': %s", why) : 0;
}

/* First, since it remembers which pipes we were started with. */
static int make_collector(struct run *run)
{
	int r = run->options->replay ? 0 : open_iterator(run);

	if (r != 0 || run->options->replay)
		return r;
	r = collector_new(run->iterator, &run->collector);
	if (r < 0)
		return trouble("cannot read /proc: %s", strerror(-r));
	collector_limit(run->collector, run->options->max_fds);
	return 0;
}

static int make_selection(struct run *run)
{
	const char *filter = run->options->filter;
	char error[SELECTION_ERROR_SIZE] = "";
	int r = filter ? selection_new(filter, &run->selection, error) : 0;

	return r < 0 ? trouble("%s", *error ? error : strerror(-r)) : 0;
}

static int open_file(const char *path, const char *mode, FILE **ret_file)
{
	if (!path)
		return 0;
	*ret_file = fopen(path, mode);
	if (!*ret_file)
		return trouble_with_file(*mode == 'r' ? "read" : "write", path, strerror(errno));
	return 0;
}

static int open_files(struct run *run)
{
	const struct options *o = run->options;
	int status = open_file(o->replay, "re", &run->replay);

	if (status == 0)
		status = open_file(o->record, "we", &run->record);
	if (status == 0)
		status = open_file(o->output, "we", &run->report);
	return status;
}

static int start_scene(struct run *run)
{
	const char *name = run->options->demo;
	int r = name ? scene_start(scene_find(name), &run->scene) : 0;

	return r < 0 ? trouble("cannot play the scene '%s': %s", name, strerror(-r)) : 0;
}

/*
 * Before anything of it is looked at, so that its pid can't become somebody else's; and before
 * files are opened, so that a pid that is not there leaves them as they are.
 */
static int attach(struct run *run)
{
	const struct options *o = run->options;
	int32_t missing;
	int r = o->replay ? 0 : attach_new(o->pids, o->pid_count, &run->attach, &missing);

	if (r == -ESRCH)
		return trouble("no such process: %d", missing);
	return r < 0 ? trouble("cannot attach: %s", strerror(-r)) : 0;
}

/* ---- from all of the user's rights to what is needed ---- */

static bool needs_helper(const struct run *run)
{
	const struct options *o = run->options;

	return run->ui || o->on_deadlock || o->action == ACTION_BACKTRACE ||
	       (o->action == ACTION_DRAIN && o->output);
}

static unsigned filter_needs(const struct run *run)
{
	static const unsigned needs[] = {
		[ACTION_PEEK] = FILTER_PIPE, [ACTION_GROW] = FILTER_PIPE,
		[ACTION_GROW_ALL_STUCK] = FILTER_PIPE, [ACTION_DRAIN] = FILTER_PIPE,
		[ACTION_BACKTRACE] = FILTER_UNWIND,
	};
	const struct options *o = run->options;
	unsigned found = needs[o->action];

	if (run->ui)
		found |= FILTER_SCREEN | FILTER_PIPE;
	if (run->ui && !o->readonly)
		found |= FILTER_SIGNAL | FILTER_UNWIND;
	if (o->kill_on_deadlock)
		found |= FILTER_SIGNAL;
	return privileges_reach_pipes() ? found : found | FILTER_REOPEN;
}

/*
 * When what the user named is open, and what runs with the user's rights has been started. (What
 * else needs all rights, such as loading programs into the kernel, belongs before this.)
 */
static int confine(struct run *run)
{
	const struct options *o = run->options;
	const struct helper_duties duties = {
		.command = o->on_deadlock, .save = run->ui ? ui_save : NULL, .context = run->ui,
		.stacks = run->ui || o->action == ACTION_BACKTRACE, .quiet = run->ui,
	};
	int r = needs_helper(run) ? helper_start(&duties, &run->helper) : 0;

	if (r < 0)
		return trouble("cannot start the helper process: %s", strerror(-r));
	r = privileges_keep(!o->readonly);
	if (r < 0)
		return trouble("cannot give up privileges: %s", strerror(-r));
	r = filter_install(filter_needs(run));
	return r < 0 && r != -ENOSYS ? trouble("cannot limit system calls: %s", strerror(-r)) : 0;
}

static bool shows_column(const struct options *o, const char *name)
{
	for (uint32_t i = 0; i < o->column_count; i++)
		if (!strcmp(columns[o->columns[i]].name, name))
			return true;
	return false;
}

static struct source_settings source_settings(const struct options *o)
{
	return (struct source_settings){
		.diagnosis = {
			.stall_ms = o->stall_ms, .pids = o->pids, .pid_count = o->pid_count,
			.depth = o->depth,
		},
		.confirm_ms = o->confirm_ms,
		.names = o->record || o->on_deadlock || o->column_count ||
		         strcmp(o->format, report_formats[0].name) != 0,
		.units = o->record || o->filter || shows_column(o, "unit"),
		.keep = o->watch || o->command,
	};
}

static int examine(struct run *run)
{
	const struct options *o = run->options;
	const struct source_settings settings = source_settings(o);
	char error[SOURCE_ERROR_SIZE];
	int r = run->replay
		? source_replay(run->replay, &settings, &run->found, error)
		: attach_scan(run->attach, run->collector, &settings, &run->found, error);

	if (r == -ESRCH)
		return trouble("%s", error);
	if (r < 0 && run->replay)
		return trouble_with_file("read", o->replay, r == -EINVAL ? error : strerror(-r));
	if (r < 0)
		return trouble("cannot look at the system: %s", strerror(-r));
	return 0;
}

static int write_redacted(FILE *file, const struct examination *found)
{
	struct redacted redacted;
	int r = redact(found->earlier, found->later, housekeeping_name, &redacted);

	if (r < 0)
		return r;
	r = record_write(file, redacted.earlier, redacted.later);
	redacted_free(&redacted);
	return r;
}

static int write_record(struct run *run)
{
	const struct examination *found = &run->found;

	if (!run->record)
		return 0;
	return finish_file(&run->record, run->options->record,
	                   run->options->redact
	                           ? write_redacted(run->record, found)
	                           : record_write(run->record, found->earlier, found->later));
}

static int terminal_width(int fd)
{
	const char *given = getenv("COLUMNS");
	int width = given ? atoi(given) : 0;
	struct winsize size;

	if (width <= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	return width > 0 ? width : 80;
}

/* https://no-color.org: set and not empty. */
static bool wants_color(const struct options *o, int fd)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return isatty(fd) && !(no_color && *no_color) && terminal && strcmp(terminal, "dumb") != 0;
}

static int write_report(struct run *run)
{
	const struct options *o = run->options;
	const struct report_settings settings = {
		.width = terminal_width(fileno(run->report)),
		.color = wants_color(o, fileno(run->report)),
		.utf8 = !o->ascii && !strcmp(nl_langinfo(CODESET), "UTF-8"),
		.all = o->show == SHOW_ALL,
		.stuck = o->show == SHOW_STUCK,
		.verdicts = o->where,
		.columns = o->columns,
		.column_count = o->column_count,
		.selection = run->selection,
		.no_headings = o->no_headings, .raw = o->raw, .bytes = o->bytes,
		.command = run->command ? command_outcome(run->command) : NULL,
	};
	int r = report_format_find(o->format)->write(run->report, run->found.diagnosis, &settings);

	return finish_file(&run->report, o->output, r);
}

/* The least that makes the exit status 1. */
static enum found least_found(const struct options *o)
{
	static const enum found least[] = {
		[FAIL_ON_NEVER] = FOUND_PROVED + 1, [FAIL_ON_PROVED] = FOUND_PROVED,
		[FAIL_ON_DEADLOCK] = FOUND_LIKELY, [FAIL_ON_STALL] = FOUND_STALL,
	};

	return least[o->fail_on];
}

static bool is_found(const struct run *run)
{
	return examination_found(&run->found) >= least_found(run->options);
}

/* The note that goes with "nothing found" when not everything was seen. */
static void tell_view(const struct snapshot *s)
{
	char **lines = explain_view(s);

	fputs("pipetop: nothing stuck in what could be seen, which is not everything.", stderr);
	for (char **line = lines; line && *line; line++)
		fprintf(stderr, " %s", *line);
	fputc('\n', stderr);
	explain_free_list(lines);
}

static int judge(struct run *run)
{
	const struct snapshot *s = run->found.later;

	if (is_found(run))
		return STATUS_FOUND;
	if (snapshot_is_complete(s) || run->found.diagnosis->deadlock_count)
		return STATUS_NOTHING;
	tell_view(s);
	return run->options->strict ? STATUS_TROUBLE : STATUS_NOTHING;
}

/* ---- a watch, and a command that is watched ---- */

enum { INTERVAL_MS = 1000 };

static int watch(struct run *run)
{
	const struct options *o = run->options;
	const struct watch_settings settings = {
		.source = source_settings(o),
		.interval_ms = o->interval_ms ? o->interval_ms : INTERVAL_MS, .count = o->count,
		.json = !strcmp(o->format, "json"),
		.ascii = o->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
		.hook = run->helper,
	};
	enum found worst;
	int r = watch_run(run->collector, run->attach, &settings, run->report, &worst);

	if (r == -EPIPE || ferror(run->report))
		return finish_file(&run->report, o->output, r);
	if (r < 0)
		return trouble("cannot watch: %s", strerror(-r));
	r = finish_file(&run->report, o->output, 0);
	return r == 0 && worst >= least_found(o) ? STATUS_FOUND : r;
}

static int start_command(struct run *run)
{
	const struct options *o = run->options;
	int r = command_start(o->command, o->kill_on_deadlock, &run->command);

	if (run->report == stdout)
		run->report = stderr;
	if (r == 0)
		return 0;
	trouble_with_file("start", o->command[0], strerror(-r));
	return r == -ENOENT ? STATUS_NO_COMMAND : STATUS_NOT_STARTED;
}

static int watch_command(struct run *run)
{
	const struct options *o = run->options;
	const struct command_settings settings = {
		.source = source_settings(o),
		.interval_ms = o->interval_ms ? o->interval_ms : INTERVAL_MS,
		.stuck = o->fail_on == FAIL_ON_NEVER ? FOUND_LIKELY : least_found(o),
		.kill = o->kill_on_deadlock, .hook = run->helper,
	};
	int r = command_watch(run->command, run->collector, &settings, &run->found);

	return r < 0 ? trouble("cannot watch the command: %s", strerror(-r)) : 0;
}

/* One that runs on, since it is stuck and that was not to count, has no status yet. */
static int judge_command(struct run *run)
{
	int status = command_exit_status(run->command);

	if (is_found(run))
		return STATUS_FOUND;
	return status == UNKNOWN ? STATUS_NOTHING : status;
}

static int do_action(struct run *run)
{
	static action_function *const functions[] = {
		[ACTION_PEEK] = action_peek, [ACTION_GROW] = action_grow,
		[ACTION_GROW_ALL_STUCK] = action_grow_all_stuck, [ACTION_DRAIN] = action_drain,
		[ACTION_BACKTRACE] = action_backtrace,
	};
	const struct options *o = run->options;
	char text[ACTION_TEXT_SIZE] = "";
	const struct action_means means = {
		o->output, run->helper, run->iterator, run->collector, o->confirm_ms
	};
	int r = functions[o->action](run->found.diagnosis, o->subject, &means, text);

	if (r < 0)
		return *text ? trouble("%s", text) : STATUS_TROUBLE;
	if (*text)
		fprintf(stderr, "pipetop: %s\n", text);
	return finish_output();
}

static int need_terminal(struct run *run)
{
	(void)run;
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return 0;
	return trouble("the screen needs a terminal: --report prints a report instead");
}

static int open_screen(struct run *run)
{
	run->ui = ui_open(run->options);
	return 0;
}

static int show_screen(struct run *run)
{
	const char *terminal = getenv("TERM");
	char error[UI_ERROR_SIZE];
	int r = ui_run(run->ui, run->helper, &run->iterator, &run->collector, &run->replay, &run->attach,
	               error);

	if (r == -ENODEV)
		return trouble_with_file("use the terminal", terminal ? terminal : "",
		                         "its TERM is unknown or too simple: try --report");
	if (r == -EINVAL && error[0])
		return trouble_with_file("read", run->options->replay, error);
	if (r < 0)
		return trouble("%s", error[0] ? error : strerror(-r));
	return 0;
}

static void close_run(struct run *run)
{
	FILE *files[] = { run->replay, run->record, run->report };

	if (run->scene)
		scene_stop(run->scene);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (files[i])
			fclose(files[i]);
	examination_free(&run->found);
	selection_free(run->selection);
	attach_free(run->attach);
	command_free(run->command);
	helper_free(run->helper);
	collector_free(run->collector);
	iterator_close(run->iterator);
}

/* ---- the choice among them ---- */

typedef int step(struct run *run);

static step *const report_steps[] = {
	make_collector, make_selection, attach, open_files, start_scene, confine, examine, write_record,
	write_report, judge, NULL,
};
static step *const watch_steps[] = {
	make_collector, attach, open_files, start_scene, confine, watch, NULL,
};
/*
 * The collector remembers which pipes are ours, so it comes when those of COMMAND are not any more.
 */
static step *const command_steps[] = {
	make_selection, open_files, start_command, make_collector, confine, watch_command, write_record,
	write_report, judge_command, NULL,
};
static step *const screen_steps[] = {
	need_terminal, make_collector, attach, open_files, open_screen, start_scene, confine, show_screen,
	NULL,
};
static step *const action_steps[] = {
	make_collector, start_scene, attach, confine, examine, do_action, NULL,
};
static step *const backtrace_steps[] = { open_iterator, confine, do_action, NULL };

static step *const *steps_for(const struct options *o)
{
	if (o->action == ACTION_BACKTRACE)
		return backtrace_steps;
	if (o->action != ACTION_RUN)
		return action_steps;
	if (o->command)
		return command_steps;
	if (o->watch)
		return watch_steps;
	return o->report ? report_steps : screen_steps;
}

/*
 * Looks come and go, by the second for a screen, made in one thread and freed in another: what they
 * leave is to go back to the system at once, not to wait in an arena for each thread (mallopt(3),
 * glibc). A little stays, since pages that are had anew for each look take more time than they are
 * worth.
 */
static void keep_memory_small(void)
{
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 512 * 1024);
	mallopt(M_TRIM_THRESHOLD, 512 * 1024);
#endif
}

int run(const struct options *options)
{
	struct run run = { .options = options, .report = stdout };
	int status = 0;

	keep_memory_small();
	for (step *const *next = steps_for(options); *next && status == 0; next++)
		status = (*next)(&run);
	close_run(&run);
	return status;
}
