/*
 * Capabilities, capabilities(7), by libcap-ng. Of all of root's five are kept: CAP_SYS_PTRACE reads
 * what threads wait for and duplicates ends of pipes, CAP_DAC_READ_SEARCH lists descriptors,
 * CAP_SYS_NICE lets go of a duplicate before anybody else runs (probe_hurry), CAP_KILL sends
 * signals, CAP_SYS_RESOURCE enlarges pipes beyond pipe-max-size. None of them writes a file.
 *
 * An executable with file capabilities is an ordinary user's process with more power (AT_SECURE,
 * getauxval(3)): it must not read with that power what the user names.
 */
#include "config.h"

#include "trust/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef HAVE_LIBCAP_NG
#include <cap-ng.h>
#endif

static bool is_setuid(void)
{
	return getuid() != geteuid() || getgid() != getegid();
}

static bool has_file_capabilities(void)
{
	return getauxval(AT_SECURE);
}

#ifdef HAVE_LIBCAP_NG

static const unsigned kept[] = {
	CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYS_NICE, /* a look */
	CAP_KILL, CAP_SYS_RESOURCE,                        /* the actions */
};
enum { KEPT_TO_LOOK = 3, KEPT_TO_ACT = 5 };

/* They stay permitted, and are taken up again by privileges_keep(). */
static int set_aside(void)
{
	if (capng_get_caps_process() < 0)
		return -EPERM;
	for (unsigned capability = 0; capability <= CAP_LAST_CAP; capability++)
		capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, capability);
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}

/*
 * The bounding set can be cut only as long as CAP_SETPCAP is there, which file capabilities lack.
 */
static int keep(size_t count)
{
	bool permitted[KEPT_TO_ACT], cuts_bounds;

	if (capng_get_caps_process() < 0)
		return -EPERM;
	cuts_bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
	for (size_t i = 0; i < count; i++)
		permitted[i] = capng_have_capability(CAPNG_PERMITTED, kept[i]);
	capng_clear(CAPNG_SELECT_ALL);
	for (size_t i = 0; i < count; i++)
		if (permitted[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
	if (capng_apply(cuts_bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	return 0;
}

static int give_up(void)
{
	capng_clear(CAPNG_SELECT_CAPS);
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}

/*
 * pidfd_getfd(2) since Linux 5.6, of a thread that is no leader since 6.9 (PIDFD_THREAD is O_EXCL).
 */
static bool can_duplicate(void)
{
	int pidfd = pidfd_open(getpid(), O_EXCL);
	bool exists = pidfd >= 0 && (pidfd_getfd(pidfd, -1, 0) == 0 || errno != ENOSYS);

	if (pidfd >= 0)
		close(pidfd);
	return exists;
}

bool privileges_reach_pipes(void)
{
	return can_duplicate() && capng_get_caps_process() == 0 &&
	       capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_PTRACE);
}

#else

enum { KEPT_TO_LOOK, KEPT_TO_ACT };

static int set_aside(void)
{
	return -ENOTSUP;
}

static int keep(size_t count)
{
	(void)count;
	return 0;
}

static int give_up(void)
{
	return -ENOTSUP;
}

bool privileges_reach_pipes(void)
{
	return false;
}

#endif

int privileges_begin(void)
{
	if (is_setuid())
		return -EPERM;
	return has_file_capabilities() ? set_aside() : 0;
}

int privileges_drop(void)
{
	return has_file_capabilities() ? give_up() : 0;
}

int privileges_keep(bool act)
{
	int r = keep(act ? KEPT_TO_ACT : KEPT_TO_LOOK);

	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = -errno;
	return r;
}
