/* Looks at scenes that this test plays itself: what is in the snapshot is what was built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/collect.h"

/* What libc does where the kernel has none of these, as on arm64. */
#ifndef SYS_poll
#define SYS_poll SYS_ppoll
#define SYS_select SYS_pselect6
#define SYS_epoll_wait SYS_epoll_pwait
#define SYS_pause SYS_ppoll
#endif

enum { PLACES = 8 };

/* Where a scene notes what the test must know. Shared with its processes. */
static struct place {
	int32_t pid, tid, fd;
	uint64_t ino;
} *places;

static struct collector *collector;

static void note(int place, int fd)
{
	struct stat st = { 0 };

	if (fd >= 0)
		fstat(fd, &st);
	places[place].fd = fd;
	places[place].ino = st.st_ino;
	places[place].pid = getpid();
	__atomic_store_n(&places[place].tid, gettid(), __ATOMIC_RELEASE);
}

/* ---- plays ---- */

/* A process of its own, which ends with the test. */
static pid_t play(void (*scene)(void))
{
	pid_t test = getpid(), pid;

	memset(places, 0, PLACES * sizeof(*places));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		if (getppid() == test)
			scene();
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void end_play(pid_t pid)
{
	kill(-pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Until the thread that noted the place is blocked in that call. False when its scene has ended. */
static bool is_blocked(pid_t play, int place, long number)
{
	char path[64], text[32];
	siginfo_t info = { 0 };

	while (info.si_pid == 0) {
		int32_t tid = __atomic_load_n(&places[place].tid, __ATOMIC_ACQUIRE);
		ssize_t length = -1;
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
		fd = tid ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		if (fd >= 0) {
			length = read(fd, text, sizeof(text) - 1);
			close(fd);
		}
		text[length > 0 ? length : 0] = '\0';
		if (length > 0 && text[0] != 'r' && atol(text) == number)
			return true;
		sched_yield();
		assert_int_equal(waitid(P_PID, (id_t)play, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	}
	return false;
}

static void thread(void *(*run)(void *))
{
	pthread_t id;

	if (pthread_create(&id, NULL, run, NULL) != 0)
		_exit(1);
}

static void sleep_forever(void)
{
	for (;;)
		pause();
}

static void fill(int fd)
{
	char bytes[4096] = { 0 };

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	fcntl(fd, F_SETFL, 0);
}

/* Memory whose pages never come, where the kernel has that. */
static char *missing_memory(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	char *memory;

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0)
		_exit(1);
	memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)memory;
	range.range.len = 65536;
	if (ioctl(fd, UFFDIO_REGISTER, &range) < 0)
		_exit(1);
	return memory;
}

/* ---- looks ---- */

static struct snapshot *look(void)
{
	const struct collect_request request = { 0 };
	struct snapshot *s = NULL;

	assert_int_equal(collect(collector, &request, &s), 0);
	return s;
}

static struct snapshot *look_closely(pid_t pid)
{
	int32_t suspect = pid;
	const struct collect_request request = { .suspects = &suspect, .suspect_count = 1 };
	struct snapshot *s = NULL;

	assert_int_equal(collect(collector, &request, &s), 0);
	return s;
}

static const struct process *process_at(const struct snapshot *s, int place)
{
	uint32_t index = snapshot_find_process(s, places[place].pid);

	assert_int_not_equal(index, NONE);
	return &s->processes[index];
}

static const struct task *task_at(const struct snapshot *s, int place)
{
	uint32_t index = snapshot_find_task(s, places[place].pid, places[place].tid);

	assert_int_not_equal(index, NONE);
	return &s->tasks[index];
}

static const struct pipe *pipe_at(const struct snapshot *s, int place)
{
	for (uint32_t i = 0; i < s->pipe_count; i++)
		if (s->pipes[i].ino == places[place].ino)
			return &s->pipes[i];
	return NULL;
}

static const struct target *target_of(const struct snapshot *s, const struct task *task, int32_t fd)
{
	for (uint32_t i = 0; i < task->wait.targets; i++)
		if (s->targets[task->wait.first_target + i].fd == fd)
			return &s->targets[task->wait.first_target + i];
	return NULL;
}

/* ---- the article ---- */

static void article(void)
{
	int ends[2];
	pid_t child;

	if (pipe(ends) < 0)
		return;
	fill(ends[1]);
	child = fork();
	if (child == 0) {
		close(ends[0]);
		note(1, ends[1]);
		if (write(ends[1], "x", 1) < 0)
			return;
	}
	close(ends[1]);
	note(0, ends[0]);
	waitpid(child, NULL, 0);
}

static void test_collect__article(void **state)
{
	pid_t pid = play(article);
	struct snapshot *s;
	const struct task *writer, *waiter;

	(void)state;
	assert_true(is_blocked(pid, 0, SYS_wait4) && is_blocked(pid, 1, SYS_write));
	s = look_closely(pid);
	writer = task_at(s, 1);
	waiter = task_at(s, 0);
	assert_int_equal(writer->wait.kind, WAIT_PIPE_SPACE);
	assert_int_equal(writer->wait.fd, places[1].fd);
	assert_int_equal(writer->wait.count_bytes, 1);
	assert_ptr_equal(&s->pipes[writer->wait.pipe], pipe_at(s, 1));
	assert_int_equal(pipe_at(s, 1)->full, FACT_YES);
	assert_int_equal(pipe_at(s, 1)->fill_bytes, 65536);
	assert_int_equal(pipe_at(s, 1)->capacity_bytes, 65536);
	assert_int_equal(pipe_at(s, 1)->ends, 2);
	assert_int_equal(waiter->wait.kind, WAIT_CHILD_EXIT);
	assert_int_equal(waiter->wait.children, CHILDREN_ONE);
	assert_int_equal(waiter->wait.child, places[1].pid);
	assert_true(process_at(s, 0)->examined && !process_at(s, 1)->examined);
	assert_null(waiter->wait.odd_wchan);
	assert_true(waiter->voluntary_switches > 0 && waiter->blocked_ms >= 0);
	snapshot_free(s);
	end_play(pid);
}

/* ---- a narrow look ---- */

/* 1 has an empty pipe; 0 has one too, and one with a byte, which 2 inherits when he comes. */
static void byte_beside_empty(void)
{
	int byte[2], empty[2], number;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (pipe(empty) < 0)
		return;
	if (fork() == 0) {
		note(1, pipe(byte) < 0 ? -1 : byte[0]);
		close(empty[0]);
		close(empty[1]);
		sleep_forever();
	}
	if (pipe(byte) < 0 || write(byte[1], "x", 1) < 1)
		return;
	note(3, empty[0]);
	note(0, byte[1]);
	sigwait(&set, &number);
	if (write(byte[1], "y", 1) < 1)
		return;
	if (fork() == 0)
		note(2, byte[1]);
	sleep_forever();
}

static void test_collect__narrow(void **state)
{
	pid_t pid = play(byte_beside_empty);
	struct snapshot *survey, *narrow = NULL;

	(void)state;
	assert_true(is_blocked(pid, 0, SYS_rt_sigtimedwait) && is_blocked(pid, 1, SYS_pause));
	survey = look();
	assert_int_equal(survey->view_limits & LIMIT_NARROW, 0);
	assert_int_equal(pipe_at(survey, 0)->fill_bytes, 1);
	assert_int_equal(pipe_at(survey, 0)->ends, 2);
	assert_int_equal(pipe_at(survey, 3)->fill_bytes, 0);
	kill(pid, SIGUSR1);
	assert_true(is_blocked(pid, 2, SYS_pause));
	assert_int_equal(collect(collector, &(struct collect_request){ .again = survey }, &narrow), 0);
	assert_true(narrow->view_limits & LIMIT_NARROW);
	assert_int_equal(pipe_at(narrow, 0)->fill_bytes, 2);
	assert_int_equal(pipe_at(narrow, 0)->ends, 4);
	assert_int_equal(pipe_at(narrow, 3)->fill_bytes, UNKNOWN);
	assert_null(pipe_at(narrow, 1));
	assert_int_equal(snapshot_find_process(narrow, places[1].pid), NONE);
	process_at(narrow, 0);
	process_at(narrow, 2);
	snapshot_free(narrow);
	snapshot_free(survey);
	end_play(pid);
}

/* ---- polls ---- */

static void poll_set(void)
{
	int a[2], b[2];

	if (pipe(a) < 0 || pipe(b) < 0)
		return;
	fill(b[1]);
	note(0, a[0]);
	note(1, b[1]);
	struct pollfd set[] = {
		{ a[0], POLLIN, 0 }, { -a[0], POLLIN, 0 }, { b[1], POLLOUT, 0 }, { a[0], POLLIN, 0 },
	};
	poll(set, 4, -1);
}

/* An entry that is negative is none; one that is there twice counts twice and does no harm. */
static void test_collect__poll(void **state)
{
	pid_t pid = play(poll_set);
	struct snapshot *s;
	const struct task *task;

	(void)state;
	assert_true(is_blocked(pid, 1, SYS_poll));
	s = look();
	task = task_at(s, 1);
	assert_int_equal(task->wait.kind, WAIT_POLL);
	assert_int_equal(task->wait.targets, 3);
	assert_int_equal(target_of(s, task, places[0].fd)->kind, TARGET_DATA);
	assert_int_equal(target_of(s, task, places[1].fd)->kind, TARGET_SPACE);
	assert_int_equal(pipe_at(s, 1)->full, FACT_YES);
	snapshot_free(s);
	end_play(pid);
}

/* Descriptors beyond FD_SETSIZE: the set is as long as the first argument says. */
static void select_far(void)
{
	enum { FAR = 2000 };
	const struct rlimit limit = { FAR + 1, FAR + 1 };
	static unsigned long set[FAR / 64 + 1];
	int ends[2];

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || pipe(ends) < 0 || dup2(ends[0], FAR) != FAR)
		return;
	set[FAR / 64] = 1UL << FAR % 64;
	note(0, FAR);
	syscall(SYS_select, FAR + 1, set, NULL, NULL, NULL, NULL);
}

static void test_collect__select_far(void **state)
{
	pid_t pid = play(select_far);
	struct snapshot *s;

	(void)state;
	if (!is_blocked(pid, 0, SYS_select)) {
		end_play(pid);
		skip();
	}
	s = look();
	assert_int_equal(task_at(s, 0)->wait.kind, WAIT_POLL);
	assert_int_equal(task_at(s, 0)->wait.targets, 1);
	assert_int_equal(target_of(s, task_at(s, 0), 2000)->kind, TARGET_DATA);
	snapshot_free(s);
	end_play(pid);
}

/* One that has fired, one that was closed though somebody else has it, one whose number is another's now. */
static void epoll_entries(void)
{
	int fired[2], closed[2], reused[2], good[2], epoll = epoll_create1(0), inner = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN };

	if (pipe(fired) < 0 || pipe(closed) < 0 || pipe(reused) < 0 || pipe(good) < 0)
		return;
	epoll_ctl(epoll, EPOLL_CTL_ADD, closed[0], &event);
	epoll_ctl(epoll, EPOLL_CTL_ADD, reused[0], &event);
	event.events = EPOLLIN | EPOLLONESHOT;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fired[0], &event);
	if (write(fired[1], "x", 1) != 1 || epoll_wait(epoll, &event, 1, 0) != 1)
		return;
	event.events = EPOLLIN;
	epoll_ctl(inner, EPOLL_CTL_ADD, good[0], &event);
	epoll_ctl(epoll, EPOLL_CTL_ADD, inner, &event);
	/* The file lives on in the duplicate, and so does the entry. */
	dup(closed[0]);
	dup(reused[0]);
	close(closed[0]);
	dup2(good[1], reused[0]);
	note(0, fired[0]);
	note(1, closed[1]);
	places[1].fd = closed[0];
	note(2, reused[0]);
	note(3, good[0]);
	epoll_wait(epoll, &event, 1, -1);
}

