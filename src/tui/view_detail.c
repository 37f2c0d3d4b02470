/*
 * All about one pipe: what is wrong and why, as a drawing and in words; the ways out with their
 * keys; who holds it and what each of their threads does; how its fill went. In the pane below
 * the table the same with less air, from its first line on.
 */
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/cycle.h"
#include "tui/glyphs.h"
#include "words/columns.h"
#include "words/escape.h"
#include "words/explain.h"
#include "words/units.h"

enum {
	LABEL_WIDTH = 6,         /* "Why", "Do", … stand before their text */
	LINES_MOST = 2000, THREADS_MOST = 64, VICTIMS_IN_PANE = 2,
	SPARK_IN_TITLE = 20
};

/* What is drawn, and where the next line goes. */
struct sheet {
	struct grid *g;
	int row;
	bool whole;              /* on the whole screen */
	const struct state *state;
	const struct diagnosis *d;
	const struct snapshot *s;
	uint32_t pipe;
	const struct pipe *p;
	const struct pipe_finding *finding;
	const struct deadlock *deadlock; /* or NULL */
};

static int text_width(const struct sheet *sheet)
{
	return sheet->g->columns - LABEL_WIDTH - 1;
}

/* A paragraph behind a label; takes the text over. */
static void paragraph(struct sheet *sheet, const char *label, char *text)
{
	if (text != NULL && text[0] != '\0') {
		grid_text(sheet->g, sheet->row, 1, STYLE_BOLD, label);
		sheet->row = grid_wrapped(sheet->g, sheet->row, LABEL_WIDTH, text_width(sheet),
		                          STYLE_NORMAL, text);
	}
	free(text);
}

static void space(struct sheet *sheet)
{
	sheet->row += sheet->whole;
}

/* ---- what it is ---- */

static void fill_words(const struct pipe *p, char *out, size_t size)
{
	char bytes[UNITS_SIZE], capacity[UNITS_SIZE];

	snprintf(out, size, "%s of %s bytes%s%s", units_grouped(bytes, p->fill_bytes),
	         units_grouped(capacity, p->capacity_bytes), p->full == FACT_YES ? ", full" : "",
	         p->packet == FACT_YES ? ", packet mode" : "");
}

static const char *verdict_words(const struct sheet *sheet, char *out, size_t size)
{
	if (sheet->deadlock == NULL)
		snprintf(out, size, "%s", verdict_name(sheet->finding->verdict));
	else
		snprintf(out, size, "deadlock %" PRIu32 " (%s), %s", sheet->deadlock->id,
		         deadlock_kind_name(sheet->deadlock->kind),
		         sheet->deadlock->proved ? "proved"
		         : sheet->d->two_looks ? "likely" : "being looked at again");
	return out;
}

static int draw_spark(const struct sheet *sheet, int row, int column, int most)
{
	uint8_t samples[HISTORY_SAMPLES];
	int count = history_read(sheet->state->history, sheet->p->dev, sheet->p->ino, samples,
	                         most > HISTORY_SAMPLES ? HISTORY_SAMPLES : most);

	if (count < 2)
		return column;
	for (int i = 0; i < count; i++) {
		int level = samples[i] * GLYPHS_LEVELS / 101;

		column = grid_text(
			sheet->g, row, column, view_verdict_style(sheet->finding->verdict),
			samples[i] == HISTORY_GAP ? " " : sheet->g->glyphs->spark[level]);
	}
	return column;
}

static void draw_title(struct sheet *sheet)
{
	struct grid *g = sheet->g;
	char fill[96], verdict[96];
	char *id = explain_pipe_id(sheet->s, sheet->pipe);
	int x = grid_text(g, sheet->row, 1, STYLE_BOLD, id == NULL ? "?" : id) + 2, right;

	fill_words(sheet->p, fill, sizeof fill);
	verdict_words(sheet, verdict, sizeof verdict);
	x = grid_text(g, sheet->row, x, STYLE_NORMAL, fill) + 2;
	right = g->columns - grid_width(g, verdict) - 1;
	if (right > x + SPARK_IN_TITLE && !sheet->whole)
		draw_spark(sheet, sheet->row, x, SPARK_IN_TITLE);
	if (right < x) {
		right = 1;
		sheet->row++;
	}
	grid_text(g, sheet->row++, right, view_verdict_style(sheet->finding->verdict), verdict);
	free(id);
}

/* ---- why ---- */

