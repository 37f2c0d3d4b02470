/* The fdinfo of epoll descriptors, proc_pid_fdinfo(5), epoll(7). */
#include "collect/epolls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "collect/proc.h"
#include "collect/scout.h"

enum { EPOLL_LIMIT_MS = 300 };

struct epoll_set *epolls_new(uint32_t count)
{
	return scout_memory(count * sizeof(struct epoll_set));
}

void epolls_free(struct epoll_set *sets, uint32_t count)
{
	scout_forget(sets, count * sizeof(*sets));
}

static void read_one(void *context, uint32_t i)
{
	struct epoll_set *set = (struct epoll_set *)context + i;
	char path[PROC_PATH_SIZE];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", set->tid, set->fd);
	length = proc_read(AT_FDCWD, path, set->text, sizeof(set->text));
	set->length = length < EPOLL_TEXT_SIZE ? length : -E2BIG;
}

static struct goal goal_of(const void *context, uint32_t i)
{
	const struct epoll_set *set = (const struct epoll_set *)context + i;

	return (struct goal){ (uint32_t)set->tid, (uint32_t)set->fd };
}

void epolls_read(struct look *look, struct epoll_set *sets, uint32_t count)
{
	const struct errand errand = {
		.step = read_one, .goal = goal_of, .context = sets, .count = count,
		.limit_ms = EPOLL_LIMIT_MS,
	};

	for (uint32_t i = 0; i < count; i++)
		sets[i].length = -EAGAIN;
	if (!scout_do(look->c->scouts, &errand))
		look->head->view_limits |= LIMIT_TIMEOUT;
}
