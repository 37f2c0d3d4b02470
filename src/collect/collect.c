/*
 * One look, step by step: who is there and which ends they hold; what their threads wait for; how
 * full the pipes are; then, for suspects, the closer facts; names last. The steps are in files of
 * their own, in that order in look.h.
 *
 * A look is not atomic. It need not be: a deadlock, once true, stays true, and a verdict compares
 * two looks.
 */
#include "collect/clocks.h"
#include "collect/collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "collect/look.h"
#include "collect/mounts.h"
#include "collect/parse.h"
#include "collect/proc.h"
#include "collect/remote.h"

/* The inode of the initial PID namespace, PROC_PID_INIT_INO in include/linux/proc_ns.h. */
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCU

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- what we were started with ---- */

static int add_own(struct collector *c, int fd)
{
	struct own_end *larger;
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		return 0;
	larger = reallocarray(c->own, c->own_count + 1, sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	c->own = larger;
	c->own[c->own_count++] = (struct own_end){
		.fd = fd, .dev = st.st_dev, .ino = st.st_ino,
		.reads = (flags & O_ACCMODE) != O_WRONLY,
		.writes = (flags & O_ACCMODE) != O_RDONLY,
		.type = st.st_dev == c->facts.pipe_device ? PIPE_ANONYMOUS : PIPE_FIFO,
		.nonblocking = flags & O_NONBLOCK ? FACT_YES : FACT_NO,
		.packet = flags & O_DIRECT ? FACT_YES : FACT_NO,
		.named = st.st_dev == c->facts.pipe_device || !st.st_nlink ? FACT_NO : FACT_YES,
	};
	return 0;
}

static int read_own(struct collector *c)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	int r = directory ? 0 : -errno;

	while (r == 0 && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			r = add_own(c, atoi(entry->d_name));
	if (directory)
		closedir(directory);
	return r;
}

/*
 * A kernel that tells of descriptors in flight tells so of any unix socket. But Linux 5.10 leaves
 * out those on their way through a connection that nobody has accepted; 6.1 does not.
 */
static bool shows_scm_fds(const char *release)
{
	char path[64], text[1024];
	struct fdinfo_lines lines;
	int major = 0, minor = 0, fd;
	ssize_t length;

	if (sscanf(release, "%d.%d", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 1))
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	length = proc_read(AT_FDCWD, path, text, sizeof(text));
	close(fd);
	return length > 0 && parse_fdinfo(text, (size_t)length, &lines) == 0 &&
		lines.scm_fds != UNKNOWN;
}

void collector_limit(struct collector *c, uint64_t max_fds)
{
	c->max_fds = max_fds ? max_fds : UINT64_MAX;
}

int collector_new(struct iterator *iterator, struct collector **ret_collector)
{
	struct collector *c = calloc(1, sizeof(*c));
	struct utsname system;
	int r = c ? 0 : -ENOMEM;

	if (r == 0)
		collector_limit(c, 0);
	if (r == 0)
		r = descriptors_learn(&c->facts);
	if (r == 0)
		r = read_own(c);
	if (r == 0)
		r = tasks_new(&c->tasks);
	if (r == 0) {
		c->scouts = scouts_new();
		c->users = users_new();
		c->kept = kept_new();
		r = c->scouts && c->users && c->kept ? 0 : -ENOMEM;
	}
	if (r == 0) {
		uname(&system);
		c->iterator = iterator;
		c->self = getpid();
		c->host = strdup(system.nodename);
		c->kernel = strdup(system.release);
		c->shows_scm_fds = shows_scm_fds(system.release);
		r = c->host && c->kernel ? 0 : -ENOMEM;
	}
	if (r < 0) {
		collector_free(c);
		return r;
	}
	*ret_collector = c;
	return 0;
}

void collector_free(struct collector *c)
{
	if (!c)
		return;
	tasks_free(c->tasks);
	scouts_free(c->scouts);
	users_free(c->users);
	kept_free(c->kept);
	free(c->own);
	free(c->host);
	free(c->kernel);
	free(c);
}

/* ---- the head of the snapshot ---- */

static int64_t read_number(const char *path)
{
	char text[64];
	ssize_t length = proc_read(AT_FDCWD, path, text, sizeof(text));
	int64_t number;

	if (length < 0 || parse_number(text, (size_t)length, &number) < 0)
		return UNKNOWN;
	return number;
}

static int read_head(struct look *look)
{
	struct snapshot *head = look->head;

	head->host = arena_strdup(head->arena, look->c->host);
	head->kernel = arena_strdup(head->arena, look->c->kernel);
	head->engine = look->census ? "bpf" : "proc";
	head->time_ms = now_us(CLOCK_REALTIME) / 1000;
	head->uptime_ms = now_us(CLOCK_BOOTTIME) / 1000;
	head->pipe_max_size = read_number("/proc/sys/fs/pipe-max-size");
	head->pipe_user_pages_soft = read_number("/proc/sys/fs/pipe-user-pages-soft");
	head->pipe_user_pages_hard = read_number("/proc/sys/fs/pipe-user-pages-hard");
	return head->host && head->kernel ? 0 : -ENOMEM;
}

static void count_unread(struct look *look)
{
	for (uint32_t i = 0; i < builder_process_count(look->b); i++) {
		enum access access = builder_process(look->b, i)->access;

		look->head->denied += access == ACCESS_DENIED;
		look->head->vanished += access == ACCESS_VANISHED;
		look->head->timed_out += access == ACCESS_TIMED_OUT;
	}
}

/* Why the view is partial. PID 1 is in every PID namespace: who cannot see it, has hidepid. */
static void tell_limits(struct look *look)
{
	struct snapshot *head = look->head;
	struct stat st;

	if (geteuid() != 0 && head->denied)
		head->view_limits |= LIMIT_NOT_ROOT;
	else if (head->denied)
		head->view_limits |= LIMIT_DENIED;
	if (head->timed_out || head->fds_unidentified)
		head->view_limits |= LIMIT_TIMEOUT;
	if (look->request->again)
		head->view_limits |= LIMIT_NARROW;
	else if (builder_find_process(look->b, 1) == NONE)
		head->view_limits |= LIMIT_HIDEPID;
	if (stat("/proc/self/ns/pid", &st) < 0 || st.st_ino != INITIAL_PID_NAMESPACE)
		head->view_limits |= LIMIT_PID_NAMESPACE;
}

/* ---- which processes matter ---- */

enum { UNSEEN, BELOW, NOT_BELOW };

/* Whether some ancestor holds a pipe. Each process is climbed over once. */
static void mark_below(struct look *look, uint8_t *marks, uint32_t index)
{
	uint32_t at = index;
	uint32_t steps = builder_process_count(look->b);
	uint8_t mark = UNSEEN;

	while (mark == UNSEEN) {
		uint32_t parent = builder_find_process(look->b, builder_process(look->b, at)->ppid);

		/* Parents read at different moments could even form a circle. */
		if (parent == NONE || steps-- == 0)
			mark = NOT_BELOW;
		else if (builder_process(look->b, parent)->holders)
			mark = BELOW;
		else
			mark = marks[parent];
		at = parent;
	}
	for (at = index; at != NONE && marks[at] == UNSEEN; ) {
		marks[at] = mark;
		at = builder_find_process(look->b, builder_process(look->b, at)->ppid);
		if (at != NONE && builder_process(look->b, at)->holders)
			break;
	}
}

static void mark_above(struct look *look, uint32_t index)
{
	uint32_t at = builder_find_process(look->b, builder_process(look->b, index)->ppid);

	while (at != NONE && !look->relevant[at]) {
		look->relevant[at] = true;
		at = builder_find_process(look->b, builder_process(look->b, at)->ppid);
	}
}

static int mark_relevant(struct look *look)
{
	uint32_t count = builder_process_count(look->b);
	uint8_t *marks = calloc((size_t)count + 1, 1);

	look->relevant = calloc((size_t)count + 1, sizeof(*look->relevant));
	look->has_children = calloc((size_t)count + 1, sizeof(*look->has_children));
	look->wants_full =
		calloc((size_t)builder_pipe_count(look->b) + 1, sizeof(*look->wants_full));
	look->locked = calloc((size_t)builder_pipe_count(look->b) + 1, sizeof(*look->locked));
	if (!marks || !look->relevant || !look->has_children || !look->wants_full ||
	    !look->locked) {
		free(marks);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct process *process = builder_process(look->b, i);
		uint32_t parent = builder_find_process(look->b, process->ppid);

		if (parent != NONE)
			look->has_children[parent] = true;
		if (marks[i] == UNSEEN)
			mark_below(look, marks, i);
	}
	for (uint32_t i = 0; i < count; i++)
		if (builder_process(look->b, i)->holders)
			mark_above(look, i);
	for (uint32_t i = 0; i < count; i++) {
		const struct process *process = builder_process(look->b, i);

		look->relevant[i] = !process->kernel_thread &&
			(look->relevant[i] || process->holders || marks[i] == BELOW);
	}
	free(marks);
	return 0;
}

static int compare_pids(const void *left, const void *right)
{
	int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;

	return (a > b) - (a < b);
}

bool look_suspects(const struct look *look, int32_t pid)
{
	return look->request->suspect_count &&
		bsearch(&pid, look->request->suspects, look->request->suspect_count, sizeof(pid),
		        compare_pids);
}

bool look_wants(const struct look *look, int32_t pid)
{
	const struct snapshot *s = look->request->again;
	uint32_t index = s ? snapshot_find_process(s, pid) : NONE;
	bool wanted = index == NONE;

	for (uint32_t k = 0; !wanted && k < s->processes[index].holders; k++) {
		const struct holder *holder = &s->holders[s->processes[index].first_holder + k];

		wanted = s->pipes[holder->pipe].fill_bytes > 0;
	}
	return wanted;
}

bool look_wants_pipe(const struct look *look, const struct pipe *pipe)
{
	const struct snapshot *s = look->request->again;
	uint32_t index = s ? snapshot_find_pipe(s, pipe->dev, pipe->ino) : NONE;

	return !s || (index != NONE && s->pipes[index].fill_bytes > 0);
}

/* ---- the look ---- */

static int take_look(struct look *look)
{
	const struct collect_request *request = look->request;
	int r = read_head(look);

	kept_begin(look->c->kept, request->keep && !request->suspect_count);
	if (r == 0)
		r = look->census ? look_at_census(look) : look_at_crowd(look);
	if (r == 0)
		r = builder_link(look->b);
	if (r == 0)
		r = mark_relevant(look);
	if (r == 0)
		r = look_at_waits(look);
	if (r == 0)
		r = look->census ? look_at_counted_pipes(look) : look_at_pipes(look);
	if (r == 0) {
		look_settle_waits(look);
		r = look_at_suspects(look);
	}
	if (r == 0)
		r = look_at_names(look);
	if (r == 0) {
		count_unread(look);
		tell_limits(look);
		if (request->suspect_count && (look->census || look->c->shows_scm_fds))
			look->head->descriptors_in_flight = look->in_flight ? FACT_YES : FACT_NO;
	}
	return r;
}

static int look_once(struct collector *c, const struct collect_request *request,
                     struct census *census, struct snapshot **ret_snapshot)
{
	struct look look = { .c = c, .request = request, .census = census };
	int64_t start_us = now_us(CLOCK_MONOTONIC);
	int r = builder_new(&look.b);

	if (r < 0)
		return r;
	look.head = builder_head(look.b);
	look.mounts = mounts_new();
	look.remote = remote_new();
	r = look.mounts && look.remote ? take_look(&look) : -ENOMEM;
	mounts_free(look.mounts);
	remote_free(look.remote);
	clocks_free(look.clocks);
	free(look.threads);
	free(look.calls);
	free(look.relevant);
	free(look.has_children);
	free(look.wants_full);
	free(look.locked);
	if (r < 0) {
		builder_free(look.b);
		return r;
	}
	look.head->elapsed_us = now_us(CLOCK_MONOTONIC) - start_us;
	return builder_seal(look.b, ret_snapshot);
}

/* Where the kernel does not answer any more, /proc does. */
int collect(struct collector *c, const struct collect_request *request,
            struct snapshot **ret_snapshot)
{
	struct census census = { 0 };
	int r = -ENOTSUP;

	if (c->iterator) {
		r = look_once(c, request, &census, ret_snapshot);
		census_free(&census);
	}
	if (r == 0 || r == -ENOMEM)
		return r;
	c->iterator = NULL;
	return look_once(c, request, NULL, ret_snapshot);
}
