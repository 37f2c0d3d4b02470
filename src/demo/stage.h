/*
 * What the processes of a scene are made with. Nothing here returns an error: a scene that cannot
 * be played ends, and scene_start() tells.
 */
#ifndef DEMO_STAGE_H
#define DEMO_STAGE_H

#include <stdbool.h>
#include <sys/types.h>

struct stage;

/* Makes the calling process the first one of a scene: it dies with `parent`. */
void stage_enter(pid_t parent);

void stage_name(const char *name);

/* As fork(2): the child dies with its parent and is called `name`. */
pid_t stage_fork(const char *name);

void stage_pipe(int ends[2]);

/* From its next sleep on the calling thread is in `state` (proc_pid_stat(5)), or often. */
void stage_ready(struct stage *stage, char state);

/* These go on until all is done. */
void stage_write(int fd, const char *text, unsigned times);
void stage_read_to_end(int fd);
void stage_wait(pid_t child);
void stage_pause(unsigned ms);

/* ---- the side of pipetop ---- */

/* Shared with all processes that are forked from here on; NULL when there is no memory. */
struct stage *stage_new(void);
void stage_free(struct stage *stage);

/* Whether the actor of that number has called stage_ready() and was seen in its state. */
bool stage_is_ready(struct stage *stage, unsigned actor);

/* ---- the scenes ---- */

void stuck_article(struct stage *stage);
void stuck_cross(struct stage *stage);
void stuck_leak(struct stage *stage);
void stuck_stderr(struct stage *stage);
void stuck_stdin(struct stage *stage);
void stuck_self(struct stage *stage);
void stuck_shell(struct stage *stage);

void healthy_slow(struct stage *stage);
void healthy_stopped(struct stage *stage);
void healthy_communicate(struct stage *stage);
void healthy_stream(struct stage *stage);

#endif
