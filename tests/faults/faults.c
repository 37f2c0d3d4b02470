/*
 * Preloaded into pipetop (LD_PRELOAD): lets one call fail, the FAULT_NTH of those that FAULT_CALLS
 * names, with the error FAULT_ERRNO; with FAULT_ON all of them from there on. An error of 0 is a
 * short count instead, and a negative one exit(1), which is how libnuma fails. Calls of processes
 * that it forks count, too. How many there were is written to descriptor FAULT_FD at the end of the
 * first process, so that the loop over n knows when it has come through. Only calls of pipetop itself
 * and of the libraries above libc come by here, those for memory only with FAULTS_OF_MEMORY.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long alone, *count = &alone;
static long nth;
static int fault;
static bool on, ready;
static pid_t first;
static char calls[256];
static __thread bool inside;

static long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void start(void)
{
	const char *list = getenv("FAULT_CALLS");
	void *shared = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared != MAP_FAILED)
		count = shared;
	snprintf(calls, sizeof(calls), " %s ", list ? list : "");
	nth = number("FAULT_NTH");
	fault = (int)number("FAULT_ERRNO");
	on = number("FAULT_ON");
	first = getpid();
	ready = nth > 0;
}

__attribute__((destructor)) static void end(void)
{
	char text[32];
	int fd = (int)number("FAULT_FD"), length;

	if (!ready || getpid() != first || fd <= 0)
		return;
	length = snprintf(text, sizeof(text), "%ld\n", (long)*count);
	(void)!write(fd, text, (size_t)length);
}

/* Whether this call is to fail; errno says how. */
static bool fails(const char *call)
{
	char word[40];
	long n;

	if (!ready || inside)
		return false;
	snprintf(word, sizeof(word), " %s ", call);
	if (!strstr(calls, word))
		return false;
	n = atomic_fetch_add(count, 1) + 1;
	if (n != nth && !(on && n > nth))
		return false;
	if (fault < 0)
		exit(1);
	errno = fault;
	return true;
}

/* The real one. What dlsym(3) itself allocates comes out of a small store. */
static void *next(const char *name)
{
	void *symbol;

	inside = true;
	symbol = dlsym(RTLD_NEXT, name);
	inside = false;
	return symbol;
}

#define REAL(name, type, arguments) \
	static type (*real) arguments; \
	if (!real) \
		*(void **)&real = next(name)

/* ---- memory ---- */

#ifdef FAULTS_OF_MEMORY

static char store[4096];
static size_t stored;

static void *from_store(size_t size)
{
	void *at = store + stored;

	size = (size + 15) & ~(size_t)15;
	if (stored + size > sizeof(store))
		abort();
	stored += size;
	return at;
}

void *malloc(size_t size)
{
	REAL("malloc", void *, (size_t));
	return fails("malloc") ? NULL : real(size);
}

void *calloc(size_t n, size_t size)
{
	if (inside)
		return from_store(n * size);
	REAL("calloc", void *, (size_t, size_t));
	return fails("malloc") ? NULL : real(n, size);
}

void *realloc(void *old, size_t size)
{
	REAL("realloc", void *, (void *, size_t));
	return fails("malloc") ? NULL : real(old, size);
}

void free(void *old)
{
	REAL("free", void, (void *));
	if ((char *)old < store || (char *)old >= store + sizeof(store))
		real(old);
}

void *reallocarray(void *old, size_t n, size_t size)
{
	REAL("reallocarray", void *, (void *, size_t, size_t));
	return fails("malloc") ? NULL : real(old, n, size);
}

char *strdup(const char *text)
{
	REAL("strdup", char *, (const char *));
	return fails("malloc") ? NULL : real(text);
}

#endif

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	REAL("mmap", void *, (void *, size_t, int, int, int, off_t));
	return fails("mmap") ? MAP_FAILED : real(at, size, protection, flags, fd, offset);
}

/* ---- files ---- */

static mode_t mode_of(int flags, va_list more)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
}

