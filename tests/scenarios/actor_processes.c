/*
 * The acts that make processes and threads, signal them, and put them under a tracer, a
 * freezer, an io_uring or a page fault that nobody answers.
 */
#include "actor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- processes and threads ---- */

static _Noreturn void play_child(const struct line *line)
{
	prctl(PR_SET_NAME, line->words[1]);
	name_of(line->words[1])->pid = getpid();
	play(line->block);
	_exit(0);
}

/* Its end sends SIGCHLD, or the signal that is named. */
static void act_fork(const struct line *line)
{
	struct name *name = name_of(line->words[1]);
	bool plain = !*line->words[2];
	pid_t pid = plain ? fork()
	                  : (pid_t)syscall(SYS_clone, signal_in(line->words[2]), 0, 0, 0, 0);

	must(pid, "fork");

	if (!pid)
		play_child(line);
	name->pid = pid;
}

static void act_vfork(const struct line *line)
{
	if (!must(vfork(), "vfork"))
		play_child(line);
}

static int clone_main(void *line)
{
	play_child(line);
}

static void act_clone(const struct line *line)
{
	static char stack[1 << 18] __attribute__((aligned(16)));

	int whose = strcmp(line->words[2], "sibling") ? 0 : CLONE_PARENT;

	must(clone(clone_main, stack + sizeof(stack),
	           CLONE_VM | CLONE_VFORK | whose | SIGCHLD, (void *)line),
	     "clone");
}

/* Nothing of the C library but what needs no memory: the threads of two processes use it at once. */
static int share_main(void *name)
{
	const struct timespec time = { .tv_sec = 1000000 };

	prctl(PR_SET_NAME, name);
	while (syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, NULL) <= 0)
		;
	return 0;
}

static void act_share(const struct line *line)
{
	static char stack[1 << 16] __attribute__((aligned(16)));

	must(clone(share_main, stack + sizeof(stack), CLONE_VM | SIGCHLD, line->words[1]), "clone");
}

static void *thread_main(void *copy)
{
	struct line *line = copy;

	prctl(PR_SET_NAME, line->words[1]);
	name_of(line->words[1])->pid = (pid_t)syscall(SYS_gettid);
	play(line->block);
	return NULL;
}

static void act_thread(const struct line *line)
{
	struct line *copy = malloc(sizeof(*copy));

	*copy = *line;
	errno = pthread_create(&name_of(line->words[1])->thread, NULL, thread_main, copy);
	must(errno ? -1 : 0, "pthread_create");
}

static void act_join(const struct line *line)
{
	pthread_join(name_of(line->words[1])->thread, NULL);
}

static void act_leave(const struct line *line)
{
	(void)line;
	syscall(SYS_exit, 0);
}

static void act_unshare(const struct line *line)
{
	(void)line;
	must(unshare(CLONE_FILES), "unshare");
}

static void act_name(const struct line *line)
{
	prctl(PR_SET_NAME, line->words[1]);
}

static void act_group(const struct line *line)
{
	pid_t pid = *line->words[1] ? name_of(line->words[1])->pid : 0;

	must(setpgid(pid, 0), "setpgid");
}

static void act_exec(const struct line *line)
{
	execvp(line->words[1], (char **)&line->words[1]);
	skip("can't execute it");
}

static void act_times(const struct line *line)
{
	for (long left = number_in(line->words[1], 1); left > 0; left--)
		play(line->block);
}

static void act_repeat(const struct line *line)
{
	for (;;)
		play(line->block);
}

/* ---- signals and timers ---- */

static const char *handlers[65];

static void on_signal(int number)
{
	if (handlers[number])
		play(handlers[number]);
}

int signal_in(const char *word)
{
	static const struct {
		const char *name;
		int number;
	} signals[] = { { "ALRM", SIGALRM }, { "CHLD", SIGCHLD }, { "CONT", SIGCONT },
		        { "HUP", SIGHUP },   { "INT", SIGINT },   { "IO", SIGIO }, { "STOP", SIGSTOP },
		        { "TERM", SIGTERM }, { "TSTP", SIGTSTP }, { "URG", SIGURG },
		        { "USR1", SIGUSR1 } };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!strcmp(signals[i].name, word))
			return signals[i].number;
	skip("no such signal");
}

static void act_catch(const struct line *line)
{
	for (int i = 1; *line->words[i]; i++) {
		struct sigaction action = { .sa_handler = on_signal,
			                    .sa_flags = SA_RESTART };
		handlers[signal_in(line->words[i])] = line->block;
		must(sigaction(signal_in(line->words[i]), &action, NULL), "sigaction");
	}
}

