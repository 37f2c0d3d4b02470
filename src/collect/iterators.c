/*
 * Loading the programs by their light skeleton, which bpftool makes: a header that has them, what
 * fits them to the running kernel, and needs no library. An iterator is read like a file, bpf(2),
 * BPF_ITER_CREATE; what it shows is of our own PID namespace, that in which we create it
 * (kernel/bpf/task_iter.c).
 */
#include "collect/iterators.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/parse.h"
#include "collect/proc.h"
#include "collect/iterators.skel.h"

/* More than the kernel writes at once. */
enum { PASS_BUFFER = 128 * 1024 };

struct iterators {
	struct kernel *kernel;
};

/* Where /proc is that of another PID namespace, its numbers are not those that we would get. */
static bool is_own_proc(void)
{
	struct status_lines status;
	char text[4096];
	ssize_t length = proc_read(AT_FDCWD, "/proc/self/status", text, sizeof(text));

	return length > 0 && parse_status(text, (size_t)length, &status) == 0 &&
	       status.ns_depth <= 1;
}

static const char *cause_of(int error)
{
	if (error == EPERM || error == EACCES)
		return "it needs root, or CAP_BPF and CAP_PERFMON";
	return "this kernel does not take the programs: 5.17 or later with BTF does";
}

int iterators_open(struct iterators **ret_iterators, const char **ret_why)
{
	struct iterators *iterators;
	struct kernel *kernel;
	int r;

	if (!is_own_proc()) {
		*ret_why = "/proc is that of another PID namespace";
		return -ENOTSUP;
	}
	iterators = calloc(1, sizeof(*iterators));
	kernel = iterators ? kernel__open() : NULL;
	if (!kernel) {
		free(iterators);
		return -ENOMEM;
	}
	r = kernel__load(kernel);
	if (r == 0)
		r = kernel__attach(kernel);
	if (r < 0) {
		*ret_why = cause_of(-r);
		kernel__destroy(kernel);
		free(iterators);
		return r;
	}
	iterators->kernel = kernel;
	*ret_iterators = iterators;
	return 0;
}

void iterators_close(struct iterators *iterators)
{
	if (iterators)
		kernel__destroy(iterators->kernel);
	free(iterators);
}

static int create(int link)
{
	union bpf_attr attributes = { .iter_create = { .link_fd = (uint32_t)link } };
	long fd = syscall(SYS_bpf, BPF_ITER_CREATE, &attributes, sizeof(attributes));

	return fd < 0 ? -errno : (int)fd;
}

static int read_records(int fd, char *buffer, ssize_t (*take)(void *, const char *, size_t),
                        void *context)
{
	size_t left = 0;
	ssize_t used = 1;

	while (used > 0) {
		ssize_t length = read(fd, buffer + left, PASS_BUFFER - left);

		/* After very many objects of which there is nothing to tell the kernel wants to be
		   asked again. */
		if (length < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (length < 0)
			return -errno;
		if (length == 0)
			return left ? -EBADMSG : 0;
		left += (size_t)length;
		used = take(context, buffer, left);
		if (used > 0) {
			left -= (size_t)used;
			memmove(buffer, buffer + used, left);
		}
	}
	return used < 0 ? (int)used : -EBADMSG;
}

int iterators_pass(const struct iterators *iterators, enum iterator which,
                   ssize_t (*take)(void *context, const char *data, size_t length), void *context)
{
	const struct kernel *kernel = iterators->kernel;
	const int links[] = {
		[ITERATOR_THREADS] = kernel->links.each_thread_fd,
		[ITERATOR_DESCRIPTORS] = kernel->links.each_descriptor_fd,
	};
	__attribute__((cleanup(proc_close))) int fd = create(links[which]);
	char *buffer = malloc(PASS_BUFFER);
	ssize_t r = buffer ? fd : -ENOMEM;

	if (r >= 0)
		r = read_records(fd, buffer, take, context);
	free(buffer);
	return (int)r;
}
