/*
 * Which rule leads from a frame to its caller: call frame information, DWARF 5 section 6.4.
 *
 * Code with frame pointers (whole distributions are built so) finds its caller by that register,
 * and proc_pid_syscall(5) does not give it. It can be measured: such a function starts with "push
 * fp; mov sp, fp", pushes what it must save, and takes the room for its locals by one "sub $N,
 * sp", so fp = sp + what was pushed + N. The pushes are in the call frame information, and N is
 * read from the code. What comes out counts only if a return address lies there, behind an
 * instruction that calls that very function, or, where that cannot be told (a call by a pointer),
 * behind any call, and the walk from there comes through to the first frame of the thread. Where
 * this holds for more than one N nothing is believed, see unwind_thread().
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "act/unwind_parts.h"
#include "model/snapshot.h"

enum { PROLOGUE_BYTES = 192, PUSHES_BYTES = 32, CALL_BYTES = 7 };

static enum rule rule_of(Dwarf_Frame *frame)
{
	int return_register = dwarf_frame_info(frame, NULL, NULL, NULL);
	Dwarf_Op memory[3], *ops = NULL;
	size_t count = 0;

	if (return_register < 0 ||
	    dwarf_frame_register(frame, return_register, memory, &ops, &count) != 0)
		return RULE_NONE;
	/* "Undefined", as libdw puts it. */
	return ops == memory && count == 0 ? RULE_OUTERMOST : RULE_CALLER;
}

/* Whether the frame's address is the frame pointer and the two words that it points to. */
static bool stands_on_fp(const struct unwind *u, Dwarf_Frame *frame)
{
	Dwarf_Op *ops;
	size_t count;
	int number;

	if (u->machine->fp_register == UNKNOWN || dwarf_frame_cfa(frame, &ops, &count) != 0 ||
	    count != 1)
		return false;
	if (ops->atom == DW_OP_bregx)
		return (int)ops->number == u->machine->fp_register &&
		       (int64_t)ops->number2 == 2 * u->address_bytes;
	number = ops->atom - DW_OP_breg0;
	return number == u->machine->fp_register && (int64_t)ops->number == 2 * u->address_bytes;
}

/* How many bytes of registers lie below the saved frame pointer. */
static uint64_t pushed_bytes(const struct unwind *u, Dwarf_Frame *frame)
{
	int64_t lowest = -2 * u->address_bytes;

	for (int number = u->machine->first_saved; number <= u->machine->last_saved; number++) {
		Dwarf_Op memory[3], *ops = NULL;
		size_t count = 0;

		if (dwarf_frame_register(frame, number, memory, &ops, &count) == 0 && count == 2 &&
		    ops[1].atom == DW_OP_plus_uconst && (int64_t)ops[1].number < lowest)
			lowest = (int64_t)ops[1].number;
	}
	return (uint64_t)(-lowest - 2 * u->address_bytes);
}

/* "sub $N, %sp" at `code`, N in one byte or in four; 0 when it is something else. */
static uint64_t taken_bytes(const struct unwind *u, const uint8_t *code)
{
	uint32_t wide;

	if (u->address_bytes == 8 && *code++ != 0x48)
		return 0;
	if (code[0] == 0x83 && code[1] == 0xec)
		return code[2];
	if (code[0] != 0x81 || code[1] != 0xec)
		return 0;
	memcpy(&wide, code + 2, sizeof(wide));
	return wide;
}

enum call { CALL_NONE, CALL_SOMEWHERE, CALL_HERE };

/* Where "jmp *N(%rip)" of a procedure linkage table leads; 0 when it is something else. */
static uint64_t linked_to(const struct unwind *u, uint64_t address)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	uint8_t code[16];
	size_t at = 0;
	uint64_t target = 0;
	int32_t distance;

	if (u->address_bytes != 8 || !unwind_read(u, address, code, sizeof(code)))
		return 0;
	if (memcmp(code, endbr, sizeof(endbr)) == 0)
		at += sizeof(endbr);
	if (code[at] == 0xf2)
		at++;
	if (code[at] != 0xff || code[at + 1] != 0x25)
		return 0;
	memcpy(&distance, code + at + 2, sizeof(distance));
	unwind_read(u, address + at + 6 + (uint64_t)(int64_t)distance, &target, sizeof(target));
	return target;
}

