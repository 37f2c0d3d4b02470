/*
 * The acts on pipes: making and bending them, and every system call that can block on
 * one. Such a call is repeated for ever: the state of a scenario is the one in which it
 * no longer returns.
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char bytes[1 << 20];

static struct iovec some(size_t count)
{
	return (struct iovec){ bytes, count };
}

/* ---- the calls ---- */

static ssize_t put_writev(int fd, size_t count)
{
	struct iovec vector = some(count);

	return writev(fd, &vector, 1);
}

static ssize_t put_pwritev2(int fd, size_t count)
{
	struct iovec vector = some(count);

	return pwritev2(fd, &vector, 1, -1, 0);
}

static ssize_t put_vmsplice(int fd, size_t count)
{
	struct iovec vector = some(count);

	return vmsplice(fd, &vector, 1, 0);
}

static int file_of_bytes(void)
{
	int file = (int)must(memfd_create("bytes", 0), "memfd_create");

	must(ftruncate(file, sizeof(bytes)), "ftruncate");
	return file;
}

static ssize_t put_splice(int fd, size_t count)
{
	static int file = -1;
	off64_t start = 0;

	if (file < 0)
		file = file_of_bytes();
	return splice(file, &start, fd, NULL, count, 0);
}

static ssize_t put_sendfile(int fd, size_t count)
{
	static int file = -1;
	off_t start = 0;

	if (file < 0)
		file = file_of_bytes();
	return sendfile(fd, file, &start, count);
}

static ssize_t put_tee(int fd, size_t count)
{
	static int source[2] = { -1, -1 };

	if (source[0] < 0) {
		must(pipe2(source, O_CLOEXEC), "pipe2");
		must(write(source[1], bytes, count), "write");
	}
	return tee(source[0], fd, count, 0);
}

static ssize_t put_write(int fd, size_t count)
{
	return write(fd, bytes, count);
}

static ssize_t get_read(int fd, size_t count)
{
	return read(fd, bytes, count);
}

static ssize_t get_readv(int fd, size_t count)
{
	struct iovec vector = some(count);

	return readv(fd, &vector, 1);
}

static ssize_t get_preadv2(int fd, size_t count)
{
	struct iovec vector = some(count);

	return preadv2(fd, &vector, 1, -1, 0);
}

static ssize_t get_splice(int fd, size_t count)
{
	static int sink = -1;

	if (sink < 0)
		sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return splice(fd, NULL, sink, NULL, count, 0);
}

static ssize_t get_tee(int fd, size_t count)
{
	static int copy[2] = { -1, -1 };

	if (copy[0] < 0)
		must(pipe2(copy, O_CLOEXEC), "pipe2");
	return tee(fd, copy[1], count, 0);
}

struct call {
	const char *name;
	ssize_t (*run)(int fd, size_t count);
};

static const struct call putting[] = {
	{ "write", put_write },       { "writev", put_writev },
	{ "pwritev2", put_pwritev2 }, { "vmsplice", put_vmsplice },
	{ "splice", put_splice },     { "sendfile", put_sendfile },
	{ "tee", put_tee },           { NULL, NULL },
};

static const struct call getting[] = {
	{ "read", get_read },
	{ "readv", get_readv },
	{ "preadv2", get_preadv2 },
	{ "vmsplice", put_vmsplice },
	{ "splice", get_splice },
	{ "tee", get_tee },
	{ NULL, NULL },
};

static const struct call *call_named(const struct call *call, const char *name)
{
	while (call->name && strcmp(call->name, name) != 0)
		call++;
	if (!call->name)
		skip("no such call");
	return call;
}

/* ---- the acts ---- */

static void set_flag(int fd, int flag, bool on)
{
	int flags = (int)must(fcntl(fd, F_GETFL), "F_GETFL");

	must(fcntl(fd, F_SETFL, on ? flags | flag : flags & ~flag), "F_SETFL");
}

static void act_pipe(const struct line *line)
{
	struct name *name = name_of(line->words[1]);
	int ends[2];

	must(pipe2(ends, strcmp(line->words[2], "packet") ? 0 : O_DIRECT), "pipe2");
	name->reads = ends[0];
	name->writes = ends[1];
}

static void act_fifo(const struct line *line)
{
	struct name *name = name_of(line->words[1]);

	must(mkfifo(name->text, 0600), "mkfifo");
	if (!strcmp(line->words[2], "both")) {
		name->reads = name->writes = (int)must(open(name->text, O_RDWR), "open");
		return;
	}
	name->reads = (int)must(open(name->text, O_RDONLY | O_NONBLOCK), "open");
	name->writes = (int)must(open(name->text, O_WRONLY), "open");
	set_flag(name->reads, O_NONBLOCK, false);
}

static void act_adopt(const struct line *line)
{
	name_of(line->words[1])->writes = (int)number_in(line->words[2], STDOUT_FILENO);
}

static void act_open(const struct line *line)
{
	must(open(line->words[1], line->words[2][0] == 'w' ? O_WRONLY : O_RDONLY),
	     "open");
}

static void act_unlink(const struct line *line)
{
	must(unlink(line->words[1]), "unlink");
}

static void act_size(const struct line *line)
{
	int size = (int)number_in(line->words[2], 4096);

	must(fcntl(name_of(line->words[1])->writes, F_SETPIPE_SZ, size), "F_SETPIPE_SZ");
}

