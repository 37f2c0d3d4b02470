/*
 * The values of options: each function reads one kind of word into struct options, or says what is
 * wrong with it.
 */
#include "options_take.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis.h"
#include "words/columns.h"
#include "words/escape.h"

const char *const options_actions[] = {
	"run", "help", "version", "list-columns", "peek", "grow", "grow-all-stuck", "drain", "backtrace", NULL
};

enum { LEAST_MS = 100, MOST_SECONDS = 86400 };

int take_wrong(struct parser *p, const char *before, const char *word, const char *after)
{
	char shown[81];

	escape_text(shown, sizeof(shown), word);
	snprintf(p->error, OPTIONS_ERROR_SIZE, "%s '%s'%s", before, shown, after);
	return -EINVAL;
}

static int cannot_be(struct parser *p, const struct row *row, const char *word, const char *why)
{
	char before[40];

	snprintf(before, sizeof(before), "--%s cannot be", row->name);
	return take_wrong(p, before, word, why);
}

static void *field(struct parser *p, const struct row *row)
{
	return (char *)p->options + row->field;
}

int take_flag(struct parser *p, const struct row *row, const char *word)
{
	(void)word;
	*(bool *)field(p, row) = true;
	return 0;
}

int take_text(struct parser *p, const struct row *row, const char *word)
{
	if (!*word)
		return cannot_be(p, row, word,
		                 strcmp(row->argument, "FILE") ? "" : ", which names no file");
	*(const char **)field(p, row) = word;
	return 0;
}

/* Decimal digits and nothing else, up to INT32_MAX; what follows them in *ret_end. */
static int parse_number(const char *text, int32_t *ret_number, const char **ret_end)
{
	int64_t number = 0;
	const char *c;

	for (c = text; *c >= '0' && *c <= '9' && number <= INT32_MAX; c++)
		number = number * 10 + (*c - '0');
	if (c == text || number > INT32_MAX)
		return -EINVAL;
	*ret_number = (int32_t)number;
	*ret_end = c;
	return 0;
}

int take_number(struct parser *p, const struct row *row, const char *word)
{
	int32_t number;
	const char *end;

	if (parse_number(word, &number, &end) < 0 || *end)
		return cannot_be(p, row, word, ", a whole number up to 2147483647 is needed");
	*(uint32_t *)field(p, row) = (uint32_t)number;
	return 0;
}

int take_percent(struct parser *p, const struct row *row, const char *word)
{
	int32_t number;
	const char *end;

	if (parse_number(word, &number, &end) < 0 || *end || number < 1 || number > 100)
		return cannot_be(p, row, word, ", a whole number from 1 to 100 is needed");
	*(uint32_t *)field(p, row) = (uint32_t)number;
	return 0;
}

