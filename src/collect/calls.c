/*
 * The table of calls. A row has the number of the native ABI and those of 32-bit programs on a
 * 64-bit kernel, of x86 (arch/x86/entry/syscalls) and of arm (arch/arm/tools/syscall.tbl, EABI),
 * and a function that knows where the operands are. The arguments come from /proc/PID/syscall as
 * 64-bit registers: of an int only the low 32 bits count.
 */
#include "collect/calls.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "config.h"
#ifdef HAVE_LIBSECCOMP
#include <pthread.h>
#include <seccomp.h>
#include <stdlib.h>
#endif

/* Not in every libc's headers: include/uapi/linux/{sched,wait,futex}.h */
enum { P_PIDFD_TYPE = 3, FUTEX_PRIVATE = 128, FUTEX2_PRIVATE_BIT = 128, LOCK_PI2 = 13 };

/* A number that an ABI does not have. */
enum { NO_NUMBER = -2 };

static int32_t as_int(uint64_t argument)
{
	return (int32_t)(uint32_t)argument;
}

static void decode_write(const uint64_t *args, struct call *call)
{
	call->shape = CALL_WRITE;
	call->fd = as_int(args[0]);
	call->count_bytes = (int64_t)(args[2] & INT64_MAX);
}

static void decode_read(const uint64_t *args, struct call *call)
{
	decode_write(args, call);
	call->shape = CALL_READ;
}

/* The third argument counts vectors, not bytes. */
static void decode_writev(const uint64_t *args, struct call *call)
{
	decode_write(args, call);
	call->count_bytes = UNKNOWN;
}

static void decode_readv(const uint64_t *args, struct call *call)
{
	decode_read(args, call);
	call->count_bytes = UNKNOWN;
}

/* Into a pipe, or, on a read end, out of it. */
static void decode_vmsplice(const uint64_t *args, struct call *call)
{
	decode_writev(args, call);
	call->timed = args[3] & SPLICE_F_NONBLOCK;
}

static void decode_splice(const uint64_t *args, struct call *call)
{
	call->shape = CALL_MOVE;
	call->timed = args[5] & SPLICE_F_NONBLOCK;
	call->fd = as_int(args[0]);
	call->fd_out = as_int(args[2]);
}

static void decode_tee(const uint64_t *args, struct call *call)
{
	call->shape = CALL_MOVE;
	call->fd = as_int(args[0]);
	call->fd_out = as_int(args[1]);
	call->timed = args[3] & SPLICE_F_NONBLOCK;
}

static void decode_sendfile(const uint64_t *args, struct call *call)
{
	call->shape = CALL_MOVE;
	call->fd = as_int(args[1]);
	call->fd_out = as_int(args[0]);
}

/* wait4(2): which children a pid argument means. */
static void decode_waitpid(const uint64_t *args, struct call *call)
{
	int32_t pid = as_int(args[0]);

	call->shape = CALL_CHILD;
	call->timed = args[2] & WNOHANG;
	if (pid == -1) {
		call->children = CHILDREN_ANY;
	} else if (pid > 0) {
		call->children = CHILDREN_ONE;
		call->child = pid;
	} else {
		call->children = CHILDREN_GROUP;
		call->child = pid > INT32_MIN ? -pid : 0;
	}
}

/* waitid(2). Only WEXITED waits for an end; a stop or a continuation comes from outside. */
static void decode_waitid(const uint64_t *args, struct call *call)
{
	int32_t type = as_int(args[0]);

	call->shape = CALL_CHILD;
	call->child = as_int(args[1]);
	call->timed = (args[3] & WNOHANG) || !(args[3] & WEXITED);
	if (type == P_PID)
		call->children = CHILDREN_ONE;
	else if (type == P_PGID)
		call->children = CHILDREN_GROUP;
	else if (type == P_PIDFD_TYPE)
		call->pidfd = true;
	else
		call->children = CHILDREN_ANY;
}

static void decode_vfork(const uint64_t *args, struct call *call)
{
	(void)args;
	call->shape = CALL_VFORK;
}

bool call_waits_for_child(uint64_t clone_flags)
{
	return (clone_flags & (CLONE_VFORK | CLONE_PARENT | CLONE_THREAD)) == CLONE_VFORK;
}

static void decode_clone(const uint64_t *args, struct call *call)
{
	call->shape = call_waits_for_child(args[0]) ? CALL_VFORK : CALL_OTHER;
}

static void decode_clone3(const uint64_t *args, struct call *call)
{
	call->shape = CALL_CLONE3;
	call->address[0] = args[0];
}

static void decode_poll(const uint64_t *args, struct call *call)
{
	call->shape = CALL_POLL;
	call->address[0] = args[0];
	call->count = (uint32_t)args[1];
	call->timed = as_int(args[2]) >= 0;
}

/* ppoll(2): the time-out is a pointer. */
static void decode_ppoll(const uint64_t *args, struct call *call)
{
	decode_poll(args, call);
	call->timed = args[2] != 0;
}