static void act_close(const struct line *line)
{
	for (int i = 1; *line->words[i]; i++)
		must(close(*end_of(line->words[i])), "close");
}

static void act_dup(const struct line *line)
{
	int *end = end_of(line->words[1]);
	int target = (int)number_in(line->words[2], 0);

	must(dup2(*end, target), "dup2");
	must(close(*end), "close");
	*end = target;
}

static void act_nonblock(const struct line *line)
{
	only_when_idle();
	set_flag(*end_of(line->words[1]), O_NONBLOCK, true);
}

static void act_async(const struct line *line)
{
	must(fcntl(*end_of(line->words[1]), F_SETOWN, getpid()), "F_SETOWN");
	must(fcntl(*end_of(line->words[1]), F_SETSIG, *line->words[2] ? signal_in(line->words[2]) : 0),
	     "F_SETSIG");
	set_flag(*end_of(line->words[1]), O_ASYNC, true);
}

static void act_bytes(const struct line *line)
{
	must(write(name_of(line->words[1])->writes, bytes,
	           (size_t)number_in(line->words[2], 1)),
	     "write");
}

static void act_fill(const struct line *line)
{
	int fd = name_of(line->words[1])->writes;

	set_flag(fd, O_NONBLOCK, true);
	while (write(fd, bytes, 4096) > 0)
		;
	set_flag(fd, O_NONBLOCK, false);
}

static void act_put(const struct line *line)
{
	const struct call *call = call_named(putting, line->words[2]);
	size_t count = (size_t)number_in(line->words[3], 4096);

	for (;;) {
		ssize_t done = call->run(name_of(line->words[1])->writes, count);
		if (done < 0 && errno == ENOSYS)
			skip("the kernel has no such call");
		if (done < 0 && errno != EAGAIN)
			must(done, line->words[2]);
	}
}

static void act_get(const struct line *line)
{
	const struct call *call = call_named(getting, line->words[2]);
	size_t count = (size_t)number_in(line->words[3], 4096);

	while (must(call->run(name_of(line->words[1])->reads, count), line->words[2]) > 0)
		;
}

static void act_take(const struct line *line)
{
	must(read(name_of(line->words[1])->reads, bytes,
	          (size_t)number_in(line->words[2], 4096)),
	     "read");
}

static void act_copy(const struct line *line)
{
	int from = name_of(line->words[1])->reads, to = name_of(line->words[2])->writes;
	bool is_tee = !strcmp(line->words[3], "tee");

	while (must(is_tee ? tee(from, to, 4096, 0)
	                   : splice(from, NULL, to, NULL, 4096, 0),
	            "copy") > 0)
		;
}

/* A connection that nobody has accepted, to a listener with a name of the kernel's choice. */
static int connection(void)
{
	struct sockaddr_storage address = { .ss_family = AF_UNIX };
	socklen_t length = sizeof(sa_family_t);
	int listener = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
	int sender = (int)must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");

	must(bind(listener, (struct sockaddr *)&address, length), "bind");
	must(listen(listener, 1), "listen");
	length = sizeof(address);
	must(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
	must(connect(sender, (struct sockaddr *)&address, length), "connect");
	return sender;
}

static void act_send(const struct line *line)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec vector = some(1);
	struct msghdr message = { .msg_iov = &vector,
		                  .msg_iovlen = 1,
		                  .msg_control = control,
		                  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int sockets[2];

	*header = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(header), end_of(line->words[1]), sizeof(int));
	if (*line->words[2])
		sockets[0] = connection();
	else
		must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), "socketpair");
	must(sendmsg(sockets[0], &message, 0), "sendmsg");
}

const struct act pipe_acts[] = {
	{ "pipe", act_pipe, "NAME [packet]: a pipe" },
	{ "fifo", act_fifo,
	  "NAME [both]: a FIFO of that name here, opened at both ends (by one "
	  "descriptor)" },
	{ "adopt", act_adopt, "NAME FD: the write end that we were started with" },
	{ "open", act_open,
	  "PATH r|w: open and block until somebody opens the other end" },
	{ "unlink", act_unlink, "PATH" },
	{ "size", act_size, "NAME BYTES: F_SETPIPE_SZ" },
	{ "close", act_close, "END…" },
	{ "dup", act_dup, "END FD: move the end to that descriptor" },
	{ "nonblock", act_nonblock, "END: O_NONBLOCK" },
	{ "async", act_async, "END [SIGNAL]: SIGIO, or that signal, when it is ready" },
	{ "bytes", act_bytes, "NAME COUNT: put so many bytes, once" },
	{ "fill", act_fill, "NAME: put until nothing fits, without blocking" },
	{ "put", act_put,
	  "NAME CALL [COUNT]: put for ever (write, writev, pwritev2, vmsplice, splice, "
	  "sendfile, tee)" },
	{ "get", act_get,
	  "NAME CALL [COUNT]: get until the end (read, readv, preadv2, vmsplice, splice, "
	  "tee)" },
	{ "take", act_take, "NAME [COUNT]: get once" },
	{ "copy", act_copy, "NAME NAME splice|tee: from pipe to pipe, for ever" },
	{ "send", act_send, "END [unaccepted]: send it through a unix socket, and let it lie there" },
	{ NULL, NULL, NULL },
};