static char *gist(const struct sheet *sheet)
{
	static const char *const texts[VERDICT_COUNT] = {
		[VERDICT_BACKPRESSURE] =
			"Full, so its writer waits; its reader makes room from time to "
			"time: slow, not stuck.",
		[VERDICT_STARVED] =
			"Empty, and its reader waits for bytes. That is normal for a reader "
			"who is faster than its writer.",
		[VERDICT_HALF_OPEN] =
			"One side has no holder left: the next write gets EPIPE (SIGPIPE), "
			"the next read what is left and then end-of-file.",
		[VERDICT_MOVING] =
			"Something changed between the two looks: bytes, holders or fill.",
		[VERDICT_IDLE] = "Nobody waits for it, and nothing changed between the looks.",
		[VERDICT_UNKNOWN] = "What is needed to tell could not be read.",
	};
	uint32_t stall = diagnosis_stall(sheet->d, sheet->pipe);

	if (sheet->deadlock != NULL)
		return explain_deadlock(sheet->d, sheet->deadlock);
	if (stall != NONE)
		return explain_stall(sheet->d, &sheet->d->stalls[stall]);
	return texts[sheet->finding->verdict] == NULL ? NULL
	                                              : strdup(texts[sheet->finding->verdict]);
}

/* A sentence a line, where there is room for it. */
static char *broken_up(const struct sheet *sheet, char *text)
{
	for (char *end = text; sheet->whole && end != NULL; end = strstr(end, ". "))
		if (end != text || strncmp(text, ". ", 2) == 0)
			end[1] = '\n';
	return text;
}

static void draw_why(struct sheet *sheet)
{
	space(sheet);
	paragraph(sheet, "Why", broken_up(sheet, gist(sheet)));
	for (uint32_t i = 0; sheet->deadlock != NULL && i < sheet->deadlock->doubt_count; i++)
		paragraph(sheet, i == 0 ? "But" : "",
		          explain_doubt(sheet->d, &sheet->deadlock->doubts[i]));
}

static void draw_cycle(struct sheet *sheet)
{
	uint32_t victims = sheet->whole ? UINT32_MAX : VICTIMS_IN_PANE;

	if (sheet->deadlock == NULL)
		return;
	space(sheet);
	sheet->row = cycle_draw(sheet->g, sheet->row, 1, sheet->g->columns - 2, sheet->whole,
	                        sheet->d, sheet->deadlock);
	if (sheet->deadlock->victim_count == 0)
		return;
	space(sheet);
	grid_text(sheet->g, sheet->row, 1, STYLE_BOLD, "Doomed with it");
	sheet->row = cycle_draw_victims(sheet->g, sheet->row, 17, sheet->g->columns - 18, victims,
	                                sheet->d, sheet->deadlock);
}

/* ---- what to do ---- */

/* A key and what it does here; returns the label for the next line. */
static const char *draw_key(struct sheet *sheet, const char *label, const char *key,
                            const char *text)
{
	grid_text(sheet->g, sheet->row, 1, STYLE_BOLD, label);
	grid_text(sheet->g, sheet->row, LABEL_WIDTH, STYLE_KEY, key);
	sheet->row = grid_wrapped(sheet->g, sheet->row, LABEL_WIDTH + 3, text_width(sheet) - 3,
	                          STYLE_NORMAL, text);
	return "";
}

static bool can_grow(const struct sheet *sheet)
{
	return sheet->p->full == FACT_YES && sheet->s->pipe_max_size > sheet->p->capacity_bytes;
}

static const char *draw_grow(struct sheet *sheet, const char *label)
{
	struct party writer = party_find(sheet->d, sheet->pipe, SIDE_WRITER);
	char size[UNITS_SIZE], name[COLUMNS_TEXT] = "its writer", text[2 * COLUMNS_TEXT];

	if (writer.holder != NONE)
		escape_text(name, sizeof name,
		            sheet->s->processes[sheet->s->holders[writer.holder].process].comm);
	snprintf(text, sizeof text, "enlarge the pipe to %s: %s goes on, nothing is lost",
	         units_bytes(size, sheet->s->pipe_max_size), name);
	return draw_key(sheet, label, "g", text);
}

static const char *draw_peek(struct sheet *sheet, const char *label)
{
	char bytes[UNITS_SIZE], text[96];

	snprintf(text, sizeof text, "look at the %s bytes, and leave them there",
	         units_grouped(bytes, sheet->p->fill_bytes));
	return draw_key(sheet, label, "p", text);
}

/* Changes of the program; what can be typed has a key here. */
static const char *draw_changes(struct sheet *sheet, const char *label)
{
	char **remedies = explain_remedies(sheet->d, sheet->deadlock);

	for (char **remedy = remedies; remedy != NULL && *remedy != NULL; remedy++)
		if (strncmp(*remedy, "pipetop ", strlen("pipetop ")) != 0)
			label = draw_key(sheet, label, sheet->g->glyphs->bullet, *remedy);
	explain_free_list(remedies);
	return label;
}

