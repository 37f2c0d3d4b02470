/*
 * Owns the report as a graph in Graphviz's language (dot(1)): from boxes that are processes
 * through gauges that are pipes to the processes that read. Thick is full, red is the knot, dashed
 * are waits for an exit, and trees of processes stand together. Edges have no labels: Graphviz
 * drops those when it packs what is not connected, without which a hundred pipes are one long
 * column.
 */
#include "report/dot.h"

#include <errno.h>
#include <inttypes.h>

#include "words/units.h"

enum { DEADLOCKS = 8 };      /* in the title */

/* ---- trees ---- */

/* How many stand in one tree, from the first on. */
static uint32_t run_length(const struct drawn *drawn, uint32_t left, uint32_t tree)
{
	uint32_t count = 0;

	while (count < left && drawn[count].tree == tree)
		count++;
	return count;
}

/* A frame around one process says nothing. */
static void put_tree(struct dot *dot, uint32_t tree, const struct drawn *processes,
                     uint32_t process_count, const struct drawn *pipes, uint32_t pipe_count)
{
	bool framed = process_count > 1;

	if (framed) {
		const struct process *head = &dot->s->processes[tree];

		fprintf(dot->file, "  subgraph cluster_%" PRId32 " {\n    tooltip=\" \" label=<",
		        head->pid);
		dot_put_foreign(dot, LABEL, head->comm);
		fprintf(dot->file, " %" PRId32 " and its descendants>\n", head->pid);
	}
	for (uint32_t i = 0; i < process_count; i++)
		dot_put_process(dot, &dot->s->processes[processes[i].index]);
	for (uint32_t i = 0; i < pipe_count; i++)
		dot_put_pipe(dot, pipes[i].index);
	if (framed)
		fputs("  }\n", dot->file);
}

static void put_trees(struct dot *dot)
{
	const struct drawing *drawing = &dot->drawing;
	uint32_t pipe = 0, process = 0;

	while (process < drawing->process_count) {
		uint32_t tree = drawing->processes[process].tree;
		uint32_t processes = run_length(drawing->processes + process,
		                                drawing->process_count - process, tree);
		uint32_t pipes =
			run_length(drawing->pipes + pipe, drawing->pipe_count - pipe, tree);

		put_tree(dot, tree, drawing->processes + process, processes, drawing->pipes + pipe,
		         pipes);
		process += processes;
		pipe += pipes;
	}
	for (; pipe < drawing->pipe_count; pipe++)
		dot_put_pipe(dot, drawing->pipes[pipe].index);
}

/* ---- waits for an exit ---- */

static bool awaits(const struct snapshot *s, const struct task *task, const struct process *other)
{
	const struct wait *wait = &task->wait;
	bool child = other->ppid == s->processes[task->process].pid;

	if (wait->kind == WAIT_CHILD_EXIT && wait->children == CHILDREN_ONE)
		return other->pid == wait->child;
	if (wait->kind == WAIT_CHILD_EXIT)
		return child && (wait->children == CHILDREN_ANY || other->pgid == wait->child);
	for (uint32_t i = 0; wait->kind == WAIT_POLL && i < wait->targets; i++) {
		const struct target *target = &s->targets[wait->first_target + i];

		if (target->kind == TARGET_EXIT &&
		    target->process == (uint32_t)(other - s->processes))
			return true;
	}
	return wait->kind == WAIT_VFORK && child;
}

/* From a thread that is on the deadlock, or doomed with it, to all such that it waits for. */
static void put_awaited(const struct dot *dot, uint32_t deadlock, uint32_t waiter)
{
	const struct snapshot *s = dot->s;
	const struct task *task = &s->tasks[waiter];
	uint32_t last = NONE;

	for (uint32_t i = 0; i < s->task_count; i++) {
		uint32_t process = s->tasks[i].process;
		bool knot = dot->d->tasks[waiter].member && dot->d->tasks[i].member;

		if (process == last || dot->d->tasks[i].deadlock != deadlock ||
		    !awaits(s, task, &s->processes[process]))
			continue;
		last = process;
		fprintf(dot->file, "  p%" PRId32 " -> p%" PRId32 " [style=dashed, color=\"%s\"]\n",
		        s->processes[task->process].pid, s->processes[process].pid,
		        knot ? DOT_RED : DOT_AMBER);
	}
}

