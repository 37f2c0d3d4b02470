/* What the errors of act/ and deeds.c mean to the user. */
#include "words/refusal.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
	int error;
	const char *text;
} rows[] = {
	{ EPERM, "only root may, or whoever may trace the process" },
	{ EACCES, "only root may, or whoever may trace the process" },
	{ ESTALE, "nobody has the pipe open any more" },
	{ ENXIO, "nobody is seen who has that end of the pipe open" },
	{ ESRCH, "there is no such process or thread any more" },

	{ EALREADY, "it is that large already, and pipes are never made smaller" },
	{ E2BIG, "that is beyond pipe-max-size, which takes CAP_SYS_RESOURCE" },
	{ EDQUOT, "its user has no pages left for pipes (pipe-user-pages-soft), which takes "
	          "CAP_SYS_RESOURCE" },
	{ EFBIG, "no pipe can be that large" },

	{ EBUSY, "a process that can still run has it open for reading" },
	{ ENOTTY, "a terminal is no place for the bytes; give a file or a pipe" },
	{ ELOOP, "the bytes would go into the same pipe again" },

	{ ENOEXEC, "it runs no program: a kernel thread, or one that has ended" },
	{ ENOTSUP, "not possible on this processor, or pipetop was built without libdw" },
	{ ETIMEDOUT, "no answer in time: somebody sleeps in the middle of its system call" },
};

const char *refusal_text(int error)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].error == -error)
			return rows[i].text;
	return strerror(-error);
}
