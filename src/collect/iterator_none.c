/* For a build without the program (configure --disable-bpf, or clang or bpftool was missing). */
#include "collect/iterator.h"

#include <errno.h>

int iterator_open(struct iterator **ret_iterator, const char **ret_why)
{
	(void)ret_iterator;
	*ret_why = "this pipetop was built without it";
	return -ENOSYS;
}

int64_t iterator_pass(struct iterator *iterator, bool descriptors,
                       int (*take)(void *context, const char *data, size_t length), void *context)
{
	(void)iterator, (void)descriptors, (void)take, (void)context;
	return -ENOSYS;
}

void iterator_close(struct iterator *iterator)
{
	(void)iterator;
}
