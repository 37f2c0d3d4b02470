/* Scenes that several tests need, as facts. Each is proved as it stands. */
#ifndef TESTS_SCENES_H
#define TESTS_SCENES_H

#include "model/snapshot.h"

/* log (300) writes to python (200), which waits for it; a shell (100) waits for python. */
struct snapshot *scene_article(void);

/* 10 and 11, a pipe each way: 10 writes to 11 on pipe 2, 11 to 10 on pipe 1. */
struct snapshot *scene_cross(void);

/* The same, but both read. */
struct snapshot *scene_mutual_readers(void);

/* 10 writes, 11 polls for room in its own direction. */
struct snapshot *scene_write_against_poll(void);

/* cat (11) reads pipe 1, of which its waiting parent (10) has the write end. */
struct snapshot *scene_cat_without_end(void);

/* 10 reads its own pipe 1. */
struct snapshot *scene_own_pipe_empty(void);

/* A shell (20) waits for any child; it holds the pipe 7 on which 21 and its child 22 are stuck. */
struct snapshot *scene_any_child(void);

/* A reader (200) of two threads: one waits for the child (300), one (201) for its fellow. */
struct snapshot *scene_two_threads(void);

#endif
