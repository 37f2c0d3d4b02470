/*
 * Every parser of a /proc text on any bytes. Beyond what the sanitizers see: a text that is
 * refused leaves the result alone, what points into the text stays in it, and whoever asks for
 * the next line gets to the end.
 */
#include "fuzz.h"

#include <string.h>

#include "collect/parse.h"
#include "collect/unit.h"

union result {
	struct shown_call call;
	struct stat_line stat;
	struct status_lines status;
	struct fdinfo_lines fdinfo;
	int64_t number;
	uint64_t ino;
	uint32_t count;
	char unit[UNIT_SIZE];
};

enum { PATTERN = 0xa5 };

static union result *fresh(union result *u)
{
	return memset(u, PATTERN, sizeof(*u));
}

static void check_untouched(int r, const union result *u)
{
	const unsigned char *bytes = (const unsigned char *)u;

	for (size_t i = 0; r < 0 && i < sizeof(*u); i++)
		fuzz_require(bytes[i] == PATTERN);
}

static void check_results(const char *text, size_t length)
{
	union result u;

	check_untouched(parse_syscall(text, length, &fresh(&u)->call), &u);
	check_untouched(parse_stat(text, length, &fresh(&u)->stat), &u);
	check_untouched(parse_status(text, length, &fresh(&u)->status), &u);
	check_untouched(parse_sched(text, length, &fresh(&u)->number), &u);
	check_untouched(parse_fdinfo(text, length, &fresh(&u)->fdinfo), &u);
	(void)parse_uring_holds_pipes(text, length);
	check_untouched(parse_pipe_link(text, length, &fresh(&u)->ino), &u);
	check_untouched(parse_timers(text, length, &fresh(&u)->count), &u);
	check_untouched(parse_number(text, length, &fresh(&u)->number), &u);
	check_untouched(unit_parse(text, length, fresh(&u)->unit), &u);
	fuzz_require(u.unit[0] == (char)PATTERN || memchr(u.unit, '\0', UNIT_SIZE));
}

static void check_lines(const char *text, size_t length)
{
	struct epoll_entry entry;
	struct mount_line line;
	size_t offset = 0, before = 0;
	int r;

	do {
		before = offset;
		r = parse_epoll(text, length, &offset, &entry);
		fuzz_require(offset <= length && (offset > before || offset == length));
	} while (r != 0 && offset < length);
	offset = 0;
	do {
		before = offset;
		r = parse_mountinfo(text, length, &offset, &line);
		fuzz_require(offset <= length && (offset > before || offset == length));
		fuzz_require(r != 1 || (line.type >= text && line.type_length > 0 &&
		                        line.type + line.type_length <= text + length));
	} while (r != 0 && offset < length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const uint64_t addresses[] = { 0, 0x55f5a6815000, UINT64_MAX };
	const char *text = (const char *)bytes, *name;
	size_t name_length;
	int width;

	check_results(text, length);
	check_lines(text, length);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		fuzz_require(parse_maps_private(text, length, addresses[i]) <= 1);
	(void)parse_timer_list_has_alarm(text, length);
	width = parse_auxv_width(text, length);
	fuzz_require(width == 0 || width == 4 || width == 8);
	name_length = parse_wchan(text, length, &name);
	fuzz_require(name >= text && name + name_length <= text + length);
	return 0;
}