/* `kill SIGNAL CHILD`, `kill SIGNAL group`: our own process group. */
static void act_kill(const struct line *line)
{
	pid_t pid = strcmp(line->words[2], "group") ? name_of(line->words[2])->pid : 0;

	must(kill(pid, signal_in(line->words[1])), "kill");
}

static void act_alarm(const struct line *line)
{
	alarm((unsigned)number_in(line->words[1], 1000));
}

static void act_itimer(const struct line *line)
{
	struct itimerval timer = { .it_value.tv_sec = number_in(line->words[1], 1000) };

	must(setitimer(ITIMER_REAL, &timer, NULL), "setitimer");
}

static void act_timer(const struct line *line)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		                  .sigev_signo = signal_in(line->words[1]) };
	struct itimerspec when = { .it_value.tv_sec = 1000 };
	timer_t timer;

	must(timer_create(CLOCK_MONOTONIC, &event, &timer), "timer_create");
	must(timer_settime(timer, 0, &when, NULL), "timer_settime");
}

/* One that comes when somebody puts a message into a queue, which nobody does. */
static void act_queue(const struct line *line)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		                  .sigev_signo = signal_in(line->words[1]) };
	char name[32];

	snprintf(name, sizeof(name), "pipetop-scenario-%d", (int)getpid());
	int queue = (int)syscall(SYS_mq_open, name, O_CREAT | O_RDWR, 0600, NULL);

	if (queue < 0)
		skip("no message queue here");
	syscall(SYS_mq_unlink, name);
	must(syscall(SYS_mq_notify, queue, &event), "mq_notify");
}

/* A socket that would tell of urgent data, of which there is none. */
static void act_urgent(const struct line *line)
{
	int pair[2];

	(void)line;
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	must(fcntl(pair[0], F_SETOWN, getpid()), "F_SETOWN");
}

/* ---- held by others ---- */

/* Stopped by us as its tracer. */
static void act_attach(const struct line *line)
{
	pid_t pid = name_of(line->words[1])->pid;

	must(ptrace(PTRACE_ATTACH, pid, NULL, NULL), "ptrace");
	must(waitpid(pid, NULL, __WALL), "waitpid");
}

/* The thread of another process that has this comm, once it is there. */
static pid_t thread_called(pid_t pid, const char *name)
{
	char path[512], comm[17] = "";
	pid_t found = 0;

	while (!found) {
		snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
		DIR *tasks = opendir(path);
		const struct dirent *entry;

		usleep(1000);
		while (tasks && !found && (entry = readdir(tasks))) {
			snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", (int)pid,
			         entry->d_name);
			FILE *file = fopen(path, "r");
			if (file && fscanf(file, "%16s", comm) == 1 && !strcmp(comm, name))
				found = atoi(entry->d_name);
			if (file)
				fclose(file);
		}
		if (tasks)
			closedir(tasks);
	}
	return found;
}

/* Traced by this thread, and it runs on: a process, or one other thread of it. */
static void act_seize(const struct line *line)
{
	pid_t pid = name_of(line->words[1])->pid;

	if (*line->words[2])
		pid = thread_called(pid, line->words[2]);
	must(ptrace(PTRACE_SEIZE, pid, NULL, NULL), "ptrace");
}

/* Stopped by us where it enters or leaves that system call. */
static void act_trap(const struct line *line)
{
	pid_t pid = name_of(line->words[1])->pid;
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)pid);
	act_attach(line);
	while (call_of(text) != call_number(line->words[2])) {
		must(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), "ptrace");
		must(waitpid(pid, NULL, __WALL), "waitpid");
	}
}

static void write_file(const char *directory, const char *file, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		skip("no cgroup can be frozen here");
	close(fd);
}

static bool is_frozen(const char *directory)
{
	char path[512], text[256] = "";

	snprintf(path, sizeof(path), "%s/cgroup.events", directory);
	int fd = (int)must(open(path, O_RDONLY | O_CLOEXEC), path);
	must(read(fd, text, sizeof(text) - 1), path);
	close(fd);
	return strstr(text, "frozen 1");
}

/* The driver made $SCENARIO_CGROUP for us, and removes it. */
static void act_freeze(const struct line *line)
{
	const char *directory = getenv("SCENARIO_CGROUP");
	char pid[16];

	if (!directory)
		skip("no cgroup can be made here");
	snprintf(pid, sizeof(pid), "%d", (int)name_of(line->words[1])->pid);
	write_file(directory, "cgroup.procs", pid);
	write_file(directory, "cgroup.freeze", "1");
	while (!is_frozen(directory))
		usleep(1000);
}

