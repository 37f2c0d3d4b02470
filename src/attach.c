/*
 * Owns who is meant by -p. A process is known by its pid and start time, proc_pid_stat(5), and what
 * is attached is held by a pidfd besides, pidfd_open(2), which tells its end (poll(2)) and never
 * moves on to a successor.
 *
 * A start time counts clock ticks, 10 ms: a pid that is given away twice within one tick would be
 * mistaken. So attaching waits until that tick is over and the process is seen alive after it;
 * nobody who gets the pid later can have started then.
 *
 * Before Linux 5.3 there are no pidfds: then the start time alone tells who is meant, and an end is
 * noticed by the next look, not at once.
 *
 * How a process ended the kernel tells its parent. Since Linux 6.15 whoever held a pidfd when it
 * was reaped may ask too (PIDFD_GET_INFO, fs/pidfs.c); until then the stat of a zombie has it.
 */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "collect/parse.h"
#include "collect/proc.h"

enum { STAT_SIZE = 1024, FDINFO_SIZE = 1024 };

/* A start time that nobody has. */
static const uint64_t nobody_ticks = UINT64_MAX;

struct attach {
	struct attach_ending *processes; /* those that were named, ascending */
	struct pollfd *polls;            /* of each; -1 where there is no pidfd (any more) */
	bool *ended;
	uint32_t count;
	struct attach_ending *endings;   /* what attach_endings() hands out */
	bool *told;                      /* that it has ended */

	/* Those and their descendants: what a diagnosis is asked about. */
	int32_t *pids;
	uint64_t *starts;
	uint32_t known;
};

/* ---- one process ---- */