/* "0.25", ".5" and so on, in milliseconds; read without strtod(3), which obeys the locale. */
int take_seconds(struct parser *p, const struct row *row, const char *word)
{
	const char *end = word;
	int32_t seconds = 0;
	uint32_t ms = 0, unit = 100;
	int r = *word == '.' ? 0 : parse_number(word, &seconds, &end);

	if (r == 0 && *end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
			ms += (uint32_t)(*end - '0') * unit;
	if (r == 0 && seconds <= MOST_SECONDS)
		ms += (uint32_t)seconds * 1000;
	if (r < 0 || *end || seconds > MOST_SECONDS || ms < LEAST_MS)
		return cannot_be(p, row, word, ", seconds from 0.1 to 86400 are needed");
	*(uint32_t *)field(p, row) = ms;
	return 0;
}

/* Index, or -1. */
static int find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

int take_word(struct parser *p, const struct row *row, const char *word)
{
	int index = find_word(row->words, word);

	if (index < 0)
		return cannot_be(p, row, word, "");
	*(unsigned *)field(p, row) = (unsigned)index;
	return 0;
}

int take_format(struct parser *p, const struct row *row, const char *word)
{
	int index = find_word(p->names->formats, word);

	(void)row;
	if (index < 0)
		return take_wrong(p, "no such format:", word, "");
	p->options->format = p->names->formats[index];
	return 0;
}

int take_scene(struct parser *p, const struct row *row, const char *word)
{
	int index = word ? find_word(p->names->scenes, word) : 0;

	(void)row;
	if (word && !strcmp(word, OPTIONS_LIST)) {
		p->options->demo = OPTIONS_LIST;
		return 0;
	}
	if (index < 0)
		return take_wrong(p, "no such scene:", word, " (--demo=list names them)");
	p->options->demo = p->names->scenes[index];
	return 0;
}

static int add_pid(struct options *o, int32_t pid)
{
	int32_t *pids = realloc(o->pids, (o->pid_count + 1) * sizeof(*pids));

	if (!pids)
		return -ENOMEM;
	o->pids = pids;
	o->pids[o->pid_count++] = pid;
	return 0;
}

int take_pids(struct parser *p, const struct row *row, const char *word)
{
	const char *at = word;
	int32_t pid;

	(void)row;
	for (;;) {
		if (parse_number(at, &pid, &at) < 0 || pid == 0 || (*at && *at != ','))
			return take_wrong(p, "not a process id:", word, "");
		if (add_pid(p->options, pid) < 0)
			return -ENOMEM;
		if (!*at++)
			return 0;
	}
}

int take_action(struct parser *p, const struct row *row, const char *word)
{
	struct options *o = p->options;

	if (o->action >= ACTION_PEEK)
		return take_wrong(p, "one thing at a time, not also", row->name, "");
	if (word && !*word)
		return cannot_be(p, row, word, "");
	if (o->action == ACTION_RUN)
		o->action = (enum options_action)find_word(options_actions, row->name);
	o->subject = word;
	return 0;
}

/* take_wrong() about one word of a list. */
static int wrong_in_list(struct parser *p, const char *before, const char *word, size_t length,
                         const char *after)
{
	char *one = strndup(word, length);

	if (!one)
		return -ENOMEM;
	take_wrong(p, before, one, after);
	free(one);
	return -EINVAL;
}

int take_columns(struct parser *p, const struct row *row, const char *word)
{
	struct options *o = p->options;
	const char *unknown;
	size_t length;

	(void)row;
	if (*word == '+' && !o->column_count)
		o->column_count = columns_default(o->columns);
	if (columns_parse(word, o->columns, &o->column_count, &unknown, &length) == 0)
		return 0;
	return wrong_in_list(p, "no such column:", unknown, length, " (--list-columns names them)");
}

static unsigned find_verdict(const char *word, size_t length)
{
	unsigned i;

	for (i = 0; i < VERDICT_COUNT; i++) {
		const char *name = verdict_name((enum verdict)i);

		if (strlen(name) == length && !memcmp(name, word, length))
			break;
	}
	return i;
}

int take_where(struct parser *p, const struct row *row, const char *word)
{
	(void)row;
	for (;;) {
		size_t length = strcspn(word, ",");
		unsigned verdict = find_verdict(word, length);

		if (verdict == VERDICT_COUNT)
			return wrong_in_list(p, "no such verdict:", word, length, "");
		p->options->where |= 1u << verdict;
		if (!word[length])
			return 0;
		word += length + 1;
	}
}

/* What only a list knows asks for one. */
static void ask_for_list(struct options *o)
{
	if (!o->column_count)
		o->column_count = columns_default(o->columns);
}

int take_list_flag(struct parser *p, const struct row *row, const char *word)
{
	ask_for_list(p->options);
	return take_flag(p, row, word);
}

int take_filter(struct parser *p, const struct row *row, const char *word)
{
	if (!*word)
		return cannot_be(p, row, word, "");
	ask_for_list(p->options);
	return take_text(p, row, word);
}
