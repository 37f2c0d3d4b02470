/* The descriptors of one table: which of them are ends of pipes, and what else matters of them. */
#ifndef COLLECT_DESCRIPTORS_H
#define COLLECT_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/builder.h"

struct mounts;
struct remote;

/* What was met in a table beside pipe ends. */
struct descriptors {
	uint64_t seen, unidentified;
	bool cut;                /* there were more than were to be read */
	bool uring;              /* an io_uring is among them … */
	bool uring_files;        /* … which holds, or may hold, files that have no descriptor */
	bool in_flight;          /* a socket among them carries descriptors */
	bool put_by;             /* what some of them are is told only later, see remote.h */
};

/* What is the same for all tables. */
struct descriptors_facts {
	uint64_t pipe_device;    /* of anonymous pipes: they all live on one mount of the kernel's own */
	bool starts_anywhere;    /* a listing goes on from the number that was sought, less 2 */
};
int descriptors_learn(struct descriptors_facts *ret); /* 0 or -errno */

/*
 * Reads a directory of descriptors, that of the process or, where tid is not 0, of a thread, and
 * adds every end of a pipe to the builder, or to `remote` what may be one; at most `most`
 * descriptors are read. With `sockets`, also looks whether a socket has descriptors in flight
 * (costly). 0, -ENOMEM, or -errno of the directory.
 */
int descriptors_read(struct builder *b, int fd_dir, int32_t pid, int32_t tid, uint16_t table,
                     struct mounts *mounts, struct remote *remote,
                     const struct descriptors_facts *facts, bool sockets, uint64_t most,
                     struct descriptors *ret);

/* O_NONBLOCK of a holder and O_DIRECT from its fdinfo; both stay as they are if not readable. */
void descriptors_flags(int dir, int32_t tid, struct holder *holder, enum fact *ret_direct);

/*
 * Whether a table has a descriptor of whose events a signal may tell, any signal: one with O_ASYNC
 * or a lease (fcntl(2), F_SETSIG), or a message queue (mq_notify(3)). With `urgent` (SIGURG is
 * caught) also a socket: there F_SETOWN is enough, and nothing shows it.
 */
enum fact descriptors_async(int dir, int32_t tid, bool urgent);

/*
 * Of a FIFO that is known by the kernel's own inode number: its path, and the device that stat(2)
 * has for it, from one descriptor of the process, whose directory of them is given. 0, -ENOENT when
 * it can't be told or is another file, -ENOMEM.
 */
int descriptors_identify(struct builder *b, int fd_dir, int32_t fd, struct mounts *mounts,
                         struct seen_end *end);

#endif