/* It says nothing about the process that we have no descriptor or memory left to read it with. */
static bool is_our_lack(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

/* -ESRCH when not even a zombie is left: fdinfo has no pid for it any longer, pidfd_open(2). */
static int check_pidfd(int pidfd)
{
	char path[PROC_PATH_SIZE], text[FDINFO_SIZE];
	struct fdinfo_lines lines;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	length = proc_read(AT_FDCWD, path, text, sizeof(text));
	if (is_our_lack((int)length))
		return (int)length;
	if (length < 0 || parse_fdinfo(text, (size_t)length, &lines) < 0 || lines.pid < 0)
		return -ESRCH;
	return 0;
}

static int read_stat(int32_t pid, char text[STAT_SIZE], struct stat_line *ret)
{
	int dir = proc_open(pid);
	ssize_t length;

	if (dir < 0)
		return dir;
	length = proc_read(dir, "stat", text, STAT_SIZE - 1);
	proc_close(&dir);
	if (length < 0)
		return (int)length;
	text[length] = '\0';
	return parse_stat(text, (size_t)length, ret);
}

static void read_comm(struct attach_ending *p, const char *stat)
{
	const char *open = strchr(stat, '('), *close = strrchr(stat, ')');

	if (open && close > open)
		snprintf(p->comm, sizeof(p->comm), "%.*s", (int)(close - open - 1), open + 1);
}

static uint64_t now_ticks(void)
{
	uint64_t per_second = (uint64_t)sysconf(_SC_CLK_TCK);
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * per_second + (uint64_t)now.tv_nsec * per_second / 1000000000;
}

static void wait_for_tick_after(uint64_t ticks)
{
	const struct timespec a_moment = { 0, 1000000 };

	while (now_ticks() <= ticks)
		nanosleep(&a_moment, NULL);
}

/* Told by the start time: it is there, and more than a zombie. */
static bool is_running(const struct attach_ending *p)
{
	char text[STAT_SIZE];
	struct stat_line stat;

	return read_stat(p->pid, text, &stat) == 0 && stat.start_ticks == p->start_ticks &&
	       stat.state != 'Z' && stat.state != 'X';
}

static int check(const struct attach_ending *p, int pidfd)
{
	if (pidfd >= 0)
		return check_pidfd(pidfd);
	return is_running(p) ? 0 : -ESRCH;
}

/* Whoever has the pid has it still when all has been read, so that it was of him. */
static int take_hold(struct attach_ending *p, int *ret_pidfd)
{
	int pidfd = pidfd_open(p->pid, 0), r;
	char text[STAT_SIZE];
	struct stat_line stat;

	if (pidfd < 0 && errno != ENOSYS)
		return errno == EINVAL || errno == ENOENT ? -ESRCH : -errno;
	r = read_stat(p->pid, text, &stat);
	if (r == 0) {
		p->start_ticks = stat.start_ticks;
		read_comm(p, text);
		wait_for_tick_after(stat.start_ticks);
		r = check(p, pidfd);
	}
	if (r < 0) {
		if (pidfd >= 0)
			close(pidfd);
		return is_our_lack(r) ? r : -ESRCH;
	}
	*ret_pidfd = pidfd;
	return 0;
}

/* ---- how it ended ---- */

/* struct pidfd_info of linux/pidfd.h in its first form, which headers before 6.13 lack. */
struct pidfd_answer {
	uint64_t mask, cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};
#define ASK_PIDFD _IOWR(0xFF, 11, struct pidfd_answer)
enum { ANSWER_EXIT = 1 << 3 };

/* A wait status, or UNKNOWN. */
static int status_by_pidfd(int pidfd)
{
	struct pidfd_answer answer = { .mask = ANSWER_EXIT };

	if (ioctl(pidfd, ASK_PIDFD, &answer) < 0 || !(answer.mask & ANSWER_EXIT))
		return UNKNOWN;
	return answer.exit_code;
}

/*
 * The last number of a zombie's stat; it is 0 for those who may not trace it, which we can't tell.
 */
static int status_by_stat(const struct attach_ending *p, int pidfd)
{
	char text[STAT_SIZE];
	struct stat_line stat;
	const char *last;

	if (geteuid() != 0 || read_stat(p->pid, text, &stat) < 0 || stat.state != 'Z' ||
	    stat.start_ticks != p->start_ticks || (pidfd >= 0 && check_pidfd(pidfd) < 0))
		return UNKNOWN;
	last = strrchr(text, ' ');
	return last ? atoi(last) : UNKNOWN;
}

static void learn_status(struct attach_ending *p, int pidfd)
{
	int status = status_by_pidfd(pidfd);

	if (status == UNKNOWN)
		status = status_by_stat(p, pidfd);
	if (status == UNKNOWN) /* it was reaped in between */
		status = status_by_pidfd(pidfd);
	if (status == UNKNOWN)
		return;
	p->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	p->status = WIFEXITED(status) ? WEXITSTATUS(status) : UNKNOWN;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- all of them ---- */

/* From now on nobody who has the pid is meant. */
static void disown(struct attach *a, const struct attach_ending *p)
{
	for (uint32_t i = 0; i < a->known; i++)
		if (a->pids[i] == p->pid && a->starts[i] == p->start_ticks)
			a->starts[i] = nobody_ticks;
}

static int make_room(struct attach *a, uint32_t count)
{
	a->processes = calloc((size_t)count + 1, sizeof(*a->processes));
	a->endings = calloc((size_t)count + 1, sizeof(*a->endings));
	a->told = calloc((size_t)count + 1, sizeof(*a->told));
	a->ended = calloc((size_t)count + 1, sizeof(*a->ended));
	a->polls = calloc((size_t)count + 1, sizeof(*a->polls));
	a->pids = calloc((size_t)count + 1, sizeof(*a->pids));
	a->starts = calloc((size_t)count + 1, sizeof(*a->starts));
	return a->processes && a->endings && a->told && a->ended && a->polls && a->pids && a->starts
		? 0 : -ENOMEM;
}

static struct attach *new_room(uint32_t count)
{
	struct attach *a = calloc(1, sizeof(*a));

	if (a && make_room(a, count) < 0) {
		attach_free(a);
		a = NULL;
	}
	return a;
}

static int add(struct attach *a, int32_t pid)
{
	struct attach_ending *p = &a->processes[a->count];
	int pidfd, r;

	*p = (struct attach_ending){ .pid = pid, .status = UNKNOWN, .signal = UNKNOWN };
	r = take_hold(p, &pidfd);
	if (r < 0)
		return r;
	a->polls[a->count] = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	a->pids[a->count] = pid;
	a->starts[a->count] = p->start_ticks;
	a->known = ++a->count;
	return 0;
}

int attach_new(const int32_t *pids, uint32_t count, struct attach **ret_attach,
               int32_t *ret_missing)
{
	struct attach *a = new_room(count);
	int r = a ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		r = add(a, pids[i]);
		if (r == -ESRCH)
			*ret_missing = pids[i];
	}
	if (r < 0)
		attach_free(a);
	else
		*ret_attach = a;
	return r;
}

/* Nobody who has the pid now is the one that was seen. */
static void bury(struct attach *a, const struct process *process)
{
	struct attach_ending *p = &a->processes[0];

	if (a->count && a->polls[0].fd >= 0)
		close(a->polls[0].fd);
	*p = (struct attach_ending){
		.pid = process->pid, .start_ticks = process->start_ticks, .time_ms = now_ms(),
		.status = UNKNOWN, .signal = UNKNOWN,
	};
	snprintf(p->comm, sizeof(p->comm), "%s", process->comm ? process->comm : "");
	a->polls[0].fd = -1;
	a->pids[0] = process->pid;
	a->starts[0] = nobody_ticks;
	a->ended[0] = true;
	a->count = a->known = 1;
}

int attach_seen(const struct process *process, struct attach **ret_attach)
{
	struct attach *a = new_room(1);
	int r = a ? add(a, process->pid) : -ENOMEM;

	if (r < 0 && r != -ESRCH) {
		attach_free(a);
		return r;
	}
	if (r < 0 || a->processes[0].start_ticks != process->start_ticks)
		bury(a, process);
	*ret_attach = a;
	return 0;
}

uint32_t attach_count(const struct attach *a)
{
	return a->count;
}

const struct attach_ending *attach_get(const struct attach *a, uint32_t i, bool *ret_ended)
{
	*ret_ended = a->ended[i];
	return &a->processes[i];
}

/* Those of the snapshot, behind those that were named: they are asked about whatever happens. */
static uint32_t list_known(struct attach *a, const struct diagnosis *d, int32_t *pids,
                           uint64_t *starts)
{
	const struct snapshot *s = d->snapshot;
	uint32_t count = a->count;

	for (uint32_t i = 0; i < a->count; i++) {
		pids[i] = a->processes[i].pid;
		starts[i] = a->ended[i] ? nobody_ticks : a->processes[i].start_ticks;
	}
	for (uint32_t i = 0; i < s->process_count; i++)
		if (d->asked[i]) {
			pids[count] = s->processes[i].pid;
			starts[count++] = s->processes[i].start_ticks;
		}
	return count;
}

int attach_learn(struct attach *a, const struct diagnosis *d)
{
	size_t room = (size_t)a->count + d->snapshot->process_count + 1;
	int32_t *pids;
	uint64_t *starts;

	if (!a->count)
		return 0;
	pids = calloc(room, sizeof(*pids));
	starts = calloc(room, sizeof(*starts));
	if (!pids || !starts) {
		free(pids);
		free(starts);
		return -ENOMEM;
	}
	a->known = list_known(a, d, pids, starts);
	free(a->pids);
	free(a->starts);
	a->pids = pids;
	a->starts = starts;
	return 0;
}

void attach_ask(const struct attach *a, struct diagnosis_settings *ret_settings)
{
	ret_settings->pids = a->pids;
	ret_settings->start_ticks = a->starts;
	ret_settings->pid_count = a->known;
}

static uint32_t count_ended(const struct attach *a)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < a->count; i++)
		count += a->ended[i];
	return count;
}

