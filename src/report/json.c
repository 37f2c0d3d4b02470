/*
 * Owns the report for programs: one object, schema pipetop/1 (assets/schema). Every key is always
 * there (`command` where one was watched), in the same order; what is not known is null.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "report/formats.h"
#include "report/json.h"
#include "words/explain.h"

/* RFC 3339 in UTC; null for a time that has no such form. */
static void utc_time(struct json_out *o, const char *key, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm parts;
	char text[64];
	bool known = ms >= 0 && gmtime_r(&seconds, &parts) && parts.tm_year <= 9999 - 1900;

	if (known)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	out_text(o, key, known ? text : NULL);
}

/* ---- the head ---- */

static void view(struct json_out *o, const struct snapshot *s)
{
	const char *names[8];

	out_open_object(o, "view");
	out_bool(o, "complete", snapshot_is_complete(s));
	out_open_array(o, "limits");
	for (const char *const *name = explain_limit_names(s, names); *name; name++)
		out_text(o, NULL, *name);
	out_close_array(o);
	out_number(o, "unreadable_processes", (int64_t)s->denied + s->timed_out);
	out_close_object(o);
}

static void scan(struct json_out *o, const struct snapshot *s)
{
	out_open_object(o, "scan");
	out_foreign(o, "engine", s->engine ? s->engine : "proc");
	out_number(o, "processes", s->process_count);
	out_number(o, "threads", s->task_count);
	out_number(o, "fds", (int64_t)s->fds_seen);
	out_number(o, "pipes", s->pipe_count);
	out_number(o, "elapsed_us", s->elapsed_us);
	out_close_object(o);
}

static void limits(struct json_out *o, const struct snapshot *s)
{
	out_open_object(o, "limits");
	out_known(o, "pipe_max_size", s->pipe_max_size);
	out_known(o, "pipe_user_pages_soft", s->pipe_user_pages_soft);
	out_known(o, "pipe_user_pages_hard", s->pipe_user_pages_hard);
	out_close_object(o);
}

static void command(struct json_out *o, const struct report_command *c)
{
	out_open_object(o, "command");
	out_open_array(o, "argv");
	for (char *const *argv = c->argv; argv && *argv; argv++)
		out_foreign(o, NULL, *argv);
	out_close_array(o);
	out_number(o, "pid", c->pid);
	out_known(o, "status", c->status);
	out_known(o, "signal", c->signal ? c->signal : UNKNOWN);
	out_close_object(o);
}

/* ---- the whole ---- */

static void found(struct json_out *o, const struct json_source *from)
{
	out_open_array(o, "deadlocks");
	for (uint32_t i = 0; i < from->d->deadlock_count && !o->error; i++)
		json_deadlock(o, from, i);
	out_close_array(o);
	out_open_array(o, "stalls");
	for (uint32_t i = 0; i < from->d->stall_count && !o->error; i++)
		json_stall(o, from, i);
	out_close_array(o);
}

static void seen(struct json_out *o, const struct json_source *from,
                 const struct report_settings *settings)
{
	out_open_array(o, "pipes");
	for (uint32_t i = 0; i < from->s->pipe_count && !o->error; i++)
		if (report_shows(settings, &from->d->pipes[i]))
			json_pipe(o, from, i);
	out_close_array(o);
	out_open_array(o, "processes");
	for (uint32_t i = 0; i < from->s->process_count && !o->error; i++)
		if (from->d->processes[i] && from->s->processes[i].tasks)
			json_process(o, from, i);
	out_close_array(o);
}

int json_write(FILE *file, const struct diagnosis *d, const struct report_settings *settings)
{
	const struct snapshot *s = d->snapshot;
	struct relations *relations = relations_new(s);
	const struct json_source from = { d, s, relations };
	struct json_out *o = relations ? calloc(1, sizeof(*o)) : NULL;
	int r = -ENOMEM;

	if (o) {
		o->file = file;
		out_open_object(o, NULL);
		out_text(o, "schema", "pipetop/1");
		out_text(o, "version", PACKAGE_VERSION);
		out_foreign(o, "host", s->host);
		out_foreign(o, "kernel", s->kernel);
		utc_time(o, "time", s->time_ms);
		view(o, s);
		scan(o, s);
		limits(o, s);
		if (settings->command)
			command(o, settings->command);
		found(o, &from);
		seen(o, &from, settings);
		out_close_object(o);
		r = out_finish(o);
	}
	free(o);
	relations_free(relations);
	return r;
}
