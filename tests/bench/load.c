/*
 * A load to look at: PROCESSES processes of FDS descriptors each, of which ENDS are ends of pipes
 * that join each process with the next in a ring, and THREADS threads. Prints "ready" when all
 * stand, and ends, with all of them, when its standard input does.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PIPES_AT_MOST = 4096, STANDARD = 3, NO_FD = -1 };

struct load {
	int processes, fds, pipes, threads;
	sem_t *ready;
};

/* The pipes between one process and the next. */
struct link {
	int reads[PIPES_AT_MOST], writes[PIPES_AT_MOST];
};

static void make_link(const struct load *load, struct link *link)
{
	for (int i = 0; i < load->pipes; i++) {
		int ends[2];

		if (pipe(ends) < 0)
			err(1, "pipe");
		link->reads[i] = ends[0];
		link->writes[i] = ends[1];
	}
}

static void close_all(int *fds, int count)
{
	for (int i = 0; i < count; i++) {
		if (fds[i] != NO_FD)
			close(fds[i]);
		fds[i] = NO_FD;
	}
}

static void *wait_forever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static _Noreturn void be_one(const struct load *load, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	pthread_attr_t small;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (int have = STANDARD + 2 * load->pipes + 1; have < load->fds; have++)
		if (dup(null) < 0)
			err(1, "dup");
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 * 1024);
	for (int i = 1; i < load->threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, &small, wait_forever, NULL))
			errx(1, "cannot create threads");
	}
	sem_post(load->ready);
	wait_forever(NULL);
	_exit(0);
}

/* A process keeps the read ends of the link before it and the write ends of the one after. */
static void keep_own(const struct load *load, struct link *first, struct link *before,
                     struct link *after)
{
	if (before == after)
		return;
	close_all(before->writes, load->pipes);
	close_all(after->reads, load->pipes);
	if (before != first && after != first) {
		close_all(first->reads, load->pipes);
		close_all(first->writes, load->pipes);
	}
}

static void start(const struct load *load)
{
	static struct link first, others[2];
	struct link *before = &first;
	pid_t self = getpid();

	make_link(load, &first);
	for (int i = 0; i < load->processes; i++) {
		struct link *after = i == load->processes - 1 ? &first : &others[i % 2];
		pid_t pid;

		if (after != &first)
			make_link(load, after);
		pid = fork();
		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			keep_own(load, &first, before, after);
			be_one(load, self);
		}
		if (before != &first) {
			close_all(before->reads, load->pipes);
			close_all(before->writes, load->pipes);
		}
		before = after;
	}
	close_all(first.reads, load->pipes);
	close_all(first.writes, load->pipes);
	for (int i = 0; i < load->processes; i++)
		sem_wait(load->ready);
}

static int number(const char *text, int least, int most)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*end || end == text || value < least || value > most)
		errx(2, "not a number from %d to %d: %s", least, most, text);
	return (int)value;
}

int main(int argc, char **argv)
{
	struct load load = { 0 };
	struct rlimit files;
	char byte;

	if (argc != 5)
		errx(2, "usage: load PROCESSES FDS ENDS THREADS");
	load.processes = number(argv[1], 1, 100000);
	load.fds = number(argv[2], STANDARD, 1000000);
	load.pipes = number(argv[3], 0, 2 * PIPES_AT_MOST) / 2;
	load.threads = number(argv[4], 1, 10000);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	load.ready = mmap(NULL, sizeof(*load.ready), PROT_READ | PROT_WRITE,
	                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (load.ready == MAP_FAILED || sem_init(load.ready, 1, 0) < 0)
		err(1, "semaphore");
	start(&load);
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
