/* The thread whose wait is being read: its files, and how a wait is put down. */
#include "collect/reading.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "collect/parse.h"
#include "collect/proc.h"
#include "collect/wchan.h"

struct task *reading_task(const struct reading *r)
{
	return builder_task(r->look->b, r->task_index);
}

int reading_dir(const struct reading *r)
{
	if (*r->dir == -EAGAIN)
		*r->dir = proc_open(r->process->pid);
	return *r->dir;
}

ssize_t reading_text(const struct reading *r, const char *name, char *text)
{
	struct kept *kept = r->look->c->kept;
	const char *said = kept_text(kept, r->process->pid, name);
	char path[PROC_PATH_SIZE];
	ssize_t length;
	int32_t tid = reading_task(r)->tid;
	int dir = r->threads;

	if (said)
		return snprintf(text, READING_SIZE, "%s", said);
	if (dir >= 0) {
		proc_thread_path(path, tid, name);
	} else if (*r->dir == -EAGAIN && tid == r->process->pid) {
		proc_path(path, tid, name);
	} else {
		dir = reading_dir(r);
		proc_task_path(path, tid, name);
	}
	length = proc_read(dir, path, text, READING_SIZE);
	if (length > 0 && kept_store_text(kept, r->process->pid, name, text, (size_t)length) < 0)
		return -ENOMEM;
	return length;
}

unsigned reading_wchan(const struct reading *r)
{
	char text[READING_SIZE];
	const char *name;
	ssize_t length = reading_text(r, "wchan", text);
	size_t name_length;

	if (length <= 0)
		return 0;
	name_length = parse_wchan(text, (size_t)length, &name);
	return wchan_find(name, name_length);
}

void reading_outside(struct wait *wait, const char *what)
{
	wait->kind = WAIT_OUTSIDE;
	wait->what = what;
}

void reading_stop(struct task *task, char state)
{
	struct wait *wait = &task->wait;
	bool restarts = wait->kind == WAIT_PIPE_DATA ||
		(wait->kind == WAIT_CHILD_EXIT && !wait->by_signal) ||
		(wait->kind == WAIT_PIPE_SPACE && wait->count_bytes >= 0 &&
		 wait->count_bytes <= PIPE_BUF);

	if (state == 'T' && restarts)
		wait->stopped = true;
	else if (state == 'T' || state == 't')
		wait->kind = WAIT_STOPPED;
}
