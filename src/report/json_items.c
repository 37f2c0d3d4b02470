/*
 * Owns what each item of the JSON report looks like. Keys and their order are the contract's; the
 * schema in assets/schema has them too.
 */
#include "report/json.h"

#include "words/escape.h"
#include "words/explain.h"

static void state(struct json_out *o, char letter)
{
	char text[16];

	escape_bytes(text, sizeof(text), letter ? &letter : "?", 1);
	out_text(o, "state", text);
}

static void pipe_id(struct json_out *o, const char *key, const struct snapshot *s, uint32_t pipe)
{
	if (pipe == NONE)
		out_null(o, key);
	else
		out_taken(o, key, explain_pipe_id(s, pipe));
}

/* ---- threads ---- */

static void exits(struct json_out *o, const struct json_source *from, const struct wait *wait)
{
	for (uint32_t i = 0; i < wait->targets; i++) {
		const struct target *target = &from->s->targets[wait->first_target + i];

		if (target->kind == TARGET_EXIT && target->process != NONE)
			out_number(o, NULL, from->s->processes[target->process].pid);
	}
}

static void several_children(struct json_out *o, const struct json_source *from,
                             const struct task *task)
{
	const struct snapshot *s = from->s;
	const struct wait *wait = &task->wait;
	bool any = wait->kind == WAIT_VFORK || wait->children == CHILDREN_ANY;
	size_t count;
	const struct kin *kin =
		relations_children(from->relations, s->processes[task->process].pid, &count);

	for (size_t i = 0; i < count; i++) {
		uint32_t child = snapshot_find_process(s, kin[i].child);

		if (any || s->processes[child].pgid == wait->child)
			out_number(o, NULL, kin[i].child);
	}
}

/* The pids of those whose exit the thread waits for. */
static void children(struct json_out *o, const struct json_source *from, const struct task *task)
{
	const struct wait *wait = &task->wait;

	out_open_array(o, "child");
	if (wait->kind == WAIT_POLL)
		exits(o, from, wait);
	else if (wait->kind == WAIT_CHILD_EXIT && wait->children == CHILDREN_ONE && wait->child > 0)
		out_number(o, NULL, wait->child);
	else if (wait->kind == WAIT_VFORK ||
	         (wait->kind == WAIT_CHILD_EXIT && wait->children != CHILDREN_ONE))
		several_children(o, from, task);
	out_close_array(o);
}

/* The keys of a wait, which members, victims and threads have alike. */
static void add_wait(struct json_out *o, const struct json_source *from, const struct task *task,
                     bool counted)
{
	const struct wait *wait = &task->wait;

	out_text(o, "waits_for", explain_wait_name(wait));
	out_foreign(o, "syscall", task->call);
	out_known(o, "fd", wait->fd);
	pipe_id(o, "pipe", from->s, wait->pipe);
	if (counted)
		out_known(o, "count", wait->count_bytes);
	children(o, from, task);
	out_known(o, "blocked_ms", task->blocked_ms);
}

/* Members or victims of a deadlock. */
static void members(struct json_out *o, const char *key, const struct json_source *from,
                    const uint32_t *indices, uint32_t count)
{
	out_open_array(o, key);
	for (uint32_t i = 0; i < count; i++) {
		const struct task *task = &from->s->tasks[indices[i]];
		const struct process *process = &from->s->processes[task->process];

		out_open_object(o, NULL);
		out_number(o, "pid", process->pid);
		out_number(o, "tid", task->tid);
		out_foreign(o, "comm", process->comm);
		out_foreign(o, "command", process->command);
		out_foreign(o, "user", process->user);
		add_wait(o, from, task, true);
		out_close_object(o);
	}
	out_close_array(o);
}

/* ---- deadlocks and stalls ---- */

static void doubts(struct json_out *o, const struct json_source *from,
                   const struct deadlock *deadlock)
{
	out_open_array(o, "why_not_proved");
	for (uint32_t i = 0; i < deadlock->doubt_count; i++)
		out_taken(o, NULL, explain_doubt(from->d, &deadlock->doubts[i]));
	out_close_array(o);
}

static void remedies(struct json_out *o, const struct json_source *from,
                     const struct deadlock *deadlock)
{
	char **list = explain_remedies(from->d, deadlock);

	out_open_array(o, "remedies");
	for (char **item = list; item && *item; item++)
		out_text(o, NULL, *item);
	out_close_array(o);
	if (!list)
		out_fail(o);
	explain_free_list(list);
}

void json_deadlock(struct json_out *o, const struct json_source *from, uint32_t index)
{
	const struct deadlock *one = &from->d->deadlocks[index];

	out_open_object(o, NULL);
	out_number(o, "id", one->id);
	out_text(o, "kind", deadlock_kind_name(one->kind));
	out_text(o, "certainty", one->proved ? "proved" : "likely");
	doubts(o, from, one);
	out_known(o, "blocked_ms", one->blocked_ms);
	members(o, "members", from, one->members, one->member_count);
	members(o, "victims", from, one->victims, one->victim_count);
	out_open_array(o, "pipes");
	for (uint32_t i = 0; i < one->pipe_count; i++)
		pipe_id(o, NULL, from->s, one->pipes[i]);
	out_close_array(o);
	out_taken(o, "explanation", explain_deadlock(from->d, one));
	remedies(o, from, one);
	out_close_object(o);
}

/* The first end behind those of the process that holds the k-th one: ends are sorted by process. */
static uint32_t next_process(const struct snapshot *s, const struct pipe *pipe, uint32_t k)
{
	uint32_t process = snapshot_end(s, pipe, k)->process;

	while (k < pipe->ends && snapshot_end(s, pipe, k)->process == process)
		k++;
	return k;
}

