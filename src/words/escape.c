/*
 * Owns the way of foreign bytes into our output. What it promises does not rest on a locale: the
 * UTF-8 decoder is its own (RFC 3629: no overlong forms, no surrogates), and the tables name
 * every range that cannot be seen or that moves other text about (Unicode's
 * Default_Ignorable_Code_Point, Bidi_Control, line and paragraph separators, private use,
 * noncharacters, planes without characters). Wide and combining characters are printable and
 * stay as they are.
 */
#include "words/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_SIZE = 24 }; /* one character or escape: at most four "\xHH" and a NUL */

struct range {
	uint32_t first, last;
};

/* All tables of ranges are ascending. */
static const struct range hidden[] = {
	{ 0x00ad, 0x00ad },     /* soft hyphen */
	{ 0x034f, 0x034f },     /* combining grapheme joiner */
	{ 0x061c, 0x061c },     /* Arabic letter mark */
	{ 0x115f, 0x1160 },     /* Hangul fillers */
	{ 0x17b4, 0x17b5 },     /* Khmer inherent vowels */
	{ 0x180b, 0x180f },     /* Mongolian selectors, vowel separator */
	{ 0x200b, 0x200f },     /* zero-width space and joiners, direction marks */
	{ 0x2028, 0x202e },     /* line and paragraph separator, embeddings, overrides */
	{ 0x2060, 0x206f },     /* word joiner, isolates, deprecated controls */
	{ 0x3164, 0x3164 },     /* Hangul filler */
	{ 0xe000, 0xf8ff },     /* private use */
	{ 0xfdd0, 0xfdef },     /* noncharacters */
	{ 0xfe00, 0xfe0f },     /* variation selectors */
	{ 0xfeff, 0xfeff },     /* byte order mark */
	{ 0xffa0, 0xffa0 },     /* halfwidth Hangul filler */
	{ 0xfff0, 0xfffb },     /* unassigned, interlinear annotation */
	{ 0xfffe, 0xffff },     /* noncharacters */
	{ 0x13430, 0x1345f },   /* hieroglyph format controls */
	{ 0x1bca0, 0x1bca3 },   /* shorthand format controls */
	{ 0x1d173, 0x1d17a },   /* musical format controls */
	{ 0x1fffe, 0x1ffff },   /* noncharacters */
	{ 0x2fffe, 0x2ffff },
	{ 0x3fffe, 0x10ffff },  /* planes without characters, tags, private use */
};

static const struct range combining[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x0610, 0x061a },
	{ 0x064b, 0x065f }, { 0x0900, 0x0902 }, { 0x0e31, 0x0e31 }, { 0x0e34, 0x0e3a },
	{ 0x0e47, 0x0e4e }, { 0x1160, 0x11ff }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff },
	{ 0x20d0, 0x20ff }, { 0x302a, 0x302d }, { 0x3099, 0x309a }, { 0xfe20, 0xfe2f },
};

static const struct range wide[] = {
	{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0x33ff }, { 0x3400, 0x4dbf },
	{ 0x4e00, 0xa4cf }, { 0xa960, 0xa97f }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
};

/* Our own marks, for terminals that know ASCII alone. */
static const struct {
	uint32_t code;
	const char *ascii;
} marks[] = {
	{ 0x2026, "..." }, /* … */
	{ 0x25b2, "^" },   /* ▲ */
};

static int range_order(const void *key, const void *item)
{
	const uint32_t *code = key;
	const struct range *range = item;

	return *code < range->first ? -1 : *code > range->last;
}