static void decode_select(const uint64_t *args, struct call *call)
{
	call->shape = CALL_SELECT;
	call->count = as_int(args[0]) > 0 ? (uint32_t)args[0] : 0;
	for (int i = 0; i < 3; i++)
		call->address[i] = args[i + 1];
	call->timed = args[4] != 0;
}

static void decode_epoll(const uint64_t *args, struct call *call)
{
	call->shape = CALL_EPOLL;
	call->fd = as_int(args[0]);
	call->timed = as_int(args[3]) >= 0;
}

static void decode_epoll2(const uint64_t *args, struct call *call)
{
	decode_epoll(args, call);
	call->timed = args[3] != 0;
}

/* futex(2): only waits without a time-out can be for ever. */
static void decode_futex(const uint64_t *args, struct call *call)
{
	int32_t operation = as_int(args[1]);

	call->address[0] = args[0];
	call->private = operation & FUTEX_PRIVATE;
	switch (operation & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_LOCK_PI:
	case FUTEX_WAIT_REQUEUE_PI:
	case LOCK_PI2:
		call->shape = CALL_FUTEX;
		call->timed = args[3] != 0;
	}
}

/* futex_wait of 6.7: (address, value, mask, flags, time-out, clock) */
static void decode_futex2(const uint64_t *args, struct call *call)
{
	call->shape = CALL_FUTEX;
	call->address[0] = args[0];
	call->private = args[3] & FUTEX2_PRIVATE_BIT;
	call->timed = args[4] != 0;
}

static void decode_futex_waitv(const uint64_t *args, struct call *call)
{
	call->shape = CALL_FUTEX_WAITV;
	call->address[0] = args[0];
	call->count = (uint32_t)args[1];
	call->timed = args[3] != 0;
}

static void decode_signal(const uint64_t *args, struct call *call)
{
	(void)args;
	call->shape = CALL_SIGNAL;
}

static void decode_sigtimedwait(const uint64_t *args, struct call *call)
{
	call->shape = CALL_SIGNAL_SET;
	call->address[0] = args[0];
	call->timed = args[2] != 0;
}

static void decode_open(const uint64_t *args, struct call *call)
{
	(void)args;
	call->shape = CALL_OPEN;
}

static void decode_restart(const uint64_t *args, struct call *call)
{
	/* The arguments are still those of the call that is restarted; only poll(2) keeps waiting
	   without a time-out (fs/select.c, do_restart_poll). */
	decode_poll(args, call);
	call->shape = CALL_RESTART;
}

static void decode_sleep(const uint64_t *args, struct call *call)
{
	(void)args;
	call->what = "sleep";
	call->timed = true;
}

static void decode_socket(const uint64_t *args, struct call *call)
{
	call->fd = as_int(args[0]);
	call->what = "socket";
}

static void decode_disk(const uint64_t *args, struct call *call)
{
	call->fd = as_int(args[0]);
	call->what = "disk";
}

#ifdef __aarch64__
#define COMPAT(x86, arm) (arm)
#else
#define COMPAT(x86, arm) (x86)
#endif

/* What newer ABIs, as that of arm64, no longer have (include/uapi/asm-generic/unistd.h). */
#ifdef SYS_open
#define OLD(number) (number)
#else
#define OLD(number) NO_NUMBER
#endif

struct row {
	const char *name;
	int32_t number, compat;
	void (*decode)(const uint64_t *args, struct call *call);
};

