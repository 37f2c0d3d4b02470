/*
 * What the fuzz targets share. Each is built twice: with libFuzzer (make fuzz), and with replay.c,
 * which needs no clang and runs its corpus in make check.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The bytes are a block of just that length. Returns 0; whatever is wrong ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static inline void fuzz_require(bool holds)
{
	if (!holds)
		abort();
}

#endif
