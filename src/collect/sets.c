/*
 * Sets are read with process_vm_readv(2) by the worker, all of a look in one batch, and epolls by
 * a scout. The kernel copies a set when the call begins and writes back only when it ends, so what
 * lies in memory is what the thread waits for (select(2), poll(2)).
 */
#include "collect/sets.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "collect/epolls.h"
#include "collect/parse.h"
#include "collect/proc.h"
#include "collect/reading.h"
#include "collect/targets.h"
#include "collect/worker.h"

enum {
	LARGEST_SET = 65536,     /* entries; a larger one is left unknown */
	FUTEX2_IS_PRIVATE = 128, /* include/uapi/linux/futex.h */
	PARTS = 3                /* requests that one call can need: the sets of select(2) */
};

struct asked {
	uint32_t task;
	struct call call;
	uint32_t first_request, requests;
	uint32_t epoll;          /* of an epoll: which */
	bool unreadable;         /* more than anybody needs, or at no address */
};

struct sets {
	struct look *look;
	struct asked *asked;
	struct request *requests;
	uint32_t asked_count, request_count, room;
	struct epoll_set *epolls;
	uint32_t epoll_count;
	bool no_memory;
};

struct sets *sets_new(struct look *look)
{
	struct sets *sets = calloc(1, sizeof(*sets));

	if (sets)
		sets->look = look;
	return sets;
}

void sets_free(struct sets *sets)
{
	if (!sets)
		return;
	worker_forget(sets->requests, sets->request_count);
	epolls_free(sets->epolls, sets->epoll_count);
	free(sets->requests);
	free(sets->asked);
	free(sets);
}

/* Room for one more call with all its parts. */
static bool make_room(struct sets *sets)
{
	uint32_t room = sets->room ? sets->room * 2 : 64;
	struct asked *asked;
	struct request *requests;

	if (sets->asked_count < sets->room)
		return true;
	asked = reallocarray(sets->asked, room, sizeof(*asked));
	if (asked)
		sets->asked = asked;
	requests = reallocarray(sets->requests, room, PARTS * sizeof(*requests));
	if (requests)
		sets->requests = requests;
	if (!asked || !requests)
		return false;
	sets->room = room;
	return true;
}

/* By the thread itself: a leader that has exited has no memory any more. */
static void request(struct sets *sets, struct asked *asked, uint64_t address, size_t length)
{
	sets->requests[sets->request_count++] = (struct request){
		.kind = REQUEST_MEMORY, .pid = builder_task(sets->look->b, asked->task)->tid, .address = address, .length = length,
	};
	asked->requests++;
}

/* A bit for each descriptor, in whole words of the kernel. */
static size_t select_bytes(uint32_t descriptors)
{
	return ((size_t)descriptors + 63) / 64 * 8;
}

static size_t length_of(const struct call *call)
{
	switch (call->shape) {
	case CALL_POLL:
		return (size_t)call->count * sizeof(struct pollfd);
	case CALL_SELECT:
		return select_bytes(call->count);
	case CALL_CLONE3:
		return sizeof(uint64_t); /* struct clone_args begins with its flags */
	case CALL_FUTEX_WAITV:
		return (size_t)call->count * 24; /* struct futex_waitv */
	case CALL_EPOLL:
		return 0;
	default:
		return sizeof(uint64_t); /* a kernel sigset */
	}
}

/*
 * A call without its operand fails at once, but it may sleep before it does: for a seccomp
 * supervisor, for a tracer. Only the sets of select(2) may be left out.
 */
static bool lacks_address(const struct call *call)
{
	return call->shape != CALL_SELECT && length_of(call) && !call->address[0];
}

/* What the wait is as long as nothing more is known. */
static void begin_wait(struct wait *wait, const struct call *call)
{
	if (call->shape == CALL_POLL || call->shape == CALL_SELECT || call->shape == CALL_EPOLL) {
		wait->kind = WAIT_POLL;
		wait->timed = call->timed;
	} else if (call->timed) {
		wait->kind = WAIT_OUTSIDE;
		wait->what = call->shape == CALL_FUTEX_WAITV ? "futex" : "signal";
	}
}

void sets_ask(struct sets *sets, uint32_t task, const struct call *call)
{
	struct asked *asked;

	begin_wait(&builder_task(sets->look->b, task)->wait, call);
	if (call->timed)
		return;
	if (!make_room(sets)) {
		sets->no_memory = true;
		return;
	}
	asked = &sets->asked[sets->asked_count++];
	*asked = (struct asked){
		.task = task, .call = *call, .first_request = sets->request_count,
		.epoll = sets->epoll_count,
	};
	sets->epoll_count += call->shape == CALL_EPOLL;
	asked->unreadable = call->count > LARGEST_SET || lacks_address(call);
	if (asked->unreadable)
		return;
	for (int i = 0; i < (call->shape == CALL_SELECT ? PARTS : 1); i++)
		if (call->address[i] && length_of(call))
			request(sets, asked, call->address[i], length_of(call));
}

/* The n-th part of what was asked for; NULL when it could not be read. */
static const char *part(const struct sets *sets, const struct asked *asked, uint32_t n)
{
	const struct request *q = &sets->requests[asked->first_request + n];

	return q->status == 0 && q->data_length == q->length ? q->data : NULL;
}