static bool is_on_side(const struct holder *holder, bool writes)
{
	return writes ? holder->writes : holder->reads;
}

static void holder_pids(struct json_out *o, const char *key, const struct json_source *from,
                        uint32_t index, bool writes)
{
	const struct pipe *pipe = &from->s->pipes[index];
	uint32_t last = NONE;

	out_open_array(o, key);
	for (uint32_t k = 0; k < pipe->ends; k++) {
		const struct holder *holder = snapshot_end(from->s, pipe, k);

		if (!is_on_side(holder, writes) || holder->process == last)
			continue;
		last = holder->process;
		out_number(o, NULL, from->s->processes[last].pid);
	}
	out_close_array(o);
}

void json_stall(struct json_out *o, const struct json_source *from, uint32_t index)
{
	const struct stall *one = &from->d->stalls[index];

	out_open_object(o, NULL);
	pipe_id(o, "pipe", from->s, one->pipe);
	holder_pids(o, "writers", from, one->pipe, true);
	holder_pids(o, "readers", from, one->pipe, false);
	out_known(o, "blocked_ms", one->blocked_ms);
	out_taken(o, "reason", explain_stall(from->d, one));
	out_close_object(o);
}

/* ---- pipes ---- */

/* The first of the ends from k to `end` that is on that side, or `end`. */
static uint32_t next_on_side(const struct snapshot *s, const struct pipe *pipe, uint32_t k,
                             uint32_t end, bool writes)
{
	while (k < end && !is_on_side(snapshot_end(s, pipe, k), writes))
		k++;
	return k;
}

/*
 * The process that holds the ends from k to `end`, if some of them are on that side. Its
 * descriptors count as non-blocking when every one of them is.
 */
static void add_holder(struct json_out *o, const struct json_source *from, uint32_t index,
                       uint32_t k, uint32_t end, bool writes)
{
	const struct snapshot *s = from->s;
	const struct pipe *pipe = &s->pipes[index];
	enum fact nonblocking = FACT_YES;
	uint32_t at;

	k = next_on_side(s, pipe, k, end, writes);
	if (k == end)
		return;
	at = snapshot_end(s, pipe, k)->process;
	out_open_object(o, NULL);
	out_number(o, "pid", s->processes[at].pid);
	out_foreign(o, "comm", s->processes[at].comm);
	out_open_array(o, "fd");
	for (; k < end; k = next_on_side(s, pipe, k + 1, end, writes)) {
		const struct holder *holder = snapshot_end(s, pipe, k);

		out_number(o, NULL, holder->fd);
		if (nonblocking != FACT_NO && holder->nonblocking != FACT_YES)
			nonblocking = holder->nonblocking;
	}
	out_close_array(o);
	out_fact(o, "nonblocking", nonblocking);
	out_bool(o, "blocked", relations_blocked(from->relations, index, at, writes));
	out_close_object(o);
}

static void holders(struct json_out *o, const char *key, const struct json_source *from,
                    uint32_t index, bool writes)
{
	const struct pipe *pipe = &from->s->pipes[index];
	uint32_t next;

	out_open_array(o, key);
	for (uint32_t k = 0; k < pipe->ends; k = next) {
		next = next_process(from->s, pipe, k);
		add_holder(o, from, index, k, next, writes);
	}
	out_close_array(o);
}

void json_pipe(struct json_out *o, const struct json_source *from, uint32_t index)
{
	const struct pipe *pipe = &from->s->pipes[index];
	const struct pipe_finding *finding = &from->d->pipes[index];

	out_open_object(o, NULL);
	pipe_id(o, "id", from->s, index);
	out_text(o, "type", pipe->type == PIPE_FIFO ? "fifo" : "pipe");
	out_number(o, "dev", (int64_t)pipe->dev);
	out_number(o, "inode", (int64_t)pipe->ino);
	out_known(o, "bytes", pipe->fill_bytes);
	out_known(o, "capacity", pipe->capacity_bytes);
	out_fact(o, "full", pipe->full);
	out_fact(o, "packet", pipe->packet);
	out_text(o, "verdict", verdict_name(finding->verdict));
	holders(o, "writers", from, index, true);
	holders(o, "readers", from, index, false);
	out_fact(o, "unseen_writers", finding->unseen_writers);
	out_fact(o, "unseen_readers", finding->unseen_readers);
	out_close_object(o);
}

/* ---- processes ---- */

static bool is_stuck(const struct diagnosis *d, const struct process *process)
{
	for (uint32_t i = 0; i < process->tasks; i++) {
		if (d->tasks[process->first_task + i].deadlock != NONE)
			return true;
	}
	return false;
}

void json_process(struct json_out *o, const struct json_source *from, uint32_t index)
{
	const struct process *process = &from->s->processes[index];

	out_open_object(o, NULL);
	out_number(o, "pid", process->pid);
	out_number(o, "ppid", process->ppid);
	out_foreign(o, "user", process->user);
	out_foreign(o, "comm", process->comm);
	out_foreign(o, "command", process->command);
	state(o, process->state);
	out_bool(o, "stuck", is_stuck(from->d, process));
	out_open_array(o, "threads");
	for (uint32_t i = 0; i < process->tasks; i++) {
		const struct task *task = &from->s->tasks[process->first_task + i];

		out_open_object(o, NULL);
		out_number(o, "tid", task->tid);
		state(o, task->state);
		add_wait(o, from, task, false);
		out_close_object(o);
	}
	out_close_array(o);
	out_close_object(o);
}
