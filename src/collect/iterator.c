/*
 * Loading the program by its light skeleton, which bpftool makes: a header that has it, what
 * fits it to the running kernel, and needs no library. An iterator is read like a file, bpf(2),
 * BPF_ITER_CREATE; what it shows is of our own PID namespace, that in which we create it
 * (kernel/bpf/task_iter.c). But nothing is to be read there: read(2) only has the program run, and
 * what it writes down stands in memory that we share with it.
 */
#include "collect/iterator.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collect/parse.h"
#include "collect/proc.h"
#include "collect/records.h"
#include "collect/iterator.skel.h"

struct iterator {
	struct kernel *kernel;
	const struct records *records;
	pthread_mutex_t one_pass;
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
	return "this kernel does not take the program: 5.17 or later with BTF does";
}

int iterator_open(struct iterator **ret_iterator, const char **ret_why)
{
	struct iterator *iterator;
	struct kernel *kernel;
	int r;

	if (!is_own_proc()) {
		*ret_why = "/proc is that of another PID namespace";
		return -ENOTSUP;
	}
	iterator = calloc(1, sizeof(*iterator));
	kernel = iterator ? kernel__open() : NULL;
	if (!kernel) {
		free(iterator);
		return -ENOMEM;
	}
	r = kernel__load(kernel);
	if (r == 0)
		r = kernel__attach(kernel);
	if (r < 0) {
		*ret_why = cause_of(-r);
		kernel__destroy(kernel);
		free(iterator);
		return r;
	}
	iterator->records = mmap(NULL, sizeof(*iterator->records), PROT_READ, MAP_SHARED,
	                          kernel->maps.records.map_fd, 0);
	if (iterator->records == MAP_FAILED) {
		kernel__destroy(kernel);
		free(iterator);
		return -ENOMEM;
	}
	pthread_mutex_init(&iterator->one_pass, NULL);
	iterator->kernel = kernel;
	*ret_iterator = iterator;
	return 0;
}

void iterator_close(struct iterator *iterator)
{
	if (iterator) {
		munmap((void *)iterator->records, sizeof(*iterator->records));
		kernel__destroy(iterator->kernel);
		pthread_mutex_destroy(&iterator->one_pass);
	}
	free(iterator);
}

static int create(int link)
{
	union bpf_attr attributes = { .iter_create = { .link_fd = (uint32_t)link } };
	long fd = syscall(SYS_bpf, BPF_ITER_CREATE, &attributes, sizeof(attributes));

	return fd < 0 ? -errno : (int)fd;
}

static int64_t pass(struct iterator *iterator, bool descriptors,
                    int (*take)(void *, const char *, size_t), void *context)
{
	struct pass *state = &iterator->kernel->bss->pass;
	__attribute__((cleanup(proc_close))) int fd = create(iterator->kernel->links.each_thread_fd);
	int r = fd;

	*state = (struct pass){ .descriptors_wanted = descriptors };
	while (r >= 0 && !state->finished) {
		char nothing;
		ssize_t length = read(fd, &nothing, sizeof(nothing));

		/* That it is to be asked again stands for: it has filled its memory, or has run
		   for long enough. */
		if (length < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (length == 0 && !state->finished)
			return -EBADMSG;
		r = take(context, iterator->records->bytes, state->used);
		state->used = 0;
	}
	return r < 0 ? r : (int64_t)state->descriptors;
}

int64_t iterator_pass(struct iterator *iterator, bool descriptors,
                       int (*take)(void *context, const char *data, size_t length), void *context)
{
	int64_t r;

	pthread_mutex_lock(&iterator->one_pass);
	r = pass(iterator, descriptors, take, context);
	pthread_mutex_unlock(&iterator->one_pass);
	return r;
}
