/*
 * What the kernel itself says of all threads and pipe ends of our PID namespace (records.h), put
 * in order. Pure: records in, nothing read.
 */
#ifndef COLLECT_CENSUS_H
#define COLLECT_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "collect/records.h"
#include "model/index.h"
#include "model/snapshot.h"

/* A descriptor table. */
struct census_table {
	uint64_t table;
	uint32_t seen, users;    /* threads that were seen to share it, and those that do */
};

/* A thread of whose table ends were shown. */
struct census_holder {
	uint64_t table;
	int32_t pid;
	uint32_t leader;         /* of its process, among the threads; NONE when it was not seen */
	bool unseen_users;       /* the table may have some */
};

/* What of an end_record is the end's own; there may be many of them. */
struct census_end {
	uint64_t file;
	int32_t fd;
	uint32_t holder;
	uint32_t pipe;           /* NONE for one that was shown before */
	uint32_t next;           /* of the same pipe, or NONE */
	uint32_t references : 28; /* 0 for more than anybody can have */
	bool reads : 1, writes : 1, nonblocking : 1, packet : 1;
};

/* What several have said. */
struct census_range {
	uint32_t least, most;
};

/* A pipe: what its ends tell of it together, who were read one after the other. */
struct census_pipe {
	uint64_t dev, ino;       /* as stat(2) has them, if it is no FIFO or .identified */
	uint32_t first_end;      /* and so on by .next: by file, table, fd, pid */
	int32_t fill_bytes, capacity_bytes;
	struct census_range readers, writers; /* as the kernel counts them */
	enum fact full;          /* what they disagree about was moving */
	bool known;              /* each of them knew its pipe, else nothing of all that is */
	bool named;              /* has a name */
	bool identified;         /* by whoever uses the census */
};

struct census {
	struct thread_record *threads; /* by pid, the leader first, tid */
	struct census_table *tables;   /* of them, by table */
	struct census_pipe *pipes;     /* as they came */
	struct census_holder *holders; /* likewise */
	struct census_end *ends;       /* likewise: holder by holder, by fd */
	struct index index;            /* of the pipes, during a pass */
	uint32_t thread_count, table_count, pipe_count, holder_count, end_count;
	uint32_t thread_room, pipe_room, holder_room, end_room;
	/* The thread whose records are being taken; pid 0 for nobody of our PID namespace. */
	struct census_holder current;
};

/* What follows for a pipe from all of its ends. */
struct census_count {
	enum fact no_readers, no_writers;
	/* Somebody holds such an end whom no record shows; see census_count(). */
	enum fact unseen_readers, unseen_writers;
	enum fact extra_references; /* there are more to one of its files than can be explained */
	uint64_t misplaced;      /* a file that some of the calls on it do not hold, or 0 */
};

/* Before a pass: what an earlier one has found is forgotten. */
void census_begin(struct census *c);

/* Takes the records of a buffer. 0, -EBADMSG for what is none, or -ENOMEM. */
int census_take(struct census *c, const char *data, size_t length);

/* After a pass: puts in order what it has brought. 0 or -ENOMEM. */
int census_end(struct census *c);

/* NULL when there is no such thread. */
const struct thread_record *census_find(const struct census *c, int32_t pid, int32_t tid);

/* NULL when no thread was seen with it. */
const struct census_table *census_find_table(const struct census *c, uint64_t table);

/* Who holds an end. */
const struct census_holder *census_holder(const struct census *c, const struct census_end *end);

/* The threads lie side by side: the index behind those of `first`'s process. */
uint32_t census_process_end(const struct census *c, uint32_t first);

/* Whether two censuses have the same processes. */
bool census_same_processes(const struct census *a, const struct census *b);

/*
 * A side of a pipe has unseen holders when the kernel counts more
 * open file descriptions of that side than records show. It has none when the counts are the same
 * and, since a description is shared by whoever got it by fork(2), dup(2) or a socket, all
 * references to each of them are accounted for as well: by descriptors in tables of which all
 * users were seen, and by `calls`, which hold one for as long as they sleep. Else it is not known.
 * References are extra when those calls that may hold one, too, do not explain them: the kernel
 * itself has them (an autofs, a request of an io_uring), or somebody unseen.
 */
struct census_call {
	uint64_t table;
	int32_t fd;
	bool sure;               /* it holds one; else it may */
};
struct census_count census_count(const struct census *c, uint32_t pipe,
                                 const struct census_call *calls, uint32_t call_count);

/* By table and fd, as census_count() wants them. */
void census_sort_calls(struct census_call *calls, uint32_t count);

/* As proc_pid_stat(5) writes the state of a thread. */
char census_state(const struct thread_record *r);

void census_free(struct census *c);

#endif
