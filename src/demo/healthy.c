/* The scenes that only look stuck: somebody in them will always move, or is meant not to. */
#include "demo/stage.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE "Hello stderr\n"

static _Noreturn void write_for_ever(struct stage *stage, int fd)
{
	stage_ready(stage, 'S');
	for (;;)
		stage_write(fd, LINE, 1);
}

static _Noreturn void log_for_ever(struct stage *stage)
{
	stage_ready(stage, 'S');
	for (;;) {
		stage_write(STDOUT_FILENO, "Hello stdout\n", 100);
		stage_write(STDERR_FILENO, LINE, 100);
		stage_pause(20);
	}
}

/* The writer waits nearly always, but each page that the reader takes lets it go on. */
void healthy_slow(struct stage *stage)
{
	char page[4096];
	int ends[2];

	stage_name("reader");
	stage_pipe(ends);
	if (stage_fork("writer") == 0) {
		close(ends[0]);
		write_for_ever(stage, ends[1]);
	}
	close(ends[1]);
	stage_ready(stage, 'S');
	while (read(ends[0], page, sizeof(page)) > 0)
		stage_pause(50);
}

/* Stuck until somebody says SIGCONT, which is not for good. */
void healthy_stopped(struct stage *stage)
{
	int ends[2];

	stage_name("reader");
	stage_pipe(ends);
	if (stage_fork("writer") == 0) {
		close(ends[0]);
		write_for_ever(stage, ends[1]);
	}
	close(ends[1]);
	stage_ready(stage, 'T');
	raise(SIGSTOP);
	stage_read_to_end(ends[0]);
}

/* The write ends become standard output and error; they may be the same. */
static void become_output(const int out[2], const int errors[2])
{
	dup2(out[1], STDOUT_FILENO);
	dup2(errors[1], STDERR_FILENO);
	for (int end = 0; end < 2; end++) {
		close(out[end]);
		if (errors != out)
			close(errors[end]);
	}
}

/* The article's first way out, communicate(): one reader of both pipes. */
void healthy_communicate(struct stage *stage)
{
	char bytes[4096];
	int out[2], errors[2];

	stage_name("script");
	stage_pipe(out);
	stage_pipe(errors);
	if (stage_fork("log") == 0) {
		become_output(out, errors);
		log_for_ever(stage);
	}
	close(out[1]);
	close(errors[1]);
	stage_ready(stage, 'S');
	struct pollfd both[] = { { out[0], POLLIN, 0 }, { errors[0], POLLIN, 0 } };

	while (poll(both, 2, -1) > 0)
		for (int i = 0; i < 2; i++)
			if (both[i].revents && read(both[i].fd, bytes, sizeof(bytes)) <= 0)
				_exit(EXIT_FAILURE);
}

struct stream {
	struct stage *stage;
	int fd;
};

static void *read_stream(void *argument)
{
	const struct stream *stream = argument;

	stage_ready(stream->stage, 'S');
	stage_read_to_end(stream->fd);
	return NULL;
}

/* The second way out: two children, stderr into stdout, and a thread that reads each. */
void healthy_stream(struct stage *stage)
{
	struct stream streams[2];
	pthread_t threads[2];

	stage_name("script");
	for (int i = 0; i < 2; i++) {
		int out[2];

		stage_pipe(out);
		if (stage_fork("log") == 0) {
			become_output(out, out);
			while (i-- > 0)
				close(streams[i].fd);
			log_for_ever(stage);
		}
		close(out[1]);
		streams[i] = (struct stream){ stage, out[0] };
	}
	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, read_stream, &streams[i]) != 0)
			_exit(EXIT_FAILURE);
	stage_ready(stage, 'S');
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}