static void test_collect__epoll(void **state)
{
	pid_t pid = play(epoll_entries);
	struct snapshot *s;
	const struct task *task;

	(void)state;
	assert_true(is_blocked(pid, 3, SYS_epoll_wait));
	s = look();
	task = task_at(s, 3);
	assert_int_equal(task->wait.kind, WAIT_POLL);
	assert_int_equal(task->wait.targets, 3);
	assert_null(target_of(s, task, places[0].fd));
	assert_int_equal(target_of(s, task, places[1].fd)->kind, TARGET_UNKNOWN);
	assert_int_equal(target_of(s, task, places[2].fd)->kind, TARGET_UNKNOWN);
	assert_int_equal(target_of(s, task, places[3].fd)->kind, TARGET_DATA);
	snapshot_free(s);
	end_play(pid);
}

/* ---- calls that somebody holds back ---- */

static void held_poll(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ppoll, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { 4, filter };
	int ends[2];

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (pipe(ends) < 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	                              SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) < 0)
		return;
	note(0, ends[0]);
	syscall(SYS_ppoll, NULL, 5, NULL, NULL, 0);
}

/* It would fail, but has not yet: five entries at no address are not to be read. */
static void test_collect__poll_of_nothing_held_back(void **state)
{
	pid_t pid = play(held_poll);
	struct snapshot *s;

	(void)state;
	if (!is_blocked(pid, 0, SYS_ppoll)) {
		end_play(pid);
		skip();
	}
	s = look();
	assert_int_equal(task_at(s, 0)->wait.targets, 1);
	assert_int_equal(s->targets[task_at(s, 0)->wait.first_target].kind, TARGET_UNKNOWN);
	snapshot_free(s);
	s = look_closely(pid);
	assert_int_equal(task_at(s, 0)->wait.kind, WAIT_STOPPED);
	snapshot_free(s);
	end_play(pid);
}

