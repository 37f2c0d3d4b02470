/*
 * Any bytes through the escapes. What comes out has nothing left to escape but the backslashes of
 * the escapes themselves, however little of it fits; in ASCII it is printable throughout.
 */
#include "fuzz.h"

#include <string.h>

#include "words/escape.h"

static void require_escaped(const char *text)
{
	size_t backslashes = 0;

	for (const char *at = text; *at; at++)
		backslashes += *at == '\\';
	fuzz_require(escape_text(NULL, 0, text) == strlen(text) + backslashes);
}

static void require_ascii(const char *text)
{
	char *ascii = escape_ascii(text);

	fuzz_require(ascii);
	for (const char *at = ascii; *at; at++)
		fuzz_require(*at >= ' ' && *at <= '~');
	free(ascii);
}

static char *escape_into(size_t size, const char *bytes, size_t length)
{
	char *out = malloc(size);

	fuzz_require(out);
	escape_bytes(out, size, bytes, length);
	fuzz_require(strlen(out) < size);
	require_escaped(out);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *text = (const char *)bytes;
	size_t whole = escape_bytes(NULL, 0, text, length);
	char *all = escape_into(whole + 1, text, length);

	fuzz_require(strlen(all) == whole);
	fuzz_require(escape_columns(all, whole) <= 2 * whole);
	require_ascii(all);
	for (size_t size = 1; size <= whole && size < 32; size++) {
		char *some = escape_into(size, text, length);

		fuzz_require(strncmp(some, all, strlen(some)) == 0);
		free(some);
	}
	free(all);
	return 0;
}
