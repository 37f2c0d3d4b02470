/* Files of /proc into buffers. No file but those of /proc is ever opened by these. */
#ifndef COLLECT_PROC_H
#define COLLECT_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROC_PATH_SIZE = 64 };

/*
 * The directory of a process, for everything that is then read of it: once the process is gone,
 * reads through it fail with ESRCH or ENOENT and never reach a successor with the same pid. A
 * descriptor (O_PATH), or -errno.
 */
int proc_open(int32_t pid);
/* The same of the directory of its threads, where each has one that its id names. */
int proc_open_threads(int32_t pid);

/*
 * At most `size` bytes of dir/path, a file that is made in one piece, as all about one process,
 * thread or descriptor are but lists. The length, or -errno. `dir` may be AT_FDCWD.
 */
ssize_t proc_read(int dir, const char *path, char *buffer, size_t size);

/*
 * The whole of dir/path, a list (at most 16 MiB) in a new buffer, to be freed. The length, or
 * -errno.
 */
ssize_t proc_read_all(int dir, const char *path, char **ret_text);

/* These return `path`, and cut off what does not fit. The number alone: */
char *proc_number(char path[PROC_PATH_SIZE], int32_t number);
/* "/proc/PID/name". */
char *proc_path(char path[PROC_PATH_SIZE], int32_t pid, const char *name);
/* "task/TID/name", or only "name" where tid is 0. */
char *proc_task_path(char path[PROC_PATH_SIZE], int32_t tid, const char *name);
/* "TID/name", for proc_open_threads(). */
char *proc_thread_path(char path[PROC_PATH_SIZE], int32_t tid, const char *name);

void proc_close(int *fd);

/* All pids that /proc lists and wants(context, pid) takes, to be freed. 0 or -errno. */
int proc_list(bool (*wants)(const void *, int32_t pid), const void *context, int32_t **ret_pids,
              uint32_t *ret_count);

#endif