/* Once: who has come is known from then on, whoever of their parents ends. */
static int scan(struct attach *a, struct collector *c, const struct source_settings *settings,
                struct examination *ret, char error[SOURCE_ERROR_SIZE])
{
	struct source_settings asking = *settings;
	struct examination e;
	int r;

	attach_ask(a, &asking.diagnosis);
	r = source_scan(c, &asking, &e, error);
	if (r < 0)
		return r;
	r = attach_learn(a, e.diagnosis);
	if (r < 0)
		examination_free(&e);
	else
		*ret = e;
	return r;
}

/*
 * A look reads a process by its pid, so what it shows of one who ended meanwhile may be of his
 * successor. It is taken once more then; not again and again, where many end one after the other.
 */
int attach_scan(struct attach *a, struct collector *c, const struct source_settings *settings,
                struct examination *ret, char error[SOURCE_ERROR_SIZE])
{
	uint32_t before;
	int r;

	attach_notice(a);
	before = count_ended(a);
	r = scan(a, c, settings, ret, error);
	if (r < 0)
		return r;
	attach_notice(a);
	if (count_ended(a) == before)
		return 0;
	examination_free(ret);
	return scan(a, c, settings, ret, error);
}

const struct pollfd *attach_poll(const struct attach *a, uint32_t *ret_count)
{
	*ret_count = a->count;
	return a->polls;
}

static void end(struct attach *a, uint32_t index)
{
	struct attach_ending *p = &a->processes[index];

	learn_status(p, a->polls[index].fd);
	p->time_ms = now_ms();
	disown(a, p);
	if (a->polls[index].fd >= 0)
		close(a->polls[index].fd);
	a->polls[index] = (struct pollfd){ .fd = -1 };
	a->ended[index] = true;
}

void attach_notice(struct attach *a)
{
	if (poll(a->polls, a->count, 0) < 0)
		return;
	for (uint32_t i = 0; i < a->count; i++)
		if (!a->ended[i] &&
		    (a->polls[i].fd >= 0 ? a->polls[i].revents : !is_running(&a->processes[i])))
			end(a, i);
}

const struct attach_ending *attach_endings(struct attach *a, uint32_t *ret_count)
{
	uint32_t count = 0;

	attach_notice(a);
	for (uint32_t i = 0; i < a->count; i++)
		if (a->ended[i] && !a->told[i]) {
			a->told[i] = true;
			a->endings[count++] = a->processes[i];
		}
	*ret_count = count;
	return a->endings;
}

bool attach_is_over(const struct attach *a)
{
	return a->count && count_ended(a) == a->count;
}

void attach_free(struct attach *a)
{
	if (!a)
		return;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->polls[i].fd >= 0)
			close(a->polls[i].fd);
	free(a->processes);
	free(a->endings);
	free(a->told);
	free(a->ended);
	free(a->polls);
	free(a->pids);
	free(a->starts);
	free(a);
}
