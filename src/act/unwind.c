/*
 * Unwinds by the call frame information of the files that a process maps (.eh_frame,
 * .debug_frame). libdw asks for the registers and the memory through callbacks: it gets SP and PC
 * from proc_pid_syscall(5) and the memory by process_vm_readv(2), so nobody is traced. Where the
 * kernel has not told us the other registers (collect/registers.h), they are unknown, and where a
 * rule needs one of them the trace ends, unless it is the frame pointer and can be measured
 * (unwind_rules.c). What libdw does for code without frame
 * information, a walk along saved frame pointers, is a guess and not taken.
 *
 * Only regular files are opened (the open of a FIFO would let somebody go on), inside the root
 * directory of the process, which is our working directory here. Debug information is looked for
 * by build ID under /usr/lib/debug; no debuginfod server is asked.
 */
#include "act/unwind.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "act/unwind_parts.h"
#include "model/snapshot.h"

static const struct machine machines[] = {
	{ EM_X86_64, 7, 6, 3, 15 }, { EM_386, 4, 5, 3, 7 }, { EM_AARCH64, 31, UNKNOWN, 0, 0 },
};

/* ---- the files ---- */

/* An O_PATH descriptor opens nothing, so it can be asked what the file is. */
static int open_regular(const char *path)
{
	int place = open(path, O_PATH | O_CLOEXEC), fd = -1, error;
	struct stat st;
	char link[32];

	if (place < 0)
		return -1;
	if (fstat(place, &st) == 0 && S_ISREG(st.st_mode)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
		fd = open(link, O_RDONLY | O_CLOEXEC);
	}
	error = errno;
	close(place);
	errno = error;
	return fd;
}

static bool has_gone(const char *name)
{
	static const char mark[] = " (deleted)";
	size_t length = strlen(name);

	return length >= sizeof(mark) && strcmp(name + length - (sizeof(mark) - 1), mark) == 0;
}

/* Dwfl_Callbacks.find_elf: the vdso, and what is no longer on disk, are read from memory. */
static int find_elf(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                    char **ret_name, Elf **ret_elf)
{
	int fd;

	if (name[0] != '/' || has_gone(name))
		return dwfl_linux_proc_find_elf(module, data, name, base, ret_name, ret_elf);
	fd = open_regular(name + 1);
	if (fd >= 0)
		*ret_name = strdup(name);
	return fd;
}

/* ---- the registers and the memory ---- */

static pid_t no_next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	(void)dwfl, (void)arg, (void)thread_arg;
	return 0;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg)
{
	(void)dwfl, (void)tid;
	*thread_arg = arg;
	return true;
}

bool unwind_read(const struct unwind *u, uint64_t address, void *bytes, size_t length)
{
	struct iovec here = { bytes, length };
	struct iovec there = { (void *)(uintptr_t)address, length };

	return process_vm_readv(u->pid, &here, 1, &there, 1, 0) == (ssize_t)length;
}

static bool read_word(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *result, void *arg)
{
	struct unwind *u = arg;
	uint32_t narrow;
	uint64_t wide;
	bool is_wide = u->address_bytes == 8;

	(void)dwfl;
	if (!unwind_read(u, address, is_wide ? (void *)&wide : (void *)&narrow,
	                 (size_t)u->address_bytes))
		return false;
	*result = u->last_word = is_wide ? wide : narrow;
	return true;
}

/*
 * By the numbers of the psABIs, x86-64 (figure 3.36), i386 (table 2.14) and arm64 (DWARF for the
 * Arm 64-bit architecture, section 4.1).
 */
static bool set_all_registers(Dwfl_Thread *thread, const struct unwind *u)
{
	const Dwarf_Word *kept = u->registers->kept, sp = u->registers->sp;
	const Dwarf_Word wide[] = { kept[0], kept[1], kept[2], kept[3], sp };
	const Dwarf_Word narrow[] = { kept[0], sp, kept[3], kept[1], kept[2] };

	if (u->machine->machine == EM_AARCH64)
		return dwfl_thread_state_registers(thread, 19, 12, kept) &&
		       dwfl_thread_state_registers(thread, 31, 1, &sp);
	if (u->machine->machine == EM_X86_64)
		return dwfl_thread_state_registers(thread, 3, 5, wide) &&
		       dwfl_thread_state_registers(thread, 12, 4, kept + 4);
	return dwfl_thread_state_registers(thread, 3, 5, narrow);
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct unwind *u = arg;
	Dwarf_Word sp = u->sp, fp = u->fp;

	dwfl_thread_state_register_pc(thread, u->pc);
	if (u->registers)
		return set_all_registers(thread, u);
	if (fp && !dwfl_thread_state_registers(thread, u->machine->fp_register, 1, &fp))
		return false;
	return dwfl_thread_state_registers(thread, u->machine->sp_register, 1, &sp);
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = no_next_thread,
	.get_thread = get_thread,
	.memory_read = read_word,
	.set_initial_registers = set_registers,
};

/* ---- the walk ---- */

