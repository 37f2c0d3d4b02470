/*
 * The report goes to the command as a file that only memory holds, memfd_create(2): a pipe would
 * make us wait for a command that does not read. Commands run beside the watch, so that a slow one
 * keeps nobody from seeing the next deadlock.
 */
#include "hook.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/formats.h"

static int write_report(int fd, const struct diagnosis *d)
{
	const struct report_settings settings = { .stuck = true };
	int copy = dup(fd), r;
	FILE *file = copy < 0 ? NULL : fdopen(copy, "w");

	if (!file) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		return r;
	}
	r = json_write(file, d, &settings);
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	return r;
}

int hook_run(struct helper *helper, const struct diagnosis *d, uint32_t deadlock)
{
	int fd = memfd_create("pipetop-report", MFD_CLOEXEC), r;
	char id[16];

	if (fd < 0)
		return -errno;
	snprintf(id, sizeof(id), "%u", d->deadlocks[deadlock].id);
	r = write_report(fd, d);
	if (r == 0)
		r = helper_run(helper, fd, id);
	close(fd);
	return r;
}
