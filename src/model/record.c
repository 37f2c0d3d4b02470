/*
 * Snapshots as JSON:
 *
 *   { "schema": "pipetop-record/1", "looks": [ LOOK, LOOK ] }      the one to compare with first, if any
 *
 * A look holds what struct snapshot does: "pipes" by (dev, ino), to which the rest refers by
 * position, and "processes" by pid, each with its "ends" by (table, fd) and its "threads" by tid.
 * fields.h says how each value is written; a new fact is a row in a table here.
 *
 * Whatever a record holds, only a valid snapshot comes out of it: references exist, orders and
 * keys are as the builder wants them. Depth is bounded by jansson, size by the file.
 */
#include "model/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/builder.h"
#include "model/record_tasks.h"

#define SCHEMA "pipetop-record/1"

/* ---- processes and pipes ---- */

static json_t *write_tasks(const struct snapshot *s, const void *object,
                           const struct field *field)
{
	const struct process *process = object;

	(void)field;
	return fields_write_array(s, s->tasks + process->first_task, sizeof(*s->tasks),
	                          process->tasks, record_tasks_fields);
}

/* Threads wait for pipes and processes, so they are read when all of these are linked. */
static int skip_tasks(struct reader *r, const struct place *at, const json_t *value,
                      void *object, const struct field *field)
{
	(void)r, (void)at, (void)value, (void)object, (void)field;
	return 0;
}

/* A holder, each member of which has a place of its own. */
struct end {
	uint32_t pipe;
	int32_t fd;
	uint16_t table;
	bool reads, writes;
	enum fact nonblocking;
};

/* A pipe, likewise. */
struct record_pipe {
	uint64_t ino;
	uint32_t dev;
	int32_t fill_bytes, capacity_bytes;
	enum pipe_type type;
	const char *path;
	enum fact full, packet, no_writers, no_readers, unseen_readers, unseen_writers;
	enum fact extra_references, named;
};

static const struct field end_fields[] = {
	{ "pipe", &field_held_pipe, offsetof(struct end, pipe), NULL },
	{ "fd", &field_descriptor, offsetof(struct end, fd), NULL },
	{ "table", &field_count16, offsetof(struct end, table), NULL },
	{ "reads", &field_bool, offsetof(struct end, reads), NULL },
	{ "writes", &field_bool, offsetof(struct end, writes), NULL },
	{ "nonblocking", &field_fact, offsetof(struct end, nonblocking), NULL },
	{ 0 }
};

static json_t *write_holder(const struct snapshot *s, const struct holder *holder)
{
	const struct end end = {
		.pipe = holder->pipe, .fd = holder->fd, .table = holder->table,
		.reads = holder->reads, .writes = holder->writes, .nonblocking = holder->nonblocking,
	};

	return fields_write(s, &end, end_fields);
}

static json_t *write_holders(const struct snapshot *s, const void *object,
                             const struct field *field)
{
	const struct process *process = object;
	json_t *array = json_array();

	(void)field;
	for (uint32_t k = 0; array && k < process->holders; k++)
		if (json_array_append_new(array, write_holder(s, &s->holders[process->first_holder + k]))) {
			json_decref(array);
			array = NULL;
		}
	return array;
}

/* Whose ends are read, and the last one so far. */
struct held {
	int32_t pid;
	int64_t table, fd;
};

static int read_holder(struct reader *r, const struct place *at, const json_t *item, void *object)
{
	struct held *last = object;
	struct end end = { 0 };
	const struct record_pipe *pipe;
	int e = fields_read(r, at, item, &end, end_fields);

	if (e < 0)
		return e;
	if (end.table < last->table || (end.table == last->table && end.fd <= last->fd))
		return fields_fail(r, at, "not in the order of table and fd");
	last->table = end.table;
	last->fd = end.fd;
	pipe = &r->pipes[end.pipe];
	e = builder_add_end(r->builder, &(struct seen_end){
		.dev = pipe->dev, .ino = pipe->ino, .pid = last->pid, .fd = end.fd,
		.table = end.table, .reads = end.reads, .writes = end.writes,
		.nonblocking = end.nonblocking, .path = pipe->path,
	});
	return e == -EOVERFLOW ? fields_fail(r, at, "out of range") : e;
}

