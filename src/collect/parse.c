/*
 * Texts of /proc into numbers. Nothing but the buffer is read, and any bytes may stand in it: comm
 * and paths are chosen by whoever is looked at. Stands on proc(5) and, where that is silent, on
 * fs/proc/{array,base,task_mmu}.c, fs/eventpoll.c and kernel/sched/debug.c.
 */
#include "collect/parse.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "collect/span.h"
#include "model/snapshot.h"

static bool take_call(struct span *line, struct shown_call *ret)
{
	if (span_take(line, "running")) {
		*ret = (struct shown_call){ .shown = SHOWN_RUNNING, .number = UNKNOWN };
		return span_at_end(line);
	}
	if (!span_take_int32(line, &ret->number))
		return false;
	if (ret->number < 0)
		*ret = (struct shown_call){ .shown = SHOWN_OUTSIDE, .number = UNKNOWN };
	for (int i = 0; i < 6 && ret->shown == SHOWN_CALL; i++)
		if (!span_take(line, " ") || !span_take_address(line, &ret->args[i]))
			return false;
	return span_take(line, " ") && span_take_address(line, &ret->sp) &&
	       span_take(line, " ") && span_take_address(line, &ret->pc) &&
	       span_at_end(line);
}

int parse_syscall(const char *text, size_t length, struct shown_call *ret)
{
	struct shown_call call = { .shown = SHOWN_CALL };
	struct span all = span_of(text, length), line;

	if (!span_take_line(&all, &line) || !span_at_end(&all) ||
	    !take_call(&line, &call))
		return -EINVAL;
	*ret = call;
	return 0;
}

/* comm is raw here (newlines and parentheses too), and nothing behind it has a parenthesis. */
int parse_stat(const char *text, size_t length, struct stat_line *ret)
{
	enum { FIELD_STATE = 3, FIELD_START_TIME = 22, FIELD_PROCESSOR = 39 };
	const char *comm_end = length ? memrchr(text, ')', length) : NULL;
	struct stat_line line = { .processor = UNKNOWN };
	struct span rest, word;
	int field;

	if (!comm_end)
		return -EINVAL;
	rest = (struct span){ comm_end + 1, text + length };
	if (!span_take(&rest, " ") || !span_take_word(&rest, &word) ||
	    span_length(&word) != 1)
		return -EINVAL;
	line.state = *word.at;
	for (field = FIELD_STATE + 1; field < FIELD_START_TIME; field++)
		if (!span_take(&rest, " ") || !span_take_word(&rest, &word))
			return -EINVAL;
	if (!span_take(&rest, " ") || !span_take_digits(&rest, 10, &line.start_ticks) ||
	    !span_take(&rest, " "))
		return -EINVAL;
	for (field++; field < FIELD_PROCESSOR && span_take_word(&rest, &word); field++)
		span_take(&rest, " ");
	span_take_int32(&rest, &line.processor);
	*ret = line;
	return 0;
}

/* One number a PID namespace, tabs in between. */
static bool find_ids(struct span text, const char *key, int32_t *ids, uint32_t *ret_depth)
{
	struct span value;

	*ret_depth = 0;
	if (!span_find(text, key, &value))
		return true;
	do {
		if (*ret_depth == PARSE_NAMESPACES ||
		    !span_take_int32(&value, &ids[(*ret_depth)++]))
			return false;
	} while (span_take(&value, "\t"));
	return span_at_end(&value);
}

