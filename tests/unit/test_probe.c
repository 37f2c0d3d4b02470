#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/probe.h"

/* A pipe that is seen through this very process. */
struct scene {
	int ends[2], pidfd;
	struct probe_end reading, writing;
};

static struct scene scene(int flags)
{
	struct scene s;
	struct stat st;

	assert_int_equal(pipe2(s.ends, flags), 0);
	assert_int_equal(fstat(s.ends[0], &st), 0);
	s.pidfd = pidfd_open(getpid(), 0);
	assert_true(s.pidfd >= 0);
	s.reading = (struct probe_end){ getpid(), s.ends[0], st.st_dev, st.st_ino, false, false };
	s.writing = (struct probe_end){ getpid(), s.ends[1], st.st_dev, st.st_ino, true, false };
	return s;
}

static void end(struct scene *s)
{
	close(s->ends[0]);
	close(s->ends[1]);
	close(s->pidfd);
}

static int open_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void test_probe__empty_is_not_full(void **state)
{
	struct scene s = scene(0);
	struct probe_result r;

	(void)state;
	assert_int_equal(probe(s.pidfd, &s.writing, false, &r), 0);
	assert_int_equal(r.fill_bytes, 0);
	assert_int_equal(r.capacity_bytes, 65536);
	assert_int_equal(r.full, FACT_NO);
	assert_int_equal(r.no_readers, FACT_UNKNOWN);
	end(&s);
}

/* Full is what poll says, not bytes equal to capacity. */
static void test_probe__full_of_odd_writes(void **state)
{
	struct scene s = scene(O_NONBLOCK);
	struct probe_result r;
	char bytes[13] = "Hello stderr\n";

	(void)state;
	while (write(s.ends[1], bytes, sizeof(bytes)) > 0)
		;
	assert_int_equal(probe(s.pidfd, &s.writing, true, &r), 0);
	assert_int_equal(r.fill_bytes, 65520);
	assert_int_equal(r.full, FACT_YES);
	assert_int_equal(r.no_readers, FACT_NO);
	assert_int_equal(probe(s.pidfd, &s.writing, false, &r), 0);
	assert_int_equal(r.full, FACT_UNKNOWN);
	end(&s);
}

static void test_probe__packets_fill_by_slots(void **state)
{
	struct scene s = scene(O_NONBLOCK | O_DIRECT);
	struct probe_result r;

	(void)state;
	while (write(s.ends[1], "x", 1) > 0)
		;
	assert_int_equal(probe(s.pidfd, &s.writing, true, &r), 0);
	assert_int_equal(r.fill_bytes, 16);
	assert_int_equal(r.full, FACT_YES);
	end(&s);
}

static void test_probe__hang_ups(void **state)
{
	struct scene s = scene(0);
	struct probe_result r;

	(void)state;
	assert_int_equal(probe(s.pidfd, &s.reading, true, &r), 0);
	assert_int_equal(r.no_writers, FACT_NO);
	assert_int_equal(r.fill_bytes, 0);
	/* Nothing is asked for that would wait for the writer's lock. */
	assert_int_equal(write(s.ends[1], "x", 1), 1);
	assert_int_equal(probe(s.pidfd, &s.reading, true, &r), 0);
	assert_int_equal(r.no_writers, FACT_NO);
	assert_int_equal(r.fill_bytes, UNKNOWN);
	assert_int_equal(r.capacity_bytes, UNKNOWN);
	close(s.ends[1]);
	assert_int_equal(probe(s.pidfd, &s.reading, true, &r), 0);
	assert_int_equal(r.no_writers, FACT_YES);
	assert_int_equal(r.fill_bytes, 1);
	assert_int_equal(r.capacity_bytes, 65536);
	s.ends[1] = -1;
	end(&s);
	s = scene(0);
	close(s.ends[0]);
	assert_int_equal(probe(s.pidfd, &s.writing, true, &r), 0);
	assert_int_equal(r.no_readers, FACT_YES);
	s.ends[0] = -1;
	end(&s);
}

