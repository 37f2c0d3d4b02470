/*
 * Whether a process is frozen by its cgroup (version 2), Documentation/admin-guide/cgroup-v2.rst:
 * asked for only where wchan does not tell. On x86 it does not before Linux 5.16, unless the kernel
 * was built with frame pointers.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "collect/look.h"
#include "collect/proc.h"

enum { TEXT_SIZE = 8192 };

bool look_is_frozen(int dir)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char text[TEXT_SIZE], events[512], path[TEXT_SIZE + 64];
	ssize_t length = proc_read(dir, "cgroup", text, sizeof(text) - 1);
	char *own;

	if (length <= 0)
		return false;
	text[length] = '\0';
	own = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");
	if (!own)
		return false;
	own = strchr(own, '/');
	own[strcspn(own, "\n")] = '\0';
	/* Outside our cgroup namespace: such a path would lead elsewhere. */
	if (strstr(own, "/.."))
		return false;
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		snprintf(path, sizeof(path), "%s%s/cgroup.events", roots[i], own);
		length = proc_read(AT_FDCWD, path, events, sizeof(events) - 1);
		events[length > 0 ? length : 0] = '\0';
		if (strstr(events, "frozen 1\n"))
			return true;
	}
	return false;
}
