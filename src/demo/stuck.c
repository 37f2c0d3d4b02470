/*
 * The scenes that are stuck for good, each as programs get there: a plain mistake, written as its
 * author would.
 */
#include "demo/stage.h"

#include <stdlib.h>
#include <unistd.h>

#define LINE "Hello stderr\n"

/* More than any pipe holds that nobody has enlarged: 6,000 lines of 13 bytes. */
enum { LINES = 6000 };

static _Noreturn void log_to(struct stage *stage, int fd)
{
	stage_ready(stage, 'S');
	stage_write(fd, LINE, LINES);
	_exit(EXIT_SUCCESS);
}

static _Noreturn void filter(struct stage *stage, int in)
{
	stage_ready(stage, 'S');
	stage_read_to_end(in);
	_exit(EXIT_SUCCESS);
}

/* Popen(["./log"], stderr=PIPE).wait(), and only then stderr.read(). */
void stuck_article(struct stage *stage)
{
	int errors[2];
	pid_t child;

	stage_name("script");
	stage_pipe(errors);
	child = stage_fork("log");
	if (child == 0) {
		dup2(errors[1], STDERR_FILENO);
		close(errors[0]);
		close(errors[1]);
		log_to(stage, STDERR_FILENO);
	}
	close(errors[1]);
	stage_ready(stage, 'S');
	stage_wait(child);
	stage_read_to_end(errors[0]);
}

/* The same with a shell in between, as with shell=True. */
void stuck_shell(struct stage *stage)
{
	int errors[2];
	pid_t shell, child;

	stage_name("script");
	stage_pipe(errors);
	shell = stage_fork("sh");
	if (shell == 0) {
		dup2(errors[1], STDERR_FILENO);
		close(errors[0]);
		close(errors[1]);
		child = stage_fork("log");
		if (child == 0)
			log_to(stage, STDERR_FILENO);
		stage_ready(stage, 'S');
		stage_wait(child);
		_exit(EXIT_SUCCESS);
	}
	close(errors[1]);
	stage_ready(stage, 'S');
	stage_wait(shell);
	stage_read_to_end(errors[0]);
}

/* Two that talk to each other, and both say all they have to say before they listen. */
void stuck_cross(struct stage *stage)
{
	int to_left[2], to_right[2];

	stage_name("left");
	stage_pipe(to_left);
	stage_pipe(to_right);
	if (stage_fork("right") == 0) {
		close(to_left[0]);
		close(to_right[1]);
		stage_ready(stage, 'S');
		stage_write(to_left[1], LINE, LINES);
		stage_read_to_end(to_right[0]);
		_exit(EXIT_SUCCESS);
	}
	close(to_right[0]);
	close(to_left[1]);
	stage_ready(stage, 'S');
	stage_write(to_right[1], LINE, LINES);
	stage_read_to_end(to_left[0]);
}

/*
 * Two filters. The script ends the input of the first and waits for it, but the second was forked
 * in between and has inherited that write end, so that end-of-file never comes.
 */
void stuck_leak(struct stage *stage)
{
	int first[2], second[2];
	pid_t sort;

	stage_name("script");
	stage_pipe(first);
	sort = stage_fork("sort");
	if (sort == 0) {
		close(first[1]);
		filter(stage, first[0]);
	}
	close(first[0]);
	stage_pipe(second);
	if (stage_fork("uniq") == 0) {
		close(second[1]);
		filter(stage, second[0]);
	}
	close(second[0]);
	stage_write(first[1], LINE, 1);
	close(first[1]);
	stage_ready(stage, 'S');
	stage_wait(sort);
	stage_write(second[1], LINE, 1);
	close(second[1]);
}

/* stdout is read to its end first, and the child is about to fill stderr. */
void stuck_stderr(struct stage *stage)
{
	int out[2], errors[2];

	stage_name("script");
	stage_pipe(out);
	stage_pipe(errors);
	if (stage_fork("log") == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(errors[1], STDERR_FILENO);
		close(out[0]);
		close(out[1]);
		close(errors[0]);
		close(errors[1]);
		log_to(stage, STDERR_FILENO);
	}
	close(out[1]);
	close(errors[1]);
	stage_ready(stage, 'S');
	stage_read_to_end(out[0]);
	stage_read_to_end(errors[0]);
}

/* Popen(["cat"], stdin=PIPE).wait(): its input is still open. */
void stuck_stdin(struct stage *stage)
{
	int in[2];
	pid_t cat;

	stage_name("script");
	stage_pipe(in);
	cat = stage_fork("cat");
	if (cat == 0) {
		dup2(in[0], STDIN_FILENO);
		close(in[0]);
		close(in[1]);
		filter(stage, STDIN_FILENO);
	}
	close(in[0]);
	stage_ready(stage, 'S');
	stage_wait(cat);
}

/* A pipe as a buffer, for more than it holds. */
void stuck_self(struct stage *stage)
{
	int buffer[2];

	stage_name("buffer");
	stage_pipe(buffer);
	stage_ready(stage, 'S');
	stage_write(buffer[1], LINE, LINES);
	close(buffer[1]);
	stage_read_to_end(buffer[0]);
}
