/*
 * Draws deadlocks. An arrow goes from who waits to who is waited for; where it is a pipe that they
 * wait on, the arrow goes through it.
 */
#include "tui/cycle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tui/glyphs.h"
#include "words/escape.h"
#include "words/explain.h"

enum { NAME = 64, LABEL = 128, BOX_MOST = 34, INDENT = 3, BOX_HEIGHT = 4 };

struct member {
	char name[NAME], number[24];
	char user[NAME];
	char call[LABEL], wait[LABEL];
	char through[LABEL];     /* the pipe, or "" */
};

/* Takes the text over. */
static void put(char *out, size_t size, char *text)
{
	snprintf(out, size, "%s", text == NULL ? "?" : text);
	free(text);
}

static bool is_on(const struct deadlock *deadlock, uint32_t pipe)
{
	for (uint32_t i = 0; i < deadlock->pipe_count; i++)
		if (deadlock->pipes[i] == pipe)
			return true;
	return false;
}

/* The pipe that a member waits on, of those of the knot. */
static uint32_t pipe_of(const struct snapshot *s, const struct deadlock *deadlock,
                        const struct wait *wait)
{
	if (wait->pipe != NONE)
		return wait->pipe;
	for (uint32_t i = 0; wait->kind == WAIT_POLL && i < wait->targets; i++) {
		uint32_t pipe = s->targets[wait->first_target + i].pipe;

		if (pipe != NONE && is_on(deadlock, pipe))
			return pipe;
	}
	return NONE;
}

static struct member describe(const struct diagnosis *d, const struct deadlock *deadlock,
                              uint32_t index)
{
	const struct snapshot *s = d->snapshot;
	const struct task *task = &s->tasks[deadlock->members[index]];
	const struct process *process = &s->processes[task->process];
	uint32_t pipe = pipe_of(s, deadlock, &task->wait);
	struct member m = {0};

	escape_text(m.name, sizeof m.name, process->comm);
	if (task->tid == process->pid)
		snprintf(m.number, sizeof m.number, "%" PRId32, process->pid);
	else
		snprintf(m.number, sizeof m.number, "%" PRId32 ":%" PRId32, process->pid,
		         task->tid);
	if (process->user != NULL)
		escape_text(m.user, sizeof m.user, process->user);
	put(m.call, sizeof m.call, explain_call(s, task));
	put(m.wait, sizeof m.wait, explain_wait(s, task));
	if (pipe != NONE)
		put(m.through, sizeof m.through, explain_pipe_id(s, pipe));
	return m;
}

/* ---- boxes ---- */

static int most(int a, int b)
{
	return a > b ? a : b;
}

/* Columns of a box around the member. */
static int box_width(const struct grid *g, const struct member *m)
{
	int inner = grid_width(g, m->name) + 2 + grid_width(g, m->number);
	int width = most(inner, grid_width(g, m->user)) + 4;

	return width > BOX_MOST ? BOX_MOST : width;
}

static void box_edge(struct grid *g, int row, int column, int width, const char *left,
                     const char *right)
{
	int x = grid_text(g, row, column, STYLE_DEADLOCK, left);

	x = grid_repeat(g, row, x, width - 2, STYLE_DEADLOCK, g->glyphs->line);
	grid_text(g, row, x, STYLE_DEADLOCK, right);
}

static void box_top(struct grid *g, int row, int column, int width)
{
	box_edge(g, row, column, width, g->glyphs->corner[0], g->glyphs->corner[1]);
}

static void box_bottom(struct grid *g, int row, int column, int width)
{
	box_edge(g, row, column, width, g->glyphs->corner[2], g->glyphs->corner[3]);
}

static void box_line(struct grid *g, int row, int column, int width, unsigned style,
                     const char *left, const char *right)
{
	int inner = width - 4, number = grid_width(g, right);

	grid_text(g, row, column, STYLE_DEADLOCK, g->glyphs->bar);
	grid_text(g, row, column + width - 1, STYLE_DEADLOCK, g->glyphs->bar);
	grid_field(g, row, column + 2, inner - number, 0, style, left);
	grid_text(g, row, column + 2 + inner - number, style, right);
}

/* ---- two side by side ---- */

/* A line from one box to the other, with a label on it. */
static void draw_link(struct grid *g, int row, int from, int to, bool rightward,
                      const char *label)
{
	int x, start = from + 1, length = to - from - 2;
	int label_at = start + (length - grid_width(g, label) - 2) / 2;

	grid_repeat(g, row, start, length, STYLE_DEADLOCK, g->glyphs->strong_line);
	x = grid_text(g, row, label_at, STYLE_NORMAL, " ");
	x = grid_text(g, row, x, STYLE_BOLD, label);
	grid_text(g, row, x, STYLE_NORMAL, " ");
	if (rightward)
		grid_text(g, row, to - 2, STYLE_DEADLOCK, g->glyphs->right);
	else
		grid_text(g, row, start, STYLE_DEADLOCK, g->glyphs->left);
}

/* What stands on the arrow: the pipe, or else the call; the call then stands beside it. */
static const char *on_arrow(const struct member *m)
{
	return m->through[0] != '\0' ? m->through : m->call;
}

static int link_width(const struct grid *g, const struct member m[2])
{
	int label = most(grid_width(g, on_arrow(&m[0])), grid_width(g, on_arrow(&m[1])));
	int call = most(grid_width(g, m[0].call), grid_width(g, m[1].call));

	return most(label + 10, call + 4);
}

