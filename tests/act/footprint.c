/*
 * What a watch costs those who are watched. Two processes open a pipe or a FIFO, fill it, close it
 * and open the next one, alone and then while pipetop looks at the whole system ten times a second:
 * footprint [ROUNDS [ENGINE]]. Each side checks every byte, every end-of-file, every EPIPE, that a FIFO does
 * not open before there is somebody on the other side, and how long that took. (The engine bpf
 * touches no pipe, where there is one.)
 *
 * A look holds a duplicate of one end of each pipe for some microseconds. Who closes his end in
 * just these has closed it only when the duplicate is closed too: the other side hears of it later.
 * If that were later than what the sides tell each other otherwise, a FIFO would open with nobody
 * there, or with bytes of the round before, and a write after the last reader has gone would get no
 * EPIPE. So was it as long as somebody else could get the processor while a duplicate was held
 * (probe_hurry).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CAPACITY = 65536, SOME = 8192, STUCK_S = 60, PAUSE_US = 500 };

/* How a round ends. */
enum ending { WRITER_CLOSES, READER_CLOSES_FULL, READER_CLOSES, ENDINGS, KINDS = 2 * ENDINGS };

static const char *const kind_names[KINDS] = {
	"pipe: end of file", "pipe: EPIPE to a blocked writer", "pipe: EPIPE to the next write",
	"FIFO: end of file", "FIFO: EPIPE to a blocked writer", "FIFO: EPIPE to the next write",
};

/* Of one run, shared by both sides; each count has one side that counts. */
struct tally {
	int64_t closed_ns;       /* when the side that closes was about to */
	long opening[2];         /* the round in which the reader, the writer is at its open */
	long lost, added;        /* bytes */
	long wrong;              /* pieces with other bytes than were written */
	long early;              /* opens that came back with nobody on the other side */
	long no_epipe;           /* writes that should have got one */
	int64_t delays_ns[];     /* of each round: from the close to when the other side knew */
};

/* One side. */
struct side {
	struct tally *tally;
	int channel;             /* to the other one */
	const char *fifo;
	bool writes;
};

static void fail(const char *what)
{
	perror(what);
	printf("Bail out! %s\n", what);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void pause_us(long us)
{
	nanosleep(&(struct timespec){ 0, us * 1000 }, NULL);
}

static void is_stuck(int signal)
{
	static const char text[] = "not ok 1 - stuck: an end-of-file, an EPIPE or the watch's first line never came\n";

	(void)signal;
	_exit(write(STDOUT_FILENO, text, sizeof(text) - 1) < 0 ? 2 : 1);
}

/* ---- the channel ---- */

/* A word to the other side, with a descriptor unless that is negative. */
static void tell(int channel, int fd)
{
	char word = '.', control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { &word, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		struct cmsghdr *c = (struct cmsghdr *)control;

		*c = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
	}
	if (sendmsg(channel, &message, 0) != 1)
		fail("sendmsg");
}

/* Waits for it; the descriptor that came along, or -1. */
static int hear(int channel)
{
	char word, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &word, 1 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
	                          .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1)
		fail("recvmsg");
	c = CMSG_FIRSTHDR(&message);
	if (c)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* ---- data ---- */

/* Of no round before. */
static void fill(char *bytes, long round, size_t from, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)((from + i) * 131 / 128 + (uint64_t)round * 2654435761u % 251);
}