static void complete_poll(const struct sets *sets, const struct asked *asked, int dir)
{
	const char *data = part(sets, asked, 0);

	for (uint32_t i = 0; i < asked->call.count; i++) {
		struct pollfd entry;

		memcpy(&entry, data + i * sizeof(entry), sizeof(entry));
		if (entry.fd >= 0)
			targets_add(sets->look, dir, asked->task, entry.fd, (uint16_t)entry.events);
	}
}

static void complete_epoll(const struct sets *sets, const struct asked *asked, int dir)
{
	targets_add_epoll(sets->look, dir, asked->task, &sets->epolls[asked->epoll]);
}

static bool has_bit(const char *set, uint32_t fd)
{
	return set[fd / 8] & (1 << fd % 8);
}

/* The third set is of exceptional conditions: a pipe has none but hang-ups. */
static void complete_select(const struct sets *sets, const struct asked *asked, int dir)
{
	static const uint32_t events[PARTS] = { EPOLLIN, EPOLLOUT, 0 };

	for (uint32_t fd = 0; fd < asked->call.count; fd++) {
		uint32_t wanted = 0, n = 0;
		bool watched = false;

		for (int i = 0; i < PARTS; i++) {
			if (!asked->call.address[i] || !has_bit(part(sets, asked, n++), fd))
				continue;
			wanted |= events[i];
			watched = true;
		}
		if (watched)
			targets_add(sets->look, dir, asked->task, (int32_t)fd, wanted);
	}
}

static void complete_clone3(const struct sets *sets, const struct asked *asked, int dir)
{
	struct wait *wait = &builder_task(sets->look->b, asked->task)->wait;
	uint64_t flags;

	(void)dir;
	memcpy(&flags, part(sets, asked, 0), sizeof(flags));
	wait->kind = call_waits_for_child(flags) ? WAIT_VFORK : WAIT_OUTSIDE;
	wait->what = call_waits_for_child(flags) ? NULL : "other";
}

/* Only waiters that are all private to the process can be told to be its own threads' business. */
static void complete_futexes(const struct sets *sets, const struct asked *asked, int dir)
{
	struct wait *wait = &builder_task(sets->look->b, asked->task)->wait;
	const char *data = part(sets, asked, 0);

	(void)dir;
	wait->kind = WAIT_THREAD;
	for (uint32_t i = 0; i < asked->call.count; i++) {
		uint32_t flags;

		memcpy(&flags, data + i * 24 + 16, sizeof(flags));
		if (!(flags & FUTEX2_IS_PRIVATE)) {
			wait->kind = WAIT_OUTSIDE;
			wait->what = "futex";
		}
	}
}

static void complete_signals(const struct sets *sets, const struct asked *asked, int dir)
{
	struct task *task = builder_task(sets->look->b, asked->task);
	uint64_t set;

	(void)dir;
	memcpy(&set, part(sets, asked, 0), sizeof(set));
	if (set == UINT64_C(1) << (SIGCHLD - 1) && sets->look->has_children[task->process]) {
		task->wait.kind = WAIT_CHILD_EXIT;
		task->wait.children = CHILDREN_ANY;
		task->wait.by_signal = true;
	} else {
		task->wait.kind = WAIT_OUTSIDE;
		task->wait.what = "signal";
	}
}

static void complete(const struct sets *sets, const struct asked *asked)
{
	static void (*const completions[])(const struct sets *, const struct asked *, int) = {
		[CALL_POLL] = complete_poll, [CALL_RESTART] = complete_poll,
		[CALL_SELECT] = complete_select, [CALL_EPOLL] = complete_epoll,
		[CALL_CLONE3] = complete_clone3,
		[CALL_FUTEX_WAITV] = complete_futexes, [CALL_SIGNAL_SET] = complete_signals,
	};
	struct task *task = builder_task(sets->look->b, asked->task);
	const struct process *process = builder_process(sets->look->b, task->process);
	__attribute__((cleanup(proc_close))) int dir = proc_open(process->pid);
	bool all = dir >= 0 && !asked->unreadable;

	for (uint32_t i = 0; i < asked->requests; i++)
		all &= part(sets, asked, i) != NULL;
	if (all) {
		completions[asked->call.shape](sets, asked, dir);
	} else if (task->wait.kind == WAIT_POLL) {
		targets_add_unknown(sets->look, asked->task);
	}
	reading_stop(builder_task(sets->look->b, asked->task), process->state);
}

static int read_epolls(struct sets *sets)
{
	if (!sets->epoll_count)
		return 0;
	sets->epolls = epolls_new(sets->epoll_count);
	if (!sets->epolls)
		return -ENOMEM;
	for (uint32_t i = 0; i < sets->asked_count; i++) {
		const struct asked *asked = &sets->asked[i];

		if (asked->call.shape != CALL_EPOLL)
			continue;
		sets->epolls[asked->epoll].tid = builder_task(sets->look->b, asked->task)->tid;
		sets->epolls[asked->epoll].fd = asked->call.fd;
	}
	epolls_read(sets->look, sets->epolls, sets->epoll_count);
	return 0;
}

int sets_read(struct sets *sets, int limit_ms)
{
	int r = sets->no_memory ? -ENOMEM : worker_do(sets->requests, sets->request_count, limit_ms);

	if (r == 0)
		r = read_epolls(sets);
	for (uint32_t i = 0; i < sets->asked_count && r == 0; i++)
		complete(sets, &sets->asked[i]);
	for (uint32_t i = 0; i < sets->request_count; i++)
		sets->look->head->view_limits |=
			sets->requests[i].status == -ETIMEDOUT ? LIMIT_TIMEOUT : 0;
	return r;
}
