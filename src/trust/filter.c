/*
 * A list of what is allowed, seccomp(2). Everything else fails with ENOSYS, as it
 * does on an older kernel: libraries then do without, and where one call was forgotten here a look
 * sees less, and says so. To be killed for it (SECCOMP_RET_KILL) in the middle of somebody's
 * incident, or with the terminal half drawn, would be the worse failure; who has taken us over can
 * do as little either way.
 *
 * libseccomp knows the numbers. The program is written here, an instruction after the other: an
 * allocation that fails in libseccomp 2.5 leaves a filter that is loaded and forbids exit(2).
 */
#include "config.h"

#include "trust/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef HAVE_LIBSECCOMP

#include <asm/termbits.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

/* Also those of other architectures and libraries: a call that is not there costs nothing. */
static const int looking[] = {
	/* files */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(close), SCMP_SYS(close_range), SCMP_SYS(lseek), SCMP_SYS(_llseek), SCMP_SYS(stat),
	SCMP_SYS(stat64), SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(fstat), SCMP_SYS(fstat64),
	SCMP_SYS(newfstatat), SCMP_SYS(fstatat64), SCMP_SYS(statx), SCMP_SYS(fstatfs),
	SCMP_SYS(statfs), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(getdents64), SCMP_SYS(getcwd),
	SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(memfd_create), SCMP_SYS(fadvise64),
	/* waiting */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(ppoll_time64), SCMP_SYS(select),
	SCMP_SYS(pselect6), SCMP_SYS(pselect6_time64), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(restart_syscall),
	SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(sched_yield), SCMP_SYS(wait4),
	SCMP_SYS(waitpid), SCMP_SYS(waitid),
	/* clocks and facts about ourselves */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getpid), SCMP_SYS(getppid),
	SCMP_SYS(gettid), SCMP_SYS(getpgrp), SCMP_SYS(getpgid), SCMP_SYS(getsid), SCMP_SYS(getuid),
	SCMP_SYS(getuid32), SCMP_SYS(geteuid), SCMP_SYS(geteuid32), SCMP_SYS(getgid),
	SCMP_SYS(getgid32), SCMP_SYS(getegid), SCMP_SYS(getegid32), SCMP_SYS(uname),
	SCMP_SYS(sysinfo), SCMP_SYS(getcpu), SCMP_SYS(sched_getaffinity), SCMP_SYS(getrlimit),
	SCMP_SYS(ugetrlimit), SCMP_SYS(prlimit64), SCMP_SYS(getrusage), SCMP_SYS(getrandom),
	/* memory */
	SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
	SCMP_SYS(madvise), SCMP_SYS(brk),
	/* signals to ourselves, and from our scouts */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigtimedwait_time64),
	SCMP_SYS(sigaltstack), SCMP_SYS(signalfd4), SCMP_SYS(eventfd2), SCMP_SYS(tgkill),
	SCMP_SYS(kill),
	/* threads and scouts */
	SCMP_SYS(clone), SCMP_SYS(clone3), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address), SCMP_SYS(rseq),
	/* looking at others */
	SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(process_vm_readv), SCMP_SYS(kcmp),
	SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_setscheduler), SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_get_priority_min),
	/* asking the helper */
	SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
};

static const int signalling[] = { SCMP_SYS(pidfd_send_signal) };

static const int piping[] = {
	SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(tee), SCMP_SYS(splice), SCMP_SYS(fsync),
	SCMP_SYS(ftruncate), SCMP_SYS(ftruncate64),
};

/* Its child has a root directory to walk from, limits, and its end. */
static const int unwinding[] = { SCMP_SYS(chdir), SCMP_SYS(setrlimit), SCMP_SYS(pidfd_send_signal) };

/* What the sanitizers' run time does besides, above all to find leaks. */
static const int sanitizing[] = {
	SCMP_SYS(ptrace), SCMP_SYS(getdents), SCMP_SYS(personality), SCMP_SYS(mincore), SCMP_SYS(msync), SCMP_SYS(pipe),
	SCMP_SYS(pipe2),
};

/* A call with a number among its arguments that says what it does. */
struct command {
	int call;
	unsigned argument;
	unsigned value;
};

/* fcntl64 is that of 32 bits. */
#define FCNTL(command) { SCMP_SYS(fcntl), 1, command }, { SCMP_SYS(fcntl64), 1, command }

static const struct command looking_commands[] = {
	{ SCMP_SYS(ioctl), 1, FIONREAD }, FCNTL(F_GETPIPE_SZ), { SCMP_SYS(ioctl), 1, TCGETS },
	{ SCMP_SYS(ioctl), 1, TIOCGWINSZ },
	{ SCMP_SYS(ioctl), 1, _IOWR(0xFF, 11, char[64]) }, /* PIDFD_GET_INFO, attach.c */
	{ SCMP_SYS(bpf), 0, BPF_ITER_CREATE }, /* collect/iterator.c: loads nothing */
	{ SCMP_SYS(prctl), 0, PR_SET_NAME }, { SCMP_SYS(prctl), 0, PR_SET_PDEATHSIG },
	{ SCMP_SYS(prctl), 0, PR_SET_VMA }, { SCMP_SYS(prctl), 0, PR_GET_DUMPABLE },
	FCNTL(F_DUPFD), FCNTL(F_DUPFD_CLOEXEC), FCNTL(F_GETFD), FCNTL(F_SETFD), FCNTL(F_GETFL),
	FCNTL(F_SETFL),
};
static const struct command piping_commands[] = { FCNTL(F_SETPIPE_SZ) };

