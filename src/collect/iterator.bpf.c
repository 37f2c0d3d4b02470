/*
 * A program that the kernel runs for us, once for each thread of our PID namespace (a BPF iterator,
 * Documentation/bpf/bpf_iterators.rst), and that writes down what pipetop needs to know of it and
 * of its descriptors (records.h). It reads; it touches, holds and changes nothing.
 *
 * That it holds nothing is why it goes through the tables of descriptors itself. The kernel's
 * own iterator over files (iter/task_file) takes a reference to each file that it shows: whoever
 * closes that one meanwhile leaves the end of it to us, so that others hear of it when we are done,
 * and we sleep where he would have slept. Here a file may go while we read it. The memory that it
 * was in can be read all the same (its faults are caught), and what was read counts only if table
 * and file are in their places afterwards.
 *
 * What the structures of the kernel look like is settled when it is loaded (kernel_types.bpf.h).
 * What has moved between 5.17 and today is asked for (bpf_core_field_exists), so that one build
 * serves all of these.
 */
#include "collect/kernel_types.bpf.h"

#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "collect/records.h"

enum {
	DESCRIPTORS_AT_ONCE = 4096, /* since some kernels run nothing else there meanwhile */
	TRIES = 64,              /* to read a table, each time in vain since it was replaced */
	LARGEST_PIPE = 65536     /* slots; the fill of a larger one is not known */
};

/* ---- processors ---- */

#ifdef __TARGET_ARCH_x86

/* As user space knows it, arch/x86/include/uapi/asm/ptrace.h. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs,
		flags, sp, ss;
};

static __always_inline __s32 call_of(const struct pt_regs *regs)
{
	return (__s32)regs->orig_ax;
}

static __always_inline __u64 pc_of(const struct pt_regs *regs)
{
	return regs->ip;
}

static __always_inline __u64 sp_of(const struct pt_regs *regs)
{
	return regs->sp;
}

static __always_inline bool is_compat(const struct task_struct *task, const struct pt_regs *regs)
{
	(void)regs;
	return task->thread_info.status & TS_COMPAT;
}

/* As the kernel itself takes them apart (syscall_get_arguments()). */
static __always_inline void put_arguments(const struct pt_regs *regs, struct thread_record *r)
{
	if (r->flags & RECORD_COMPAT) {
		r->args[0] = (__u32)regs->bx;
		r->args[1] = (__u32)regs->cx;
		r->args[2] = (__u32)regs->dx;
		r->args[3] = (__u32)regs->si;
		r->args[4] = (__u32)regs->di;
		r->args[5] = (__u32)regs->bp;
	} else {
		r->args[0] = regs->di;
		r->args[1] = regs->si;
		r->args[2] = regs->dx;
		r->args[3] = regs->r10;
		r->args[4] = regs->r8;
		r->args[5] = regs->r9;
	}
}

static __always_inline void put_kept(const struct pt_regs *regs, struct thread_record *r)
{
	r->kept[0] = regs->bx;
	r->kept[1] = regs->si;
	r->kept[2] = regs->di;
	r->kept[3] = regs->bp;
	r->kept[4] = regs->r12;
	r->kept[5] = regs->r13;
	r->kept[6] = regs->r14;
	r->kept[7] = regs->r15;
}

#elif defined(__TARGET_ARCH_arm64)

/* arch/arm64/include/asm/ptrace.h: what user space knows, and then what a call began with. */
struct pt_regs {
	unsigned long regs[31], sp, pc, pstate, orig_x0;
	int syscallno;
};

