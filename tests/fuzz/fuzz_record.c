/*
 * Any bytes as a record, and what can be read of them through everything behind a look: the
 * snapshot is written and read again without a loss, diagnosed, and reported in every form.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "analysis/diagnosis.h"
#include "model/record.h"
#include "report/formats.h"

struct looks {
	struct snapshot *earlier, *later;
};

static bool read_looks(const void *bytes, size_t length, struct looks *ret)
{
	char error[RECORD_ERROR_SIZE] = "";
	FILE *file = fmemopen((void *)bytes, length, "r");
	int r;

	fuzz_require(file);
	r = record_read(file, &ret->earlier, &ret->later, error);
	fclose(file);
	for (const char *at = error; *at; at++)
		fuzz_require((unsigned char)*at >= ' ' && *at != 0x7f);
	fuzz_require((r < 0) == (*error != '\0'));
	return r == 0;
}

static void free_looks(struct looks *looks)
{
	snapshot_free(looks->earlier);
	snapshot_free(looks->later);
}

static char *write_looks(const struct looks *looks, size_t *ret_length)
{
	char *text;
	FILE *file = open_memstream(&text, ret_length);

	fuzz_require(file);
	fuzz_require(record_write(file, looks->earlier, looks->later) == 0);
	fclose(file);
	return text;
}

static void require_same_again(const struct looks *looks)
{
	size_t length, again_length;
	char *text = write_looks(looks, &length), *again_text;
	struct looks again;

	fuzz_require(read_looks(text, length, &again));
	again_text = write_looks(&again, &again_length);
	fuzz_require(length == again_length && memcmp(text, again_text, length) == 0);
	free_looks(&again);
	free(again_text);
	free(text);
}

static void report(const struct diagnosis *d)
{
	static const struct report_settings settings = { .width = 80, .utf8 = true, .all = true };

	for (const struct report_format *format = report_formats; format->name; format++) {
		char *text;
		size_t length;
		FILE *file = open_memstream(&text, &length);

		fuzz_require(file);
		fuzz_require(format->write(file, d, &settings) == 0);
		fclose(file);
		for (size_t i = 0; i < length; i++)
			fuzz_require((unsigned char)text[i] >= ' ' || text[i] == '\n');
		free(text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const struct diagnosis_settings settings = { .stall_ms = 1000 };
	struct diagnosis *d;
	struct looks looks;

	if (length == 0 || !read_looks(bytes, length, &looks))
		return 0;
	require_same_again(&looks);
	fuzz_require(diagnose(looks.earlier, looks.later, &settings, &d) == 0);
	report(d);
	diagnosis_free(d);
	free_looks(&looks);
	return 0;
}