static int each_frame(Dwfl_Frame *state, void *arg)
{
	struct walk *w = arg;
	Dwarf_Addr pc, address;
	Dwfl_Module *module;
	bool exact;

	if (!dwfl_frame_pc(state, &pc, &exact))
		return DWARF_CB_ABORT;
	/* A return address may be the first byte of the next function. */
	address = exact ? pc : pc - 1;
	module = dwfl_addrmodule(w->u->dwfl, address);
	if (!names_add(w, module, pc, address) || !module)
		return DWARF_CB_ABORT;
	rules_find(w, state, module, address);
	w->u->last_word = 1;
	return w->rule == RULE_NONE ? DWARF_CB_ABORT : DWARF_CB_OK;
}

/*
 * libdw ends in the same way where a rule says that nobody called, where the return address is 0,
 * which marks the end too, and where a register was missing.
 */
static enum trace_end walk_once(struct walk *w, int32_t tid)
{
	struct unwind *u = w->u;

	*w->count = 0;
	w->end = TRACE_INCOMPLETE;
	w->rule = RULE_NONE;
	w->candidate_count = 0;
	if (dwfl_getthread_frames(u->dwfl, tid, each_frame, w) != 0)
		return w->end;
	return w->rule == RULE_OUTERMOST || u->last_word == 0 ? TRACE_COMPLETE : w->end;
}

static bool leads_through(const struct walk *lost, int32_t tid, uint64_t fp)
{
	struct room room = *lost->room;
	struct walk walk = *lost;
	uint32_t count;

	walk.room = &room;
	walk.count = &count;
	walk.u->fp = fp;
	return walk_once(&walk, tid) != TRACE_INCOMPLETE;
}

/* The one that is sure, or 0. */
static uint64_t choose(const struct walk *lost, int32_t tid)
{
	uint64_t called = 0, through = 0;
	int callers = 0, ways = 0;

	for (uint32_t i = 0; i < lost->candidate_count; i++)
		if (lost->candidates[i].called) {
			called = lost->candidates[i].fp;
			callers++;
		}
	if (callers > 0)
		return callers == 1 ? called : 0;
	for (uint32_t i = 0; i < lost->candidate_count; i++)
		if (leads_through(lost, tid, lost->candidates[i].fp)) {
			through = lost->candidates[i].fp;
			ways++;
		}
	return ways == 1 ? through : 0;
}

/* ---- the whole ---- */

static int open_executable(struct unwind *u, int32_t pid)
{
	char path[32];
	GElf_Ehdr header;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	u->elf_fd = open_regular(path);
	if (u->elf_fd < 0)
		return errno == ENOENT ? -ENOEXEC : -errno;
	elf_version(EV_CURRENT);
	u->elf = elf_begin(u->elf_fd, ELF_C_READ_MMAP, NULL);
	if (!gelf_getehdr(u->elf, &header))
		return -ENOTSUP;
	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++)
		if (machines[i].machine == header.e_machine)
			u->machine = &machines[i];
	u->address_bytes = header.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	return u->machine ? 0 : -ENOTSUP;
}

static int enter_root(int32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	return chdir(path) < 0 ? -errno : 0;
}

static int attach(struct unwind *u)
{
	int error = open_executable(u, u->pid);

	if (!error)
		error = enter_root(u->pid);
	if (error)
		return error;
	unsetenv("DEBUGINFOD_URLS");
	strcpy(u->debug_path, "/usr/lib/debug");
	u->debug_paths = u->debug_path;
	u->callbacks.find_elf = find_elf;
	u->callbacks.find_debuginfo = dwfl_build_id_find_debuginfo;
	u->callbacks.debuginfo_path = &u->debug_paths;
	u->dwfl = dwfl_begin(&u->callbacks);
	if (!u->dwfl)
		return -ENOMEM;
	error = dwfl_linux_proc_report(u->dwfl, u->pid);
	if (error)
		return error > 0 ? -error : -EIO;
	if (dwfl_report_end(u->dwfl, NULL, NULL) != 0 ||
	    !dwfl_attach_state(u->dwfl, u->elf, u->pid, &thread_callbacks, u))
		return -ENOTSUP;
	return 0;
}

int unwind_open(int32_t pid, struct unwind **ret_unwind)
{
	struct unwind *u = calloc(1, sizeof(*u));
	int error;

	if (!u)
		return -ENOMEM;
	u->elf_fd = -1;
	u->pid = pid;
	error = attach(u);
	if (error)
		unwind_close(u);
	else
		*ret_unwind = u;
	return error;
}

int32_t unwind_address_bytes(const struct unwind *u)
{
	return u->address_bytes;
}

enum trace_end unwind_thread(struct unwind *u, uint64_t sp, uint64_t pc,
                             const struct registers *registers, struct room *room,
                             struct frame *frames, struct trace *trace)
{
	struct walk walk = { .u = u, .room = room, .frames = frames, .count = &trace->frame_count };
	struct room before = *room;
	enum trace_end end;

	u->sp = sp;
	u->pc = pc;
	u->fp = 0;
	u->registers = registers;
	trace->frames = frames;
	trace->measured = UNKNOWN;
	end = walk_once(&walk, trace->tid);
	if (end != TRACE_INCOMPLETE || walk.candidate_count == 0)
		return end;
	u->fp = choose(&walk, trace->tid);
	if (u->fp)
		trace->measured = (int32_t)trace->frame_count - 1;
	*room = before;
	return walk_once(&walk, trace->tid);
}

void unwind_close(struct unwind *u)
{
	if (u->dwfl)
		dwfl_end(u->dwfl);
	elf_end(u->elf);
	if (u->elf_fd >= 0)
		close(u->elf_fd);
	free(u);
}
