/* words/escape.c: nothing foreign reaches the output raw, whatever the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "words/escape.h"

static void assert_escaped(const char *bytes, size_t length, const char *expected)
{
	char out[256];

	assert_int_equal(escape_bytes(out, sizeof(out), bytes, length), strlen(expected));
	assert_string_equal(out, expected);
}

static void assert_text(const char *text, const char *expected)
{
	assert_escaped(text, strlen(text), expected);
}

static void test_escape__keeps_printable(void **state)
{
	(void)state;
	assert_text("", "");
	assert_text("./log 6000 'a' \"b\" ~", "./log 6000 'a' \"b\" ~");
	assert_text("größe 日本語 e\xcc\x81 🐧", "größe 日本語 e\xcc\x81 🐧");
}

static void test_escape__names_controls(void **state)
{
	(void)state;
	assert_text("a\nb\tc\rd\033[2J\\", "a\\nb\\tc\\rd\\e[2J\\\\");
	assert_text("\001\007\177", "\\x01\\x07\\x7f");
	assert_escaped("a\0b", 3, "a\\x00b");
	assert_text("\xc2\x9b" "31m", "\\xc2\\x9b31m"); /* C1, CSI in eight bits */
}

static void test_escape__refuses_bad_utf8(void **state)
{
	(void)state;
	assert_text("\xff\xfe", "\\xff\\xfe");
	assert_text("\xc0\xaf", "\\xc0\\xaf");                 /* overlong / */
	assert_text("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	assert_text("\xf0\x82\x82\xac", "\\xf0\\x82\\x82\\xac");
	assert_text("\xed\xa0\x80", "\\xed\\xa0\\x80");        /* a surrogate */
	assert_text("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
	assert_text("\xf8\x90\x80\x80\x80", "\\xf8\\x90\\x80\\x80\\x80");
	assert_text("\x80x", "\\x80x");
	assert_text("\xe2\x82", "\\xe2\\x82");                 /* cut short */
	assert_text("\xe2\x82x", "\\xe2\\x82x");
}

static void test_escape__names_invisible(void **state)
{
	(void)state;
	assert_text("\xe2\x80\xae" "gnp.exe", "\\u{202E}gnp.exe");
	assert_text("\xe2\x80\x8b\xef\xbb\xbf", "\\u{200B}\\u{FEFF}");
	assert_text("\xe2\x80\xa8\xe2\x80\xa9", "\\u{2028}\\u{2029}");
	assert_text("\xe2\x81\xa6", "\\u{2066}");
	assert_text("\xee\x80\x80", "\\u{E000}");              /* private use */
	assert_text("\xf3\xa0\x80\x81", "\\u{E0001}");         /* a language tag */
	assert_text("\xf4\x8f\xbf\xbf", "\\u{10FFFF}");
	assert_text("\xc2\xad", "\\u{00AD}");
}

/* What is left raw of any two bytes: printable ASCII, or one whole character of two bytes. */
static void test_escape__every_pair_of_bytes(void **state)
{
	char out[64];

	(void)state;
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		const unsigned char bytes[] = { (unsigned char)(pair >> 8), (unsigned char)pair };
		size_t length = escape_bytes(out, sizeof(out), (const char *)bytes, 2);

		assert_int_equal(length, strlen(out));
		if (length == 2 && (unsigned char)out[0] >= 0x80) {
			assert_memory_equal(out, bytes, 2);
			assert_in_range(bytes[0], 0xc2, 0xdf);
			assert_in_range(bytes[1], bytes[0] == 0xc2 ? 0xa0 : 0x80, 0xbf);
			continue;
		}
		for (size_t i = 0; i < length; i++)
			assert_in_range(out[i], 0x20, 0x7e);
	}
}

static void test_escape__never_cuts_inside(void **state)
{
	static const char bytes[] = "ä\033\xff\xe2\x80\xae" "b";
	static const char whole[] = "ä\\e\\xff\\u{202E}b";
	static const size_t stops[] = { 0, 2, 4, 8, 16, 17 };
	char out[32];

	(void)state;
	for (size_t size = 1; size < sizeof(out); size++) {
		size_t best = 0;

		memset(out, 'Z', sizeof(out));
		assert_int_equal(escape_bytes(out, size, bytes, strlen(bytes)), strlen(whole));
		for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++)
			best = stops[i] < size ? stops[i] : best;
		assert_int_equal(strlen(out), best);
		assert_memory_equal(out, whole, best);
		assert_int_equal(out[size], 'Z');
	}
	assert_int_equal(escape_bytes(NULL, 0, bytes, strlen(bytes)), strlen(whole));
}

static void test_escape__null_reads_as_question(void **state)
{
	char out[8];
	char *copy = escape_dup(NULL);

	(void)state;
	assert_int_equal(escape_text(out, sizeof(out), NULL), 1);
	assert_string_equal(out, "?");
	assert_string_equal(copy, "?");
	free(copy);
	copy = escape_dup("a\n");
	assert_string_equal(copy, "a\\n");
	free(copy);
}

static void test_escape__ascii(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ "write(2, …, 13)", "write(2, ..., 13)" },
		{ "▲", "^" },
		{ "größe", "gr\\u{00F6}\\u{00DF}e" },
		{ "🐧🐧", "\\u{1F427}\\u{1F427}" },
		{ "\xff", "\\xff" },
		{ "plain\ttext\n", "plain\ttext\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *ascii = escape_ascii(cases[i].text);

		assert_string_equal(ascii, cases[i].expected);
		free(ascii);
	}
}

static void test_escape__columns(void **state)
{
	(void)state;
	assert_int_equal(escape_columns("log", 3), 3);
	assert_int_equal(escape_columns("…▲", strlen("…▲")), 2);
	assert_int_equal(escape_columns("日本", strlen("日本")), 4);
	assert_int_equal(escape_columns("e\xcc\x81", 3), 1);
	assert_int_equal(escape_columns("log", 2), 2);
	assert_int_equal(escape_columns("", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape__keeps_printable),
		cmocka_unit_test(test_escape__names_controls),
		cmocka_unit_test(test_escape__refuses_bad_utf8),
		cmocka_unit_test(test_escape__names_invisible),
		cmocka_unit_test(test_escape__every_pair_of_bytes),
		cmocka_unit_test(test_escape__never_cuts_inside),
		cmocka_unit_test(test_escape__null_reads_as_question),
		cmocka_unit_test(test_escape__ascii),
		cmocka_unit_test(test_escape__columns),
	};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