static bool range_has(const struct range *ranges, size_t count, uint32_t code)
{
	return bsearch(&code, ranges, count, sizeof(*ranges), range_order);
}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The length of the valid character at the start of the bytes, or 0. */
static size_t decode(const unsigned char *bytes, size_t length, uint32_t *ret_code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = bytes[0];
	size_t size = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3
	            : lead < 0xf5 ? 4 : 0;
	uint32_t code = size > 1 ? lead & (0x7fU >> size) : lead;

	if (!size || size > length)
		return 0;
	for (size_t i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return size;
}

/* "\xHH" for each byte. */
static size_t piece_of_bytes(char piece[PIECE_SIZE], const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		snprintf(piece + 4 * i, PIECE_SIZE - 4 * i, "\\x%02x", bytes[i]);
	return 4 * count;
}

/* How the first character reads; *ret_taken is how many bytes it was. */
static size_t piece_of(char piece[PIECE_SIZE], const unsigned char *bytes, size_t length,
                       size_t *ret_taken)
{
	static const char letters[128] = {
		['\n'] = 'n', ['\t'] = 't', ['\r'] = 'r', ['\033'] = 'e', ['\\'] = '\\',
	};
	uint32_t code;
	size_t size = decode(bytes, length, &code);

	*ret_taken = size ? size : 1;
	if (!size)
		return piece_of_bytes(piece, bytes, 1);
	if (code < 128 && letters[code]) {
		piece[0] = '\\';
		piece[1] = letters[code];
		return 2;
	}
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return piece_of_bytes(piece, bytes, size);
	if (range_has(hidden, ARRAY_SIZE(hidden), code))
		return (size_t)snprintf(piece, PIECE_SIZE, "\\u{%04X}", (unsigned)code);
	memcpy(piece, bytes, size);
	return size;
}

/* How many bytes from the start on are ASCII that stays as it is, which most text is. */
static size_t plain_length(const unsigned char *bytes, size_t length)
{
	size_t plain = 0;

	while (plain < length && bytes[plain] >= 0x20 && bytes[plain] < 0x7f &&
	       bytes[plain] != '\\')
		plain++;
	return plain;
}

size_t escape_bytes(char *out, size_t size, const char *bytes, size_t length)
{
	const unsigned char *rest = (const unsigned char *)bytes;
	size_t whole = 0, stored = 0, taken;
	char piece[PIECE_SIZE];

	for (; length; rest += taken, length -= taken) {
		size_t plain = plain_length(rest, length);
		size_t count = plain ? plain : piece_of(piece, rest, length, &taken);
		size_t room = stored == whole && whole < size ? size - 1 - whole : 0;
		size_t kept = count <= room ? count : plain ? room : 0;

		taken = plain ? plain : taken;
		/* Once something did not fit, nothing shorter may follow it. */
		if (kept)
			memcpy(out + stored, plain ? (const char *)rest : piece, kept);
		stored += kept;
		whole += count;
	}
	if (size)
		out[stored] = '\0';
	return whole;
}

size_t escape_text(char *out, size_t size, const char *text)
{
	return escape_bytes(out, size, text ? text : "?", text ? strlen(text) : 1);
}

char *escape_dup(const char *text)
{
	size_t size = escape_text(NULL, 0, text) + 1;
	char *copy = malloc(size);

	if (copy)
		escape_text(copy, size, text);
	return copy;
}

/* How a character reads in ASCII. */
static size_t ascii_of(char piece[PIECE_SIZE], const unsigned char *bytes, uint32_t code)
{
	if (code < 0x80) {
		piece[0] = (char)bytes[0];
		return 1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (marks[i].code == code)
			return (size_t)snprintf(piece, PIECE_SIZE, "%s", marks[i].ascii);
	}
	return (size_t)snprintf(piece, PIECE_SIZE, "\\u{%04X}", (unsigned)code);
}

char *escape_ascii(const char *text)
{
	const unsigned char *rest = (const unsigned char *)text;
	size_t left = strlen(text), length = 0, taken;
	char *ascii = malloc(left * 5 + 1); /* two bytes may become "\u{00E4}", four "\u{10000}" */
	uint32_t code;

	for (; ascii && left; rest += taken, left -= taken) {
		char piece[PIECE_SIZE];
		size_t count;

		taken = decode(rest, left, &code);
		count = taken ? ascii_of(piece, rest, code) : piece_of_bytes(piece, rest, 1);
		taken = taken ? taken : 1;
		memcpy(ascii + length, piece, count);
		length += count;
	}
	if (ascii)
		ascii[length] = '\0';
	return ascii;
}

size_t escape_columns(const char *text, size_t length)
{
	const unsigned char *rest = (const unsigned char *)text;
	size_t columns = 0, taken;
	uint32_t code;

	for (; length; rest += taken, length -= taken) {
		taken = decode(rest, length, &code);
		if (!taken) {
			taken = 1;
			columns++;
		} else if (!range_has(combining, ARRAY_SIZE(combining), code)) {
			columns += range_has(wide, ARRAY_SIZE(wide), code) ? 2 : 1;
		}
	}
	return columns;
}