/* ---- locks that somebody sleeps with ---- */

static int lock_ends[2];
static char *lock_memory;

static void *write_missing(void *unused)
{
	note(1, lock_ends[1]);
	if (write(lock_ends[1], lock_memory, 4096) < 0)
		_exit(1);
	return unused;
}

static bool sleeps_in(int32_t tid, const char *name)
{
	char path[64], text[64] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/wchan", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		_exit(1);
	close(fd);
	return strcmp(text, name) == 0;
}

/* The one who sleeps with the lock has closed the descriptor since: nothing shows whose lock it is. */
static void locked_pipe(void)
{
	int other[2];

	lock_memory = missing_memory();
	if (pipe(lock_ends) < 0 || pipe(other) < 0)
		return;
	note(2, other[0]);
	note(3, lock_ends[1]);
	if (fork() == 0)
		sleep_forever();
	thread(write_missing);
	while (!sleeps_in(places[1].tid, "handle_userfault"))
		sched_yield();
	close(lock_ends[1]);
	note(0, -1);
	sleep_forever();
}

static void test_collect__locked_pipe(void **state)
{
	pid_t pid = play(locked_pipe);
	struct snapshot *s;

	(void)state;
	if (!is_blocked(pid, 0, SYS_pause) || !is_blocked(pid, 1, SYS_write)) {
		end_play(pid);
		skip();
	}
	s = look();
	assert_int_equal(pipe_at(s, 3)->fill_bytes, UNKNOWN);
	assert_int_equal(pipe_at(s, 2)->fill_bytes, 0);
	snapshot_free(s);
	end_play(pid);
}