static __always_inline __s32 call_of(const struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline __u64 pc_of(const struct pt_regs *regs)
{
	return regs->pc;
}

static __always_inline __u64 sp_of(const struct pt_regs *regs)
{
	return regs->pstate & PSR_MODE32_BIT ? regs->regs[13] : regs->sp;
}

static __always_inline bool is_compat(const struct task_struct *task, const struct pt_regs *regs)
{
	(void)task;
	return regs->pstate & PSR_MODE32_BIT;
}

static __always_inline void put_arguments(const struct pt_regs *regs, struct thread_record *r)
{
	r->args[0] = regs->orig_x0;
	r->args[1] = regs->regs[1];
	r->args[2] = regs->regs[2];
	r->args[3] = regs->regs[3];
	r->args[4] = regs->regs[4];
	r->args[5] = regs->regs[5];
}

static __always_inline void put_kept(const struct pt_regs *regs, struct thread_record *r)
{
	__builtin_memcpy(r->kept, &regs->regs[19], 12 * sizeof(*r->kept));
}

#else
#error "Which processor? __TARGET_ARCH_x86 or __TARGET_ARCH_arm64"
#endif

char LICENSE[] SEC("license") = "GPL";

/*
 * The PID namespace that we live in, found when a pass begins. (What is static clang takes apart,
 * and then tells the kernel wrong types.)
 */
struct {
	void *namespace;
	__u64 offset;            /* of its number in struct pid, from that in the first one */
	__u32 level;
} own;

/* What a pass is asked for, and how far it is. */
struct pass pass;

/* What it has written down, in memory that whoever asked reads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct records);
} records SEC(".maps");

static __always_inline void find_own(void)
{
	/*
	 * Without its type: the verifier looks each member of a trusted pointer up, which takes it
	 * longer than all the rest.
	 */
	struct task_struct *self = (void *)bpf_get_current_task();
	struct pid *pid = BPF_CORE_READ(self, thread_pid);

	own.level = BPF_CORE_READ(pid, level);
	own.offset = own.level * bpf_core_field_size(pid->numbers[0]);
	bpf_probe_read_kernel(&own.namespace, sizeof(own.namespace),
		(void *)&pid->numbers[0].ns + own.offset);
}

/*
 * The number that a struct pid, at that address, has in our PID namespace, or 0. Global: it is
 * verified but once.
 */
__attribute__((noinline)) __s32 number_of(__u64 address)
{
	struct pid *pid = (void *)address;
	void *namespace = NULL;
	__s32 number = 0;

	if (!pid || BPF_CORE_READ(pid, level) < own.level)
		return 0;
	bpf_probe_read_kernel(&namespace, sizeof(namespace),
		(void *)&pid->numbers[0].ns + own.offset);
	bpf_probe_read_kernel(&number, sizeof(number), (void *)&pid->numbers[0].nr + own.offset);
	return namespace == own.namespace ? number : 0;
}

static __always_inline __s32 process_of(struct task_struct *task)
{
	return number_of((__u64)BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]));
}

/* Room for one more record, or NULL. */
static __always_inline void *add(__u32 kind, __u32 size)
{
	__u32 first = 0, at = pass.used;
	struct records *all = bpf_map_lookup_elem(&records, &first);
	struct record_head *head;

	if (!all || at > sizeof(all->bytes) - size)
		return NULL;
	head = (void *)all->bytes + at;
	__builtin_memset(head, 0, size);
	head->kind = kind;
	head->size = size;
	pass.used = at + size;
	return head;
}

/* What is read before this is read before what is read after it, on any processor. */
static __always_inline void read_in_order(void)
{
	pass.order = __sync_fetch_and_add(&pass.order, 1);
}

/* ---- threads ---- */

static __always_inline void put_call(struct task_struct *task, struct thread_record *r)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

	if (!regs)
		return;
	r->syscall = call_of(regs);
	r->sp = sp_of(regs);
	r->pc = pc_of(regs);
	put_kept(regs, r);
	if (is_compat(task, regs))
		r->flags |= RECORD_COMPAT;
	put_arguments(regs, r);
}

static __always_inline bool has_ring(struct task_struct *task)
{
	struct io_uring_task *rings = NULL;

	if (bpf_core_field_exists(task->io_uring))
		rings = BPF_CORE_READ(task, io_uring);
	return rings && BPF_CORE_READ(rings, xa.xa_head);
}

