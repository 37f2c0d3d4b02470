/* The threads of a record: what each does, and what it waits for. */
#include "model/record_tasks.h"

#include <errno.h>

#include "model/builder.h"

static const char *const target_words[] = { "space", "data", "exit", "outside", "unknown", NULL };

static const struct field target_fields[] = {
	{ "kind", &field_word, offsetof(struct target, kind), target_words },
	{ "fd", &field_int32, offsetof(struct target, fd), NULL },
	{ "pipe", &field_pipe, offsetof(struct target, pipe), NULL },
	{ "pid", &field_process, offsetof(struct target, process), NULL },
	{ "ready", &field_bool, offsetof(struct target, ready), NULL },
	{ 0 }
};

static json_t *write_targets(const struct snapshot *s, const void *object,
                             const struct field *field)
{
	const struct wait *wait = object;

	(void)field;
	return fields_write_array(s, s->targets + wait->first_target, sizeof(*s->targets),
	                          wait->targets, target_fields);
}

static int read_target(struct reader *r, const struct place *at, const json_t *item, void *object)
{
	struct wait *wait = object;
	struct target *target = builder_add_target(r->builder);
	int e = target ? fields_read(r, at, item, target, target_fields) : -ENOMEM;

	if (e < 0)
		return e;
	if ((target->kind == TARGET_SPACE || target->kind == TARGET_DATA) && target->pipe == NONE)
		return fields_fail(r, at, "waits for a pipe and names none");
	wait->targets++;
	return 0;
}

static int read_targets(struct reader *r, const struct place *at, const json_t *value,
                        void *object, const struct field *field)
{
	struct wait *wait = object;

	(void)field;
	wait->first_target = builder_target_count(r->builder);
	return fields_read_array(r, at, value, wait, read_target);
}

static const struct kind targets_of_wait = { write_targets, read_targets, .required = true };

static const char *const wait_words[] = {
	"unknown", "running", "pipe-space", "pipe-data", "child-exit", "vfork", "poll", "thread",
	"fifo-open", "stopped", "outside", "exited", NULL
};
static const char *const children_words[] = { "one", "group", "any", NULL };

static const struct field wait_fields[] = {
	{ "kind", &field_word, offsetof(struct wait, kind), wait_words },
	{ "what", &field_name, offsetof(struct wait, what), NULL },
	{ "inferred", &field_bool, offsetof(struct wait, inferred), NULL },
	{ "stopped", &field_bool, offsetof(struct wait, stopped), NULL },
	{ "by_signal", &field_bool, offsetof(struct wait, by_signal), NULL },
	{ "timed", &field_bool, offsetof(struct wait, timed), NULL },
	{ "ready", &field_bool, offsetof(struct wait, ready), NULL },
	{ "fd", &field_int32, offsetof(struct wait, fd), NULL },
	{ "count_bytes", &field_int64, offsetof(struct wait, count_bytes), NULL },
	{ "pipe", &field_pipe, offsetof(struct wait, pipe), NULL },
	{ "children", &field_word, offsetof(struct wait, children), children_words },
	{ "child", &field_int32, offsetof(struct wait, child), NULL },
	{ "targets", &targets_of_wait, 0, NULL },
	{ "odd_wchan", &field_name, offsetof(struct wait, odd_wchan), NULL },
	{ 0 }
};

static json_t *write_wait(const struct snapshot *s, const void *object,
                          const struct field *field)
{
	(void)field;
	return fields_write(s, &((const struct task *)object)->wait, wait_fields);
}

static int read_wait(struct reader *r, const struct place *at, const json_t *value,
                     void *object, const struct field *field)
{
	struct wait *wait = &((struct task *)object)->wait;
	int e = fields_read(r, at, value, wait, wait_fields);

	(void)field;
	if (e < 0)
		return e;
	if ((wait->kind == WAIT_PIPE_SPACE || wait->kind == WAIT_PIPE_DATA) && wait->pipe == NONE)
		return fields_fail(r, at, "waits for a pipe and names none");
	if (wait->kind == WAIT_OUTSIDE && !wait->what)
		return fields_fail(r, at, "waits for the outside world and does not say for what");
	return 0;
}

static const struct kind wait_of_task = { write_wait, read_wait, .required = true };

const struct field record_tasks_fields[] = {
	{ "tid", &field_pid, offsetof(struct task, tid), NULL },
	{ "start_ticks", &field_count64, offsetof(struct task, start_ticks), NULL },
	{ "state", &field_letter, offsetof(struct task, state), NULL },
	{ "comm", &field_text, offsetof(struct task, comm), NULL },
	{ "table", &field_count16, offsetof(struct task, table), NULL },
	{ "compat", &field_bool, offsetof(struct task, compat), NULL },
	{ "syscall", &field_int32, offsetof(struct task, syscall), NULL },
	{ "call", &field_name, offsetof(struct task, call), NULL },
	{ "args", &field_args, offsetof(struct task, args), NULL },
	{ "sp", &field_hex, offsetof(struct task, sp), NULL },
	{ "pc", &field_hex, offsetof(struct task, pc), NULL },
	{ "voluntary_switches", &field_int64, offsetof(struct task, voluntary_switches), NULL },
	{ "blocked_ms", &field_int64, offsetof(struct task, blocked_ms), NULL },
	{ "wait", &wait_of_task, 0, NULL },
	{ 0 }
};