static int read_holders(struct reader *r, const struct place *at, const json_t *value,
                        void *object, const struct field *field)
{
	struct held last = { ((struct process *)object)->pid, UNKNOWN, UNKNOWN };

	(void)field;
	return fields_read_array(r, at, value, &last, read_holder);
}

static const struct kind holders_of_process = { write_holders, read_holders, .required = true };
static const struct kind tasks_of_process = { write_tasks, skip_tasks, .required = true };

static const char *const access_words[] = {
	"read", "denied", "vanished", "timed-out", "nothing", NULL
};

static const struct field process_fields[] = {
	{ "pid", &field_pid, offsetof(struct process, pid), NULL },
	{ "ppid", &field_int32, offsetof(struct process, ppid), NULL },
	{ "pgid", &field_int32, offsetof(struct process, pgid), NULL },
	{ "start_ticks", &field_count64, offsetof(struct process, start_ticks), NULL },
	{ "exit_signal", &field_int32, offsetof(struct process, exit_signal), NULL },
	{ "thread_count", &field_int32, offsetof(struct process, thread_count), NULL },
	{ "uid", &field_int64, offsetof(struct process, uid), NULL },
	{ "user", &field_text, offsetof(struct process, user), NULL },
	{ "comm", &field_text, offsetof(struct process, comm), NULL },
	{ "command", &field_text, offsetof(struct process, command), NULL },
	{ "unit", &field_text, offsetof(struct process, unit), NULL },
	{ "state", &field_letter, offsetof(struct process, state), NULL },
	{ "kernel_thread", &field_bool, offsetof(struct process, kernel_thread), NULL },
	{ "self", &field_bool, offsetof(struct process, self), NULL },
	{ "access", &field_word, offsetof(struct process, access), access_words },
	{ "has_uring", &field_bool, offsetof(struct process, has_uring), NULL },
	{ "uring_files", &field_fact, offsetof(struct process, uring_files), NULL },
	{ "examined", &field_bool, offsetof(struct process, examined), NULL },
	{ "signals_known", &field_bool, offsetof(struct process, signals_known), NULL },
	{ "signals_caught", &field_hex, offsetof(struct process, signals_caught), NULL },
	{ "tracer", &field_int32, offsetof(struct process, tracer), NULL },
	{ "namespace_init", &field_fact, offsetof(struct process, namespace_init), NULL },
	{ "posix_timers", &field_fact, offsetof(struct process, posix_timers), NULL },
	{ "async_descriptors", &field_fact, offsetof(struct process, async_descriptors), NULL },
	{ "ends", &holders_of_process, 0, NULL },
	{ "threads", &tasks_of_process, 0, NULL },
	{ 0 }
};

static const char *const type_words[] = { "pipe", "fifo", NULL };

static const struct field pipe_fields[] = {
	{ "dev", &field_count32, offsetof(struct record_pipe, dev), NULL },
	{ "ino", &field_count64, offsetof(struct record_pipe, ino), NULL },
	{ "type", &field_word, offsetof(struct record_pipe, type), type_words },
	{ "path", &field_text, offsetof(struct record_pipe, path), NULL },
	{ "fill_bytes", &field_int32, offsetof(struct record_pipe, fill_bytes), NULL },
	{ "capacity_bytes", &field_int32, offsetof(struct record_pipe, capacity_bytes), NULL },
	{ "full", &field_fact, offsetof(struct record_pipe, full), NULL },
	{ "packet", &field_fact, offsetof(struct record_pipe, packet), NULL },
	{ "no_writers", &field_fact, offsetof(struct record_pipe, no_writers), NULL },
	{ "no_readers", &field_fact, offsetof(struct record_pipe, no_readers), NULL },
	{ "unseen_readers", &field_fact, offsetof(struct record_pipe, unseen_readers), NULL },
	{ "extra_references", &field_fact, offsetof(struct record_pipe, extra_references), NULL },
	{ "unseen_writers", &field_fact, offsetof(struct record_pipe, unseen_writers), NULL },
	{ "named", &field_fact, offsetof(struct record_pipe, named), NULL },
	{ 0 }
};

