/* Names that people give to pipes, as ls -l /proc/PID/fd, lsof and pipetop itself print them. */
#include "model/pipe_name.h"

#include <string.h>

enum form { FORM_PATH, FORM_LINK, FORM_INODE, FORM_DESCRIPTOR };

struct parsed {
	enum form form;
	uint64_t inode, pid, fd;
};

/* Digits only; false when there are none or too many. */
static bool take_number(const char **text, uint64_t *ret_number)
{
	const char *c = *text;
	uint64_t number = 0;

	for (; *c >= '0' && *c <= '9'; c++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*c - '0'), &number))
			return false;
	if (c == *text)
		return false;
	*text = c;
	*ret_number = number;
	return true;
}

static struct parsed parse(const char *name)
{
	static const char link[] = "pipe:[";
	struct parsed p = { FORM_PATH, 0, 0, 0 };
	const char *at = name;

	if (strncmp(name, link, sizeof(link) - 1) == 0) {
		at += sizeof(link) - 1;
		if (take_number(&at, &p.inode) && strcmp(at, "]") == 0)
			p.form = FORM_LINK;
	} else if (take_number(&at, &p.inode)) {
		p.pid = p.inode;
		if (!*at)
			p.form = FORM_INODE;
		else if (*at++ == ':' && take_number(&at, &p.fd) && !*at)
			p.form = FORM_DESCRIPTOR;
	}
	return p;
}

bool pipe_name_is_path(const char *name)
{
	return parse(name).form == FORM_PATH;
}

static bool is_held_as(const struct snapshot *s, const struct pipe *pipe, const struct parsed *p)
{
	for (uint32_t k = 0; k < pipe->ends; k++) {
		const struct holder *end = snapshot_end(s, pipe, k);

		if ((uint64_t)s->processes[end->process].pid == p->pid &&
		    (uint64_t)end->fd == p->fd)
			return true;
	}
	return false;
}

static bool fits(const struct snapshot *s, uint32_t index, const struct parsed *p, const char *name)
{
	const struct pipe *pipe = &s->pipes[index];
	const char *path = snapshot_path(s, index);

	switch (p->form) {
	case FORM_LINK:
		return pipe->ino == p->inode && (pipe->type == PIPE_ANONYMOUS || !path);
	case FORM_INODE:
		return pipe->ino == p->inode;
	case FORM_DESCRIPTOR:
		return is_held_as(s, pipe, p);
	default:
		return path && strcmp(path, name) == 0;
	}
}

uint32_t pipe_name_find(const struct snapshot *s, const char *name, uint32_t *ret_pipes,
                        uint32_t size)
{
	struct parsed p = parse(name);
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->pipe_count; i++) {
		if (!fits(s, i, &p, name))
			continue;
		if (count < size)
			ret_pipes[count] = i;
		count++;
	}
	return count;
}
