/*
 * Whether a futex can be woken by the threads of its own process alone, futex(2). That is so where
 * it lies in private memory that can be written to, whatever its flags say (glibc's pthread_join
 * lacks the PRIVATE flag), and nobody else has that memory: clone(2) can make processes that share
 * it (CLONE_VM), which kcmp(2) tells.
 *
 * A process that does not answer in time is taken for one with memory of its own: it is about to
 * get it by execve(2).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/look.h"
#include "collect/parse.h"
#include "collect/worker.h"

enum { LIMIT_MS = 300, PRIVATE = 128 };

static bool is_asked(const struct look *look, const struct task *task)
{
	return task->wait.kind == WAIT_THREAD &&
		look_suspects(look, builder_process(look->b, task->process)->pid);
}

static bool needs_maps(const struct task *task)
{
	return task->call && strncmp(task->call, "futex", 5) == 0 &&
		strcmp(task->call, "futex_waitv") != 0 &&
		!(task->args[strcmp(task->call, "futex_wait") == 0 ? 3 : 1] & PRIVATE);
}

static void judge_maps(struct task *task, const struct request *maps)
{
	int private = maps->status ? maps->status :
		parse_maps_private(maps->data, maps->data_length, task->args[0]);

	if (private == 0) {
		task->wait.kind = WAIT_OUTSIDE;
		task->wait.what = "futex";
	} else if (private < 0) {
		task->wait.kind = WAIT_UNKNOWN;
	}
}

static int look_at_maps(struct look *look)
{
	uint32_t count = builder_task_count(look->b), asked = 0;
	struct request *requests = calloc((size_t)count + 1, sizeof(*requests));
	uint32_t *tasks = calloc((size_t)count + 1, sizeof(*tasks));
	int r = requests && tasks ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < count && r == 0; i++) {
		const struct task *task = builder_task(look->b, i);

		if (!is_asked(look, task) || !needs_maps(task))
			continue;
		tasks[asked] = i;
		/* A leader that has exited has no memory any more. */
		requests[asked++] = (struct request){
			.kind = REQUEST_FILE, .name = "maps", .pid = task->tid,
		};
	}
	if (r == 0)
		r = worker_do(requests, asked, LIMIT_MS);
	for (uint32_t i = 0; i < asked && r == 0; i++)
		judge_maps(builder_task(look->b, tasks[i]), &requests[i]);
	if (requests)
		worker_forget(requests, asked);
	free(requests);
	free(tasks);
	return r;
}

/* Which processes have a thread in vfork(2): their memory is lent to a child that wakes nobody. */
static bool *list_lenders(const struct look *look)
{
	bool *lends = calloc((size_t)builder_process_count(look->b) + 1, sizeof(*lends));

	for (uint32_t i = 0; lends && i < builder_task_count(look->b); i++)
		if (builder_task(look->b, i)->wait.kind == WAIT_VFORK)
			lends[builder_task(look->b, i)->process] = true;
	return lends;
}

static bool may_share(const struct look *look, const bool *lends, uint32_t a, uint32_t b)
{
	const struct process *p = builder_process(look->b, a), *q = builder_process(look->b, b);

	return a != b && !q->kernel_thread && q->access != ACCESS_NOTHING &&
		!(lends[a] && q->ppid == p->pid) && !(lends[b] && p->ppid == q->pid);
}

/* `tid` is a thread of the process. */
static int shares_memory(const struct look *look, const bool *lends, uint32_t process, int32_t tid,
                         bool *ret_shares)
{
	uint32_t count = builder_process_count(look->b), asked = 0;
	struct request *requests = calloc((size_t)count + 1, sizeof(*requests));
	int r = requests ? 0 : -ENOMEM;

	*ret_shares = false;
	for (uint32_t i = 0; i < count && r == 0; i++)
		if (may_share(look, lends, process, i))
			requests[asked++] = (struct request){
				.kind = REQUEST_SHARED, .pid = tid,
				.id = (uint32_t)builder_process(look->b, i)->pid,
			};
	if (r == 0)
		r = worker_do(requests, asked, LIMIT_MS);
	for (uint32_t i = 0; i < asked && r == 0; i++)
		*ret_shares |= requests[i].data != NULL;
	if (requests)
		worker_forget(requests, asked);
	free(requests);
	return r;
}

/* Threads of a process lie side by side. */
static int look_at_sharing(struct look *look)
{
	bool *lends = list_lenders(look), shares = false;
	uint32_t known = NONE;
	int r = lends ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < builder_task_count(look->b) && r == 0; i++) {
		struct task *task = builder_task(look->b, i);

		if (!is_asked(look, task))
			continue;
		if (task->process != known)
			r = shares_memory(look, lends, task->process, task->tid, &shares);
		known = task->process;
		if (r == 0 && shares) {
			task->wait.kind = WAIT_OUTSIDE;
			task->wait.what = "futex";
		}
	}
	free(lends);
	return r;
}

int look_at_futexes(struct look *look)
{
	int r = look_at_maps(look);

	return r < 0 ? r : look_at_sharing(look);
}