static __always_inline void put_thread(struct task_struct *task, struct thread_record *r)
{
	struct files_struct *files = BPF_CORE_READ(task, files);

	r->state = task->__state;
	r->exit_state = (__u32)task->exit_state;
	if (bpf_core_field_exists(task->on_cpu) && task->on_cpu)
		r->flags |= RECORD_ON_CPU;
	put_call(task, r);
	r->pid = process_of(task);
	r->tid = number_of((__u64)BPF_CORE_READ(task, thread_pid));
	if (task->ptrace)
		r->tracer = process_of(BPF_CORE_READ(task, parent));
	if (has_ring(task))
		r->flags |= RECORD_RING;
	if (BPF_CORE_READ(task, cred, user, unix_inflight) > 0)
		r->flags |= RECORD_FLIGHT;
	r->ppid = process_of(BPF_CORE_READ(task, real_parent));
	r->pgid = number_of((__u64)BPF_CORE_READ(task, signal, pids[PIDTYPE_PGID]));
	r->threads = BPF_CORE_READ(task, signal, nr_threads);
	r->table = (__u64)files;
	if (files)
		r->table_users = BPF_CORE_READ(files, count.counter);
	r->start_ns = task->start_boottime;
	r->ran_ns = task->se.exec_start;
	if (!r->ran_ns && bpf_core_field_exists(task->se.avg))
		r->ran_ns = task->se.avg.last_update_time;
	r->run_ns = task->se.sum_exec_runtime;
	r->processor = -1;
	if (bpf_core_field_exists(task->thread_info.cpu))
		r->processor = (__s32)task->thread_info.cpu;
	r->exit_signal = task->exit_signal;
	r->uid = BPF_CORE_READ(task, cred, euid.val);
	r->task_flags = task->flags;
	bpf_probe_read_kernel_str(r->comm, sizeof(r->comm), &task->comm);
	/* Who has run meanwhile did not sleep where his registers say. */
	if (task->__state != r->state)
		r->flags |= RECORD_ON_CPU;
}

/* ---- descriptors ---- */

struct slots {
	void *bufs;
	__u32 head, tail, mask;
	__s64 bytes;
};

static long add_slot(__u32 i, void *context)
{
	struct slots *slots = context;
	__u64 at = (slots->tail + i) & slots->mask;
	__u32 length = 0;

	if (slots->tail + i == slots->head)
		return 1;
	bpf_probe_read_kernel(&length, sizeof(length),
		slots->bufs + at * bpf_core_type_size(struct pipe_buffer) +
		bpf_core_field_offset(struct pipe_buffer, len));
	slots->bytes += length;
	return 0;
}

/* What FIONREAD counts (fs/pipe.c, pipe_ioctl()), without the lock that it takes. */
static __always_inline __s64 fill_of(struct pipe_inode_info *pipe, struct end_record *r)
{
	struct slots slots = { .mask = BPF_CORE_READ(pipe, ring_size) - 1 };

	slots.head = r->head_slot;
	slots.tail = r->tail_slot;
	if (slots.head == slots.tail)
		return 0;
	/*
	 * A number, to count with: Linux 6.1 keeps to the type of a pointer, and lets nobody add to
	 * it.
	 */
	BPF_CORE_READ_INTO(&slots.bufs, pipe, bufs);
	if (!slots.bufs || slots.head - slots.tail > LARGEST_PIPE)
		return -1;
	bpf_loop(slots.head - slots.tail, add_slot, &slots, 0);
	if (BPF_CORE_READ(pipe, bufs) != slots.bufs || BPF_CORE_READ(pipe, ring_size) - 1 != slots.mask ||
	    BPF_CORE_READ(pipe, head) != r->head_slot || BPF_CORE_READ(pipe, tail) != r->tail_slot)
		return -1;
	return slots.bytes;
}

static __always_inline void put_pipe(struct pipe_inode_info *pipe, struct end_record *r)
{
	r->has_pipe = 1;
	r->head_slot = BPF_CORE_READ(pipe, head);
	r->tail_slot = BPF_CORE_READ(pipe, tail);
	r->usable_slots = BPF_CORE_READ(pipe, max_usage);
	r->readers = BPF_CORE_READ(pipe, readers);
	r->writers = BPF_CORE_READ(pipe, writers);
	/* The kernel itself puts notifications into it (pipe(2), O_NOTIFICATION_PIPE). */
	if (bpf_core_field_exists(pipe->watch_queue) && BPF_CORE_READ(pipe, watch_queue))
		r->writers++;
	r->fill_bytes = fill_of(pipe, r);
}

/* To the file, from tables and from whatever else there is; negative when that is not known. */
static __always_inline __s64 references_of(struct file *file)
{
	struct file___before_6_13 *old = (void *)file;

	/* There the first reference counts as 0 (include/linux/file_ref.h). */
	if (bpf_core_field_exists(file->f_ref))
		return BPF_CORE_READ(file, f_ref.refcnt.counter) + 1;
	if (bpf_core_field_exists(old->f_count))
		return BPF_CORE_READ(old, f_count.counter);
	return -1;
}

