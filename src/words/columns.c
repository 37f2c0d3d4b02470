/*
 * The table of columns and the text of each. Escaping is done here, by words/escape.h, for every
 * name, path and command line.
 */
#include "words/columns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words/escape.h"
#include "words/explain.h"
#include "words/party.h"
#include "words/units.h"

int columns_percent(const struct pipe *pipe)
{
	int64_t percent;

	if (pipe->full == FACT_YES)
		return 100;
	if (pipe->fill_bytes < 0 || pipe->capacity_bytes <= 0)
		return UNKNOWN;
	percent = (int64_t)pipe->fill_bytes * 100 / pipe->capacity_bytes;
	return percent >= 100 ? 99 : percent == 0 && pipe->fill_bytes > 0 ? 1 : (int)percent;
}

enum { SIZES_FILL = 1, SIZES_CAPACITY = 2, SIZES_BOTH = 3, SIZES_EXACT_WIDTH = 11 };

static void number_text(char *out, size_t size, int64_t number)
{
	if (number == UNKNOWN)
		snprintf(out, size, "?");
	else
		snprintf(out, size, "%" PRId64, number);
}

static const struct pipe *pipe_of(const struct diagnosis *d, uint32_t pipe)
{
	return &d->snapshot->pipes[pipe];
}

/* ---- the pipe ---- */

static void verdict_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	const struct pipe_finding *finding = &d->pipes[pipe];
	uint32_t deadlock = diagnosis_deadlock(d, pipe);

	if (deadlock != NONE)
		snprintf(out, size, "DEADLOCK%s", d->deadlocks[deadlock].proved ? "" : "?");
	else if (finding->verdict == VERDICT_STALLED)
		snprintf(out, size, "STALLED");
	else
		snprintf(out, size, "%s", verdict_name(finding->verdict));
}

static int64_t verdict_number(const struct diagnosis *d, uint32_t pipe)
{
	return -(int64_t)d->pipes[pipe].verdict;
}

static void deadlock_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	uint32_t index = diagnosis_deadlock(d, pipe);

	if (index == NONE)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%" PRIu32, d->deadlocks[index].id);
}

static int64_t deadlock_number(const struct diagnosis *d, uint32_t pipe)
{
	uint32_t index = diagnosis_deadlock(d, pipe);

	return index == NONE ? INT64_MIN : -(int64_t)d->deadlocks[index].id;
}

static void fill_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	int percent = columns_percent(pipe_of(d, pipe));

	if (percent == UNKNOWN)
		snprintf(out, size, "?");
	else
		snprintf(out, size, "%d%%", percent);
}

static int64_t fill_number(const struct diagnosis *d, uint32_t pipe)
{
	return columns_percent(pipe_of(d, pipe));
}

static void one_size(char *out, size_t size, int64_t bytes, bool exact)
{
	char units[UNITS_SIZE];

	if (exact)
		number_text(out, size, bytes);
	else
		snprintf(out, size, "%s", units_bytes(units, bytes));
}

static void sizes_text(char *out, size_t size, const struct pipe *pipe, unsigned sizes, bool exact)
{
	char fill[UNITS_SIZE] = "", capacity[UNITS_SIZE] = "";

	if (sizes & SIZES_FILL)
		one_size(fill, sizeof fill, pipe->fill_bytes, exact);
	if (sizes & SIZES_CAPACITY)
		one_size(capacity, sizeof capacity, pipe->capacity_bytes, exact);
	snprintf(out, size, "%s%s%s", fill, sizes == SIZES_BOTH ? "/" : "", capacity);
}

static void bytes_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	sizes_text(out, size, pipe_of(d, pipe), SIZES_FILL, true);
}

static int64_t bytes_number(const struct diagnosis *d, uint32_t pipe)
{
	return pipe_of(d, pipe)->fill_bytes;
}

static void capacity_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	sizes_text(out, size, pipe_of(d, pipe), SIZES_CAPACITY, true);
}

static int64_t capacity_number(const struct diagnosis *d, uint32_t pipe)
{
	return pipe_of(d, pipe)->capacity_bytes;
}

/* Exact where that fits. */
static void size_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	char exact[2 * UNITS_SIZE];

	sizes_text(exact, sizeof exact, pipe_of(d, pipe), SIZES_BOTH, true);
	if (strlen(exact) <= SIZES_EXACT_WIDTH)
		snprintf(out, size, "%s", exact);
	else
		sizes_text(out, size, pipe_of(d, pipe), SIZES_BOTH, false);
}

static void stuck_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	char span[UNITS_SIZE];
	int64_t ms = party_blocked_ms(d, pipe);

	snprintf(out, size, "%s", ms == UNKNOWN ? "-" : units_span_short(span, ms));
}

