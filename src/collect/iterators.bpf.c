/*
 * Two programs that the kernel runs for us, once for each thread of our PID namespace and once for
 * each descriptor (BPF iterators, Documentation/bpf/bpf_iterators.rst), and that write down what
 * pipetop needs to know (records.h). They read; they touch, hold and change nothing.
 *
 * What the structures of the kernel look like is settled when they are loaded (kernel_types.bpf.h).
 * What has moved between 5.17 and today is asked for (bpf_core_field_exists), so that one build
 * serves all of these.
 */
#include "collect/kernel_types.bpf.h"

#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "collect/records.h"

enum {
	LONGEST_BACKLOG = 4096,  /* connections that are gone through */
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

/* Descriptors that this pass has met, and whose they are now. */
__u64 descriptors;
struct {
	void *task;
	__u64 start;             /* else it may be another one in the same place */
	__s32 pid;
} owner;

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

/* The number that a struct pid has in our PID namespace, or 0. */
static __always_inline __s32 number_in(struct pid *pid)
{
	void *namespace = NULL;
	__s32 number = 0;

	if (!pid || BPF_CORE_READ(pid, level) < own.level)
		return 0;
	bpf_probe_read_kernel(&namespace, sizeof(namespace),
		(void *)&pid->numbers[0].ns + own.offset);
	bpf_probe_read_kernel(&number, sizeof(number), (void *)&pid->numbers[0].nr + own.offset);
	return namespace == own.namespace ? number : 0;
}

/* Global: it is verified but once. */
__attribute__((noinline)) __s32 number_of(__u64 address)
{
	return number_in((void *)address);
}

static __always_inline __s32 process_of(struct task_struct *task)
{
	return number_of((__u64)BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]));
}

