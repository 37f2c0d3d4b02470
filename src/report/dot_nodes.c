/*
 * Owns what processes and pipes look like in the graph: their colours, marks and lines of text. A
 * line has one style, since viewers' fonts differ in their widths. No name of a node is foreign.
 */
#include "report/dot.h"

#include <inttypes.h>

#include "words/explain.h"
#include "words/party.h"
#include "words/units.h"

enum {
	CALLS = 3,               /* of the threads of one process */
	CALL_SIZE = 64
};

/* ---- processes ---- */

/* How much a thread has to do with what is wrong; and so its process. */
enum role { ROLE_BYSTANDER, ROLE_BLOCKED, ROLE_VICTIM, ROLE_MEMBER };

static const struct {
	const char *fill, *line, *style, *mark;
} roles[] = {
	[ROLE_BYSTANDER] = { "#f6f8fa", "#8c959f", "filled,rounded", "" },
	[ROLE_BLOCKED] = { "#f6f8fa", "#57606a", "filled,rounded", "" },
	[ROLE_VICTIM] = { "#fff4e0", DOT_AMBER, "filled,rounded,dashed", "doomed with deadlock" },
	[ROLE_MEMBER] = { "#fdecea", DOT_RED, "filled,rounded,bold", "deadlock" },
};

static enum role role_of(const struct dot *dot, uint32_t task)
{
	const struct task_finding *finding = &dot->d->tasks[task];
	enum wait_kind wait = dot->s->tasks[task].wait.kind;

	if (finding->deadlock != NONE)
		return finding->member ? ROLE_MEMBER : ROLE_VICTIM;
	return wait == WAIT_PIPE_SPACE || wait == WAIT_PIPE_DATA ? ROLE_BLOCKED : ROLE_BYSTANDER;
}

/* The highest of its threads; *ret_task is the first of those, or NONE. */
static enum role role_of_process(const struct dot *dot, const struct process *process,
                                 uint32_t *ret_task)
{
	enum role role = ROLE_BYSTANDER;

	*ret_task = process->tasks ? process->first_task : NONE;
	for (uint32_t t = process->first_task; t < process->first_task + process->tasks; t++) {
		if (role_of(dot, t) > role) {
			role = role_of(dot, t);
			*ret_task = t;
		}
	}
	return role;
}

/* What its threads of that role are in; of bystanders one is enough. */
static void put_calls(const struct dot *dot, const struct process *process, enum role role,
                      uint32_t task)
{
	uint32_t end = process->first_task + process->tasks, shown = 0;
	char call[CALL_SIZE];

	for (; task < end && shown <= CALLS; task++) {
		if (role_of(dot, task) != role)
			continue;
		party_call(&dot->s->tasks[task], call, sizeof(call));
		if (*call)
			fputs("<br/>", dot->file);
		dot_put_shown(dot, LABEL, shown < CALLS ? call : "…");
		shown++;
		if (role == ROLE_BYSTANDER)
			return;
	}
}

void dot_put_process(struct dot *dot, const struct process *process)
{
	uint32_t task;
	enum role role = role_of_process(dot, process, &task);

	fprintf(dot->file, "    p%" PRId32 " [label=<<b>", process->pid);
	dot_put_foreign(dot, LABEL, process->comm);
	fprintf(dot->file, "</b><font point-size=\"10\"><br/><font color=\"" DOT_GREY "\">%" PRId32,
	        process->pid);
	if (process->user) {
		fputs(" · ", dot->file);
		dot_put_foreign(dot, LABEL, process->user);
	}
	fputs("</font>", dot->file);
	if (task != NONE)
		put_calls(dot, process, role, task);
	if (*roles[role].mark)
		fprintf(dot->file, "<br/><font color=\"%s\">%s %" PRIu32 "</font>",
		        roles[role].line, roles[role].mark,
		        dot->d->deadlocks[dot->d->tasks[task].deadlock].id);
	fprintf(dot->file, "</font>>, style=\"%s\", fillcolor=\"%s\", color=\"%s\", tooltip=\"",
	        roles[role].style, roles[role].fill, roles[role].line);
	dot_put_foreign(dot, TOOLTIP, process->command ? process->command : process->comm);
	fputs("\"]\n", dot->file);
}

/* ---- pipes ---- */