/* What is no longer the pipe that was seen is let go of at once, by either way. */
static void test_probe__refuses_another_file(void **state)
{
	struct scene s = scene(0), other = scene(0);
	struct probe_result r;
	int before = open_fds();

	(void)state;
	s.writing.fd = other.ends[1];
	assert_int_equal(probe(s.pidfd, &s.writing, false, &r), -ESTALE);
	assert_int_equal(probe(-1, &s.writing, false, &r), -ESTALE);
	s.writing.fd = open("/dev/null", O_WRONLY);
	assert_int_equal(probe(s.pidfd, &s.writing, false, &r), -ESTALE);
	assert_int_equal(probe(-1, &s.writing, false, &r), -ESTALE);
	close(s.writing.fd);
	assert_int_equal(probe(s.pidfd, &s.writing, false, &r), -EBADF);
	assert_int_equal(open_fds(), before);
	end(&s);
	end(&other);
}

/* Without a pidfd an anonymous pipe is opened anew; a FIFO never is. */
static void test_probe__opens_anew_but_no_fifo(void **state)
{
	struct scene s = scene(O_NONBLOCK);
	struct probe_result r;

	(void)state;
	assert_int_equal(write(s.ends[1], "abc", 3), 3);
	assert_int_equal(probe(-1, &s.writing, true, &r), 0);
	assert_int_equal(r.fill_bytes, 3);
	assert_int_equal(r.full, FACT_NO);
	s.writing.fifo = true;
	assert_int_equal(probe(-1, &s.writing, true, &r), -EPERM);
	end(&s);
}

/* The bytes and the ends are as before: nothing is kept, nothing is taken. */
static void test_probe__leaves_no_trace(void **state)
{
	struct scene s = scene(O_NONBLOCK);
	struct probe_result r;
	char bytes[8];
	int before = open_fds();

	(void)state;
	assert_int_equal(write(s.ends[1], "abc", 3), 3);
	for (int i = 0; i < 100; i++)
		assert_int_equal(probe(s.pidfd, &s.reading, true, &r), 0);
	assert_int_equal(open_fds(), before);
	assert_int_equal(read(s.ends[0], bytes, sizeof(bytes)), 3);
	assert_memory_equal(bytes, "abc", 3);
	close(s.ends[1]);
	assert_int_equal(read(s.ends[0], bytes, sizeof(bytes)), 0);
	s.ends[1] = -1;
	end(&s);
}

static void test_probe__process_gone(void **state)
{
	struct scene s = scene(0);
	struct probe_result r;
	pid_t child = fork();
	int fd = 7, pidfd;

	(void)state;
	assert_true(child >= 0);
	if (child == 0)
		_exit(0);
	pidfd = pidfd_open(child, 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	s.writing.pid = child;
	assert_int_equal(probe(pidfd, &s.writing, false, &r), -ESRCH);
	assert_int_equal(probe_open(child, s.writing.fd, s.writing.dev, s.writing.ino, &fd), -ESRCH);
	assert_int_equal(fd, 7);
	close(pidfd);
	end(&s);
}

/* Who was told to be patient is so again afterwards. */
static void test_probe__hurries_and_relaxes(void **state)
{
	static const int policies[] = { SCHED_OTHER, SCHED_BATCH };
	struct sched_param none = { 0 }, first = { sched_get_priority_min(SCHED_FIFO) };
	struct probe_pace pace;

	(void)state;
	if (sched_setscheduler(0, SCHED_FIFO, &first) < 0)
		skip();
	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
		assert_int_equal(sched_setscheduler(0, policies[i], &none), 0);
		probe_hurry(&pace);
		assert_int_equal(sched_getscheduler(0), SCHED_FIFO);
		probe_relax(&pace);
		assert_int_equal(sched_getscheduler(0), policies[i]);
	}
	assert_int_equal(sched_setscheduler(0, SCHED_OTHER, &none), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_probe__empty_is_not_full),
		cmocka_unit_test(test_probe__full_of_odd_writes),
		cmocka_unit_test(test_probe__packets_fill_by_slots),
		cmocka_unit_test(test_probe__hang_ups),
		cmocka_unit_test(test_probe__refuses_another_file),
		cmocka_unit_test(test_probe__opens_anew_but_no_fifo),
		cmocka_unit_test(test_probe__leaves_no_trace),
		cmocka_unit_test(test_probe__process_gone),
		cmocka_unit_test(test_probe__hurries_and_relaxes),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