static json_t *write_pipe(const struct snapshot *s, uint32_t index)
{
	const struct pipe *pipe = &s->pipes[index];
	const struct record_pipe written = {
		.ino = pipe->ino, .dev = pipe->dev, .type = pipe->type,
		.path = snapshot_path(s, index), .fill_bytes = pipe->fill_bytes,
		.capacity_bytes = pipe->capacity_bytes, .full = pipe->full, .packet = pipe->packet,
		.no_writers = pipe->no_writers, .no_readers = pipe->no_readers,
		.unseen_readers = pipe->unseen_readers, .unseen_writers = pipe->unseen_writers,
		.extra_references = pipe->extra_references, .named = pipe->named,
	};

	return fields_write(s, &written, pipe_fields);
}

/* What the builder has not made of the ends. */
static void add_facts(struct pipe *pipe, const struct record_pipe *read)
{
	pipe->type = read->type;
	pipe->fill_bytes = read->fill_bytes;
	pipe->capacity_bytes = read->capacity_bytes;
	pipe->full = read->full;
	pipe->packet = read->packet;
	pipe->no_writers = read->no_writers;
	pipe->no_readers = read->no_readers;
	pipe->unseen_readers = read->unseen_readers;
	pipe->unseen_writers = read->unseen_writers;
	pipe->extra_references = read->extra_references;
	pipe->named = read->named;
}

/* ---- a look ---- */

static json_t *write_pipes(const struct snapshot *s, const void *object,
                           const struct field *field)
{
	json_t *array = json_array();

	(void)object, (void)field;
	for (uint32_t i = 0; array && i < s->pipe_count; i++)
		if (json_array_append_new(array, write_pipe(s, i)) < 0) {
			json_decref(array);
			array = NULL;
		}
	return array;
}

static int read_pipe_facts(struct reader *r, const struct place *at, const json_t *item,
                           void *object)
{
	struct record_pipe *pipe = &r->pipes[r->pipe_count], *last = r->pipe_count ? pipe - 1 : NULL;
	int e = fields_read(r, at, item, pipe, pipe_fields);

	(void)object;
	if (e < 0)
		return e;
	if (last && (pipe->dev < last->dev || (pipe->dev == last->dev && pipe->ino <= last->ino)))
		return fields_fail(r, at, "not in the order of dev and ino");
	r->pipe_count++;
	return 0;
}

static int read_pipes(struct reader *r, const struct place *at, const json_t *value,
                      void *object, const struct field *field)
{
	(void)field;
	r->pipes = calloc(json_array_size(value) + 1, sizeof(*r->pipes));
	if (!r->pipes)
		return -ENOMEM;
	return fields_read_array(r, at, value, object, read_pipe_facts);
}

static json_t *write_processes(const struct snapshot *s, const void *object,
                               const struct field *field)
{
	(void)object, (void)field;
	return fields_write_array(s, s->processes, sizeof(*s->processes), s->process_count,
	                          process_fields);
}

static int read_one_process(struct reader *r, const struct place *at, const json_t *item,
                            void *object)
{
	int32_t *last = object;
	int64_t pid = json_integer_value(json_object_get(item, "pid"));
	struct process *process;

	if (pid <= *last || pid > INT32_MAX)
		return fields_fail(r, at, "not in the order of pid");
	*last = (int32_t)pid;
	process = builder_add_process(r->builder, *last);
	return process ? fields_read(r, at, item, process, process_fields) : -ENOMEM;
}

