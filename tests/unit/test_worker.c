#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/worker.h"

enum { PATIENT_MS = 10000 };

static void test_worker__reads_memory(void **state)
{
	static const char text[] = "what lies here";
	struct request q = {
		.kind = REQUEST_MEMORY, .pid = getpid(), .address = (uintptr_t)text, .length = sizeof(text),
	};

	(void)state;
	assert_int_equal(worker_do(&q, 1, PATIENT_MS), 0);
	assert_int_equal(q.status, 0);
	assert_int_equal(q.data_length, sizeof(text));
	assert_string_equal(q.data, text);
	worker_forget(&q, 1);
}

/* A wrong one in the middle spoils no other. */
static void test_worker__answers_each(void **state)
{
	struct request q[] = {
		{ .kind = REQUEST_FILE, .pid = getpid(), .name = "comm" },
		{ .kind = REQUEST_MEMORY, .pid = getpid(), .address = 16, .length = 8 },
		{ .kind = REQUEST_FILE, .pid = getpid(), .name = "no such file" },
		{ .kind = REQUEST_STAT, .pid = getpid(), .name = "fd/0" },
	};

	(void)state;
	assert_int_equal(worker_do(q, 4, PATIENT_MS), 0);
	assert_int_equal(q[0].status, 0);
	assert_non_null(strstr(q[0].data, "test_worker"));
	assert_int_equal(q[1].status, -EFAULT);
	assert_int_equal(q[2].status, -ENOENT);
	assert_int_equal(q[3].data_length, sizeof(struct statx));
	worker_forget(q, 4);
}

/* Not with a child by fork, until it ends; with itself. */
static void test_worker__tells_shared_memory(void **state)
{
	pid_t child = fork();
	struct request q[] = {
		{ .kind = REQUEST_SHARED, .pid = getpid(), .id = (uint32_t)getpid() },
		{ .kind = REQUEST_SHARED, .pid = getpid(), .id = (uint32_t)child },
		{ .kind = REQUEST_SHARED, .pid = getpid(), .id = 0 },
	};

	(void)state;
	if (child == 0) {
		pause();
		_exit(0);
	}
	assert_int_equal(worker_do(q, 3, PATIENT_MS), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(q[0].status, 0);
	assert_non_null(q[0].data);
	assert_int_equal(q[1].status, 0);
	assert_null(q[1].data);
	assert_int_equal(q[2].status, -ESRCH);
	assert_null(q[2].data);
	worker_forget(q, 3);
}

/* False when it has ended. */
static bool blocked_by(const char *thread, uint64_t *ret_set)
{
	char path[300], line[128];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", thread);
	FILE *file = fopen(path, "r");
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file))
		found |= sscanf(line, "SigBlk: %" SCNx64, ret_set) == 1;
	fclose(file);
	return found;
}

/* By the thread that hangs, and another that may not be gone yet; all else is for the main thread. */
static void expect_crashes_to_be_seen(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	DIR *tasks = opendir("/proc/self/task");
	int threads = 0;

	assert_non_null(tasks);
	for (const struct dirent *entry; (entry = readdir(tasks));) {
		uint64_t blocked;
		if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid() ||
		    !blocked_by(entry->d_name, &blocked))
			continue;
		threads++;
		assert_true(blocked & (UINT64_C(1) << (SIGTERM - 1)));
		for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
			assert_false(blocked & (UINT64_C(1) << (crashes[i] - 1)));
	}
	closedir(tasks);
	assert_true(threads > 0);
}

/* A file that never ends its read: the memory of a process whose pages a userfaultfd holds would
   be one; a FIFO without a writer, named through /proc, is another that needs no privilege. */
static void test_worker__leaves_what_hangs(void **state)
{
	char folder[] = "/tmp/pipetop-worker-XXXXXX", fifo[48];
	struct request q[2] = {
		{ .kind = REQUEST_FILE, .pid = getpid() },
		{ .kind = REQUEST_FILE, .pid = getpid(), .name = "comm" },
	};

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	snprintf(q[0].name, sizeof(q[0].name), "root%s", fifo);
	/* Long enough for the second one, also on a busy machine. */
	assert_int_equal(worker_do(q, 2, 1000), 0);
	assert_int_equal(q[0].status, -ETIMEDOUT);
	assert_null(q[0].data);
	assert_int_equal(q[1].status, 0);
	assert_non_null(strstr(q[1].data, "test_worker"));
	worker_forget(q, 2);
	expect_crashes_to_be_seen();
	/* Nobody follows to where one hangs: with such a limit the test would not end. */
	assert_int_equal(worker_do(q, 2, INT32_MAX), 0);
	assert_int_equal(q[0].status, -ETIMEDOUT);
	assert_int_equal(q[1].status, 0);
	worker_forget(q, 2);
	/* Lets the thread that was left behind go on, and end with its batch. */
	FILE *writer = fopen(fifo, "w");
	assert_non_null(writer);
	fclose(writer);
	unlink(fifo);
	rmdir(folder);
}

static void test_worker__nothing_to_do(void **state)
{
	(void)state;
	assert_int_equal(worker_do(NULL, 0, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worker__reads_memory),
		cmocka_unit_test(test_worker__answers_each),
		cmocka_unit_test(test_worker__tells_shared_memory),
		cmocka_unit_test(test_worker__leaves_what_hangs),
		cmocka_unit_test(test_worker__nothing_to_do),
	};

	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