static void draw_remedies(struct sheet *sheet)
{
	const char *label = "Do";

	if (sheet->finding->verdict > VERDICT_BACKPRESSURE)
		return;
	space(sheet);
	if (can_grow(sheet))
		label = draw_grow(sheet, label);
	if (sheet->p->fill_bytes > 0)
		label = draw_peek(sheet, label);
	label = draw_key(sheet, label, "b", "see where in their programs they wait (Tab: the other "
	                                    "side)");
	if (sheet->deadlock != NULL)
		draw_changes(sheet, label);
}

/* ---- who ---- */

static const char *flag_word(enum fact nonblocking)
{
	return nonblocking == FACT_YES ? "non-blocking" : nonblocking == FACT_NO ? "blocking" : "";
}

static void draw_thread(struct sheet *sheet, const struct task *task)
{
	bool doomed = sheet->d->tasks[task - sheet->s->tasks].doomed;
	char *call = explain_call(sheet->s, task), *wait = explain_wait(sheet->s, task);
	char span[UNITS_SIZE];
	int x = grid_printf(sheet->g, sheet->row, LABEL_WIDTH + 6, STYLE_DIM, "%-8" PRId32,
	                    task->tid);

	x = grid_text(sheet->g, sheet->row, x + 1, doomed ? STYLE_DEADLOCK : STYLE_NORMAL,
	              call == NULL || strcmp(call, "?") == 0 ? "" : call) + 2;
	x = grid_text(sheet->g, sheet->row, x, STYLE_NORMAL, wait == NULL ? "" : wait) + 2;
	if (task->blocked_ms != UNKNOWN && task->wait.kind != WAIT_RUNNING)
		grid_printf(sheet->g, sheet->row, x, STYLE_DIM, "for %s",
		            units_span(span, task->blocked_ms));
	sheet->row++;
	free(call);
	free(wait);
}

static void draw_threads(struct sheet *sheet, const struct process *process)
{
	uint32_t shown = process->tasks > THREADS_MOST ? THREADS_MOST : process->tasks;

	for (uint32_t t = 0; t < shown; t++)
		draw_thread(sheet, &sheet->s->tasks[process->first_task + t]);
	if (shown < process->tasks)
		grid_printf(sheet->g, sheet->row++, LABEL_WIDTH + 6, STYLE_DIM,
		            "and %" PRIu32 " more threads", process->tasks - shown);
}

/* One process: its descriptors of this pipe's side on one row, its threads below. */
static void draw_holder(struct sheet *sheet, enum side side, uint32_t first)
{
	const struct holder *holder = snapshot_end(sheet->s, sheet->p, first);
	const struct process *process = &sheet->s->processes[holder->process];
	char name[COLUMNS_TEXT + 16], user[64] = "", command[1024];
	int x;

	view_process_name(process, name, sizeof name);
	if (process->user != NULL)
		escape_text(user, sizeof user, process->user);
	escape_text(command, sizeof command, process->command == NULL ? "" : process->command);
	x = grid_text(sheet->g, sheet->row, LABEL_WIDTH + 3, STYLE_BOLD, name) + 2;
	x = grid_text(sheet->g, sheet->row, x, STYLE_DIM, user) + (user[0] != '\0' ? 2 : 0);
	x = grid_text(sheet->g, sheet->row, x, STYLE_NORMAL, "fd");
	for (uint32_t k = first; k < sheet->p->ends; k++) {
		const struct holder *other = snapshot_end(sheet->s, sheet->p, k);

		if (other->process != holder->process)
			break;
		if (side == SIDE_WRITER ? other->writes : other->reads)
			x = grid_printf(sheet->g, sheet->row, x, STYLE_NORMAL, " %" PRId32,
			                other->fd);
	}
	x = grid_text(sheet->g, sheet->row, x + 2, STYLE_DIM, flag_word(holder->nonblocking)) + 2;
	grid_field(sheet->g, sheet->row++, x, sheet->g->columns - x - 1, 0, STYLE_DIM, command);
	draw_threads(sheet, process);
}