static int lock_epoll;

static void *epoll_missing(void *unused)
{
	note(0, lock_epoll);
	epoll_wait(lock_epoll, (struct epoll_event *)(void *)lock_memory, 1, -1);
	return unused;
}

static void locked_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN };

	lock_memory = missing_memory();
	lock_epoll = epoll_create1(0);
	if (pipe(lock_ends) < 0 || write(lock_ends[1], "x", 1) != 1)
		return;
	epoll_ctl(lock_epoll, EPOLL_CTL_ADD, lock_ends[0], &event);
	thread(epoll_missing);
	sleep_forever();
}

static void test_collect__locked_epoll(void **state)
{
	pid_t pid = play(locked_epoll);
	struct snapshot *s;

	(void)state;
	if (!is_blocked(pid, 0, SYS_epoll_wait)) {
		end_play(pid);
		skip();
	}
	for (int i = 0; i < 2; i++) {
		s = look();
		assert_int_equal(task_at(s, 0)->wait.targets, 1);
		assert_int_equal(s->targets[task_at(s, 0)->wait.first_target].kind, TARGET_UNKNOWN);
		assert_true(s->view_limits & LIMIT_TIMEOUT);
		snapshot_free(s);
	}
	end_play(pid);
}

/* ---- descriptor tables ---- */