static const struct row rows[] = {
	{ "write", SYS_write, COMPAT(4, 4), decode_write },
	{ "writev", SYS_writev, COMPAT(146, 146), decode_writev },
	{ "pwritev2", SYS_pwritev2, COMPAT(379, 393), decode_writev },
	{ "vmsplice", SYS_vmsplice, COMPAT(316, 343), decode_vmsplice },
	{ "read", SYS_read, COMPAT(3, 3), decode_read },
	{ "readv", SYS_readv, COMPAT(145, 145), decode_readv },
	{ "preadv2", SYS_preadv2, COMPAT(378, 392), decode_readv },
	{ "splice", SYS_splice, COMPAT(313, 340), decode_splice },
	{ "tee", SYS_tee, COMPAT(315, 342), decode_tee },
	{ "sendfile", SYS_sendfile, COMPAT(187, 187), decode_sendfile },
	{ "sendfile64", NO_NUMBER, COMPAT(239, 239), decode_sendfile },
	{ "wait4", SYS_wait4, COMPAT(114, 114), decode_waitpid },
	{ "waitpid", NO_NUMBER, COMPAT(7, NO_NUMBER), decode_waitpid },
	{ "waitid", SYS_waitid, COMPAT(284, 280), decode_waitid },
	{ "vfork", OLD(SYS_vfork), COMPAT(190, 190), decode_vfork },
	{ "clone", SYS_clone, COMPAT(120, 120), decode_clone },
	{ "clone3", SYS_clone3, COMPAT(435, 435), decode_clone3 },
	{ "poll", OLD(SYS_poll), COMPAT(168, 168), decode_poll },
	{ "select", OLD(SYS_select), COMPAT(142, 142), decode_select },
	{ "epoll_wait", OLD(SYS_epoll_wait), COMPAT(256, 252), decode_epoll },
	{ "pause", OLD(SYS_pause), COMPAT(29, 29), decode_signal },
	{ "open", OLD(SYS_open), COMPAT(5, 5), decode_open },
	{ "creat", OLD(SYS_creat), COMPAT(8, 8), decode_open },
	{ "ppoll", SYS_ppoll, COMPAT(309, 336), decode_ppoll },
	{ "ppoll_time64", NO_NUMBER, COMPAT(414, 414), decode_ppoll },
	{ "pselect6", SYS_pselect6, COMPAT(308, 335), decode_select },
	{ "pselect6_time64", NO_NUMBER, COMPAT(413, 413), decode_select },
	{ "epoll_pwait", SYS_epoll_pwait, COMPAT(319, 346), decode_epoll },
	{ "epoll_pwait2", 441, COMPAT(441, 441), decode_epoll2 },
	{ "futex", SYS_futex, COMPAT(240, 240), decode_futex },
	{ "futex_time64", NO_NUMBER, COMPAT(422, 422), decode_futex },
	{ "futex_waitv", 449, COMPAT(449, 449), decode_futex_waitv },
	{ "futex_wait", 455, COMPAT(455, 455), decode_futex2 },
	{ "rt_sigsuspend", SYS_rt_sigsuspend, COMPAT(179, 179), decode_signal },
	{ "sigsuspend", NO_NUMBER, COMPAT(72, 72), decode_signal },
	{ "rt_sigtimedwait", SYS_rt_sigtimedwait, COMPAT(177, 177), decode_sigtimedwait },
	{ "rt_sigtimedwait_time64", NO_NUMBER, COMPAT(421, 421), decode_sigtimedwait },
	{ "openat", SYS_openat, COMPAT(295, 322), decode_open },
	{ "openat2", 437, COMPAT(437, 437), decode_open },
	{ "restart_syscall", SYS_restart_syscall, COMPAT(0, 0), decode_restart },
	{ "nanosleep", SYS_nanosleep, COMPAT(162, 162), decode_sleep },
	{ "clock_nanosleep", SYS_clock_nanosleep, COMPAT(267, 265), decode_sleep },
	{ "clock_nanosleep_time64", NO_NUMBER, COMPAT(407, 407), decode_sleep },
	{ "accept", SYS_accept, COMPAT(NO_NUMBER, 285), decode_socket },
	{ "accept4", SYS_accept4, COMPAT(364, 366), decode_socket },
	{ "connect", SYS_connect, COMPAT(362, 283), decode_socket },
	{ "recvfrom", SYS_recvfrom, COMPAT(371, 292), decode_socket },
	{ "recvmsg", SYS_recvmsg, COMPAT(372, 297), decode_socket },
	{ "recvmmsg", SYS_recvmmsg, COMPAT(337, 365), decode_socket },
	{ "sendto", SYS_sendto, COMPAT(369, 290), decode_socket },
	{ "sendmsg", SYS_sendmsg, COMPAT(370, 296), decode_socket },
	{ "fsync", SYS_fsync, COMPAT(118, 118), decode_disk },
	{ "fdatasync", SYS_fdatasync, COMPAT(148, 148), decode_disk },
};

static const struct row *find(bool compat, int32_t number)
{
	for (size_t i = 0; number >= 0 && i < sizeof(rows) / sizeof(*rows); i++)
		if ((compat ? rows[i].compat : rows[i].number) == number)
			return &rows[i];
	return NULL;
}

void call_decode(bool compat, int32_t number, const uint64_t args[6], struct call *ret)
{
	const struct row *row = find(compat, number);

	*ret = (struct call){ .fd = UNKNOWN, .fd_out = UNKNOWN, .count_bytes = UNKNOWN };
	if (row) {
		row->decode(args, ret);
		ret->name = row->name;
	} else {
		ret->name = call_name(compat, number);
	}
	if (ret->shape == CALL_OTHER && !ret->what)
		ret->what = "other";
}

#ifdef HAVE_LIBSECCOMP

/* libseccomp hands out copies: they are made once a name and kept to the end of the program. */
enum { NAMES = 1024 };
static char *names[2][NAMES];
static pthread_mutex_t names_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *library_name(bool compat, int32_t number)
{
	uint32_t arch = compat ? COMPAT(SCMP_ARCH_X86, SCMP_ARCH_ARM) : seccomp_arch_native();
	char **name;

	if (number < 0 || number >= NAMES)
		return NULL;
	pthread_mutex_lock(&names_lock);
	name = &names[compat][number];
	if (!*name)
		*name = seccomp_syscall_resolve_num_arch(arch, number);
	pthread_mutex_unlock(&names_lock);
	return *name;
}

#else

static const char *library_name(bool compat, int32_t number)
{
	(void)compat;
	(void)number;
	return NULL;
}

#endif

const char *call_name(bool compat, int32_t number)
{
	const struct row *row = find(compat, number);

	return row ? row->name : library_name(compat, number);
}
