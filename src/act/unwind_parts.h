/* What the files unwind*.c share: libdw's view of one process, and one walk along a stack. */
#ifndef ACT_UNWIND_PARTS_H
#define ACT_UNWIND_PARTS_H

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

#include "act/unwind.h"

/* DWARF register numbers, of the psABIs. */
struct machine {
	int machine;             /* EM_… of <elf.h> */
	int sp_register;
	int fp_register;         /* UNKNOWN where frames cannot be measured, see unwind_rules.c */
	int first_saved, last_saved; /* registers that a function pushes below its frame pointer */
};

struct unwind {
	Dwfl *dwfl;
	int32_t pid;
	Elf *elf;                /* of the executable: which processor, how wide an address */
	int elf_fd;
	const struct machine *machine;
	int address_bytes;
	Dwfl_Callbacks callbacks;
	char debug_path[16], *debug_paths;
	/* The thread at hand. */
	uint64_t sp, pc;
	const struct registers *registers; /* all that count, or NULL */
	uint64_t fp;             /* the frame pointer that a measured frame has, or 0 */
	uint64_t last_word;      /* read from its memory */
};

/* `length` bytes of the process' memory. */
bool unwind_read(const struct unwind *u, uint64_t address, void *bytes, size_t length);

enum rule {
	RULE_NONE,               /* the next frame could only be guessed */
	RULE_CALLER,             /* says where the return address is */
	RULE_OUTERMOST           /* says that there is none */
};

/* What the frame pointer may be. */
struct candidate {
	uint64_t fp;
	bool called;             /* from where it leads to, this very function was called */
};

enum { CANDIDATES = 16 };

struct walk {
	struct unwind *u;
	struct room *room;
	struct frame *frames;
	uint32_t *count;
	enum trace_end end;      /* unless it comes to the first frame */
	enum rule rule;          /* of the latest frame */
	/* For the latest frame, if it needs a frame pointer and has lost it. */
	struct candidate candidates[CANDIDATES];
	uint32_t candidate_count;
};

/*
 * Adds the frame at `pc` (and those that were put inline there); false when there is no room.
 * `module` may be NULL.
 */
bool names_add(struct walk *w, Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr address);

/* By what the caller of that frame will be found; fills rule and candidates. */
void rules_find(struct walk *w, Dwfl_Frame *state, Dwfl_Module *module, Dwarf_Addr address);

#endif
