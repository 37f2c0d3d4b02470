/*
 * Any bytes as pipetoprc. What is refused leaves the settings as they were and gives one printable
 * line; what is taken comes back the same when it is written and read again.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "tui/settings.h"

static int read_text(const char *text, size_t length, struct settings *settings)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, length, "r");
	char error[SETTINGS_ERROR_SIZE] = "";
	int r;

	if (!file)
		return -1;
	r = settings_read(file, settings, error);
	fclose(file);
	fuzz_require(r == 0 || error[0]);
	for (const char *at = error; *at; at++)
		fuzz_require((unsigned char)*at >= ' ' && *at != 0x7f);
	return r;
}

static char *write_text(const struct settings *settings, size_t *ret_length)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, ret_length);

	fuzz_require(file && settings_write(file, settings) == 0 && fclose(file) == 0);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct settings settings, before, again;
	size_t written, rewritten;
	char *text, *second;

	memset(&before, 0, sizeof(before));
	settings_default(&before);
	settings = again = before;
	if (length == 0)
		return 0;
	if (read_text((const char *)bytes, length, &settings) < 0) {
		fuzz_require(memcmp(&settings, &before, sizeof(settings)) == 0);
		return 0;
	}
	text = write_text(&settings, &written);
	fuzz_require(read_text(text, written, &again) == 0);
	second = write_text(&again, &rewritten);
	fuzz_require(written == rewritten && memcmp(text, second, written) == 0);
	free(text);
	free(second);
	return 0;
}