/* The kernel escapes newlines of comm in this file, so that no line of it can be forged. */
int parse_status(const char *text, size_t length, struct status_lines *ret)
{
	struct status_lines lines = { .tracer = UNKNOWN, .voluntary_switches = UNKNOWN };
	struct span all = span_of(text, length), value;
	int64_t dumping = 0;
	uint32_t group_depth;

	if (!span_find(all, "Name:", &value) ||
	    !span_find_int32(all, "TracerPid:", &lines.tracer) ||
	    !find_ids(all, "NSpid:", lines.ns_pids, &lines.ns_depth) ||
	    !find_ids(all, "NSpgid:", lines.ns_pgids, &group_depth) ||
	    group_depth != lines.ns_depth ||
	    !span_find_digits(all, "SigCgt:", 16, &lines.signals_caught) ||
	    !span_find_digits(all, "SigBlk:", 16, &lines.signals_blocked) ||
	    !span_find_int64(all, "voluntary_ctxt_switches:", &lines.voluntary_switches) ||
	    !span_find_int64(all, "CoreDumping:", &dumping))
		return -EINVAL;
	lines.dumps_core = dumping != 0;
	lines.signals_known =
		span_find(all, "SigCgt:", &value) && span_find(all, "SigBlk:", &value);
	*ret = lines;
	return 0;
}

/* The scheduler prints times as milliseconds with the nanoseconds behind a point. */
static bool take_time(struct span *value, uint64_t *ret_ns)
{
	uint64_t ms, ns;

	span_take_blanks(value);
	if (!span_take_digits(value, 10, &ms) || !span_take(value, ".") ||
	    !span_take_digits(value, 10, &ns) || ms >= INT64_MAX / 1000000 || ns >= 1000000)
		return false;
	*ret_ns = ms * 1000000 + ns;
	return true;
}

/* The heading has comm raw: 15 bytes are enough to forge a line, so look behind the rule. */
int parse_sched(const char *text, size_t length, int64_t *ret_ran_us)
{
	struct span all = span_of(text, length), line, value;
	uint64_t ns;

	do {
		if (!span_take_line(&all, &line))
			return -EINVAL;
	} while (!span_take(&line, "--------------------"));
	if (!span_find(all, "se.exec_start", &value) || !span_take(&value, ":") ||
	    !take_time(&value, &ns) || !span_at_end(&value))
		return -EINVAL;
	if (!ns && span_find(all, "se.avg.last_update_time", &value) && span_take(&value, ":")) {
		span_take_blanks(&value);
		if (!span_take_digits(&value, 10, &ns) || !span_at_end(&value) || ns > INT64_MAX)
			return -EINVAL;
	}
	*ret_ran_us = (int64_t)(ns / 1000);
	return 0;
}

void parse_stolen(const char *text, size_t length, int64_t *ticks, uint32_t count)
{
	enum { BEFORE_STEAL = 7 }; /* user nice system idle iowait irq softirq */
	struct span all = span_of(text, length), line;
	uint64_t processor, number;

	while (span_take_line(&all, &line)) {
		if (!span_take(&line, "cpu") || !span_take_digits(&line, 10, &processor))
			continue;
		for (int i = 0; i < BEFORE_STEAL && span_take(&line, " "); i++)
			span_take_digits(&line, 10, &number);
		if (processor < count && span_take(&line, " ") &&
		    span_take_digits(&line, 10, &number) && number < INT32_MAX)
			ticks[processor] = (int64_t)number;
	}
}

int parse_fdinfo(const char *text, size_t length, struct fdinfo_lines *ret)
{
	struct fdinfo_lines lines = {
		.flags = UNKNOWN, .mount_id = UNKNOWN, .scm_fds = UNKNOWN
	};
	struct span all = span_of(text, length), value;
	uint64_t flags = UINT64_MAX;

	if (!span_find(all, "pos:", &value) ||
	    !span_find_digits(all, "flags:", 8, &flags) ||
	    !span_find_int64(all, "mnt_id:", &lines.mount_id) ||
	    !span_find_int64(all, "scm_fds:", &lines.scm_fds) ||
	    !span_find_int32(all, "Pid:", &lines.pid))
		return -EINVAL;
	if (flags <= INT64_MAX)
		lines.flags = (int64_t)flags;
	lines.has_pid = span_find(all, "Pid:", &value);
	*ret = lines;
	return 0;
}

/*
 * "    0: pipe:[6715]", or the path of what may be a FIFO; sockets and the like are neither. Linux
 * 5.10 to 6.12 tell only the last part of a path, and nothing of a pipe.
 */
