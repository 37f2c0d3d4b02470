/*
 * How an act gets at a pipe: by a duplicate of an end that the snapshot names, which
 * collect/probe.c proves to be that very pipe. pidfd_getfd(2) shares the open file description, so
 * its status flags are never changed here: whoever must not block says so in each call.
 */
#include "act/ends.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "collect/scout.h"

enum { CHILD_LIMIT_MS = 1000 };

static int open_first(const struct snapshot *s, const struct pipe *pipe, enum ends_mode mode,
                      int *ret_fd)
{
	int refusal = -ENXIO;

	for (uint32_t k = 0; k < pipe->ends; k++) {
		const struct holder *end = snapshot_end(s, pipe, k);
		int error;

		if (mode == ENDS_READ ? !end->reads : !end->writes)
			continue;
		error = probe_open(s->processes[end->process].pid, end->fd, pipe->dev, pipe->ino, ret_fd);
		if (!error)
			return 0;
		if (error == -ESRCH || error == -EBADF)
			error = -ESTALE;
		if (refusal == -ENXIO || refusal == -ESTALE)
			refusal = error;
	}
	return refusal;
}

static void let_go(const struct ends_hold *hold)
{
	probe_relax(&hold->pace);
	probe_release_signals(&hold->signals);
}

int ends_take(const struct snapshot *s, const struct pipe *pipe, enum ends_mode mode,
              struct ends_hold *ret_hold)
{
	struct ends_hold hold;
	int error;

	probe_hold_signals(&hold.signals);
	probe_hurry(&hold.pace);
	error = open_first(s, pipe, mode, &hold.fd);
	if (error)
		let_go(&hold);
	else
		*ret_hold = hold;
	return error;
}

void ends_release(struct ends_hold *hold)
{
	close(hold->fd);
	let_go(hold);
}

/* Shared with the child. */
struct mission {
	int (*run)(void *context);
	void *context;
	int result;
};

static void step(void *context, uint32_t i)
{
	struct mission *mission = context;

	(void)i;
	mission->result = -ETIMEDOUT;
	mission->result = mission->run(mission->context);
}

/* One mission, one child: nobody follows to where he hangs. */
static struct goal no_goal(const void *context, uint32_t i)
{
	(void)context, (void)i;
	return (struct goal){ 0, 0 };
}

/* What Yama lets us do to our own descendants (ptrace_scope 1) a child of ours may not. */
static bool is_refused(int result)
{
	return result == -EPERM || result == -EACCES;
}

int ends_by_child(int (*run)(void *context), void *context)
{
	struct mission *mission = scout_memory(sizeof(*mission));
	struct scouts *scouts = scouts_new();
	const struct errand errand = {
		.step = step, .goal = no_goal, .context = mission, .count = 1, .limit_ms = CHILD_LIMIT_MS,
	};
	int result = -ENOMEM;

	if (mission && scouts) {
		*mission = (struct mission){ run, context, -EAGAIN };
		scout_do(scouts, &errand);
		result = is_refused(mission->result) ? run(context) : mission->result;
	}
	scouts_free(scouts);
	scout_forget(mission, sizeof(*mission));
	return result;
}

int ends_own_pipe(int64_t capacity_bytes, int ret_fds[2])
{
	if (pipe2(ret_fds, O_CLOEXEC) < 0)
		return -errno;
	if (capacity_bytes > fcntl(ret_fds[1], F_GETPIPE_SZ))
		fcntl(ret_fds[1], F_SETPIPE_SZ, (int)capacity_bytes);
	return 0;
}

int ends_read_all(int fd, char *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t n = read(fd, bytes + done, length - done);

		if (n == 0 || (n < 0 && errno != EINTR))
			return n ? -errno : -EIO;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}
