/* Numbers as people read them. Each writes to `out` and returns it; UNKNOWN (-1) reads as "?". */
#ifndef WORDS_UNITS_H
#define WORDS_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum { UNITS_SIZE = 32 }; /* enough for every one of them */

/* 65520 -> "64.0K", 512 -> "512", 1048576 -> "1.0M" */
char *units_bytes(char out[UNITS_SIZE], int64_t bytes);

/* For a narrow column: 240 -> "0.2s", 42000 -> "42s", 11520000 -> "3h12m", 93600000 -> "1d02h" */
char *units_span_short(char out[UNITS_SIZE], int64_t ms);

/* For a sentence: 11520000 -> "3 h 12 min", 42000 -> "42 s", 240 -> "0.2 s" */
char *units_span(char out[UNITS_SIZE], int64_t ms);

/* 65520 -> "65,520" */
char *units_grouped(char out[UNITS_SIZE], int64_t number);

#endif
