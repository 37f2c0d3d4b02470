/*
 * The tree of processes, each with its ends of pipes and an arrow to whoever is on the other one.
 */
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "tui/glyphs.h"
#include "words/columns.h"
#include "words/escape.h"
#include "words/explain.h"

enum { PID_WIDTH = 8 };

/* Where the ends begin: behind the names, which take up to half of the row. */
static int ends_column(const struct grid *g)
{
	return PID_WIDTH + (g->columns - PID_WIDTH) * 9 / 20;
}

static int draw_branches(struct grid *g, int row, int column, const struct tree_line *line)
{
	for (unsigned depth = 1; depth <= line->depth; depth++) {
		bool last = (line->last & 1u << depth) != 0, own = depth == line->depth;
		const char *glyph = own ? (last ? g->glyphs->last_branch : g->glyphs->branch)
		                        : (last ? g->glyphs->no_trunk : g->glyphs->trunk);

		column = grid_text(g, row, column, STYLE_RULE, glyph);
	}
	return column;
}

/* What the process waits in: its doomed thread, or the first that waits for a pipe, or none. */
static const struct task *telling_task(const struct diagnosis *d, const struct process *process)
{
	const struct task *telling = NULL;

	for (uint32_t t = process->first_task; t < process->first_task + process->tasks; t++) {
		if (d->tasks[t].deadlock != NONE)
			return &d->snapshot->tasks[t];
		if (telling == NULL)
			telling = &d->snapshot->tasks[t];
	}
	return telling;
}

static void draw_process(const struct diagnosis *d, struct grid *g, int row, int end,
                         const struct tree_line *line)
{
	const struct process *process = &d->snapshot->processes[line->process];
	const struct task *task = telling_task(d, process);
	bool doomed = tree_doomed(d, line->process);
	char comm[COLUMNS_TEXT], call[64] = "";
	int x;

	grid_printf(g, row, 1, STYLE_DIM, "%6" PRId32, process->pid);
	x = draw_branches(g, row, PID_WIDTH, line);
	if (line->has_children)
		x = grid_text(g, row, x, STYLE_RULE,
		              line->collapsed ? g->glyphs->closed : g->glyphs->open) + 1;
	escape_text(comm, sizeof comm, process->comm);
	x = grid_text(g, row, x, doomed ? STYLE_DEADLOCK : STYLE_NORMAL, comm) + 1;
	if (task != NULL)
		party_call(task, call, sizeof call);
	grid_text(g, row, x, doomed ? STYLE_DEADLOCK : STYLE_DIM, call);
	for (x = end; x < g->columns; x++)
		grid_text(g, row, x, STYLE_NORMAL, " ");
}

/* "2 ━━▶ pipe:[6715] ━━▶ python3[90908]", or the other way round for a read end. */
static int draw_end(const struct diagnosis *d, struct grid *g, int row, int column,
                    const struct holder *holder)
{
	const struct snapshot *s = d->snapshot;
	enum side far = holder->writes ? SIDE_READER : SIDE_WRITER;
	struct party party = party_find(d, holder->pipe, far);
	unsigned style = view_verdict_style(d->pipes[holder->pipe].verdict);
	char *id = explain_pipe_id(s, holder->pipe);
	char name[COLUMNS_TEXT + 16] = "nobody seen";

	if (party.holder != NONE)
		view_process_name(&s->processes[s->holders[party.holder].process], name,
		                  sizeof name);
	column = grid_printf(g, row, column, STYLE_NORMAL, "%" PRId32 " ", holder->fd);
	if (!holder->writes)
		column = grid_text(g, row, column, style, g->glyphs->left);
	column = grid_text(g, row, column, style, g->glyphs->line);
	column = grid_printf(g, row, column, style, " %s ", id == NULL ? "?" : id);
	if (!holder->writes)
		column = grid_text(g, row, column, style, g->glyphs->left);
	column = grid_text(g, row, column, style, g->glyphs->line);
	if (holder->writes)
		column = grid_text(g, row, column, style, g->glyphs->right);
	column = grid_printf(g, row, column, STYLE_NORMAL, " %s", name);
	if (party.others > 0)
		column = grid_printf(g, row, column, STYLE_DIM, " +%" PRIu32, party.others);
	free(id);
	return column;
}

/* Those that something is stuck on first, as far as there is room for them. */
static void draw_ends(const struct diagnosis *d, struct grid *g, int row, int column,
                      const struct process *process)
{
	for (int stuck = 1; stuck >= 0; stuck--) {
		for (uint32_t h = 0; h < process->holders && column < g->columns; h++) {
			const struct holder *holder =
				&d->snapshot->holders[process->first_holder + h];

			if ((d->pipes[holder->pipe].verdict <= VERDICT_STALLED) == stuck)
				column = draw_end(d, g, row, column, holder) + 3;
		}
	}
}

static void draw_heading(struct grid *g, int row)
{
	for (int x = 0; x < g->columns; x++)
		grid_text(g, row, x, STYLE_HEADING, " ");
	grid_text(g, row, 4, STYLE_HEADING, "PID");
	grid_text(g, row, PID_WIDTH, STYLE_HEADING, "PROCESS");
	grid_text(g, row, ends_column(g), STYLE_HEADING, "ENDS");
}

void view_tree(const struct state *state, struct grid *g, const struct layout *layout)
{
	const struct diagnosis *d = look_diagnosis(state->look);
	const struct scroll *scroll = &state->scrolls[SCREEN_TREE];
	int ends = ends_column(g);

	if (layout->heading >= 0)
		draw_heading(g, layout->heading);
	for (int i = 0; i < layout->list_rows; i++) {
		uint32_t index = scroll->top + (uint32_t)i;
		const struct tree_line *line = &state->tree.lines[index];
		int row = layout->list + i;

		if (index >= state->tree.count)
			break;
		draw_process(d, g, row, ends - 1, line);
		draw_ends(d, g, row, ends, &d->snapshot->processes[line->process]);
		if (index != scroll->cursor)
			continue;
		grid_text(g, row, 0, STYLE_BOLD, g->glyphs->cursor);
		grid_flag(g, row, 0, g->columns, STYLE_SELECTED);
	}
	if (state->tree.count == 0 && layout->list >= 0)
		grid_text(g, layout->list, 2, STYLE_DIM, "No process fits (a: all).");
}
