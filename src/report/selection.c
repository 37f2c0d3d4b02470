/*
 * The expression is applied to a table of the library's own with one line, whose cells it asks for
 * as it needs them: the columns that it names need not be shown. Columns that are aligned to the
 * right are numbers, of bytes, seconds or whatever they count; the others are text.
 */
#include "report/selection.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/columns.h"
#include "words/escape.h"

enum { TEXT_SIZE = 1 << 15, NAMES = 32 };

/* A column that the expression names. */
struct name {
	struct selection *selection;
	uint32_t column;
	uint64_t number;
	char text[TEXT_SIZE];
};

struct selection {
	struct libscols_filter *filter;
	struct libscols_table *table;
	struct libscols_line *line;
	struct name *names[NAMES];
	uint32_t count;
	const struct diagnosis *d; /* NULL: only to see whether it can be applied at all */
	uint32_t pipe;
};

/* NULL where it is not known. */
static void *number_of(struct name *name)
{
	const struct selection *s = name->selection;
	const struct column *column = &columns[name->column];
	char *end;

	if (!strcmp(column->name, "stuck")) {
		int64_t ms = column->number(s->d, s->pipe);

		name->number = (uint64_t)ms / 1000;
		return ms < 0 ? NULL : &name->number;
	}
	name->number = strtoull(name->text, &end, 10);
	return end == name->text ? NULL : &name->number;
}

/* Called by the library. */
static void *value_of(const struct libscols_column *unused, struct libscols_cell *cell, void *data)
{
	struct name *name = data;
	struct selection *s = name->selection;

	(void)unused, (void)cell;
	*name->text = '\0';
	name->number = 0;
	if (!s->d)
		return columns[name->column].right ? (void *)&name->number : name->text;
	columns_text(s->d, name->column, s->pipe, true, name->text, TEXT_SIZE);
	return columns[name->column].right ? number_of(name) : name->text;
}

static int wrong(char error[SELECTION_ERROR_SIZE], const char *before, const char *word,
                 const char *after)
{
	char shown[81];

	escape_text(shown, sizeof(shown), word);
	snprintf(error, SELECTION_ERROR_SIZE, "%s '%s'%s", before, shown, after);
	return -EINVAL;
}

static int add_name(struct selection *s, struct libscols_iter *iterator, const char *word,
                    char error[SELECTION_ERROR_SIZE])
{
	uint32_t column = columns_find(word, strlen(word));
	struct libscols_column *cells;
	struct name *name;

	if (column == NONE)
		return wrong(error, "no such column:", word, " (--list-columns names them)");
	if (s->count == NAMES)
		return wrong(error, "too many columns, with", word, "");
	name = calloc(1, sizeof(*name));
	if (!name)
		return -ENOMEM;
	*name = (struct name){ .selection = s, .column = column };
	s->names[s->count++] = name;
	cells = scols_table_new_column(s->table, word, 0, 0);
	if (!cells)
		return -ENOMEM;
	scols_column_set_data_type(cells,
	                           columns[column].right ? SCOLS_DATA_U64 : SCOLS_DATA_STRING);
	scols_column_set_data_func(cells, value_of, name);
	return scols_filter_assign_column(s->filter, iterator, word, cells);
}

static int add_names(struct selection *s, char error[SELECTION_ERROR_SIZE])
{
	struct libscols_iter *iterator = scols_new_iter(SCOLS_ITER_FORWARD);
	const char *word;
	int r = iterator ? 0 : -ENOMEM;

	while (r == 0 && scols_filter_next_holder(s->filter, iterator, &word, 0) == 0)
		r = add_name(s, iterator, word, error);
	scols_free_iter(iterator);
	if (r == 0)
		s->line = scols_table_new_line(s->table, NULL);
	return r == 0 && !s->line ? -ENOMEM : r;
}

static int read_expression(struct selection *s, const char *expression,
                           char error[SELECTION_ERROR_SIZE])
{
	int takes, r = scols_filter_parse_string(s->filter, expression);

	if (r == -ENOMEM)
		return r;
	if (r != 0)
		return wrong(error, "--filter cannot be", expression, "");
	r = add_names(s, error);
	if (r == 0 && scols_line_apply_filter(s->line, s->filter, &takes) != 0)
		r = wrong(error, "--filter cannot be", expression,
		          ", which compares text with a number");
	return r;
}

int selection_new(const char *expression, struct selection **ret_selection,
                  char error[SELECTION_ERROR_SIZE])
{
	struct selection *s = calloc(1, sizeof(*s));
	int r = -ENOMEM;

	if (!s)
		return r;
	s->filter = scols_new_filter(NULL);
	s->table = scols_new_table();
	if (s->filter && s->table)
		r = read_expression(s, expression, error);
	if (r < 0)
		selection_free(s);
	else
		*ret_selection = s;
	return r;
}

bool selection_takes(struct selection *s, const struct diagnosis *d, uint32_t pipe)
{
	int takes = 0;

	s->d = d;
	s->pipe = pipe;
	return scols_line_apply_filter(s->line, s->filter, &takes) == 0 && takes;
}

void selection_free(struct selection *s)
{
	if (!s)
		return;
	scols_unref_filter(s->filter);
	scols_unref_table(s->table);
	for (uint32_t i = 0; i < s->count; i++)
		free(s->names[i]);
	free(s);
}
