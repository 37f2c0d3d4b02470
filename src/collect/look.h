/* What the steps of one look share. Private to this room. */
#ifndef COLLECT_LOOK_H
#define COLLECT_LOOK_H

#include "collect/census.h"
#include "collect/collect.h"
#include "collect/descriptors.h"
#include "collect/kept.h"
#include "collect/parse.h"
#include "collect/scout.h"
#include "collect/tasks.h"
#include "collect/users.h"
#include "model/builder.h"

/* A thread of a process, and which of the process's descriptor tables it uses. */
struct thread {
	int32_t pid, tid;
	uint32_t call;           /* in look->calls; NONE when it is still to be read */
	uint16_t table;
};

/* An end of a pipe that we were started with. */
struct own_end {
	int32_t fd;
	uint64_t dev, ino;
	bool reads, writes;
	enum pipe_type type;
	enum fact nonblocking, packet, named;
};

struct collector {
	struct iterator *iterator; /* of the caller; NULL: /proc is read for everything */
	struct tasks *tasks;
	int32_t self;            /* our own pid */
	struct scouts *scouts;
	struct users *users;
	struct kept *kept;
	struct descriptors_facts facts;
	uint64_t max_fds;        /* in one look; UINT64_MAX for all */
	struct own_end *own;
	uint32_t own_count;
	bool shows_scm_fds;      /* the kernel tells of descriptors in flight */
	char *host, *kernel;
};

struct look {
	struct collector *c;
	const struct collect_request *request;
	struct builder *b;
	struct snapshot *head;
	struct census *census;   /* what the kernel itself tells; NULL: /proc does */
	uint32_t missing;        /* processes that the census lacks */
	struct mounts *mounts;
	struct remote *remote;   /* while the crowd is read */
	bool in_flight;
	uint32_t nested;         /* epolls in polls or epolls that were read */
	uint32_t inside;         /* of how many of those it reads just now */
	struct clocks *clocks;   /* or NULL; made when they are first asked for */

	struct thread *threads;  /* by pid, tid */
	uint32_t thread_count, thread_room;
	struct shown_call *calls; /* of those threads for whom they are known to matter */
	uint32_t call_count, call_room;

	/* After builder_link(), one for each process. */
	bool *relevant;          /* holds a pipe, or is above or below who does */
	bool *has_children;
	/* One for each pipe: somebody waits at its write end, so whether it is full matters. */
	bool *wants_full;
	/* One for each pipe: somebody may sleep with its lock held, so it must not be touched. */
	bool *locked;
};

/* Whether a close look at this process was asked for. */
bool look_suspects(const struct look *look, int32_t pid);
/* Whether this process is looked at, and this pipe: all are, unless the look is a narrow one. */
bool look_wants(const struct look *look, int32_t pid);
bool look_wants_pipe(const struct look *look, const struct pipe *pipe);

/* crowd.c: who is there and which ends they hold. 0 or -errno. */
int look_at_crowd(struct look *look);
/*
 * The same for some processes; for one thread; for ourselves; for the ends that we were started
 * with. 0 or -ENOMEM.
 */
int look_at_some(struct look *look, const int32_t *pids, uint32_t count);
int look_add_thread(struct look *look, int32_t pid, int32_t tid, uint16_t table);
int look_add_self(struct look *look, struct process *process);
int look_add_own_ends(struct look *look);
void look_sort_threads(struct look *look);
/* counted.c: the same by the census, and the pipes. */
int look_at_census(struct look *look);
int look_at_counted_pipes(struct look *look);
/* Threads of the process in look->threads: the first, and how many. */
uint32_t look_threads(const struct look *look, int32_t pid, uint32_t *ret_count);

/* waits.c: what every thread that matters waits for, as far as pipes need not be touched for it. */
int look_at_waits(struct look *look);
/* pipes.c: fill, capacity and fullness of every pipe. */
int look_at_pipes(struct look *look);
/* waits.c: what could only be told once the pipes were known. */
void look_settle_waits(struct look *look);
/* examine.c: the closer facts of the suspects. */
int look_at_suspects(struct look *look);
/* frozen.c: the process whose directory of /proc this is. */
bool look_is_frozen(int dir);
/* rings.c: which suspects have an io_uring without a descriptor. */
int look_at_rings(struct look *look);
/* futexes.c: whether only their own process can wake the suspects that sleep in one. */
int look_at_futexes(struct look *look);
/* names.c: command lines, units and users. */
int look_at_names(struct look *look);

#endif
