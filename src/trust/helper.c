/*
 * Question and answer, one at a time, over a pair of sockets that keeps messages apart (unix(7),
 * SOCK_SEQPACKET); descriptors go along with them (SCM_RIGHTS). The end of its socket is its end,
 * so it outlives nobody. No signal is for it: those of the terminal are the program's business.
 */
#include "trust/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trust/privileges.h"

struct helper {
	pid_t pid;
	int socket;
	pthread_mutex_t lock;    /* a question and its answer */
};

enum question { ASK_RUN, ASK_CREATE, ASK_SAVE, ASK_STACK, ASK_WAIT };

/* The text is a word, a path, or what is to be saved. It ends with a zero byte. */
struct message {
	enum question question;
	mode_t mode;             /* of a file */
	int32_t pid, tid;        /* whose stack */
	int result;              /* of an answer: 0 or -errno */
	char text[PATH_MAX];
};

/* ---- messages ---- */

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* With a descriptor, unless it is negative. */
static int send_message(int socket, const struct message *m, int fd)
{
	struct iovec part = { (void *)(uintptr_t)m, sizeof(*m) };
	union control control = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS,
	} };
	struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	if (fd >= 0) {
		head.msg_control = &control;
		head.msg_controllen = sizeof(control);
	}
	return sendmsg(socket, &head, MSG_NOSIGNAL) == (ssize_t)sizeof(*m) ? 0 : -EPIPE;
}

/* *ret_fd is negative where none came. -EPIPE at the end. */
static int receive_message(int socket, struct message *m, int *ret_fd)
{
	struct iovec part = { m, sizeof(*m) };
	union control control;
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	const struct cmsghdr *found;
	ssize_t length;

	do
		length = recvmsg(socket, &head, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	*ret_fd = -1;
	if (length != (ssize_t)sizeof(*m))
		return -EPIPE;
	found = CMSG_FIRSTHDR(&head);
	if (found && found->cmsg_type == SCM_RIGHTS && found->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(found), sizeof(*ret_fd));
	m->text[sizeof(m->text) - 1] = '\0';
	return 0;
}

/* ---- in the helper ---- */

static int run(const struct helper_duties *duties, const char *word, int input)
{
	/* posix_spawn(3) changes none of them, whatever its type says. */
	union {
		const char *words[6];
		char *argv[6];
	} call = { { "sh", "-c", duties->command, "pipetop", word, NULL } };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid;
	int error;

	if (!duties->command)
		return -EPERM;
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (!error)
		error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, call.argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static int create(const struct message *m, int *ret_fd)
{
	int fd = open(m->text, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, m->mode & 0666);

	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int open_stack(const struct helper_duties *duties, const struct message *m, int *ret_fd)
{
	char path[64];
	int fd;

	if (!duties->stacks)
		return -EPERM;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stack", m->pid, m->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int answer(const struct helper_duties *duties, const struct message *m, int fd, int *ret_fd)
{
	switch (m->question) {
	case ASK_RUN:
		return fd < 0 ? -EBADF : run(duties, m->text, fd);
	case ASK_CREATE:
		return create(m, ret_fd);
	case ASK_SAVE:
		return duties->save ? duties->save(duties->context, m->text, strlen(m->text)) : -EPERM;
	case ASK_STACK:
		return open_stack(duties, m, ret_fd);
	case ASK_WAIT:
		while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
			;
		return 0;
	}
	return -EINVAL;
}

/* Nothing stays open but the socket, at the first number behind standard error. */
static int let_go(int socket, bool quiet)
{
	const int place = STDERR_FILENO + 1;

	if (quiet)
		for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
			close(fd);
	for (int fd = STDIN_FILENO; quiet && fd <= STDERR_FILENO; fd++)
		(void)!open("/dev/null", O_RDWR);
	if (socket != place && dup3(socket, place, O_CLOEXEC) < 0)
		_exit(EXIT_FAILURE);
	close_range((unsigned)place + 1, ~0U, 0);
	return place;
}

static _Noreturn void serve(const struct helper_duties *duties, int socket)
{
	struct message m;
	sigset_t all;
	int fd;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (privileges_drop() < 0)
		_exit(EXIT_FAILURE);
	socket = let_go(socket, duties->quiet);
	while (receive_message(socket, &m, &fd) == 0) {
		int made = -1;

		m.result = answer(duties, &m, fd, &made);
		if (fd >= 0)
			close(fd);
		if (send_message(socket, &m, made) < 0)
			break;
		if (made >= 0)
			close(made);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	_exit(EXIT_SUCCESS);
}

/* ---- in the program ---- */

int helper_start(const struct helper_duties *duties, struct helper **ret_helper)
{
	struct helper *h = calloc(1, sizeof(*h));
	int sockets[2], r;

	if (!h)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
		r = -errno;
		free(h);
		return r;
	}
	h->pid = fork();
	r = h->pid < 0 ? -errno : 0;
	if (h->pid == 0)
		serve(duties, sockets[1]);
	close(sockets[1]);
	if (r < 0) {
		close(sockets[0]);
		free(h);
		return r;
	}
	h->socket = sockets[0];
	pthread_mutex_init(&h->lock, NULL);
	*ret_helper = h;
	return 0;
}

/* *ret_fd is what came with the answer, unless that is NULL. */
static int ask(struct helper *h, struct message *m, int fd, int *ret_fd)
{
	int r, made = -1;

	pthread_mutex_lock(&h->lock);
	r = send_message(h->socket, m, fd);
	if (r == 0)
		r = receive_message(h->socket, m, &made);
	pthread_mutex_unlock(&h->lock);
	r = r < 0 ? -ECHILD : m->result;
	if (r == 0 && ret_fd && made < 0)
		r = -ECHILD;
	if (r == 0 && ret_fd)
		*ret_fd = made;
	else if (made >= 0)
		close(made);
	return r;
}

static int ask_about(struct helper *h, struct message *m, const char *text, size_t length, int fd,
                     int *ret_fd)
{
	if (length >= sizeof(m->text))
		return -ENAMETOOLONG;
	memcpy(m->text, text, length);
	return ask(h, m, fd, ret_fd);
}

int helper_run(struct helper *h, int input, const char *word)
{
	struct message m = { .question = ASK_RUN };

	return ask_about(h, &m, word, strlen(word), input, NULL);
}

int helper_create(struct helper *h, const char *path, mode_t mode, int *ret_fd)
{
	struct message m = { .question = ASK_CREATE, .mode = mode };

	return ask_about(h, &m, path, strlen(path), -1, ret_fd);
}

int helper_save(struct helper *h, const char *text, size_t length)
{
	struct message m = { .question = ASK_SAVE };

	return ask_about(h, &m, text, length, -1, NULL);
}

int helper_stack(struct helper *h, int32_t pid, int32_t tid, int *ret_fd)
{
	struct message m = { .question = ASK_STACK, .pid = pid, .tid = tid };

	return ask(h, &m, -1, ret_fd);
}

void helper_wait(struct helper *h)
{
	struct message m = { .question = ASK_WAIT };

	ask(h, &m, -1, NULL);
}

void helper_free(struct helper *h)
{
	if (!h)
		return;
	close(h->socket);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	pthread_mutex_destroy(&h->lock);
	free(h);
}
