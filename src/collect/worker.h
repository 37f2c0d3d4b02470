/*
 * What can hang, done by a thread that may be left behind: reading a process's memory, arguments
 * or maps takes its mmap lock, which a stuck process may hold for good (the known hang of ps);
 * stat(2) on a dead network mount never answers.
 */
#ifndef COLLECT_WORKER_H
#define COLLECT_WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum request_kind {
	REQUEST_MEMORY,          /* `length` bytes at `address` of `pid`: process_vm_readv(2) */
	REQUEST_FILE,            /* /proc/`pid`/`name`: with a `length` so much of it in one read,
	                            which is for no list (proc.h), else all */
	REQUEST_STAT,            /* statx(2) of /proc/`pid`/`name`: data is a struct statx */
	REQUEST_SHARED           /* whether `pid` and process `id` share memory: then with data */
};

struct request {
	enum request_kind kind;
	int32_t pid;
	uint64_t address;
	size_t length;
	uint32_t id;
	char name[64];
	/* The answer. */
	int status;              /* 0, -errno, -ETIMEDOUT; -EFAULT: memory that is not all there */
	char *data;              /* `data_length` bytes and a NUL behind them, or NULL */
	size_t data_length;
};

/*
 * Does all requests, each within `limit_ms` of the one before, and fills in the answers. After
 * some that hang the rest is not tried any more and has timed out too; what hung in an earlier
 * call, and still does, is not tried either. 0 or -ENOMEM.
 */
int worker_do(struct request *requests, size_t count, int limit_ms);

/* Frees the answers, not the array. */
void worker_forget(struct request *requests, size_t count);

#endif
