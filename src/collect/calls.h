/*
 * System calls that a thread may be blocked in: a static table from the number to what the call
 * waits for and where its operands are. Pure: numbers and arguments in, nothing read.
 */
#ifndef COLLECT_CALLS_H
#define COLLECT_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/snapshot.h"

enum call_shape {
	CALL_OTHER,              /* the outside world ends it; .what names it */
	CALL_WRITE,              /* .fd, .count_bytes */
	CALL_READ,
	CALL_MOVE,               /* splice, tee, sendfile: .fd in, .fd_out out */
	CALL_CHILD,              /* .children, .child (a pid, a group; with .pidfd a descriptor) */
	CALL_VFORK,
	CALL_CLONE3,             /* a vfork when the flags at .address[0] say so */
	CALL_POLL,               /* .count entries at .address[0] */
	CALL_SELECT,             /* sets of .count bits at .address[0..2]: read, write, except */
	CALL_EPOLL,              /* .fd */
	CALL_FUTEX,              /* .address[0], .private */
	CALL_FUTEX_WAITV,        /* .count waiters at .address[0] */
	CALL_SIGNAL,             /* any signal that is caught and not blocked */
	CALL_SIGNAL_SET,         /* the set at .address[0] */
	CALL_OPEN,
	CALL_RESTART             /* restart_syscall: wchan tells of what */
};

struct call {
	const char *name;
	enum call_shape shape;
	const char *what;        /* CALL_OTHER: struct wait .what */
	int32_t fd, fd_out;
	int64_t count_bytes;
	bool timed;              /* it ends by itself, or never blocks at all */
	enum children children;
	int32_t child;
	bool pidfd;
	bool private;
	uint64_t address[3];
	uint32_t count;
};

/*
 * The call with its operands. `compat`: numbered and sized as 32-bit programs do. A number that
 * the table lacks is CALL_OTHER, with the name that libseccomp has for it, or none.
 */
void call_decode(bool compat, int32_t number, const uint64_t args[6], struct call *ret);

/*
 * Whether a clone with these flags waits for a child of its own: not for a sibling, not for a
 * thread.
 */
bool call_waits_for_child(uint64_t clone_flags);

/* The name in static storage, or NULL. */
const char *call_name(bool compat, int32_t number);

#endif