static __always_inline long put(struct seq_file *seq, void *record, __u32 kind, __u32 size)
{
	struct record_head *head = record;

	head->kind = kind;
	head->size = size;
	return bpf_seq_write(seq, record, size);
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

/* Shares nothing with the other program but who we are, so that it may run beside it and itself. */
SEC("iter/task")
int each_thread(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct thread_record r = { 0 };
	struct finish_record finish = { 0 };
	struct files_struct *files;

	if (ctx->meta->seq_num == 0)
		find_own();
	if (!task) {
		put(seq, &finish, RECORD_FINISH, sizeof(finish));
		return 0;
	}
	r.state = task->__state;
	r.exit_state = (__u32)task->exit_state;
	if (bpf_core_field_exists(task->on_cpu) && task->on_cpu)
		r.flags |= RECORD_ON_CPU;
	put_call(task, &r);
	r.pid = process_of(task);
	r.tid = number_of((__u64)BPF_CORE_READ(task, thread_pid));
	if (task->ptrace)
		r.tracer = process_of(BPF_CORE_READ(task, parent));
	if (has_ring(task))
		r.flags |= RECORD_RING;
	r.ppid = process_of(BPF_CORE_READ(task, real_parent));
	r.pgid = number_of((__u64)BPF_CORE_READ(task, signal, pids[PIDTYPE_PGID]));
	r.threads = BPF_CORE_READ(task, signal, nr_threads);
	files = BPF_CORE_READ(task, files);
	r.table = (__u64)files;
	if (files)
		bpf_probe_read_kernel(&r.table_users, sizeof(r.table_users), &files->count);
	r.start_ns = task->start_boottime;
	r.ran_ns = task->se.exec_start;
	if (!r.ran_ns && bpf_core_field_exists(task->se.avg))
		r.ran_ns = task->se.avg.last_update_time;
	r.run_ns = task->se.sum_exec_runtime;
	r.processor = -1;
	if (bpf_core_field_exists(task->thread_info.cpu))
		r.processor = (__s32)task->thread_info.cpu;
	r.exit_signal = task->exit_signal;
	r.uid = BPF_CORE_READ(task, cred, euid.val);
	r.task_flags = task->flags;
	bpf_probe_read_kernel_str(r.comm, sizeof(r.comm), &task->comm);
	/* Who has run meanwhile did not sleep where his registers say. */
	if (task->__state != r.state)
		r.flags |= RECORD_ON_CPU;
	put(seq, &r, RECORD_THREAD, sizeof(r));
	return 0;
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
	struct slots slots = { .mask = pipe->ring_size - 1 };

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
	if ((void *)pipe->bufs != slots.bufs || pipe->ring_size - 1 != slots.mask ||
	    pipe->head != r->head_slot || pipe->tail != r->tail_slot)
		return -1;
	return slots.bytes;
}

static __always_inline void put_pipe(struct pipe_inode_info *pipe, struct end_record *r)
{
	r->has_pipe = 1;
	r->head_slot = pipe->head;
	r->tail_slot = pipe->tail;
	r->usable_slots = pipe->max_usage;
	r->readers = pipe->readers;
	r->writers = pipe->writers;
	/* The kernel itself puts notifications into it (pipe(2), O_NOTIFICATION_PIPE). */
	if (bpf_core_field_exists(pipe->watch_queue) && pipe->watch_queue)
		r->writers++;
	r->fill_bytes = fill_of(pipe, r);
}

/* But for the one that the iterator itself holds while it shows us the file. */
static __always_inline __s64 references_of(struct file *file)
{
	struct file___before_6_13 *old = (void *)file;

	/* There the first reference counts as 0 (include/linux/file_ref.h). */
	if (bpf_core_field_exists(file->f_ref))
		return file->f_ref.refcnt.counter;
	if (bpf_core_field_exists(old->f_count))
		return BPF_CORE_READ(old, f_count.counter) - 1;
	return -1;
}

/* Descriptors come thread by thread. */
static __always_inline void find_owner(struct task_struct *task)
{
	/*
	 * In this order: to clang whatever is equal to the task is as good to read from, to the
	 * kernel it is not.
	 */
	if (owner.start == task->start_boottime && owner.task == task)
		return;
	owner.task = task;
	owner.start = task->start_boottime;
	owner.pid = number_in(BPF_CORE_READ(task, signal, pids[PIDTYPE_TGID]));
}

static __always_inline long put_end(struct seq_file *seq, __s32 fd, __u64 table, struct file *file)
{
	struct inode *inode = file->f_inode;
	struct pipe_inode_info *pipe = inode->i_pipe;
	struct end_record r = {
		.table = table, .file = (__u64)file, .pid = owner.pid, .fd = fd, .fill_bytes = -1,
	};

	r.references = references_of(file);
	r.ino = inode->i_ino;
	r.dev = inode->i_sb->s_dev;
	r.links = inode->i_nlink;
	r.mode = file->f_mode;
	r.flags = file->f_flags;
	if (pipe)
		put_pipe(pipe, &r);
	return put(seq, &r, RECORD_END, sizeof(r));
}

static __always_inline long put_other(struct seq_file *seq, __s32 fd, __u64 table, __u32 kind)
{
	struct other_record r = { .table = table, .pid = owner.pid, .fd = fd };

	return put(seq, &r, kind, sizeof(r));
}

static const char io_uring[] = "anon_inode:[io_uring]";

static __always_inline bool is_uring(struct file *file)
{
	char path[32] = { 0 };

	bpf_d_path(&file->f_path, path, sizeof(path));
	return bpf_strncmp(path, sizeof(path), io_uring) == 0;
}

static __always_inline bool has_descriptors(struct sock *sk)
{
	struct unix_sock *unix = (void *)sk;

	return sk && bpf_core_field_exists(unix->scm_stat) &&
		BPF_CORE_READ(unix, scm_stat.nr_fds.counter) > 0;
}

/* Connections that wait to be accepted. */
struct backlog {
	void *queue, *next;
	bool carries;
};

static long add_connection(__u32 i, void *context)
{
	struct backlog *backlog = context;
	struct sk_buff *connection = backlog->next;

	(void)i;
	if (!connection || backlog->next == backlog->queue || backlog->carries)
		return 1;
	backlog->carries = has_descriptors(BPF_CORE_READ(connection, sk));
	backlog->next = BPF_CORE_READ(connection, next);
	return 0;
}

/* Nobody has a descriptor yet of what was sent to a connection that waits. */
static __always_inline bool carries_descriptors(struct file *file)
{
	struct socket *socket = file->private_data;
	struct sock *sk = socket ? BPF_CORE_READ(socket, sk) : NULL;
	struct backlog backlog = { 0 };

	if (!sk || BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX)
		return false;
	if (BPF_CORE_READ(sk, __sk_common.skc_state) != TCP_LISTEN)
		return has_descriptors(sk);
	backlog.queue = &sk->sk_receive_queue;
	backlog.next = BPF_CORE_READ(sk, sk_receive_queue.next);
	bpf_loop(LONGEST_BACKLOG, add_connection, &backlog, 0);
	return backlog.carries;
}

/* What there is to tell of a file, or 0. */
static __always_inline __u32 kind_of(struct file *file)
{
	struct inode *inode = file->f_inode;
	unsigned long magic;

	if ((inode->i_mode & S_IFMT) == S_IFIFO)
		return RECORD_END;
	magic = inode->i_sb->s_magic;
	if (magic == ANON_INODE_FS_MAGIC && is_uring(file))
		return RECORD_URING;
	return magic == SOCKFS_MAGIC && carries_descriptors(file) ? RECORD_FLIGHT : 0;
}

SEC("iter/task_file")
int each_descriptor(struct bpf_iter__task_file *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	__s32 fd = (__s32)ctx->fd;
	struct finish_record finish = { 0 };
	__u32 kind;
	long r = 0;

	if (ctx->meta->seq_num == 0) {
		find_own();
		descriptors = 0;
		owner.task = NULL;
	}
	if (!task || !file) {
		finish.descriptors = descriptors;
		put(seq, &finish, RECORD_FINISH, sizeof(finish));
		return 0;
	}
	kind = kind_of(file);
	if (kind)
		find_owner(task);
	if (kind == RECORD_END)
		r = put_end(seq, fd, (__u64)task->files, file);
	else if (kind)
		r = put_other(seq, fd, (__u64)task->files, kind);
	/* What did not fit is shown once more. */
	if (r == 0)
		descriptors++;
	return 0;
}