/* Numbers in a row, and others behind gaps. */
static const int scattered[] = { 64, 65, 67, 130, 500, 501, 502, 900 };
enum { IN_A_ROW = 50, SCATTERED = sizeof(scattered) / sizeof(*scattered) };

static void scatter(void)
{
	int ends[2];

	closefrom(3);
	if (pipe(ends) < 0)
		_exit(1);
	for (int i = 2; i < IN_A_ROW; i++)
		if (dup(ends[1]) < 0)
			_exit(1);
	for (int i = 0; i < SCATTERED; i++)
		if (dup2(ends[1], scattered[i]) < 0)
			_exit(1);
	note(0, ends[1]);
	sleep_forever();
}

static void test_collect__scattered_descriptors(void **state)
{
	pid_t pid = play(scatter);
	struct snapshot *s;
	const struct pipe *pipe;

	(void)state;
	assert_true(is_blocked(pid, 0, SYS_pause));
	s = look();
	pipe = pipe_at(s, 0);
	assert_non_null(pipe);
	assert_int_equal(pipe->ends, IN_A_ROW + SCATTERED);
	for (uint32_t k = 0; k < pipe->ends; k++)
		assert_int_equal(snapshot_end(s, pipe, k)->fd,
		                 k < IN_A_ROW ? 3 + (int)k : scattered[k - IN_A_ROW]);
	snapshot_free(s);
	end_play(pid);
}

static void *alone(void *unused)
{
	int ends[2];

	if (unshare(CLONE_FILES) < 0 || pipe(ends) < 0 || write(ends[1], "abc", 3) != 3)
		_exit(1);
	note(0, ends[1]);
	sleep_forever();
	return unused;
}

static void own_table(void)
{
	thread(alone);
	sleep_forever();
}

static void leader_exits(void)
{
	thread(alone);
	while (!__atomic_load_n(&places[0].tid, __ATOMIC_ACQUIRE))
		sched_yield();
	syscall(SYS_exit, 0);
}

static void look_at_table(void (*scene)(void))
{
	pid_t pid = play(scene);
	struct snapshot *s;
	const struct pipe *pipe;

	assert_true(is_blocked(pid, 0, SYS_pause));
	s = look();
	pipe = pipe_at(s, 0);
	assert_non_null(pipe);
	assert_int_equal(pipe->ends, 2);
	assert_int_equal(snapshot_end(s, pipe, 0)->table, task_at(s, 0)->table);
	assert_int_equal(pipe->fill_bytes, 3);
	assert_int_equal(snapshot_end(s, pipe, 0)->nonblocking, FACT_NO);
	snapshot_free(s);
	end_play(pid);
}

static void test_collect__table_of_a_thread(void **state)
{
	(void)state;
	look_at_table(own_table);
}

static void test_collect__leader_exited(void **state)
{
	(void)state;
	look_at_table(leader_exits);
}

/* ---- FIFOs ---- */

