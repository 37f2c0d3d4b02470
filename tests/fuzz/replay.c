/*
 * Runs one fuzz target on its corpus, without libFuzzer: each file as it is, cut off after every
 * byte, and with every byte changed in three ways. One TAP line a file. The corpus of fuzz_NAME
 * is $srcdir/tests/fuzz/corpus/NAME; files can be named as arguments instead.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { POSITIONS = 400 }; /* at most so many of a large file, evenly spread */

/* A block of its own size for each input, so that the sanitizers see a step beyond it. */
static void run(const uint8_t *bytes, size_t length, size_t at, uint8_t change)
{
	uint8_t *copy = malloc(length ? length : 1);

	fuzz_require(copy);
	memcpy(copy, bytes, length);
	if (at < length)
		copy[at] ^= change;
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

static unsigned replay(const uint8_t *bytes, size_t length)
{
	static const uint8_t changes[] = { 0x01, 0x80, '0' ^ '\n' };
	size_t step = length / POSITIONS + 1;
	unsigned runs = 1;

	run(bytes, length, length, 0);
	for (size_t at = 0; at < length; at += step) {
		run(bytes, at, at, 0);
		for (size_t i = 0; i < sizeof changes; i++)
			run(bytes, length, at, changes[i]);
		runs += 1 + (unsigned)sizeof changes;
	}
	return runs;
}

static int read_file(const char *path, uint8_t **ret_bytes, size_t *ret_length)
{
	FILE *file = fopen(path, "re");
	uint8_t *bytes = NULL;
	size_t length = 0, got;
	int r = 0;

	if (!file)
		return -errno;
	do {
		uint8_t *more = realloc(bytes, length + 65536);

		fuzz_require(more);
		bytes = more;
		got = fread(bytes + length, 1, 65536, file);
		length += got;
	} while (got > 0);
	if (ferror(file))
		r = -EIO;
	fclose(file);
	if (r < 0) {
		free(bytes);
		return r;
	}
	*ret_bytes = bytes;
	*ret_length = length;
	return 0;
}

static bool replay_file(const char *path, int number)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	uint8_t *bytes = NULL;
	size_t length = 0;
	int r = read_file(path, &bytes, &length);

	if (r < 0) {
		printf("not ok %d - %s: %s\n", number, name, strerror(-r));
		return false;
	}
	/* Should an input end us, the log says whose it was. */
	printf("# %s\n", name);
	fflush(stdout);
	printf("ok %d - %s: %u inputs\n", number, name, replay(bytes, length));
	free(bytes);
	return true;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool replay_corpus(const char *target)
{
	const char *source = getenv("srcdir");
	char directory[4096], path[8192];
	struct dirent **entries;
	bool ok = true;
	int count;

	snprintf(directory, sizeof directory, "%s/tests/fuzz/corpus/%s",
	         source ? source : ".", target);
	count = scandir(directory, &entries, is_visible, alphasort);
	if (count <= 0) {
		printf("1..1\nnot ok 1 - no corpus in %s\n", directory);
		return false;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
		ok = replay_file(path, i + 1) && ok;
		free(entries[i]);
	}
	free(entries);
	return ok;
}

int main(int argc, char **argv)
{
	bool ok = true;

	if (argc == 1)
		return replay_corpus(program_invocation_short_name + strlen("fuzz_"))
		               ? EXIT_SUCCESS
		               : EXIT_FAILURE;
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++)
		ok = replay_file(argv[i], i) && ok;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
