/* words/units.c: numbers at their edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "words/units.h"

struct reading {
	int64_t number;
	const char *text;
};

static void assert_readings(char *(*units)(char out[UNITS_SIZE], int64_t number),
                            const struct reading *readings, size_t count)
{
	char out[UNITS_SIZE];

	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(units(out, readings[i].number), out);
		assert_string_equal(out, readings[i].text);
	}
}

#define ASSERT_READINGS(units, readings) \
	assert_readings(units, readings, sizeof(readings) / sizeof((readings)[0]))

static void test_units__bytes(void **state)
{
	static const struct reading readings[] = {
		{ -1, "?" }, { 0, "0" }, { 512, "512" }, { 1023, "1023" }, { 1024, "1.0K" },
		{ 65520, "64.0K" }, { 65536, "64.0K" }, { 1048524, "1023.9K" }, { 1048575, "1.0M" },
		{ 1048576, "1.0M" }, { 1073741823, "1.0G" }, { INT64_MAX, "8.0E" }, { INT64_MIN, "?" },
	};

	(void)state;
	ASSERT_READINGS(units_bytes, readings);
}

static void test_units__span_short(void **state)
{
	static const struct reading readings[] = {
		{ -1, "?" }, { -1000, "?" }, { 0, "0.0s" }, { 240, "0.2s" }, { 9999, "9.9s" },
		{ 10000, "10s" }, { 42000, "42s" }, { 59999, "59s" }, { 60000, "1m00s" },
		{ 245000, "4m05s" }, { 3599999, "59m59s" }, { 3600000, "1h00m" }, { 11520000, "3h12m" },
		{ 86399999, "23h59m" }, { 86400000, "1d00h" }, { 93600000, "1d02h" },
		{ INT64_MAX, "106751991167d07h" },
	};

	(void)state;
	ASSERT_READINGS(units_span_short, readings);
}

static void test_units__span(void **state)
{
	static const struct reading readings[] = {
		{ -1, "?" }, { 240, "0.2 s" }, { 42000, "42 s" }, { 60000, "1 min" },
		{ 245000, "4 min 5 s" }, { 3600000, "1 h" }, { 11520000, "3 h 12 min" },
		{ 93600000, "1 d 2 h" }, { 86400000, "1 d" }, { INT64_MAX, "106751991167 d 7 h" },
	};

	(void)state;
	ASSERT_READINGS(units_span, readings);
}

static void test_units__grouped(void **state)
{
	static const struct reading readings[] = {
		{ -1, "?" }, { 0, "0" }, { 999, "999" }, { 1000, "1,000" }, { 65520, "65,520" },
		{ 1048576, "1,048,576" }, { INT64_MAX, "9,223,372,036,854,775,807" },
	};

	(void)state;
	ASSERT_READINGS(units_grouped, readings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units__bytes),
		cmocka_unit_test(test_units__span_short),
		cmocka_unit_test(test_units__span),
		cmocka_unit_test(test_units__grouped),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