static int read_processes(struct reader *r, const struct place *at, const json_t *value,
                          void *object, const struct field *field)
{
	int32_t last = 0;

	(void)object, (void)field;
	return fields_read_array(r, at, value, &last, read_one_process);
}

static const struct kind pipes_of_look = { write_pipes, read_pipes, .required = true };
static const struct kind processes_of_look = { write_processes, read_processes, .required = true };

static const char *const limit_words[] = {
	"not-root", "ptrace", "pid-namespace", "hidepid", "timeout", "max-fds", "denied", "narrow",
	NULL
};

static const struct field look_fields[] = {
	{ "host", &field_text, offsetof(struct snapshot, host), NULL },
	{ "kernel", &field_text, offsetof(struct snapshot, kernel), NULL },
	{ "engine", &field_name, offsetof(struct snapshot, engine), NULL },
	{ "time_ms", &field_int64, offsetof(struct snapshot, time_ms), NULL },
	{ "uptime_ms", &field_int64, offsetof(struct snapshot, uptime_ms), NULL },
	{ "elapsed_us", &field_int64, offsetof(struct snapshot, elapsed_us), NULL },
	{ "pipe_max_size", &field_int64, offsetof(struct snapshot, pipe_max_size), NULL },
	{ "pipe_user_pages_soft", &field_int64,
	  offsetof(struct snapshot, pipe_user_pages_soft), NULL },
	{ "pipe_user_pages_hard", &field_int64,
	  offsetof(struct snapshot, pipe_user_pages_hard), NULL },
	{ "view_limits", &field_bits, offsetof(struct snapshot, view_limits), limit_words },
	{ "denied", &field_count32, offsetof(struct snapshot, denied), NULL },
	{ "vanished", &field_count32, offsetof(struct snapshot, vanished), NULL },
	{ "timed_out", &field_count32, offsetof(struct snapshot, timed_out), NULL },
	{ "fds_seen", &field_count64, offsetof(struct snapshot, fds_seen), NULL },
	{ "fds_unidentified", &field_count64, offsetof(struct snapshot, fds_unidentified), NULL },
	{ "settled", &field_bool, offsetof(struct snapshot, settled), NULL },
	{ "descriptors_in_flight", &field_fact,
	  offsetof(struct snapshot, descriptors_in_flight), NULL },
	{ "alarm_pending", &field_fact, offsetof(struct snapshot, alarm_pending), NULL },
	{ "pipes", &pipes_of_look, 0, NULL },
	{ "processes", &processes_of_look, 0, NULL },
	{ 0 }
};

/* The pipes that the builder made of the ends become those of the record. */
static int link_look(struct reader *r, const struct place *at)
{
	const struct place there = { at, "pipes", 0 };
	int e = builder_link(r->builder);

	if (e < 0)
		return e;
	if (builder_pipe_count(r->builder) != r->pipe_count)
		return fields_fail(r, &there, "there is a pipe that nobody holds");
	for (uint32_t i = 0; i < r->pipe_count; i++)
		add_facts(builder_pipe(r->builder, i), &r->pipes[i]);
	return 0;
}

/* Whose threads are read, and the last one so far. */
struct running {
	uint32_t process;
	int32_t tid;
};

static int read_task(struct reader *r, const struct place *at, const json_t *item, void *object)
{
	struct running *last = object;
	int64_t tid = json_integer_value(json_object_get(item, "tid"));
	struct task *task;

	if (tid <= last->tid || tid > INT32_MAX)
		return fields_fail(r, at, "not in the order of tid");
	last->tid = (int32_t)tid;
	task = builder_add_task(r->builder, last->process, last->tid);
	return task ? fields_read(r, at, item, task, record_tasks_fields) : -ENOMEM;
}