static const struct command screen_commands[] = {
	{ SCMP_SYS(ioctl), 1, TCSETS }, { SCMP_SYS(ioctl), 1, TCSETSW },
	{ SCMP_SYS(ioctl), 1, TCSETSF }, { SCMP_SYS(ioctl), 1, TCFLSH },
	{ SCMP_SYS(ioctl), 1, TCXONC }, { SCMP_SYS(ioctl), 1, TIOCGPGRP },
};

static const struct command sanitizing_commands[] = {
	{ SCMP_SYS(prctl), 0, PR_SET_PTRACER }, { SCMP_SYS(prctl), 0, PR_SET_DUMPABLE },
};

/* ---- the program, for Linux's BPF machine of old (Documentation/networking/filter.rst) ---- */

enum { INSTRUCTIONS = 1024 };

struct program {
	struct sock_filter code[INSTRUCTIONS];
	unsigned short count;
};

static void emit(struct program *p, int code, unsigned char if_true, unsigned char if_false,
                 uint32_t value)
{
	const struct sock_filter instruction = { (uint16_t)code, if_true, if_false, value };

	if (p->count < INSTRUCTIONS)
		p->code[p->count++] = instruction;
}

static void load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void load_number(struct program *p)
{
	load(p, offsetof(struct seccomp_data, nr));
}

/* Goes on behind the next `count` instructions where the loaded value is another one. */
static void unless_equal_skip(struct program *p, uint32_t value, unsigned char count)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, count, value);
}

static void end(struct program *p, uint32_t action)
{
	emit(p, BPF_RET | BPF_K, 0, 0, action);
}

static void refuse(struct program *p)
{
	end(p, SECCOMP_RET_ERRNO | ENOSYS);
}

/* Calls of other architectures have negative numbers here. */
static void allow_calls(struct program *p, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (calls[i] < 0)
			continue;
		unless_equal_skip(p, (uint32_t)calls[i], 1);
		end(p, SECCOMP_RET_ALLOW);
	}
}

/* Of such numbers 32 bits count: what a caller leaves above them the kernel does not look at. */
static void allow_masked(struct program *p, int call, unsigned argument, uint32_t mask,
                         uint32_t value)
{
	size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : sizeof(uint32_t);

	if (call < 0)
		return;
	unless_equal_skip(p, (uint32_t)call, 5);
	load(p, offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t) + low);
	emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
	unless_equal_skip(p, value, 1);
	end(p, SECCOMP_RET_ALLOW);
	load_number(p);
}

static void allow_commands(struct program *p, const struct command *commands, size_t count)
{
	for (size_t i = 0; i < count; i++)
		allow_masked(p, commands[i].call, commands[i].argument, UINT32_MAX, commands[i].value);
}

#define ALLOW_CALLS(p, table) allow_calls(p, table, sizeof(table) / sizeof(*(table)))
#define ALLOW_COMMANDS(p, table) allow_commands(p, table, sizeof(table) / sizeof(*(table)))

/*
 * Whatever its arguments are, a call that is allowed costs nothing: the kernel finds out once
 * (5.11). Those with arguments that count go through the program each time, so they come first.
 */
static void allow_looking(struct program *p)
{
	const uint32_t writes = O_ACCMODE | O_CREAT | O_TRUNC;

	/* Neither made, nor cut, nor written to. */
	allow_masked(p, SCMP_SYS(openat), 2, writes, O_RDONLY);
	allow_masked(p, SCMP_SYS(open), 1, writes, O_RDONLY);
	ALLOW_COMMANDS(p, looking_commands);
	ALLOW_CALLS(p, looking);
}

/* As collect/probe.c opens a pipe that has been proved to be one; such flags make no file. */
static void allow_reopening(struct program *p)
{
	allow_masked(p, SCMP_SYS(openat), 2,
	             O_ACCMODE | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC,
	             O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

static void allow_needs(struct program *p, unsigned needs)
{
	if (needs & FILTER_SIGNAL)
		ALLOW_CALLS(p, signalling);
	if (needs & FILTER_PIPE) {
		ALLOW_CALLS(p, piping);
		ALLOW_COMMANDS(p, piping_commands);
	}
	if (needs & FILTER_UNWIND)
		ALLOW_CALLS(p, unwinding);
	if (needs & FILTER_SCREEN)
		ALLOW_COMMANDS(p, screen_commands);
	if (needs & FILTER_REOPEN)
		allow_reopening(p);
}

static bool is_sanitized(void)
{
#ifdef __SANITIZE_ADDRESS__
	return true;
#else
	return __has_feature(address_sanitizer);
#endif
}

int filter_install(unsigned needs)
{
	struct program p = { .count = 0 };
	struct sock_fprog program = { .filter = p.code };

	load(&p, offsetof(struct seccomp_data, arch));
	emit(&p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, seccomp_arch_native());
	refuse(&p);
	load_number(&p);
	allow_looking(&p);
	allow_needs(&p, needs);
	if (is_sanitized()) {
		ALLOW_CALLS(&p, sanitizing);
		ALLOW_COMMANDS(&p, sanitizing_commands);
	}
	refuse(&p);
	if (p.count == INSTRUCTIONS)
		return -E2BIG;
	program.len = p.count;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return errno == EINVAL ? -ENOSYS : -errno;
	return 0;
}

#else

int filter_install(unsigned needs)
{
	(void)needs;
	return -ENOSYS;
}

#endif
