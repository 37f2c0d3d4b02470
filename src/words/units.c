/*
 * Numbers as people read them. Spans are cut, not rounded: what has lasted 59.9 s has not lasted
 * a minute.
 */
#include "words/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Two neighbouring units of a span: the larger one is shown with as many of the smaller. */
static const struct span {
	int64_t from_s;          /* from here on */
	int64_t large_s, small_s;
	const char *large, *small;
} spans[] = {
	{ 86400, 86400, 3600, "d", "h" },
	{ 3600, 3600, 60, "h", "min" },
	{ 60, 60, 1, "min", "s" },
};

enum { SPANS = sizeof(spans) / sizeof(spans[0]) };

static char *unknown(char out[UNITS_SIZE])
{
	return strcpy(out, "?");
}

char *units_bytes(char out[UNITS_SIZE], int64_t bytes)
{
	static const char letters[] = "KMGTPE";
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 0)
		return unknown(out);
	if (bytes < 1024) {
		snprintf(out, UNITS_SIZE, "%" PRId64, bytes);
		return out;
	}
	/* 1023.95 would be shown as 1024.0 */
	for (; value >= 1023.95; value /= 1024)
		unit++;
	snprintf(out, UNITS_SIZE, "%.1f%c", value, letters[unit]);
	return out;
}

static const struct span *span_of(int64_t seconds)
{
	for (size_t i = 0; i < SPANS; i++) {
		if (seconds >= spans[i].from_s)
			return &spans[i];
	}
	return NULL;
}

/* Below a minute: tenths as long as they say something. */
static char *seconds(char out[UNITS_SIZE], int64_t ms, const char *blank)
{
	if (ms < 10000)
		snprintf(out, UNITS_SIZE, "%" PRId64 ".%" PRId64 "%ss", ms / 1000, ms % 1000 / 100,
		         blank);
	else
		snprintf(out, UNITS_SIZE, "%" PRId64 "%ss", ms / 1000, blank);
	return out;
}

char *units_span_short(char out[UNITS_SIZE], int64_t ms)
{
	const struct span *span = span_of(ms / 1000);

	if (ms < 0)
		return unknown(out);
	if (!span)
		return seconds(out, ms, "");
	snprintf(out, UNITS_SIZE, "%" PRId64 "%c%02d%c", ms / 1000 / span->large_s, span->large[0],
	         (int)(ms / 1000 % span->large_s / span->small_s), span->small[0]);
	return out;
}

char *units_span(char out[UNITS_SIZE], int64_t ms)
{
	const struct span *span = span_of(ms / 1000);
	int small;

	if (ms < 0)
		return unknown(out);
	if (!span)
		return seconds(out, ms, " ");
	small = (int)(ms / 1000 % span->large_s / span->small_s);
	if (small)
		snprintf(out, UNITS_SIZE, "%" PRId64 " %s %d %s", ms / 1000 / span->large_s,
		         span->large, small, span->small);
	else
		snprintf(out, UNITS_SIZE, "%" PRId64 " %s", ms / 1000 / span->large_s, span->large);
	return out;
}

char *units_grouped(char out[UNITS_SIZE], int64_t number)
{
	char digits[UNITS_SIZE];
	size_t count, length = 0;

	if (number < 0)
		return unknown(out);
	count = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, number);
	for (size_t i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0)
			out[length++] = ',';
		out[length++] = digits[i];
	}
	out[length] = '\0';
	return out;
}
