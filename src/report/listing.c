/*
 * Owns the table of chosen columns, one row a pipe: --report -o. How columns are aligned and what
 * --raw does to blanks is libsmartcols's business, as in lsblk(8) and lsfd(1). Nothing is cut to
 * the width of a terminal, since it is scripts that read it.
 */
#include "report/listing.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdlib.h>

#include "report/selection.h"
#include "words/columns.h"
#include "words/escape.h"
#include "words/explain.h"

enum { CELL_SIZE = 1 << 15 };    /* for a path of PATH_MAX bytes, each of them escaped */

struct listing {
	const struct diagnosis *d;
	const struct report_settings *settings;
	struct libscols_table *table;
	char *cell;              /* CELL_SIZE bytes */
};

static int add_columns(struct listing *l)
{
	for (uint32_t i = 0; i < l->settings->column_count; i++) {
		const struct column *column = &columns[l->settings->columns[i]];

		if (!scols_table_new_column(l->table, column->heading, 0,
		                            column->right ? SCOLS_FL_RIGHT : 0))
			return -ENOMEM;
	}
	return 0;
}

/* A cell is never empty, or --raw would have a column less in that row. */
static int set_cell(struct listing *l, struct libscols_line *line, uint32_t column, uint32_t pipe)
{
	char *text;

	columns_text(l->d, l->settings->columns[column], pipe, l->settings->bytes, l->cell,
	             CELL_SIZE);
	if (!*l->cell)
		snprintf(l->cell, CELL_SIZE, "-");
	if (l->settings->utf8)
		return scols_line_set_data(line, column, l->cell);
	text = escape_ascii(l->cell);
	return text ? scols_line_refer_data(line, column, text) : -ENOMEM;
}

static int add_row(struct listing *l, uint32_t pipe)
{
	struct libscols_line *line = scols_table_new_line(l->table, NULL);
	int r = line ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < l->settings->column_count && r == 0; i++)
		r = set_cell(l, line, i, pipe);
	return r;
}

static bool is_wanted(const struct listing *l, uint32_t pipe)
{
	return report_shows(l->settings, &l->d->pipes[pipe]) &&
	       (!l->settings->selection || selection_takes(l->settings->selection, l->d, pipe));
}

/* Worst first. */
static int add_rows(struct listing *l)
{
	int r = 0;

	for (unsigned verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		for (uint32_t i = 0; i < l->d->snapshot->pipe_count && r == 0; i++) {
			if (l->d->pipes[i].verdict == verdict && is_wanted(l, i))
				r = add_row(l, i);
		}
	}
	return r;
}

static int print(struct listing *l, FILE *file)
{
	int r;

	scols_table_set_stream(l->table, file);
	scols_table_set_termforce(l->table, SCOLS_TERMFORCE_NEVER);
	scols_table_enable_noencoding(l->table, 1); /* the text is escaped already */
	scols_table_enable_noheadings(l->table, l->settings->no_headings);
	scols_table_enable_raw(l->table, l->settings->raw);
	errno = 0;
	r = scols_print_table(l->table);
	if (r == 0 && (fflush(file) || ferror(file)))
		r = errno ? -errno : -EIO;
	return r;
}

int listing_write(FILE *file, const struct diagnosis *d, const struct report_settings *settings)
{
	struct listing l = {
		.d = d, .settings = settings, .table = scols_new_table(), .cell = malloc(CELL_SIZE),
	};
	int r = l.table && l.cell ? add_columns(&l) : -ENOMEM;

	if (r == 0)
		r = add_rows(&l);
	if (r == 0)
		r = print(&l, file);
	free(l.cell);
	scols_unref_table(l.table);
	return r;
}