/* Its text says that it is an anonymous pipe, and its name is gone. */
static void fifo_in_disguise(void)
{
	int fd;

	if (mkfifo("pipe:[77]", 0600) < 0)
		return;
	fd = open("pipe:[77]", O_RDWR);
	unlink("pipe:[77]");
	note(0, fd);
	sleep_forever();
}

static void test_collect__fifo(void **state)
{
	char folder[] = "/tmp/pipetop-collect-XXXXXX";
	pid_t pid;
	struct snapshot *s;
	const struct pipe *pipe;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	pid = play(fifo_in_disguise);
	assert_true(is_blocked(pid, 0, SYS_pause));
	s = look();
	pipe = pipe_at(s, 0);
	assert_non_null(pipe);
	assert_int_equal(pipe->type, PIPE_FIFO);
	assert_int_equal(pipe->named, FACT_NO);
	assert_non_null(strstr(snapshot_path(s, (uint32_t)(pipe - s->pipes)), "pipe:[77]"));
	assert_int_equal(pipe->ends, 1);
	assert_true(snapshot_end(s, pipe, 0)->reads && snapshot_end(s, pipe, 0)->writes);
	snapshot_free(s);
	end_play(pid);
	assert_int_equal(chdir("/"), 0);
	rmdir(folder);
}

/* On a mount that is in nobody's list any more: it might be that of a dead server. */
static void fifo_on_a_lost_mount(void)
{
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("lost", "/tmp", "tmpfs", 0, NULL) < 0 || mkfifo("/tmp/fifo", 0600) < 0)
		return;
	fd = open("/tmp/fifo", O_RDWR);
	if (umount2("/tmp", MNT_DETACH) < 0)
		return;
	note(0, fd);
	sleep_forever();
}

/* Two of one name, on two such mounts. */
static void fifos_of_one_name(void)
{
	int fds[2];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return;
	for (int i = 0; i < 2; i++) {
		if (mount("lost", "/tmp", "tmpfs", 0, NULL) < 0 || mkfifo("/tmp/fifo", 0600) < 0)
			return;
		fds[i] = open("/tmp/fifo", O_RDWR);
		if (umount2("/tmp", MNT_DETACH) < 0)
			return;
	}
	note(1, fds[1]);
	note(0, fds[0]);
	sleep_forever();
}

/* On a mount that only its own namespace has. */
static void fifo_elsewhere(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("own", "/tmp", "tmpfs", 0, NULL) < 0 || mkfifo("/tmp/fifo", 0600) < 0)
		return;
	note(0, open("/tmp/fifo", O_RDWR));
	sleep_forever();
}

static void look_for_fifo(void (*scene)(void))
{
	pid_t pid = play(scene);
	struct snapshot *s;
	int others = 0;

	if (!is_blocked(pid, 0, SYS_pause)) {
		end_play(pid);
		skip();
	}
	s = look();
	assert_non_null(pipe_at(s, 0));
	assert_int_equal(pipe_at(s, 0)->type, PIPE_FIFO);
	assert_int_equal(pipe_at(s, 0)->named, FACT_YES);
	assert_int_equal(snapshot_end(s, pipe_at(s, 0), 0)->fd, places[0].fd);
	assert_true(snapshot_end(s, pipe_at(s, 0), 0)->writes);
	for (uint32_t i = 0; i < s->pipe_count && places[1].pid; i++)
		others += s->pipes[i].type == PIPE_FIFO && s->pipes[i].dev != pipe_at(s, 0)->dev &&
			snapshot_end(s, &s->pipes[i], 0)->fd == places[1].fd;
	assert_int_equal(others, places[1].pid != 0);
	snapshot_free(s);
	end_play(pid);
}

static void test_collect__fifo_on_a_lost_mount(void **state)
{
	(void)state;
	look_for_fifo(fifo_on_a_lost_mount);
}

static void test_collect__fifos_of_one_name_on_lost_mounts(void **state)
{
	(void)state;
	look_for_fifo(fifos_of_one_name);
}