static void draw_side(struct sheet *sheet, enum side side)
{
	enum fact unseen = side == SIDE_WRITER ? sheet->finding->unseen_writers
	                                       : sheet->finding->unseen_readers;
	uint32_t last = NONE;

	space(sheet);
	grid_text(sheet->g, sheet->row++, 1, STYLE_BOLD,
	          side == SIDE_WRITER ? "Writers" : "Readers");
	for (uint32_t k = 0; k < sheet->p->ends && sheet->row < sheet->g->rows; k++) {
		const struct holder *holder = snapshot_end(sheet->s, sheet->p, k);

		if (!(side == SIDE_WRITER ? holder->writes : holder->reads) ||
		    holder->process == last)
			continue;
		last = holder->process;
		draw_holder(sheet, side, k);
	}
	if (unseen == FACT_YES)
		grid_text(sheet->g, sheet->row++, LABEL_WIDTH + 3, STYLE_HINT,
		          "somebody who could not be seen");
	else if (last == NONE)
		grid_text(sheet->g, sheet->row++, LABEL_WIDTH + 3, STYLE_DIM,
		          unseen == FACT_NO ? "nobody" : "nobody who could be seen");
}

/* ---- since when ---- */

static void draw_history(struct sheet *sheet)
{
	int64_t blocked_ms = party_blocked_ms(sheet->d, sheet->pipe);
	time_t since = (time_t)((sheet->s->time_ms - blocked_ms) / 1000);
	char clock[32], span[UNITS_SIZE];
	struct tm tm;

	space(sheet);
	grid_text(sheet->g, sheet->row, 1, STYLE_BOLD, "Fill");
	draw_spark(sheet, sheet->row++, LABEL_WIDTH + 3, text_width(sheet) - 3);
	if (blocked_ms == UNKNOWN || localtime_r(&since, &tm) == NULL ||
	    strftime(clock, sizeof clock, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		return;
	grid_printf(sheet->g, sheet->row++, LABEL_WIDTH + 3, STYLE_NORMAL,
	            "somebody has been waiting since %s, for %s", clock,
	            units_span(span, blocked_ms));
}

/* ---- the whole ---- */

static void draw_sheet(struct sheet *sheet)
{
	draw_title(sheet);
	draw_cycle(sheet);
	draw_why(sheet);
	draw_remedies(sheet);
	draw_side(sheet, SIDE_WRITER);
	draw_side(sheet, SIDE_READER);
	draw_history(sheet);
}

/* Rows that are enough for it, as far as anybody will scroll. */
static int rows_for(const struct sheet *sheet)
{
	uint64_t rows = 60;

	for (uint32_t k = 0; k < sheet->p->ends; k++) {
		const struct holder *holder = snapshot_end(sheet->s, sheet->p, k);

		rows += 3 + (uint64_t)sheet->s->processes[holder->process].tasks;
	}
	if (sheet->deadlock != NULL)
		rows += (uint64_t)sheet->deadlock->member_count * 10 +
		        sheet->deadlock->victim_count + (uint64_t)sheet->deadlock->doubt_count * 3;
	return rows > LINES_MOST ? LINES_MOST : (int)rows;
}

static uint32_t draw_scrolled(struct sheet *sheet, struct grid *g, int row, int rows, uint32_t top)
{
	uint32_t lines, last_top;
	struct grid *paper;

	if (grid_new(sheet->whole ? rows_for(sheet) : rows, g->columns, g->ascii, &paper) < 0)
		return 0;
	sheet->g = paper;
	draw_sheet(sheet);
	lines = sheet->row > paper->rows ? (uint32_t)paper->rows : (uint32_t)sheet->row;
	last_top = lines > (uint32_t)rows ? lines - (uint32_t)rows : 0;
	grid_copy(g, row, paper, (int)(top > last_top ? last_top : top), rows);
	grid_free(paper);
	return lines;
}

uint32_t view_detail(const struct state *state, struct grid *g, int row, int rows, uint32_t top,
                     bool whole)
{
	const struct row *selected = state_row(state);
	struct sheet sheet = {.state = state, .whole = whole};
	uint32_t deadlock;

	if (rows <= 0)
		return 0;
	if (selected == NULL) {
		if (whole)
			grid_text(g, row, 1, STYLE_DIM, "This pipe is gone (Esc: back).");
		return 0;
	}
	sheet.d = look_diagnosis(selected->look);
	sheet.s = sheet.d->snapshot;
	sheet.pipe = selected->pipe;
	sheet.p = &sheet.s->pipes[selected->pipe];
	sheet.finding = &sheet.d->pipes[selected->pipe];
	deadlock = diagnosis_deadlock(sheet.d, sheet.pipe);
	if (deadlock != NONE)
		sheet.deadlock = &sheet.d->deadlocks[deadlock];
	return draw_scrolled(&sheet, g, row, rows, top);
}
