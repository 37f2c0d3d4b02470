/* For a build without the programs (configure --disable-bpf, or clang or bpftool was missing). */
#include "collect/iterators.h"

#include <errno.h>

int iterators_open(struct iterators **ret_iterators, const char **ret_why)
{
	(void)ret_iterators;
	*ret_why = "this pipetop was built without it";
	return -ENOSYS;
}

int iterators_pass(const struct iterators *iterators, enum iterator which,
                   ssize_t (*take)(void *context, const char *data, size_t length), void *context)
{
	(void)iterators, (void)which, (void)take, (void)context;
	return -ENOSYS;
}

void iterators_close(struct iterators *iterators)
{
	(void)iterators;
}