static void test_collect__fifo_in_another_namespace(void **state)
{
	(void)state;
	look_for_fifo(fifo_elsewhere);
}

/* ---- names and ends ---- */

static void strange_name(void)
{
	int ends[2];

	prctl(PR_SET_NAME, "a) R 1\n\033[31m");
	if (pipe(ends) == 0)
		note(0, ends[0]);
	if (read(ends[0], &ends, 1) < 0)
		return;
}

static void test_collect__strange_name(void **state)
{
	pid_t pid = play(strange_name);
	struct snapshot *s;

	(void)state;
	assert_true(is_blocked(pid, 0, SYS_read));
	s = look_closely(pid);
	assert_int_equal(process_at(s, 0)->ppid, getpid());
	assert_int_equal(process_at(s, 0)->state, 'S');
	assert_int_equal(task_at(s, 0)->state, 'S');
	assert_string_equal(task_at(s, 0)->comm, "a) R 1\n\033[31m");
	assert_int_equal(task_at(s, 0)->wait.kind, WAIT_PIPE_DATA);
	snapshot_free(s);
	end_play(pid);
}

static void zombie(void)
{
	siginfo_t info;
	pid_t child = fork();
	int ends[2];

	if (child == 0) {
		note(1, -1);
		_exit(0);
	}
	waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
	if (pipe(ends) == 0)
		note(0, ends[0]);
	sleep_forever();
}

static void test_collect__zombie(void **state)
{
	pid_t pid = play(zombie);
	struct snapshot *s;

	(void)state;
	assert_true(is_blocked(pid, 0, SYS_pause));
	s = look();
	assert_int_equal(process_at(s, 1)->state, 'Z');
	assert_int_equal(process_at(s, 1)->access, ACCESS_NOTHING);
	assert_int_equal(process_at(s, 1)->ppid, places[0].pid);
	snapshot_free(s);
	end_play(pid);
}

/* ---- ourselves ---- */

static int count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void test_collect__keeps_no_descriptor(void **state)
{
	pid_t pid = play(article);
	int before = count_fds();

	(void)state;
	assert_true(is_blocked(pid, 0, SYS_wait4) && is_blocked(pid, 1, SYS_write));
	for (int i = 0; i < 5; i++) {
		snapshot_free(look());
		snapshot_free(look_closely(pid));
	}
	assert_int_equal(count_fds(), before);
	end_play(pid);
}

static int set_up(void **state)
{
	(void)state;
	places = mmap(NULL, PLACES * sizeof(*places), PROT_READ | PROT_WRITE,
	              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return places == MAP_FAILED ? -1 : collector_new(NULL, &collector);
}

static int tear_down(void **state)
{
	(void)state;
	collector_free(collector);
	return munmap(places, PLACES * sizeof(*places));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_collect__article),
		cmocka_unit_test(test_collect__narrow),
		cmocka_unit_test(test_collect__poll),
		cmocka_unit_test(test_collect__select_far),
		cmocka_unit_test(test_collect__epoll),
		cmocka_unit_test(test_collect__poll_of_nothing_held_back),
		cmocka_unit_test(test_collect__locked_pipe),
		cmocka_unit_test(test_collect__locked_epoll),
		cmocka_unit_test(test_collect__scattered_descriptors),
		cmocka_unit_test(test_collect__table_of_a_thread),
		cmocka_unit_test(test_collect__leader_exited),
		cmocka_unit_test(test_collect__fifo),
		cmocka_unit_test(test_collect__fifo_on_a_lost_mount),
		cmocka_unit_test(test_collect__fifos_of_one_name_on_lost_mounts),
		cmocka_unit_test(test_collect__fifo_in_another_namespace),
		cmocka_unit_test(test_collect__strange_name),
		cmocka_unit_test(test_collect__zombie),
		cmocka_unit_test(test_collect__keeps_no_descriptor),
	};

	return cmocka_run_group_tests_name("collect", tests, set_up, tear_down);
}
