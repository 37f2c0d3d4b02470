/*
 * Facts and findings into words, the same for the report, the screen and the watch. All foreign
 * text is escaped here. Functions that return char * give a new string, to be freed, or NULL when
 * there is no memory.
 */
#ifndef WORDS_EXPLAIN_H
#define WORDS_EXPLAIN_H

#include "analysis/diagnosis.h"

/* What "proved" means, as a sentence. */
extern const char explain_proved[];

/* "pipe:[6715]" or the path of a FIFO, escaped: the id of the contract. */
char *explain_pipe_id(const struct snapshot *s, uint32_t pipe);
/* The same without a snapshot; a NULL path is not known. */
char *explain_pipe_key(enum pipe_type type, uint64_t ino, const char *path);

/* "log (90909)" */
char *explain_process(const struct process *process);

/*
 * How a process ended, after its name: ", status 3", ", killed by signal 9 (Killed)"; empty where
 * both are UNKNOWN.
 */
char *explain_end(int32_t status, int32_t signal);

/* "log (90909)"; a thread that is not the leader: "log (90909, thread 90911)". */
char *explain_task(const struct snapshot *s, const struct task *task);

/* The call as strace would write it, as far as it is known: "write(2, …, 13)", "wait4(90909)". */
char *explain_call(const struct snapshot *s, const struct task *task);

/* "waits for room in pipe:[6715]", "waits for sh (12) to exit", "sleeps", "is stopped", … */
char *explain_wait(const struct snapshot *s, const struct task *task);

/* The contract's word for the wait: "pipe-space", "child-exit", "running", … Static text. */
const char *explain_wait_name(const struct wait *wait);

/* How many processes hold that side of the pipe; the first `size` of them in `first`. */
uint32_t explain_holders(const struct snapshot *s, const struct pipe *pipe, bool writers,
                         uint32_t *first, uint32_t size);

/*
 * One sentence a member, in the order of the cycle, one that says what holds, and those of
 * explain_notes().
 */
char *explain_deadlock(const struct diagnosis *d, const struct deadlock *deadlock);

/* As explain_wait(), of a member or victim: a wait for any child names one that is doomed too. */
char *explain_wait_in(const struct diagnosis *d, const struct deadlock *deadlock,
                      const struct task *task);

/*
 * What the next member is to the one at `at`: "only reader", "its child"; behind the last one that
 * of the first, with its name. Empty where the sentence of explain_wait() has said it.
 */
char *explain_tie(const struct diagnosis *d, const struct deadlock *deadlock, uint32_t at);

/* Why it is not proved, as one clause. */
char *explain_doubt(const struct diagnosis *d, const struct doubt *doubt);

/*
 * What the reader does instead: "no slot freed for 42 s: its reader node (800) is in epoll_wait on
 * other files".
 */
char *explain_stall(const struct diagnosis *d, const struct stall *stall);

/*
 * What can be done, the mildest first. NULL-terminated array in one allocation each, freed with
 * explain_free_list(). The first ones are commands to type ("pipetop …"), the later ones changes
 * of the program.
 */
char **explain_remedies(const struct diagnosis *d, const struct deadlock *deadlock);

/*
 * Sentences on what limits the remedies: nothing to grow, a pipe of 2 slots, of the greatest size.
 */
char *explain_notes(const struct diagnosis *d, const struct deadlock *deadlock);

void explain_free_list(char **list);

/* What could not be seen and what would help, one line each; an empty list for a complete view. */
char **explain_view(const struct snapshot *s);

/* The contract's words for view.limits of the JSON, NULL-terminated: "not-root", "ptrace", … */
const char *const *explain_limit_names(const struct snapshot *s, const char *out[8]);

#endif
