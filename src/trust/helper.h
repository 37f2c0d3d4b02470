/*
 * The helper: a process that was forked while the program had all of the user's rights, and is
 * neither more nor less than that user. It does what the program itself gives up: it runs the one
 * command that the user named, and makes files, but opens none that is there (only
 * stacks in /proc).
 */
#ifndef TRUST_HELPER_H
#define TRUST_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Settled before it is forked; nothing that it is asked for later can change it. */
struct helper_duties {
	const char *command;     /* of the shell, or NULL: none is run */
	/* Keeps a text that W in the screen saves; 0 or -errno. NULL: none is saved. */
	int (*save)(void *context, const char *text, size_t length);
	void *context;
	bool stacks;             /* opens stacks of threads in the kernel */
	bool quiet;              /* without our standard input, output and error */
};

struct helper;

/* 0 or -errno. Any thread may ask it then; one that has been killed answers -ECHILD. */
int helper_start(const struct helper_duties *duties, struct helper **ret_helper);

/* Runs the command with that standard input and in $1 that word; does not wait for it. */
int helper_run(struct helper *h, int input, const char *word);

/* A new file to write to, by a path of this process; -EEXIST for one that is there already. */
int helper_create(struct helper *h, const char *path, mode_t mode, int *ret_fd);

int helper_save(struct helper *h, const char *text, size_t length);

/* /proc/PID/task/TID/stack, which only root with all capabilities may read (fs/proc/base.c). */
int helper_stack(struct helper *h, int32_t pid, int32_t tid, int *ret_fd);

/* Until all commands have ended. */
void helper_wait(struct helper *h);

/* Commands that still run are left alone. NULL is allowed. */
void helper_free(struct helper *h);

#endif
