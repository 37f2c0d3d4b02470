/* A handler of atexit(3) that knows whether the end is ours. */
#include "ending.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	pid_t owner;
	const char *line;
	int status;
	void (*before)(void);
	atomic_bool allowed;
} ending;

static void refuse(void)
{
	if (ending.allowed)
		return;
	if (getpid() == ending.owner) {
		if (ending.before)
			ending.before();
		(void)!write(STDERR_FILENO, ending.line, strlen(ending.line));
	}
	_exit(ending.status);
}

void ending_guard(const char *line, int status, void (*before)(void))
{
	ending.owner = getpid();
	ending.line = line;
	ending.status = status;
	ending.before = before;
	/* Which cannot fail: the first 32 need no memory. */
	atexit(refuse);
}

void ending_exit(int status)
{
	ending.allowed = true;
	exit(status);
}