static int read_tasks(struct reader *r, const struct place *at, const json_t *item, void *object)
{
	uint32_t *process = object;
	const struct place there = { at, "threads", 0 };
	struct running last = { (*process)++, 0 };

	return fields_read_array(r, &there, json_object_get(item, "threads"), &last, read_task);
}

static int read_look(struct reader *r, const struct place *at, const json_t *json,
                     struct snapshot **ret_snapshot)
{
	const struct place there = { at, "processes", 0 };
	const json_t *processes = json_object_get(json, "processes");
	uint32_t process = 0;
	int e = builder_new(&r->builder);

	if (e < 0)
		return e;
	r->arena = builder_arena(r->builder);
	r->pipes = NULL;
	r->pipe_count = 0;
	e = fields_read(r, at, json, builder_head(r->builder), look_fields);
	if (e == 0)
		e = link_look(r, at);
	if (e == 0)
		e = fields_read_array(r, &there, processes, &process, read_tasks);
	if (e == 0)
		e = builder_seal(r->builder, ret_snapshot);
	else
		builder_free(r->builder);
	free(r->pipes);
	return e;
}

/* ---- the file ---- */

int record_write(FILE *file, const struct snapshot *earlier, const struct snapshot *later)
{
	json_t *looks = json_array(), *json;
	int e = 0;

	if (earlier)
		e = json_array_append_new(looks, fields_write(earlier, earlier, look_fields));
	if (e == 0)
		e = json_array_append_new(looks, fields_write(later, later, look_fields));
	json = json_pack("{s:s, s:o}", "schema", SCHEMA, "looks", looks);
	if (!json || e < 0) {
		json_decref(json);
		return -ENOMEM;
	}
	errno = 0;
	if (json_dumpf(json, file, JSON_INDENT(1)) < 0 || fputc('\n', file) == EOF)
		e = errno ? -errno : -ENOMEM;
	json_decref(json);
	return e;
}

static int read_record(struct reader *r, const json_t *json, struct snapshot **ret_earlier,
                       struct snapshot **ret_later)
{
	const char *schema = json_string_value(json_object_get(json, "schema"));
	const json_t *looks = json_object_get(json, "looks");
	const struct place at = { NULL, "looks", 0 };
	const struct place first = { &at, NULL, 0 }, second = { &at, NULL, 1 };
	struct snapshot *earlier = NULL, *later = NULL;
	int e = 0;

	if (!schema || strcmp(schema, SCHEMA) != 0)
		return fields_fail(r, NULL,
		                   "not a record of pipetop: no \"schema\": \"" SCHEMA "\"");
	if (json_array_size(looks) != 1 && json_array_size(looks) != 2)
		return fields_fail(r, &at, "not one or two looks");
	if (json_array_size(looks) == 2)
		e = read_look(r, &first, json_array_get(looks, 0), &earlier);
	if (e == 0)
		e = read_look(r, earlier ? &second : &first,
		              json_array_get(looks, json_array_size(looks) - 1), &later);
	if (e < 0) {
		snapshot_free(earlier);
		return e;
	}
	*ret_earlier = earlier;
	*ret_later = later;
	return 0;
}

int record_read(FILE *file, struct snapshot **ret_earlier, struct snapshot **ret_later,
                char error[RECORD_ERROR_SIZE])
{
	struct reader r = { .error = error, .error_size = RECORD_ERROR_SIZE };
	json_error_t wrong;
	json_t *json;
	char what[64];
	int e;

	errno = 0;
	json = json_loadf(file, JSON_REJECT_DUPLICATES, &wrong);
	if (ferror(file))
		e = errno ? -errno : -EIO;
	else if (!json && json_error_code(&wrong) == json_error_out_of_memory)
		e = -ENOMEM;
	else if (!json) {
		snprintf(what, sizeof(what), "line %d, column %d: no valid JSON", wrong.line,
		         wrong.column);
		e = fields_fail(&r, NULL, what);
	} else
		e = read_record(&r, json, ret_earlier, ret_later);
	json_decref(json);
	return e;
}
