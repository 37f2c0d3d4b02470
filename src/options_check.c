/* Which options go together, and which one another one needs. */
#include "options_take.h"

#include <errno.h>
#include <string.h>

#include "words/columns.h"

static int check_action(struct parser *p)
{
	const struct options *o = p->options;
	const char *name = options_actions[o->action];

	if (o->action < ACTION_PEEK)
		return 0;
	if (o->replay)
		return take_wrong(p, "nothing can be done about a record:", o->replay, "");
	if (o->readonly && o->action != ACTION_PEEK)
		return take_wrong(p, "--readonly forbids", name, "");
	if (o->output && o->action != ACTION_DRAIN)
		return take_wrong(p, "--output does not go with", name, "");
	return 0;
}

static int check_watch(struct parser *p)
{
	const struct options *o = p->options;

	if (o->replay)
		return take_wrong(p, "--watch does not go with --replay", o->replay, "");
	if (o->record)
		return take_wrong(p, "--watch does not go with --record", o->record, "");
	if (strcmp(o->format, "text") != 0 && strcmp(o->format, "json") != 0)
		return take_wrong(p, "--watch does not know the format", o->format, "");
	return 0;
}

static int check_command(struct parser *p)
{
	const struct options *o = p->options;
	const char *name = o->command[0];

	if (o->watch || o->action >= ACTION_PEEK)
		return take_wrong(p, "only --report goes with the command", name, "");
	if (o->replay || o->demo || o->pid_count)
		return take_wrong(p, "nothing else is looked at with the command", name, "");
	if (o->kill_on_deadlock && o->readonly)
		return take_wrong(p, "--readonly forbids to kill", name, "");
	return 0;
}

/* --where asks for a list only where the report is text. */
static int check_list(struct parser *p)
{
	struct options *o = p->options;
	bool text = o->format == p->names->formats[0];

	if (o->watch && (o->column_count || o->where))
		return take_wrong(p, "a list of pipes does not go with", "--watch", "");
	if (o->column_count && !text)
		return take_wrong(p, "a list of columns is text, not", o->format, "");
	if (o->where && text && !o->column_count)
		o->column_count = columns_default(o->columns);
	return 0;
}

int options_check(struct parser *p)
{
	const struct options *o = p->options;

	if (o->replay && o->record)
		return take_wrong(p, "nothing is scanned for --record with --replay", o->replay,
		                  "");
	if (o->redact && !o->record)
		return take_wrong(p, "--record is missing with", "--redact", "");
	if (o->replay && o->demo)
		return take_wrong(p, "nothing is started for --demo with --replay", o->replay, "");
	if (o->kill_on_deadlock && !o->command)
		return take_wrong(p, "a command is missing after", "--kill-on-deadlock", "");
	if (o->on_deadlock && !o->watch && !o->command)
		return take_wrong(p, "--watch or a command is missing with --on-deadlock",
		             o->on_deadlock, "");
	if (check_list(p) < 0)
		return -EINVAL;
	if (o->command)
		return check_command(p);
	if (o->watch && o->action == ACTION_RUN && check_watch(p) < 0)
		return -EINVAL;
	return check_action(p);
}
