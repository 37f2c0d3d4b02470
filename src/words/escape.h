/*
 * Hostile bytes into printable text: no byte of a foreign name, argument or path reaches a
 * terminal or a file raw.
 *
 * Printable characters of valid UTF-8 stay as they are. Everything else becomes an escape:
 * \n \t \r \e \\ and \xHH for bytes that are no valid UTF-8 or control characters (C0, DEL, C1),
 * \u{HHHH} for characters that would change how others are shown (bidirectional controls,
 * zero-width ones, line and paragraph separators, private use, planes without characters). The
 * result is always valid UTF-8. No locale is asked.
 */
#ifndef WORDS_ESCAPE_H
#define WORDS_ESCAPE_H

#include <stddef.h>

/*
 * Writes `length` bytes of `bytes` escaped to `out` (at most `size` bytes with the ending NUL,
 * never cut inside a character or an escape). Returns how long the whole escaped text is, as
 * snprintf(3) does, so that size 0 asks for it.
 */
size_t escape_bytes(char *out, size_t size, const char *bytes, size_t length);

/* The same for a C string; NULL reads as "?". */
size_t escape_text(char *out, size_t size, const char *text);

/* A new string, to be freed; NULL when there is no memory. */
char *escape_dup(const char *text);

/*
 * Escaped text for a terminal that knows ASCII alone: our own marks read as their like ("…" as
 * "..."), every other character as \u{HHHH}. A new string, to be freed; NULL when there is no
 * memory.
 */
char *escape_ascii(const char *text);

/* How many columns escaped text takes on a terminal: wide characters two, combining ones none. */
size_t escape_columns(const char *text, size_t length);

#endif
