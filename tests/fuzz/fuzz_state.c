/* Any keys, clicks, sizes and pictures through the state of the screen: four bytes a step. */
#include "fuzz.h"

#include <locale.h>

#include "walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct walk *walk;

	setlocale(LC_CTYPE, "C.UTF-8");
	walk = walk_new();
	for (size_t at = 0; at + 4 <= length; at += 4)
		walk_step(walk, bytes + at);
	walk_free(walk);
	return 0;
}