/* Reads so much, unless the end comes before, and checks it. How much there was. */
static size_t check_bytes(struct tally *t, int fd, long round, size_t length)
{
	static char bytes[CAPACITY], expected[CAPACITY];
	size_t done = 0;

	while (done < length) {
		ssize_t n = read(fd, bytes + done, length - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	fill(expected, round, 0, done);
	t->wrong += memcmp(bytes, expected, done) != 0;
	t->lost += (long)(length - done);
	return done;
}

static void write_bytes(struct tally *t, int fd, long round, size_t length, size_t expected)
{
	static char bytes[2 * CAPACITY];
	ssize_t n;

	fill(bytes, round, 0, length);
	n = write(fd, bytes, length);
	t->lost += n < (ssize_t)expected ? (long)expected - (n < 0 ? 0 : n) : 0;
	t->no_epipe += n > (ssize_t)expected;
}

/* ---- a round ---- */

static int open_pipe(const struct side *side)
{
	int fds[2];

	if (!side->writes)
		return hear(side->channel);
	if (pipe2(fds, O_CLOEXEC) < 0)
		fail("pipe");
	tell(side->channel, fds[0]);
	close(fds[0]);
	return fds[1];
}

static int open_fifo(const struct side *side, long round)
{
	struct tally *t = side->tally;
	int fd;

	__atomic_store_n(&t->opening[side->writes], round, __ATOMIC_SEQ_CST);
	fd = open(side->fifo, (side->writes ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		fail("open");
	if (__atomic_load_n(&t->opening[!side->writes], __ATOMIC_SEQ_CST) != round)
		__atomic_fetch_add(&t->early, 1, __ATOMIC_SEQ_CST);
	return fd;
}

static void close_now(struct tally *t, int fd)
{
	t->closed_ns = now_ns();
	close(fd);
}

static void learned_now(struct tally *t, long round)
{
	t->delays_ns[round] = now_ns() - t->closed_ns;
}

static void await_full(int fd)
{
	int n = 0;

	while (ioctl(fd, FIONREAD, &n) == 0 && n < CAPACITY)
		pause_us(1);
}

static void read_round(const struct side *side, int fd, long round, enum ending ending)
{
	struct tally *t = side->tally;

	pause_us(PAUSE_US);
	if (ending != WRITER_CLOSES) {
		check_bytes(t, fd, round, SOME);
		if (ending == READER_CLOSES_FULL)
			await_full(fd);
		close_now(t, fd);
		tell(side->channel, -1);
		return;
	}
	check_bytes(t, fd, round, CAPACITY);
	tell(side->channel, -1);
	for (char more; read(fd, &more, 1) == 1;)
		t->added++;
	learned_now(t, round);
	close(fd);
}

static void write_round(const struct side *side, int fd, long round, enum ending ending)
{
	struct tally *t = side->tally;
	bool blocks = ending == READER_CLOSES_FULL;

	write_bytes(t, fd, round, CAPACITY * (blocks ? 2 : 1), CAPACITY + (blocks ? SOME : 0));
	if (blocks)
		learned_now(t, round);
	hear(side->channel);
	if (ending == WRITER_CLOSES) {
		close_now(t, fd);
		return;
	}
	while (write(fd, "", 1) == 1)
		t->no_epipe++;
	if (errno != EPIPE)
		fail("write");
	if (!blocks)
		learned_now(t, round);
	close(fd);
}

/* A word before each round, after each open, and after each round: none of a round is in the next. */
static void play(const struct side *side, long rounds)
{
	for (long round = 1; round <= rounds; round++) {
		enum ending ending = (enum ending)(round % ENDINGS);
		int fd;

		alarm(STUCK_S);
		fd = round % KINDS < ENDINGS ? open_pipe(side) : open_fifo(side, round);
		tell(side->channel, -1);
		hear(side->channel);
		(side->writes ? write_round : read_round)(side, fd, round, ending);
		tell(side->channel, -1);
		hear(side->channel);
	}
	alarm(0);
}

static struct tally *run(const char *fifo, long rounds)
{
	size_t size = sizeof(struct tally) + (size_t)(rounds + 1) * sizeof(int64_t);
	struct tally *t = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int channel[2], status;
	pid_t reader;

	if (t == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		fail("no channel");
	reader = fork();
	if (reader < 0)
		fail("fork");
	if (reader == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		play(&(struct side){ t, channel[1], fifo, false }, rounds);
		_exit(0);
	}
	close(channel[1]);
	play(&(struct side){ t, channel[0], fifo, true }, rounds);
	close(channel[0]);
	if (waitpid(reader, &status, 0) != reader || status)
		fail("the reader failed");
	return t;
}

/* ---- the watch ---- */

/* Until its first line is there; it has one to tell, since each of its looks finds another pipe. */
static pid_t start_watch(const char *pipetop, const char *engine, const char *lines)
{
	char option[32];
	struct stat st;
	pid_t pid;

	snprintf(option, sizeof(option), "--engine=%s", engine);
	alarm(STUCK_S);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(pipetop, "pipetop", "--watch", "--json", "-d", "0.1",
		      option, "--output", lines, NULL);
		_exit(127);
	}
	while (pid > 0 && (stat(lines, &st) < 0 || !st.st_size)) {
		int fds[2];

		if (waitpid(pid, NULL, WNOHANG))
			fail("no watch");
		if (pipe2(fds, O_CLOEXEC) < 0)
			fail("pipe");
		pause_us(20000);
		close(fds[0]);
		close(fds[1]);
	}
	alarm(0);
	return pid;
}

static void end_watch(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

/* How often it has told of us. */
static long times_told(const char *lines)
{
	FILE *file = fopen(lines, "r");
	char mine[32], *line = NULL;
	size_t size = 0;
	long count = 0;

	snprintf(mine, sizeof(mine), "\"pid\":%d,", getpid());
	while (file && getline(&line, &size, file) > 0)
		count += strstr(line, mine) != NULL;
	free(line);
	if (file)
		fclose(file);
	return count;
}

/* ---- the result ---- */

static int compare(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Of one kind of round: the delay that so many in a thousand rounds had at most. */
static double delay_us(const struct tally *t, long rounds, int kind, long per_mille)
{
	int64_t *some = calloc((size_t)rounds + 1, sizeof(*some)), delay;
	long count = 0;

	for (long round = 1; round <= rounds; round++)
		if (round % KINDS == kind)
			some[count++] = t->delays_ns[round];
	qsort(some, (size_t)count, sizeof(*some), compare);
	delay = some[(count - 1) * per_mille / 1000];
	free(some);
	return (double)delay / 1000;
}

/* Where it is not, somebody else may get the processor while a duplicate is held: for too long. */
static bool may_hurry(void)
{
	const struct sched_param first = { sched_get_priority_min(SCHED_FIFO) }, none = { 0 };
	bool may = sched_setscheduler(0, SCHED_FIFO, &first) == 0;

	if (may)
		sched_setscheduler(0, SCHED_OTHER, &none);
	return may;
}

static bool is_whole(const struct tally *t)
{
	return !(t->lost || t->added || t->wrong || t->early || t->no_epipe);
}

/* With an excuse a loss is told, but is no failure. */
static bool report(int number, const char *label, const struct tally *t, const char *excuse)
{
	bool good = is_whole(t);

	printf("%sok %d - %s: %ld bytes lost, %ld too many, %ld pieces wrong, %ld FIFOs open too early, "
	       "%ld EPIPE missed%s%s\n", good || excuse ? "" : "not ", number, label, t->lost, t->added,
	       t->wrong, t->early, t->no_epipe, good || !excuse ? "" : " # SKIP ",
	       good || !excuse ? "" : excuse);
	return good || excuse;
}

static void report_delays(const struct tally *alone, const struct tally *watched, long rounds)
{
	static const long per_mille[] = { 500, 990, 1000 };

	printf("# us until the other side knew, alone > watched: median, 99 %%, worst\n");
	for (int kind = 0; kind < KINDS; kind++) {
		printf("# %-32s", kind_names[kind]);
		for (int i = 0; i < 3; i++)
			printf("  %8.1f > %8.1f", delay_us(alone, rounds, kind, per_mille[i]),
			       delay_us(watched, rounds, kind, per_mille[i]));
		printf("\n");
	}
}

int main(int argc, char **argv)
{
	static const char disturbed[] = "somebody else looks at the pipes of this machine";
	long rounds = argc > 1 ? atol(argv[1]) : 3000, told;
	int tries = 20;
	const char *named = getenv("PIPETOP");
	char *pipetop = realpath(named ? named : "src/pipetop", NULL);
	char place[] = "/tmp/footprint-XXXXXX";
	const struct tally *alone, *watched;
	bool good;
	pid_t pid;

	if (!pipetop || rounds < KINDS)
		fail("usage: footprint [ROUNDS [ENGINE]]");
	if (!mkdtemp(place) || chdir(place) < 0 || mkfifo("fifo", 0600) < 0)
		fail("no place");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, is_stuck);
	setlinebuf(stdout);
	printf("1..3\n");
	alone = run("fifo", rounds);
	good = report(1, "alone", alone, disturbed);
	pid = start_watch(pipetop, argc > 2 ? argv[2] : "proc", "lines");
	/* A look may take longer than all the rounds, where there is much to see. */
	do
		watched = run("fifo", rounds);
	while (is_whole(watched) && !times_told("lines") && --tries);
	end_watch(pid);
	told = times_told("lines");
	good &= report(2, "watched", watched,
	               !is_whole(alone) ? disturbed : may_hurry() ? NULL : "without CAP_SYS_NICE");
	printf("%sok 3 - the watch told of them, %ld times in %ld rounds\n", told ? "" : "not ", told,
	       rounds);
	report_delays(alone, watched, rounds);
	unlink("fifo");
	unlink("lines");
	rmdir(place);
	free(pipetop);
	return good && told ? 0 : 1;
}
