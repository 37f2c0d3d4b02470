/*
 * What the files of the actor share: one line of its language, and the names that lines
 * give to pipes, children and threads.
 */
#ifndef SCENARIOS_ACTOR_H
#define SCENARIOS_ACTOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* `word word word { block }`; missing words are "" and a missing block is "". */
struct line {
	char *words[12];
	const char *block;
};

struct act {
	const char *name;
	void (*run)(const struct line *line);
	const char *help;
};

/* One table a file, each ended by an act without a name. */
extern const struct act pipe_acts[], wait_acts[], process_acts[];

struct name {
	char text[16];
	int reads, writes; /* of a pipe: its descriptors, or -1 */
	pid_t pid;         /* of a child; of a thread, its tid */
	pthread_t thread;
};

/* The name is made where it is new. */
struct name *name_of(const char *text);

/* The descriptor of an end: "a.r" or "a.w". */
int *end_of(const char *text);

/* Plays all lines of the text. */
void play(const char *text);

/* The line can't be played here: the scenario is skipped, with this cause. */
_Noreturn void skip(const char *cause);

/* The number of the system call that a thread is in, or -1. */
long call_of(const char *pid);

/* Who is about to compute for ever must not slow the others down. */
void only_when_idle(void);

/* Fails loudly where a call returned -1, else returns its result. */
long must(long result, const char *what);

/* The number of a system call, by its name in the list of `actor --calls`. */
long call_number(const char *name);

/* A signal by its name without SIG. */
int signal_in(const char *word);

/* The number in a word, or the default where the word is "". */
long number_in(const char *word, long otherwise);

#endif