static const struct {
	const char *line, *fill;
} colors[] = {
	[VERDICT_DEADLOCK] = { DOT_RED, "#f9c9c5" },
	[VERDICT_STALLED] = { DOT_AMBER, "#ffdca3" },
	[VERDICT_BACKPRESSURE] = { "#0b7285", "#bfe8ef" },
	[VERDICT_STARVED] = { DOT_GREY, "#e3e6ea" },
	[VERDICT_HALF_OPEN] = { "#7048a8", "#e2d6f5" },
	[VERDICT_MOVING] = { "#2b7a3a", "#c6ebcc" },
	[VERDICT_IDLE] = { DOT_GREY, "#e3e6ea" },
	[VERDICT_UNKNOWN] = { DOT_GREY, "#e3e6ea" },
};

/* Thousandths that are filled; 0 where that is not known. */
static unsigned fullness(const struct pipe *pipe)
{
	bool known = pipe->fill_bytes > 0 && pipe->capacity_bytes > 0;

	if (pipe->full == FACT_YES || (known && pipe->fill_bytes >= pipe->capacity_bytes))
		return 1000;
	return known ? (unsigned)(1000.0 * (double)pipe->fill_bytes / (double)pipe->capacity_bytes)
	             : 0;
}

/* Two lines: its name, and how it is. */
static void put_pipe_label(struct dot *dot, uint32_t index)
{
	const struct pipe *pipe = &dot->s->pipes[index];
	const struct pipe_finding *finding = &dot->d->pipes[index];
	const char *path = snapshot_path(dot->s, index);
	int64_t blocked_ms = party_blocked_ms(dot->d, index);
	char bytes[UNITS_SIZE], capacity[UNITS_SIZE], span[UNITS_SIZE];

	fputs("<b>", dot->file);
	if (path)
		dot_put_foreign(dot, LABEL, path);
	else
		dot_put_taken(dot, LABEL, explain_pipe_id(dot->s, index));
	fprintf(dot->file, "</b><br/>%s", verdict_name(finding->verdict));
	if (blocked_ms >= 0)
		fprintf(dot->file, " %s", units_span_short(span, blocked_ms));
	if (pipe->fill_bytes >= 0 && pipe->capacity_bytes >= 0)
		fprintf(dot->file, " · %s of %s", units_bytes(bytes, pipe->fill_bytes),
		        units_bytes(capacity, pipe->capacity_bytes));
	if (finding->unseen_writers == FACT_YES)
		fputs("<br/>a writer was not seen", dot->file);
	if (finding->unseen_readers == FACT_YES)
		fputs("<br/>a reader was not seen", dot->file);
}

/* The node is a gauge: coloured from the left as far as the pipe is filled. */
void dot_put_pipe(struct dot *dot, uint32_t index)
{
	const struct pipe *pipe = &dot->s->pipes[index];
	unsigned full = fullness(pipe);
	enum verdict verdict = dot->d->pipes[index].verdict;

	fprintf(dot->file, "    q%" PRIu32 " [label=<", index);
	put_pipe_label(dot, index);
	fprintf(dot->file, ">, fontsize=10, color=\"%s\", fontcolor=\"%s\", fillcolor=\"",
	        colors[verdict].line, colors[verdict].line);
	if (full > 0 && full < 1000)
		fprintf(dot->file, "%s;0.%03u:white", colors[verdict].fill, full);
	else
		fputs(full ? colors[verdict].fill : "white", dot->file);
	fputs("\", tooltip=\"", dot->file);
	dot_put_taken(dot, TOOLTIP, explain_pipe_id(dot->s, index));
	fputs("\"]\n", dot->file);
}

void dot_put_ends(const struct dot *dot, uint32_t index, bool writers)
{
	const struct pipe *pipe = &dot->s->pipes[index];
	unsigned tenths = 10 + fullness(pipe) / 25;
	uint32_t last = NONE;

	for (uint32_t k = 0; k < pipe->ends; k++) {
		const struct holder *holder = snapshot_end(dot->s, pipe, k);
		int32_t pid = dot->s->processes[holder->process].pid;

		if (holder->process == last || !(writers ? holder->writes : holder->reads))
			continue;
		last = holder->process;
		if (writers)
			fprintf(dot->file, "  p%" PRId32 " -> q%" PRIu32, pid, index);
		else
			fprintf(dot->file, "  q%" PRIu32 " -> p%" PRId32, index, pid);
		fprintf(dot->file, " [penwidth=%u.%u, color=\"%s\"]\n", tenths / 10, tenths % 10,
		        colors[dot->d->pipes[index].verdict].line);
	}
}