static bool may_be_pipe(struct span line)
{
	uint64_t slot;

	span_take_blanks(&line);
	return span_take_digits(&line, 10, &slot) && span_take(&line, ": ") &&
	       !span_take(&line, "socket:[") && !span_take(&line, "anon_inode:[");
}

/* io_uring/fdinfo.c; it says nothing of them while somebody works with the ring. */
bool parse_uring_holds_pipes(const char *text, size_t length)
{
	struct span all = span_of(text, length), line, value;
	uint64_t files = UINT64_MAX;
	bool in_files = false;

	if (!span_find_digits(all, "UserFiles:", 10, &files) || files > INT32_MAX ||
	    !span_find(all, "PollList:", &value))
		return true;
	while (span_take_line(&all, &line)) {
		if (span_take(&line, "  op=") || (in_files && may_be_pipe(line)))
			return true;
		in_files |= span_take(&line, "UserFiles:");
		in_files &= !span_take(&line, "UserBufs:");
	}
	return false;
}

/*
 * fs/eventpoll.c: "tfd: %8d events: %8x data: %16llx  pos:%lli ino:%lx sdev:%x", with sdev as
 * include/linux/kdev_t.h has it: the minor in the low 20 bits.
 */
static bool take_epoll_entry(struct span *line, struct epoll_entry *ret)
{
	uint64_t events, data, sdev;
	int64_t pos;

	span_take_blanks(line);
	if (!span_take_int32(line, &ret->fd) || !span_take(line, " events:"))
		return false;
	span_take_blanks(line);
	if (!span_take_digits(line, 16, &events) || events > UINT32_MAX ||
	    !span_take(line, " data:"))
		return false;
	ret->events = (uint32_t)events;
	span_take_blanks(line);
	if (!span_take_digits(line, 16, &data))
		return false;
	span_take_blanks(line);
	ret->has_file = span_take(line, "pos:");
	if (ret->has_file) {
		if (!span_take_int64(line, &pos) || !span_take(line, " ino:") ||
		    !span_take_digits(line, 16, &ret->ino) ||
		    !span_take(line, " sdev:") || !span_take_digits(line, 16, &sdev) ||
		    sdev > UINT32_MAX)
			return false;
		ret->dev = makedev((unsigned)(sdev >> 20), (unsigned)(sdev & 0xfffff));
	}
	return span_at_end(line);
}

int parse_epoll(const char *text, size_t length, size_t *offset, struct epoll_entry *ret)
{
	struct span rest = { text + *offset, text + length }, line;
	struct epoll_entry entry = { 0 };

	do {
		if (!span_take_line(&rest, &line)) {
			*offset = length;
			return span_at_end(&rest) ? 0 : -EINVAL;
		}
	} while (!span_take(&line, "tfd:"));
	*offset = (size_t)(rest.at - text);
	if (!take_epoll_entry(&line, &entry))
		return -EINVAL;
	*ret = entry;
	return 1;
}

/* Blanks inside a field are octal escapes. The optional fields before " - " may be any number. */
int parse_mountinfo(const char *text, size_t length, size_t *offset,
                    struct mount_line *ret)
{
	struct span rest = { text + *offset, text + length }, line, word;
	int64_t id;

	if (!span_take_line(&rest, &line)) {
		*offset = length;
		return span_at_end(&rest) ? 0 : -EINVAL;
	}
	*offset = (size_t)(rest.at - text);
	if (!span_take_int64(&line, &id))
		return -EINVAL;
	for (int field = 2; field <= 6; field++)
		if (!span_take(&line, " ") || !span_take_word(&line, &word))
			return -EINVAL;
	do {
		if (!span_take(&line, " ") || !span_take_word(&line, &word))
			return -EINVAL;
	} while (span_length(&word) != 1 || *word.at != '-');
	if (!span_take(&line, " ") || !span_take_word(&line, &word))
		return -EINVAL;
	*ret = (struct mount_line){ id, word.at, span_length(&word) };
	return 1;
}