/* An io_uring that keeps an end when its descriptor is closed. */
static void act_register(const struct line *line)
{
	struct io_uring_params parameters = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);

	if (ring < 0)
		skip("no io_uring here");
	must(syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, end_of(line->words[1]), 1),
	     "io_uring_register");
}

/* As io_uring_register_ring_fd(3) and io_uring_close_ring_fd(3) do. */
static void hide_ring(int ring, const struct io_uring_params *parameters)
{
	struct io_uring_rsrc_update place = { .offset = UINT32_MAX, .data = (unsigned)ring };

	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_RING_FDS, &place, 1) != 1)
		skip("an io_uring keeps its descriptor here");
	mmap(NULL, parameters->sq_off.array, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
	     IORING_OFF_SQ_RING);
	must(close(ring), "close");
}

/* An io_uring that is left empty, or is waited on while it polls an end. */
static void act_uring(const struct line *line)
{
	struct io_uring_params parameters = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);

	if (ring < 0)
		skip("no io_uring here");
	if (!*line->words[1])
		return;
	if (!strcmp(line->words[1], "hidden")) {
		hide_ring(ring, &parameters);
		return;
	}

	char *queue = mmap(NULL, parameters.sq_off.array + 4 * sizeof(unsigned),
	                   PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
	                   IORING_OFF_SQ_RING);
	struct io_uring_sqe *entry =
		mmap(NULL, 4 * sizeof(*entry), PROT_READ | PROT_WRITE,
	             MAP_SHARED | MAP_POPULATE, ring, (off_t)IORING_OFF_SQES);
	*entry = (struct io_uring_sqe){ .opcode = IORING_OP_POLL_ADD,
		                        .fd = *end_of(line->words[1]),
		                        .poll32_events = 1 };
	((unsigned *)(void *)(queue + parameters.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned *)(void *)(queue + parameters.sq_off.tail), 1,
	                 __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0),
	     "io_uring_enter");
}

/* A write from memory whose pages only we could bring in, and never do. */
static void act_fault(const struct line *line)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	struct uffdio_api api = { .api = UFFD_API };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	char *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                  -1, 0);
	struct uffdio_register range = { .range = { (uintptr_t)page, size },
		                         .mode = UFFDIO_REGISTER_MODE_MISSING };

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0 ||
	    ioctl(fd, UFFDIO_REGISTER, &range) < 0)
		skip("no userfaultfd here");
	must(write(name_of(line->words[1])->writes, page, size), "write");
}

const struct act process_acts[] = {
	{ "fork", act_fork, "NAME [SIGNAL] { … }: a child, whose end sends that signal" },
	{ "vfork", act_vfork, "NAME { … }: a child by vfork" },
	{ "clone", act_clone, "NAME [sibling] { … }: a child, or a sibling, by clone with CLONE_VFORK" },
	{ "share", act_share, "NAME: a child that sleeps, and has our memory" },
	{ "thread", act_thread, "NAME { … }" },
	{ "join", act_join, "NAME: pthread_join" },
	{ "leave", act_leave, "end this thread alone" },
	{ "unshare", act_unshare, "this thread gets a descriptor table of its own" },
	{ "name", act_name, "NAME: the comm of this thread" },
	{ "group", act_group,
	  "[CHILD]: put it, or this process, into a process group of its own" },
	{ "exec", act_exec, "PROGRAM [ARGUMENT…]" },
	{ "times", act_times, "COUNT { … }" },
	{ "repeat", act_repeat, "{ … }: for ever" },
	{ "catch", act_catch, "SIGNAL… { … }: play the block when one comes" },
	{ "kill", act_kill, "SIGNAL CHILD|group" },
	{ "alarm", act_alarm, "[SECONDS]" },
	{ "itimer", act_itimer, "[SECONDS]: ITIMER_REAL" },
	{ "timer", act_timer, "SIGNAL: a timer of timer_create, far off" },
	{ "queue", act_queue, "SIGNAL: of a message queue, which stays empty" },
	{ "urgent", act_urgent, "a socket that sends SIGURG, which never comes" },
	{ "attach", act_attach, "CHILD: ptrace and stop it" },
	{ "seize", act_seize, "PROCESS [THREAD]: ptrace it, and let it run" },
	{ "trap", act_trap,
	  "CHILD CALL: ptrace it, and stop it where it enters that call" },
	{ "freeze", act_freeze, "CHILD: in a cgroup of its own" },
	{ "register", act_register, "END: in an io_uring" },
	{ "uring", act_uring,
	  "[hidden|END]: an io_uring, empty, with a descriptor or without; or wait in it until the "
	  "end is readable" },
	{ "fault", act_fault, "NAME: write from memory whose page fault nobody answers" },
	{ NULL, NULL, NULL },
};
