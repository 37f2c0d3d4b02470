/*
 * Any number and arguments through the table of system calls: what a hostile process can show as
 * its call. Whatever comes out is in range, and says what it is about.
 */
#include "fuzz.h"

#include <string.h>

#include "collect/calls.h"

struct shown {
	int32_t number;
	uint8_t compat, spare[3];
	uint64_t args[6];
};

static bool has_operand(const struct call *call)
{
	switch (call->shape) {
	case CALL_CHILD:
		return call->children >= CHILDREN_ONE && call->name;
	case CALL_OTHER:
		return call->what;
	default:
		return call->name;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct shown shown;

	for (size_t at = 0; at + sizeof(shown) <= length; at += sizeof(shown)) {
		struct call call, again;

		memcpy(&shown, bytes + at, sizeof(shown));
		call_decode(shown.compat & 1, shown.number, shown.args, &call);
		call_decode(shown.compat & 1, shown.number, shown.args, &again);
		fuzz_require(call.shape <= CALL_RESTART && call.shape == again.shape);
		fuzz_require(call.name == again.name || !strcmp(call.name, again.name));
		fuzz_require(has_operand(&call));
		call_waits_for_child(shown.args[0]);
	}
	return 0;
}
