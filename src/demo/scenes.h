/*
 * The scenes of --demo: real processes that really are stuck, or only look like it. Every process
 * of a scene dies with pipetop, however pipetop ends (PR_SET_PDEATHSIG, prctl(2)).
 */
#ifndef DEMO_SCENES_H
#define DEMO_SCENES_H

#include <stdbool.h>
#include <sys/types.h>

struct stage;

struct scene {
	const char *name, *help;
	bool stuck;              /* a deadlock is to be found in it */
	unsigned actors;         /* threads that call stage_ready() */
	unsigned still_ms;       /* how long it must have been so to deserve its name */
	/* Runs in the scene's first process. */
	void (*run)(struct stage *stage);
};

/* Ends with a row of NULL; the first is the default. */
extern const struct scene scenes[];

/* NULL when there is no such scene. */
const struct scene *scene_find(const char *name);

/*
 * Starts it and waits until it is as it will stay (each thread in the state that the scene is
 * about). 0 and the pid of its first process, or -errno. From then on SIGHUP, SIGINT and SIGTERM
 * stop the scene before they end us. One scene at a time.
 */
int scene_start(const struct scene *scene, pid_t *ret_pid);

/* Kills the whole scene and reaps it. Safe in a signal handler. */
void scene_stop(pid_t pid);

#endif
