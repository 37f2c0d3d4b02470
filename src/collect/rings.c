/*
 * Which suspects have an io_uring without a descriptor: io_uring_register_ring_fd(3) lets one be
 * closed while the ring goes on. Its queues stay mapped, unless the program has put them into
 * memory of its own (IORING_SETUP_NO_MMAP), which nothing in /proc shows. The census sees every
 * ring.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/look.h"
#include "collect/worker.h"

enum { LIMIT_MS = 300 };

/* By the first thread that lives: a leader that has exited has no memory any more. */
static uint32_t ask(struct look *look, struct request *requests, uint32_t *processes)
{
	uint32_t asked = 0;

	for (uint32_t i = 0; i < builder_task_count(look->b); i++) {
		const struct task *task = builder_task(look->b, i);
		const struct process *process = builder_process(look->b, task->process);

		if (task->wait.kind == WAIT_EXITED || process->has_uring ||
		    !look_suspects(look, process->pid) ||
		    (asked && processes[asked - 1] == task->process))
			continue;
		processes[asked] = task->process;
		requests[asked++] = (struct request){
			.kind = REQUEST_FILE, .name = "maps", .pid = task->tid,
		};
	}
	return asked;
}

int look_at_rings(struct look *look)
{
	static const char mapped[] = " anon_inode:[io_uring]\n";
	uint32_t count = look->census ? 0 : builder_task_count(look->b), asked = 0;
	struct request *requests = calloc((size_t)count + 1, sizeof(*requests));
	uint32_t *processes = calloc((size_t)count + 1, sizeof(*processes));
	int r = requests && processes ? 0 : -ENOMEM;

	if (r == 0 && count)
		asked = ask(look, requests, processes);
	if (r == 0)
		r = worker_do(requests, asked, LIMIT_MS);
	for (uint32_t i = 0; i < asked && r == 0; i++)
		if (requests[i].data &&
		    memmem(requests[i].data, requests[i].data_length, mapped, sizeof(mapped) - 1))
			builder_process(look->b, processes[i])->has_uring = true;
	if (requests)
		worker_forget(requests, asked);
	free(requests);
	free(processes);
	return r;
}