static __always_inline bool put_end(struct file *file, struct inode *inode, __u32 fd)
{
	struct pipe_inode_info *pipe = BPF_CORE_READ(inode, i_pipe);
	struct end_record *r = add(RECORD_END, sizeof(*r));

	if (!r)
		return false;
	r->fd = (__s32)fd;
	r->file = (__u64)file;
	r->references = references_of(file);
	r->ino = BPF_CORE_READ(inode, i_ino);
	r->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	r->links = BPF_CORE_READ(inode, i_nlink);
	r->mode = BPF_CORE_READ(file, f_mode);
	r->flags = BPF_CORE_READ(file, f_flags);
	r->fill_bytes = -1;
	if (pipe)
		put_pipe(pipe, r);
	return true;
}

static const char io_uring[] = "[io_uring]";

static __always_inline bool is_uring(struct file *file, struct inode *inode)
{
	char name[sizeof(io_uring)] = { 0 };

	if (BPF_CORE_READ(inode, i_sb, s_magic) != ANON_INODE_FS_MAGIC)
		return false;
	bpf_probe_read_kernel_str(name, sizeof(name),
		BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return bpf_strncmp(name, sizeof(name), io_uring) == 0;
}

/* What there is to tell of a file. False when there is no room for it. */
static __always_inline bool put_file(struct file *file, __u32 fd)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u16 type = BPF_CORE_READ(inode, i_mode) & S_IFMT;

	if (type == S_IFIFO)
		return put_end(file, inode, fd);
	if (type != S_IFSOCK && is_uring(file, inode))
		return add(RECORD_URING, sizeof(struct record_head));
	return true;
}

/* A walk through a table. */
struct walk {
	struct file **slots;
	__u32 fd, end;
};

static long add_descriptor(__u32 i, void *context)
{
	struct walk *walk = context;
	__u32 used = pass.used;
	struct file *file = NULL, *again = NULL;

	(void)i;
	if (walk->fd >= walk->end)
		return 1;
	bpf_probe_read_kernel(&file, sizeof(file), &walk->slots[walk->fd]);
	if (file && !put_file(file, walk->fd))
		return 1;
	if (file) {
		read_in_order();
		bpf_probe_read_kernel(&again, sizeof(again), &walk->slots[walk->fd]);
		if (again != file) {
			pass.used = used;
			return 0;
		}
		pass.descriptors++;
	}
	walk->fd++;
	return 0;
}

/* A leader has a table, and whoever does not share his. */
static __always_inline bool has_table(struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	return task == leader || BPF_CORE_READ(task, files) != BPF_CORE_READ(leader, files);
}

/* Goes on in the table. Whether there is nothing more to do. */
static __always_inline bool walk_table(struct task_struct *task)
{
	struct files_struct *files = BPF_CORE_READ(task, files);
	struct fdtable *table = BPF_CORE_READ(files, fdt);
	struct walk walk = { .fd = pass.fd };
	__u64 descriptors = pass.descriptors;
	__u32 used = pass.used;

	if (!files)
		return true;
	walk.slots = BPF_CORE_READ(table, fd);
	walk.end = BPF_CORE_READ(table, max_fds);
	bpf_loop(DESCRIPTORS_AT_ONCE, add_descriptor, &walk, 0);
	read_in_order();
	if (BPF_CORE_READ(task, files) == files && BPF_CORE_READ(files, fdt) == table) {
		pass.fd = walk.fd;
		return walk.fd >= walk.end;
	}
	pass.used = used;
	pass.descriptors = descriptors;
	return ++pass.tries > TRIES && add(RECORD_UNREAD, sizeof(struct record_head));
}

SEC("iter/task")
int each_thread(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread_record *r;

	if (!task) {
		pass.finished = 1;
		return 0;
	}
	if (!pass.task)
		find_own();
	if (pass.task != (__u64)task || pass.start_ns != task->start_boottime) {
		r = add(RECORD_THREAD, sizeof(*r));
		if (!r)
			return 1;
		put_thread(task, r);
		pass.task = (__u64)task;
		pass.start_ns = task->start_boottime;
		pass.fd = pass.tries = 0;
	}
	/* 1: to be called once more for this one, when there is room again. */
	return pass.descriptors_wanted && has_table(task) && !walk_table(task);
}