static void pipe_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	char *id = explain_pipe_id(d->snapshot, pipe);

	snprintf(out, size, "%s", id == NULL ? "?" : id);
	free(id);
}

static void type_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	const struct pipe *p = pipe_of(d, pipe);

	snprintf(out, size, "%s%s", p->type == PIPE_FIFO ? "fifo" : "pipe",
	         p->packet == FACT_YES ? ",packet" : "");
}

static void inode_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	snprintf(out, size, "%" PRIu64, pipe_of(d, pipe)->ino);
}

static int64_t inode_number(const struct diagnosis *d, uint32_t pipe)
{
	return (int64_t)pipe_of(d, pipe)->ino;
}

/* ---- who holds it ---- */

/* "log[90909] write(2)", with "+2" for two more processes on that side. */
static void side_text(const struct diagnosis *d, uint32_t pipe, enum side side, char *out,
                      size_t size)
{
	const struct snapshot *s = d->snapshot;
	struct party party = party_find(d, pipe, side);
	const struct process *process;
	char comm[COLUMNS_TEXT], call[64] = "", others[16] = "";

	if (party.holder == NONE) {
		enum fact unseen = side == SIDE_WRITER ? d->pipes[pipe].unseen_writers
		                                       : d->pipes[pipe].unseen_readers;

		snprintf(out, size, "%s", unseen == FACT_YES ? "(not seen)" :
		                          unseen == FACT_NO ? "(nobody)" : "?");
		return;
	}
	process = &s->processes[s->holders[party.holder].process];
	escape_text(comm, sizeof comm, process->comm);
	if (party.task != NONE)
		party_call(&s->tasks[party.task], call, sizeof call);
	if (party.others > 0)
		snprintf(others, sizeof others, " +%" PRIu32, party.others);
	snprintf(out, size, "%s[%d]%s%s%s", comm, process->pid, others, call[0] == '\0' ? "" : " ",
	         call);
}

static void writer_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	side_text(d, pipe, SIDE_WRITER, out, size);
}

static void reader_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	side_text(d, pipe, SIDE_READER, out, size);
}

/* How many processes hold that side. */
static int64_t side_count(const struct diagnosis *d, uint32_t pipe, enum side side)
{
	struct party party = party_find(d, pipe, side);

	return party.holder == NONE ? 0 : 1 + (int64_t)party.others;
}

static int64_t writers_number(const struct diagnosis *d, uint32_t pipe)
{
	return side_count(d, pipe, SIDE_WRITER);
}

static int64_t readers_number(const struct diagnosis *d, uint32_t pipe)
{
	return side_count(d, pipe, SIDE_READER);
}

static void writers_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	number_text(out, size, writers_number(d, pipe));
}

static void readers_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	number_text(out, size, readers_number(d, pipe));
}

static const struct process *process_of(const struct diagnosis *d, uint32_t pipe, enum side side)
{
	uint32_t holder = party_find(d, pipe, side).holder;

	if (holder == NONE)
		return NULL;
	return &d->snapshot->processes[d->snapshot->holders[holder].process];
}

static void pid_text(const struct process *process, char *out, size_t size)
{
	if (process == NULL)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%" PRId32, process->pid);
}

static void writer_pid_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	pid_text(process_of(d, pipe, SIDE_WRITER), out, size);
}

static void reader_pid_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	pid_text(process_of(d, pipe, SIDE_READER), out, size);
}

static void command_text(const struct process *process, char *out, size_t size)
{
	if (process == NULL)
		snprintf(out, size, "-");
	else
		escape_text(out, size, process->command != NULL ? process->command : process->comm);
}

static void writer_command_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	command_text(process_of(d, pipe, SIDE_WRITER), out, size);
}

static void reader_command_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	command_text(process_of(d, pipe, SIDE_READER), out, size);
}

/* The writer, or else the reader, or NULL. */
static const struct process *somebody(const struct diagnosis *d, uint32_t pipe)
{
	const struct process *writer = process_of(d, pipe, SIDE_WRITER);

	return writer != NULL ? writer : process_of(d, pipe, SIDE_READER);
}

static void user_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	const struct process *process = somebody(d, pipe);

	if (process == NULL)
		snprintf(out, size, "-");
	else
		escape_text(out, size, process->user);
}

static void unit_text(const struct diagnosis *d, uint32_t pipe, char *out, size_t size)
{
	const struct process *process = somebody(d, pipe);

	if (process == NULL || (process->unit != NULL && process->unit[0] == '\0'))
		snprintf(out, size, "-");
	else
		escape_text(out, size, process->unit);
}

/* ---- the table ---- */

