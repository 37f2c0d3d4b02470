/*
 * Owns the confession: what a look could not see, and what would help. One table holds each limit's
 * word in the JSON and its sentence.
 */
#include "words/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "words/phrase.h"

static const struct {
	enum view_limit limit;
	const char *name;
	const char *sentence;    /* NULL where a count says it better */
} limits[] = {
	{ LIMIT_NOT_ROOT, "not-root", NULL },
	{ LIMIT_PTRACE, "ptrace",
	  "The system calls of some processes could not be read (yama's "
	  "ptrace_scope, or a sandbox), so what they wait for rests on wchan." },
	{ LIMIT_PID_NAMESPACE, "pid-namespace",
	  "Processes outside this PID namespace cannot be seen: "
	  "run pipetop on the host." },
	{ LIMIT_HIDEPID, "hidepid",
	  "/proc is mounted with hidepid, which hides other users' "
	  "processes from all but root." },
	{ LIMIT_TIMEOUT, "timeout", NULL },
	{ LIMIT_MAX_FDS, "max-fds", "--max-fds cut the look short: a greater number sees more." },
	{ LIMIT_DENIED, "denied", NULL },
};

enum { LIMITS = sizeof(limits) / sizeof(limits[0]), COUNTS = 3 };

const char *const *explain_limit_names(const struct snapshot *s, const char *out[8])
{
	size_t count = 0;

	for (size_t i = 0; i < LIMITS; i++) {
		if (s->view_limits & (unsigned)limits[i].limit)
			out[count++] = limits[i].name;
	}
	out[count] = NULL;
	return out;
}

/* "12 processes could not be read: root can." */
static char *count_line(uint64_t count, const char *noun, const char *plural, const char *rest)
{
	struct phrase phrase = { 0 };

	phrase_add(&phrase, "%" PRIu64 " %s%s", count, count == 1 ? noun : plural, rest);
	return phrase_take(&phrase);
}

static const char *denied_rest(const struct snapshot *s)
{
	return s->view_limits & LIMIT_NOT_ROOT ? " could not be read: run as root."
	       : " could not be read, even by root (a sandbox or a security module).";
}

/* What --max-fds leaves out is not read either. */
static const char *timed_out_rest(const struct snapshot *s)
{
	return s->view_limits & LIMIT_MAX_FDS ? " could not be read before the look was cut short."
	                                      : " did not answer in time.";
}

/* 0 when an item could not be made; *count is how many there are. */
static bool add_line(char **list, size_t *count, char *line)
{
	list[*count] = line;
	*count += line != NULL;
	return line != NULL;
}

static bool add_lines(char **list, const struct snapshot *s)
{
	static const char process[] = "process", processes[] = "processes";
	size_t count = 0;
	bool ok = true;

	if (s->denied)
		ok = add_line(list, &count,
		              count_line(s->denied, process, processes, denied_rest(s)));
	if (ok && s->timed_out)
		ok = add_line(list, &count,
		              count_line(s->timed_out, process, processes, timed_out_rest(s)));
	if (ok && s->fds_unidentified)
		ok = add_line(
			list, &count,
			count_line(s->fds_unidentified, "descriptor", "descriptors",
		                   " could not be identified, on mounts that are not local."));
	for (size_t i = 0; ok && i < LIMITS; i++) {
		if (limits[i].sentence && s->view_limits & (unsigned)limits[i].limit)
			ok = add_line(list, &count, strdup(limits[i].sentence));
	}
	return ok;
}

char **explain_view(const struct snapshot *s)
{
	char **list = calloc(LIMITS + COUNTS + 1, sizeof(*list));

	if (list && !add_lines(list, s)) {
		explain_free_list(list);
		return NULL;
	}
	return list;
}
