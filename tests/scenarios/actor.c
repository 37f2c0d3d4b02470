/*
 * An actor plays a small script, so that a scenario says in one line of the table what
 * its processes do:
 *
 *     pipe a; fork writer { close a.r; put a write 13 }; close a.w; wait wait4 writer
 *
 * Lines end with `;`, blocks stand in braces. `fork NAME { … }` makes a process that
 * plays the block, `thread NAME { … }` a thread; NAME becomes its comm, the first process
 * is called main. `a.r` and `a.w` are the ends of pipe a. `actor --help` lists the acts,
 * `actor --calls` the numbers of the system calls on this machine and in this width: the
 * driver compares /proc with them.
 */
#include "actor.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct act *const tables[] = { pipe_acts, wait_acts, process_acts };

static struct {
	struct name names[64];
	int count;
} cast;

static const struct {
	const char *name;
	long number;
} calls[] = {
	{ "read", SYS_read },
	{ "readv", SYS_readv },
	{ "preadv2", SYS_preadv2 },
	{ "write", SYS_write },
	{ "writev", SYS_writev },
	{ "pwritev2", SYS_pwritev2 },
	{ "vmsplice", SYS_vmsplice },
	{ "splice", SYS_splice },
	{ "tee", SYS_tee },
	{ "sendfile", SYS_sendfile },
	{ "wait4", SYS_wait4 },
	{ "waitid", SYS_waitid },
	{ "ppoll", SYS_ppoll },
	{ "pselect6", SYS_pselect6 },
	{ "epoll_pwait", SYS_epoll_pwait },
	{ "futex", SYS_futex },
	{ "clone", SYS_clone },
	{ "openat", SYS_openat },
	{ "rt_sigsuspend", SYS_rt_sigsuspend },
	{ "rt_sigtimedwait", SYS_rt_sigtimedwait },
	{ "clock_nanosleep", SYS_clock_nanosleep },
	{ "nanosleep", SYS_nanosleep },
	{ "restart_syscall", SYS_restart_syscall },
	{ "recvfrom", SYS_recvfrom },
	{ "kill", SYS_kill },
	{ "clone3", SYS_clone3 },
	{ "futex_waitv", SYS_futex_waitv },
	{ "io_uring_enter", SYS_io_uring_enter },
	{ "flock", SYS_flock },
#ifdef SYS_waitpid
	{ "waitpid", SYS_waitpid },
#endif
#ifdef SYS_poll
	{ "poll", SYS_poll },
	{ "epoll_wait", SYS_epoll_wait },
	{ "vfork", SYS_vfork },
	{ "pause", SYS_pause },
#else
	{ "poll", SYS_ppoll }, /* as libc does */
	{ "select", SYS_pselect6 },
	{ "epoll_wait", SYS_epoll_pwait },
	{ "vfork", SYS_clone },
	{ "pause", SYS_ppoll },
#endif
#ifdef SYS__newselect
	{ "select", SYS__newselect },
	{ "clock_nanosleep_time64", SYS_clock_nanosleep_time64 },
#elif defined SYS_select
	{ "select", SYS_select },
#endif
};

_Noreturn void skip(const char *cause)
{
	fprintf(stderr, "%s\n", cause);
	_exit(77);
}

long must(long result, const char *what)
{
	if (result == -1) {
		fprintf(stderr, "actor: %s: %s\n", what, strerror(errno));
		_exit(1);
	}
	return result;
}

void only_when_idle(void)
{
	const struct sched_param none = { 0 };

	must(sched_setscheduler(0, SCHED_IDLE, &none), "sched_setscheduler");
}

long number_in(const char *word, long otherwise)
{
	return *word ? strtol(word, NULL, 0) : otherwise;
}

long call_number(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].number;
	skip("no such system call on this machine");
}

struct name *name_of(const char *text)
{
	for (int i = 0; i < cast.count; i++)
		if (!strcmp(cast.names[i].text, text))
			return &cast.names[i];

	struct name *name = &cast.names[cast.count];
	snprintf(name->text, sizeof(name->text), "%s", text);
	name->reads = name->writes = -1;
	cast.count++;
	return name;
}

int *end_of(const char *text)
{
	char name[16];
	size_t length = strcspn(text, ".");

	snprintf(name, sizeof(name), "%.*s", (int)length, text);
	return text[length] && text[length + 1] == 'w' ? &name_of(name)->writes
	                                               : &name_of(name)->reads;
}

/* The text between this brace and its partner; leaves the cursor behind that. */
static const char *take_block(const char **cursor)
{
	const char *start = ++*cursor;

	for (int depth = 1; depth; ++*cursor)
		depth += (**cursor == '{') - (**cursor == '}');
	return strndup(start, (size_t)(*cursor - start - 1));
}

static bool take_line(const char **cursor, struct line *line)
{
	static char nothing[] = "";
	size_t count = 0;

	*cursor += strspn(*cursor, " \t\n;");
	for (size_t i = 0; i < sizeof(line->words) / sizeof(*line->words); i++)
		line->words[i] = nothing;
	line->block = nothing;

	while (**cursor && **cursor != ';') {
		if (**cursor == '{') {
			line->block = take_block(cursor);
			break;
		}
		size_t length = strcspn(*cursor, " \t\n;{");
		line->words[count++] = strndup(*cursor, length);
		*cursor += length;
		*cursor += strspn(*cursor, " \t\n");
	}
	return count > 0;
}

static const struct act *act_called(const char *name)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct act *act = tables[i]; act->name; act++)
			if (!strcmp(act->name, name))
				return act;
	fprintf(stderr, "actor: no act is called '%s'\n", name);
	_exit(1);
}

void play(const char *text)
{
	struct line line;

	while (take_line(&text, &line))
		act_called(line.words[0])->run(&line);
}

static int print_help(void)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		for (const struct act *act = tables[i]; act->name; act++)
			printf("%-10s %s\n", act->name, act->help);
	return 0;
}

static int print_calls(void)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		printf("%s %ld\n", calls[i].name, calls[i].number);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2 || !strcmp(argv[1], "--help"))
		return print_help();
	if (!strcmp(argv[1], "--calls"))
		return print_calls();
	prctl(PR_SET_NAME, "main");
	name_of("main")->pid = getpid();
	play(argv[1]);
	return 0;
}