static int draw_pair(struct grid *g, int row, int column, const struct member m[2])
{
	int left = box_width(g, &m[0]), right = box_width(g, &m[1]), link = link_width(g, m);
	int from = column + left, to = from + link;
	const int at[2] = {column, to}, widths[2] = {left, right};

	for (int i = 0; i < 2; i++) {
		box_top(g, row, at[i], widths[i]);
		box_line(g, row + 1, at[i], widths[i], STYLE_BOLD, m[i].name, m[i].number);
		box_line(g, row + 2, at[i], widths[i], STYLE_DIM, m[i].user, "");
		box_bottom(g, row + 3, at[i], widths[i]);
	}
	if (m[0].through[0] != '\0')
		grid_text(g, row, from + 2, STYLE_NORMAL, m[0].call);
	draw_link(g, row + 1, from, to, true, on_arrow(&m[0]));
	draw_link(g, row + 2, from, to, false, on_arrow(&m[1]));
	if (m[1].through[0] != '\0')
		grid_text(g, row + 3, to - 2 - grid_width(g, m[1].call), STYLE_NORMAL, m[1].call);
	return row + BOX_HEIGHT;
}

/* ---- any number below each other ---- */

/* The way back from the last to the first, at the left. */
static void draw_return(struct grid *g, int first, int last, int column)
{
	const struct glyphs *glyphs = g->glyphs;
	int x = grid_text(g, first, column, STYLE_DEADLOCK, glyphs->corner[0]);

	x = grid_text(g, first, x, STYLE_DEADLOCK, glyphs->line);
	grid_text(g, first, x, STYLE_DEADLOCK, glyphs->right);
	for (int row = first + 1; row < last; row++)
		grid_text(g, row, column, STYLE_DEADLOCK, glyphs->bar);
	x = grid_text(g, last, column, STYLE_DEADLOCK, glyphs->corner[2]);
	grid_repeat(g, last, x, 2, STYLE_DEADLOCK, glyphs->line);
}

/* From one box to the next; returns the row of the next box's upper edge. */
static int draw_step(struct grid *g, int row, int column, int width, bool roomy)
{
	int middle = column + width / 2;

	if (!roomy) {
		grid_text(g, row, middle, STYLE_DEADLOCK, g->glyphs->down);
		return row;
	}
	grid_text(g, row, middle, STYLE_DEADLOCK, g->glyphs->tee_down);
	grid_text(g, row + 1, middle, STYLE_DEADLOCK, g->glyphs->down);
	return row + 2;
}

static int draw_column(struct grid *g, int row, int column, int width, bool roomy,
                       const struct member *m, uint32_t count)
{
	int box = 0, first = row + 1, last = row + 1, left = column + INDENT, top = row;

	for (uint32_t i = 0; i < count; i++)
		box = most(box, box_width(g, &m[i]));
	box = box > width - INDENT ? most(width - INDENT, 8) : box;
	for (uint32_t i = 0; i < count; i++) {
		int x = left + box + 2;

		if (i == 0 || roomy)
			box_top(g, top, left, box);
		last = top + 1;
		box_line(g, last, left, box, STYLE_BOLD, m[i].name, m[i].number);
		x = grid_text(g, last, x, STYLE_NORMAL, m[i].call) + 2;
		grid_text(g, last, x, STYLE_DIM, m[i].wait);
		box_bottom(g, top + 2, left, box);
		if (i + 1 < count)
			top = draw_step(g, top + 2, left, box, roomy);
	}
	if (count == 1) {
		grid_text(g, last + 1, left + box / 2, STYLE_DEADLOCK, g->glyphs->tee_down);
		last += 2;
		grid_repeat(g, last, left, box / 2, STYLE_DEADLOCK, g->glyphs->line);
		grid_text(g, last, left + box / 2, STYLE_DEADLOCK, g->glyphs->corner[3]);
	}
	draw_return(g, first, last, column);
	return last + (count == 1 ? 1 : 2);
}

int cycle_draw(struct grid *g, int row, int column, int width, bool roomy,
               const struct diagnosis *d, const struct deadlock *deadlock)
{
	struct member *m = calloc(deadlock->member_count + 1u, sizeof *m);
	int pair;

	if (m == NULL)
		return row;
	for (uint32_t i = 0; i < deadlock->member_count; i++)
		m[i] = describe(d, deadlock, i);
	pair = box_width(g, &m[0]) + link_width(g, m) + box_width(g, &m[1]);
	if (deadlock->member_count == 2 && pair <= width - 2)
		row = draw_pair(g, row, column + 2, m);
	else
		row = draw_column(g, row, column, width, roomy, m, deadlock->member_count);
	free(m);
	return row;
}

/* ---- victims ---- */

int cycle_draw_victims(struct grid *g, int row, int column, int width, uint32_t most_shown,
                       const struct diagnosis *d, const struct deadlock *deadlock)
{
	uint32_t shown = deadlock->victim_count;

	shown = shown > most_shown ? most_shown : shown;
	for (uint32_t i = 0; i < shown; i++) {
		const struct task *task = &d->snapshot->tasks[deadlock->victims[i]];
		char name[LABEL], wait[LABEL];
		int x;

		put(name, sizeof name, explain_task(d->snapshot, task));
		put(wait, sizeof wait, explain_wait(d->snapshot, task));
		x = grid_text(g, row, column, STYLE_BOLD, name) + 1;
		x = grid_text(g, row, x, STYLE_DEADLOCK, g->glyphs->arrow) + 1;
		grid_field(g, row++, x, column + width - x, 0, STYLE_NORMAL, wait);
	}
	if (shown < deadlock->victim_count)
		grid_printf(g, row++, column, STYLE_DIM, "and %" PRIu32 " more",
		            deadlock->victim_count - shown);
	return row;
}
