/*
 * From an address to names: the function by symbol table, and by debug information the line and
 * the functions that the compiler has put inline there.
 */
#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/unwind_parts.h"
#include "model/snapshot.h"

static bool add_frame(struct walk *w, const struct frame *frame)
{
	if (*w->count == UNWIND_FRAMES) {
		w->end = TRACE_CUT;
		return false;
	}
	w->frames[*w->count] = *frame;
	__atomic_fetch_add(w->count, 1, __ATOMIC_RELEASE);
	return true;
}

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
}

/* Where the call was that the compiler has put inline. */
static void set_call_site(struct walk *w, struct frame *frame, Dwarf_Die *inlined,
                          Dwarf_Die *unit)
{
	Dwarf_Attribute attribute;
	Dwarf_Word file = 0, line = 0;
	Dwarf_Files *files;

	frame->source = NULL;
	frame->line = UNKNOWN;
	if (dwarf_getsrcfiles(unit, &files, NULL) == 0 &&
	    dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) == 0)
		frame->source = room_text(w->room, dwarf_filesrc(files, file, NULL, NULL));
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0)
		frame->line = (int32_t)line;
}

/*
 * The debug entries around an address, each inside the next one. dwarf_getscopes() finds the
 * innermost one, but goes on with those around the inlined function's own definition.
 */
static int find_scopes(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die **ret_scopes)
{
	Dwarf_Die *found = NULL;
	int count = unit ? dwarf_getscopes(unit, address, &found) : 0;

	if (count > 0)
		count = dwarf_getscopes_die(&found[0], ret_scopes);
	free(found);
	return count;
}

/*
 * Adds the functions that the compiler has put inline around this address, the innermost first,
 * and then the real one, whose name by symbol table `frame` holds.
 */
static bool add_scopes(struct walk *w, struct frame frame, Dwarf_Die *unit, Dwarf_Addr address)
{
	const char *symbol = frame.function;
	Dwarf_Die *scopes = NULL;
	int count = find_scopes(unit, address, &scopes);
	bool more = true;

	for (int i = 0; i < count && more; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag == DW_TAG_subprogram && !symbol)
			symbol = room_text(w->room, die_name(&scopes[i]));
		if (tag != DW_TAG_inlined_subroutine)
			continue;
		frame.function = room_text(w->room, die_name(&scopes[i]));
		frame.inlined = true;
		more = add_frame(w, &frame);
		set_call_site(w, &frame, &scopes[i], unit);
	}
	free(scopes);
	frame.function = symbol;
	frame.inlined = false;
	return more && add_frame(w, &frame);
}

static const char *library_text(struct walk *w, Dwfl_Module *module)
{
	const char *name = dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
	const char *before = *w->count ? w->frames[*w->count - 1].library : NULL;

	return before && name && strcmp(before, name) == 0 ? before : room_text(w->room, name);
}

/* Without the version: "fwrite@@GLIBC_2.2.5". */
static const char *symbol_text(struct walk *w, const char *name)
{
	char plain[1024];

	if (!name)
		return NULL;
	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(name, "@"), name);
	return room_text(w->room, plain);
}

/* By the index of addresses (.debug_aranges), which clang does not write, or else one by one. */
static Dwarf_Die *find_unit(Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *ret_bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, ret_bias);

	if (unit)
		return unit;
	while ((unit = dwfl_module_nextcu(module, unit, ret_bias)))
		if (dwarf_haspc(unit, address - *ret_bias) > 0)
			return unit;
	return NULL;
}

static void set_line(struct walk *w, struct frame *frame, Dwarf_Die *unit, Dwarf_Addr address)
{
	Dwarf_Line *line = unit ? dwarf_getsrc_die(unit, address) : NULL;

	if (!line)
		return;
	frame->source = room_text(w->room, dwarf_linesrc(line, NULL, NULL));
	dwarf_lineno(line, &frame->line);
}

bool names_add(struct walk *w, Dwfl_Module *module, Dwarf_Addr pc, Dwarf_Addr address)
{
	struct frame frame = { .pc = pc, .line = UNKNOWN };
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit;
	GElf_Off offset;
	GElf_Sym symbol;

	if (!module)
		return add_frame(w, &frame);
	frame.library = library_text(w, module);
	frame.function = symbol_text(w, dwfl_module_addrinfo(module, address, &offset, &symbol,
	                                                     NULL, NULL, NULL));
	unit = find_unit(module, address, &bias);
	set_line(w, &frame, unit, address - bias);
	return add_scopes(w, frame, unit, address - bias);
}