#define OPEN(name) \
	int name(const char *path, int flags, ...) \
	{ \
		mode_t mode; \
		va_list more; \
\
		va_start(more, flags); \
		mode = mode_of(flags, more); \
		va_end(more); \
		REAL(#name, int, (const char *, int, ...)); \
		return fails("open") ? -1 : real(path, flags, mode); \
	}

#define OPENAT(name) \
	int name(int directory, const char *path, int flags, ...) \
	{ \
		mode_t mode; \
		va_list more; \
\
		va_start(more, flags); \
		mode = mode_of(flags, more); \
		va_end(more); \
		REAL(#name, int, (int, const char *, int, ...)); \
		return fails("open") ? -1 : real(directory, path, flags, mode); \
	}

#define FOPEN(name) \
	FILE *name(const char *path, const char *mode) \
	{ \
		REAL(#name, FILE *, (const char *, const char *)); \
		return fails("open") ? NULL : real(path, mode); \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FOPEN(fopen)
FOPEN(fopen64)

DIR *opendir(const char *path)
{
	REAL("opendir", DIR *, (const char *));
	return fails("open") ? NULL : real(path);
}

DIR *fdopendir(int fd)
{
	REAL("fdopendir", DIR *, (int));
	return fails("open") ? NULL : real(fd);
}

struct dirent *readdir(DIR *directory)
{
	REAL("readdir", struct dirent *, (DIR *));
	return fails("readdir") ? NULL : real(directory);
}

struct dirent64 *readdir64(DIR *directory)
{
	REAL("readdir64", struct dirent64 *, (DIR *));
	return fails("readdir") ? NULL : real(directory);
}

/* An error of 0: half of what there is, as read(2) may do. Whether it is read at all. */
static bool cut(size_t *size)
{
	if (fault == 0 && *size > 1)
		*size /= 2;
	return fault == 0;
}

ssize_t read(int fd, void *bytes, size_t size)
{
	REAL("read", ssize_t, (int, void *, size_t));
	return fails("read") && !cut(&size) ? -1 : real(fd, bytes, size);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
	REAL("pread", ssize_t, (int, void *, size_t, off_t));
	return fails("read") && !cut(&size) ? -1 : real(fd, bytes, size, offset);
}

ssize_t readlinkat(int directory, const char *path, char *text, size_t size)
{
	REAL("readlinkat", ssize_t, (int, const char *, char *, size_t));
	return fails("stat") ? -1 : real(directory, path, text, size);
}

int fstatat(int directory, const char *path, struct stat *st, int flags)
{
	REAL("fstatat", int, (int, const char *, struct stat *, int));
	return fails("stat") ? -1 : real(directory, path, st, flags);
}

int fstat(int fd, struct stat *st)
{
	REAL("fstat", int, (int, struct stat *));
	return fails("stat") ? -1 : real(fd, st);
}

int stat(const char *path, struct stat *st)
{
	REAL("stat", int, (const char *, struct stat *));
	return fails("stat") ? -1 : real(path, st);
}

int statx(int directory, const char *path, int flags, unsigned mask, struct statx *st)
{
	REAL("statx", int, (int, const char *, int, unsigned, struct statx *));
	return fails("stat") ? -1 : real(directory, path, flags, mask, st);
}

/* ---- processes and pipes ---- */

pid_t fork(void)
{
	REAL("fork", pid_t, (void));
	return fails("fork") ? -1 : real();
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context)
{
	REAL("pthread_create", int, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *));
	return fails("fork") ? EAGAIN : real(thread, attributes, run, context);
}

int pidfd_open(pid_t pid, unsigned flags)
{
	REAL("pidfd_open", int, (pid_t, unsigned));
	return fails("pidfd") ? -1 : real(pid, flags);
}

int pidfd_getfd(int pidfd, int fd, unsigned flags)
{
	REAL("pidfd_getfd", int, (int, int, unsigned));
	return fails("pidfd") ? -1 : real(pidfd, fd, flags);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list more;
	void *argument;

	va_start(more, request);
	argument = va_arg(more, void *);
	va_end(more);
	REAL("ioctl", int, (int, unsigned long, ...));
	return fails("ask") ? -1 : real(fd, request, argument);
}

int fcntl(int fd, int command, ...)
{
	va_list more;
	void *argument;

	va_start(more, command);
	argument = va_arg(more, void *);
	va_end(more);
	REAL("fcntl", int, (int, int, ...));
	return fails("ask") ? -1 : real(fd, command, argument);
}

int poll(struct pollfd *polls, nfds_t n, int timeout)
{
	REAL("poll", int, (struct pollfd *, nfds_t, int));
	return fails("ask") ? -1 : real(polls, n, timeout);
}

ssize_t process_vm_readv(pid_t pid, const struct iovec *local, unsigned long locals,
                         const struct iovec *remote, unsigned long remotes, unsigned long flags)
{
	REAL("process_vm_readv", ssize_t, (pid_t, const struct iovec *, unsigned long,
	                                   const struct iovec *, unsigned long, unsigned long));
	return fails("memory") ? -1 : real(pid, local, locals, remote, remotes, flags);
}

long syscall(long call, ...)
{
	long arguments[6];
	va_list more;

	va_start(more, call);
	for (int i = 0; i < 6; i++)
		arguments[i] = va_arg(more, long);
	va_end(more);
	REAL("syscall", long, (long, ...));
	return fails("syscall") ? -1
		: real(call, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
		       arguments[5]);
}