/* What the instruction before `after` calls: the function at `start` (0 when not known)? */
static enum call find_call(const struct unwind *u, uint64_t after, uint64_t start)
{
	uint8_t code[CALL_BYTES];
	uint64_t target;
	int32_t distance;

	if (!unwind_read(u, after - CALL_BYTES, code, CALL_BYTES))
		return CALL_NONE;
	if (code[CALL_BYTES - 5] == 0xe8) {
		memcpy(&distance, code + CALL_BYTES - 4, sizeof(distance));
		target = after + (uint64_t)(int64_t)distance;
		if (u->address_bytes == 4)
			target = (uint32_t)target;
		return start && (target == start || linked_to(u, target) == start) ? CALL_HERE
		                                                                   : CALL_SOMEWHERE;
	}
	/* By a register or memory: "call *…", of 2 to 7 bytes. */
	for (int back = 2; back <= CALL_BYTES; back++)
		if (code[CALL_BYTES - back] == 0xff && (code[CALL_BYTES - back + 1] >> 3 & 7) == 2)
			return CALL_SOMEWHERE;
	return CALL_NONE;
}

/* `start` is that of the function, or 0. */
static void add_candidate(struct walk *w, uint64_t fp, uint64_t start)
{
	const struct unwind *u = w->u;
	uint64_t caller = 0;
	enum call call;

	for (uint32_t i = 0; i < w->candidate_count; i++)
		if (w->candidates[i].fp == fp)
			return;
	if (w->candidate_count == CANDIDATES ||
	    !unwind_read(u, fp + (uint64_t)u->address_bytes, &caller, (size_t)u->address_bytes))
		return;
	call = find_call(u, caller, start);
	if (call != CALL_NONE)
		w->candidates[w->candidate_count++] = (struct candidate){ fp, call == CALL_HERE };
}

/* The code from `from` to where the function is now is looked through for the size of its frame. */
static void measure(struct walk *w, uint64_t from, uint64_t now, uint64_t start,
                    uint64_t pushed_to)
{
	uint8_t code[PROLOGUE_BYTES + 8] = { 0 };
	size_t length = now - from < PROLOGUE_BYTES ? now - from : PROLOGUE_BYTES;

	if (!unwind_read(w->u, from, code, length))
		return;
	add_candidate(w, pushed_to, start);
	/* One word more, to keep the stack aligned. */
	add_candidate(w, pushed_to + (uint64_t)w->u->address_bytes, start);
	for (size_t i = 0; i < length; i++) {
		uint64_t taken = taken_bytes(w->u, code + i);

		if (taken)
			add_candidate(w, pushed_to + taken, start);
	}
}

static void find_candidates(struct walk *w, Dwfl_Frame *state, Dwarf_Frame *frame,
                            Dwfl_Module *module, Dwarf_Addr bias, Dwarf_Addr address)
{
	const struct machine *machine = w->u->machine;
	Dwarf_Addr from = 0, start = 0;
	Dwarf_Word sp, fp;
	GElf_Off offset;
	GElf_Sym symbol;

	if (!stands_on_fp(w->u, frame) ||
	    dwfl_frame_reg(state, (unsigned)machine->fp_register, &fp) == 0 ||
	    dwfl_frame_reg(state, (unsigned)machine->sp_register, &sp) != 0)
		return;
	if (dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL)) {
		start = from = address - offset;
	} else {
		/* A little before the place from where the rule holds. */
		dwarf_frame_info(frame, &from, NULL, NULL);
		from += bias - PUSHES_BYTES;
	}
	measure(w, from, address, start, sp + pushed_bytes(w->u, frame));
}

void rules_find(struct walk *w, Dwfl_Frame *state, Dwfl_Module *module, Dwarf_Addr address)
{
	Dwarf_Addr bias[2] = { 0 };
	Dwarf_CFI *tables[2] = { dwfl_module_eh_cfi(module, &bias[0]),
	                         dwfl_module_dwarf_cfi(module, &bias[1]) };

	w->rule = RULE_NONE;
	w->candidate_count = 0;
	for (int i = 0; i < 2 && w->rule == RULE_NONE; i++) {
		Dwarf_Frame *frame;

		if (!tables[i] || dwarf_cfi_addrframe(tables[i], address - bias[i], &frame) != 0)
			continue;
		w->rule = rule_of(frame);
		find_candidates(w, state, frame, module, bias[i], address);
		free(frame);
	}
}
