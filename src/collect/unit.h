/*
 * The container or the systemd unit that a process belongs to, as its control group's path tells.
 * "docker:0123456789ab" (the id as `docker ps` and `crictl ps` show it), "lxc:web", "ssh.service".
 */
#ifndef COLLECT_UNIT_H
#define COLLECT_UNIT_H

#include <stddef.h>

/* A component of the path (NAME_MAX) with what stands before an id, and a NUL. */
enum { UNIT_SIZE = 280 };

/*
 * From the whole of /proc/PID/cgroup, cgroups(7); a process in no unit has an empty name. 0, or
 * -EINVAL when no line is as it should be.
 */
int unit_parse(const char *text, size_t length, char ret_name[UNIT_SIZE]);

#endif