static void put_waits(const struct dot *dot)
{
	for (uint32_t i = 0; i < dot->s->task_count; i++) {
		enum wait_kind kind = dot->s->tasks[i].wait.kind;

		if (dot->d->tasks[i].deadlock != NONE &&
		    (kind == WAIT_CHILD_EXIT || kind == WAIT_VFORK || kind == WAIT_POLL))
			put_awaited(dot, dot->d->tasks[i].deadlock, i);
	}
}

/* ---- the whole ---- */

static void put_deadlock_title(const struct dot *dot, const struct deadlock *deadlock)
{
	char span[UNITS_SIZE];

	fprintf(dot->file, "<br/><font color=\"" DOT_RED "\"><b>DEADLOCK %" PRIu32 " (%s, %s)",
	        deadlock->id, deadlock_kind_name(deadlock->kind),
	        deadlock->proved ? "proved" : "likely");
	if (deadlock->blocked_ms >= 0)
		fprintf(dot->file, ", for %s", units_span(span, deadlock->blocked_ms));
	fputs("</b></font>", dot->file);
}

static void put_title(const struct dot *dot)
{
	const struct diagnosis *d = dot->d;

	fputs("  label=<<font point-size=\"16\" color=\"black\"><b>pipetop on ", dot->file);
	dot_put_foreign(dot, LABEL, dot->s->host);
	fputs("</b></font>", dot->file);
	for (uint32_t i = 0; i < d->deadlock_count && i < DEADLOCKS; i++)
		put_deadlock_title(dot, &d->deadlocks[i]);
	if (d->deadlock_count > DEADLOCKS)
		fprintf(dot->file, "<br/>and %" PRIu32 " more deadlocks",
		        d->deadlock_count - DEADLOCKS);
	if (d->stall_count)
		fprintf(dot->file, "<br/><font color=\"" DOT_AMBER "\">%" PRIu32 " stalled</font>",
		        d->stall_count);
	if (!d->deadlock_count && !d->stall_count)
		fputs("<br/>nothing stuck", dot->file);
	fputs("<br/><font color=\"" DOT_GREY "\" point-size=\"10\">", dot->file);
	if (d->deadlock_count)
		fputs("dashed: waits for the exit of", dot->file);
	if (d->deadlock_count && dot->drawing.left_out)
		fputs(" · ", dot->file);
	if (dot->drawing.left_out)
		fprintf(dot->file, "%" PRIu32 " other pipe%s not drawn", dot->drawing.left_out,
		        dot->drawing.left_out == 1 ? " is" : "s are");
	fputs(" </font><br/> >\n", dot->file);
}

static const char preamble[] =
	"digraph pipetop {\n"
	"  charset=\"UTF-8\" rankdir=LR labelloc=t tooltip=\" \"\n"
	"  nodesep=0.35 ranksep=0.6 pad=0.3 bgcolor=white\n"
	"  fontname=\"Helvetica,Arial,sans-serif\" fontsize=11\n"
	"  node [shape=box style=\"filled,rounded\" fontsize=12 margin=\"0.15,0.08\"\n"
	"    fontname=\"Helvetica,Arial,sans-serif\"]\n"
	"  edge [arrowsize=0.7]\n"
	"  graph [style=rounded color=\"#d0d7de\" fontcolor=\"" DOT_GREY "\"]\n";

/*
 * Trees that nothing connects are packed into columns, about as many as make a page. In each,
 * Graphviz stacks upwards.
 */
static void put_packing(const struct dot *dot)
{
	uint32_t columns = 1;

	while (columns * columns * 5 < dot->drawing.tree_count)
		columns++;
	fprintf(dot->file, "  pack=24 packmode=\"array_cul%" PRIu32 "\"\n", columns);
}

static void put_graph(struct dot *dot)
{
	fputs(preamble, dot->file);
	put_packing(dot);
	put_title(dot);
	put_trees(dot);
	for (uint32_t i = 0; i < dot->drawing.pipe_count; i++) {
		dot_put_ends(dot, dot->drawing.pipes[i].index, true);
		dot_put_ends(dot, dot->drawing.pipes[i].index, false);
	}
	put_waits(dot);
	fputs("}\n", dot->file);
}

int dot_write(FILE *file, const struct diagnosis *d, const struct report_settings *settings)
{
	struct dot dot = { .file = file, .d = d, .s = d->snapshot };
	int r = drawing_init(&dot.drawing, d, settings);

	if (r < 0)
		return r;
	put_graph(&dot);
	drawing_free(&dot.drawing);
	if (dot.no_memory)
		return -ENOMEM;
	errno = 0;
	if (fflush(file) || ferror(file))
		return errno ? -errno : -EIO;
	return 0;
}