int parse_pipe_link(const char *text, size_t length, uint64_t *ret_ino)
{
	struct span rest = span_of(text, length);
	uint64_t ino;

	if (!span_take(&rest, "pipe:[") || !span_take_digits(&rest, 10, &ino) ||
	    !span_take(&rest, "]") || !span_at_end(&rest))
		return -EINVAL;
	*ret_ino = ino;
	return 0;
}

int parse_timers(const char *text, size_t length, uint32_t *ret_count)
{
	struct span rest = span_of(text, length), line;
	uint32_t count = 0;

	while (span_take_line(&rest, &line))
		if (span_take(&line, "ID:"))
			count++;
		else if (count == 0)
			return -EINVAL;
	if (!span_at_end(&rest))
		return -EINVAL;
	*ret_count = count;
	return 0;
}

/* " #0: <ADDRESS>, it_real_fn, S:01"; old kernels show a comm at the end of the line. */
bool parse_timer_list_has_alarm(const char *text, size_t length)
{
	struct span rest = span_of(text, length), line;

	while (span_take_line(&rest, &line)) {
		const char *name;

		if (!span_take(&line, " #"))
			continue;
		name = memmem(line.at, span_length(&line), ">, ", 3);
		if (name) {
			line.at = name;
			if (span_take(&line, ">, it_real_fn"))
				return true;
		}
	}
	return false;
}

static uint64_t load_word(const char *bytes, size_t width)
{
	uint32_t narrow;
	uint64_t wide;

	if (width == sizeof narrow) {
		memcpy(&narrow, bytes, sizeof narrow);
		return narrow;
	}
	memcpy(&wide, bytes, sizeof wide);
	return wide;
}

/*
 * Pairs of type and value, getauxval(3). Read in the wrong width, a type is half an address, or
 * two types in one; so small types up to AT_NULL with the page size among them are the right one.
 */
static bool auxv_has_width(const char *bytes, size_t length, size_t width)
{
	enum { TYPE_NULL = 0, TYPE_PAGE_SIZE = 6, TYPES = 4096 };
	bool page_size = false;

	for (size_t at = 0; length - at >= 2 * width; at += 2 * width) {
		uint64_t type = load_word(bytes + at, width);

		if (type == TYPE_NULL)
			return page_size;
		if (type >= TYPES)
			return false;
		page_size |= type == TYPE_PAGE_SIZE;
	}
	return false;
}

int parse_auxv_width(const char *bytes, size_t length)
{
	if (auxv_has_width(bytes, length, 8))
		return 8;
	return auxv_has_width(bytes, length, 4) ? 4 : 0;
}

/* "START-END rw-p …"; the kernel escapes newlines of the path. */
int parse_maps_private(const char *text, size_t length, uint64_t address)
{
	struct span rest = span_of(text, length), line, modes;
	uint64_t start, end;

	while (span_take_line(&rest, &line)) {
		if (!span_take_digits(&line, 16, &start) || !span_take(&line, "-") ||
		    !span_take_digits(&line, 16, &end) || !span_take(&line, " ") ||
		    !span_take_word(&line, &modes) || span_length(&modes) != 4)
			return -EINVAL;
		if (start <= address && address < end)
			return modes.at[3] == 'p' && modes.at[1] == 'w';
	}
	return -EINVAL;
}

int parse_number(const char *text, size_t length, int64_t *ret)
{
	struct span rest = span_of(text, length);
	int64_t value;

	if (!span_take_int64(&rest, &value))
		return -EINVAL;
	span_take(&rest, "\n");
	if (!span_at_end(&rest))
		return -EINVAL;
	*ret = value;
	return 0;
}

static bool in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

size_t parse_wchan(const char *text, size_t length, const char **ret_name)
{
	const char *end = text + length, *name = text, *at;

	while (name < end && (*name == '.' || *name == '_'))
		name++;
	for (at = name; at < end && in_name(*at); at++)
		;
	*ret_name = name;
	return at > name && *name > '9' ? (size_t)(at - name) : 0;
}