const struct column columns[] = {
	{"verdict", "VERDICT", "what is wrong with it, if anything", 12, 0, 1, false, verdict_text,
	 verdict_number},
	{"fill", "FILL", "how full it is", 4, 0, 4, true, fill_text, fill_number},
	{"size", "BYTES/SIZE", "bytes that wait, and how many it holds", 12, 0, 6, true, size_text,
	 bytes_number},
	{"stuck", "STUCK", "for how long somebody has been waiting for it", 6, 0, 5, true, stuck_text,
	 party_blocked_ms},
	{"writer", "WRITER", "who writes, and what it does now", 20, 3, 2, false, writer_text, NULL},
	{"reader", "READER", "who reads, and what it does now", 20, 4, 3, false, reader_text, NULL},
	{"pipe", "PIPE", "its name: pipe:[INODE] or the path of a FIFO", 14, 1, 7, false, pipe_text,
	 NULL},
	{"type", "TYPE", "pipe or fifo, and packet mode", 6, 0, 13, false, type_text, NULL},
	{"bytes", "BYTES", "bytes that wait in it", 8, 0, 8, true, bytes_text, bytes_number},
	{"capacity", "SIZE", "bytes that it holds when pages are filled", 8, 0, 9, true,
	 capacity_text, capacity_number},
	{"writers", "W", "how many processes can write", 3, 0, 11, true, writers_text,
	 writers_number},
	{"readers", "R", "how many processes can read", 3, 0, 12, true, readers_text,
	 readers_number},
	{"user", "USER", "whose the writer is, or else the reader", 8, 0, 10, false, user_text, NULL},
	{"deadlock", "DL", "number of the deadlock that it is part of", 3, 0, 14, true, deadlock_text,
	 deadlock_number},
	{"inode", "INODE", "its inode number", 10, 0, 15, true, inode_text, inode_number},
	{"writer-command", "WRITER COMMAND", "the writer's command line", 20, 2, 16, false,
	 writer_command_text, NULL},
	{"reader-command", "READER COMMAND", "the reader's command line", 20, 2, 17, false,
	 reader_command_text, NULL},
	{"writer-pid", "WPID", "the writer's process id", 7, 0, 18, true, writer_pid_text, NULL},
	{"reader-pid", "RPID", "the reader's process id", 7, 0, 19, true, reader_pid_text, NULL},
	{"unit", "UNIT", "the writer's container or unit, or else the reader's", 19, 1, 20,
	 false, unit_text, NULL},
};

const uint32_t column_count = sizeof columns / sizeof columns[0];

uint32_t columns_find(const char *name, size_t length)
{
	for (uint32_t i = 0; i < column_count; i++)
		if (strlen(columns[i].name) == length && strncmp(columns[i].name, name, length) == 0)
			return i;
	return NONE;
}

void columns_text(const struct diagnosis *d, uint32_t column, uint32_t pipe, bool exact, char *out,
                  size_t size)
{
	static const struct {
		void (*text)(const struct diagnosis *d, uint32_t pipe, char *out, size_t size);
		unsigned sizes;
	} rows[] = {{size_text, SIZES_BOTH}, {bytes_text, SIZES_FILL}, {capacity_text, SIZES_CAPACITY}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].text != columns[column].text)
			continue;
		sizes_text(out, size, pipe_of(d, pipe), rows[i].sizes, exact);
		return;
	}
	columns[column].text(d, pipe, out, size);
}

uint32_t columns_default(uint32_t *list)
{
	static const char *const names[] = {"verdict", "fill", "size", "stuck", "writer", "reader"};
	uint32_t count = 0;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		list[count++] = columns_find(names[i], strlen(names[i]));
	return count;
}

static void add_once(uint32_t *list, uint32_t *count, uint32_t column)
{
	for (uint32_t i = 0; i < *count; i++)
		if (list[i] == column)
			return;
	list[(*count)++] = column;
}

int columns_parse(const char *text, uint32_t *list, uint32_t *count, const char **ret_word,
                  size_t *ret_length)
{
	uint32_t chosen[sizeof columns / sizeof columns[0]], n = 0;

	if (*text == '+') {
		text++;
		n = *count;
		memcpy(chosen, list, n * sizeof *list);
	}
	for (const char *word = text; ; ) {
		size_t length = strcspn(word, ",");
		uint32_t column = columns_find(word, length);

		if (column == NONE) {
			*ret_word = word;
			*ret_length = length;
			return -EINVAL;
		}
		add_once(chosen, &n, column);
		if (word[length] == '\0')
			break;
		word += length + 1;
	}
	memcpy(list, chosen, n * sizeof *list);
	*count = n;
	return 0;
}
