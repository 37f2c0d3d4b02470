/*
 * What iterator.bpf.c knows of the kernel: of each structure the members that it reads, by their
 * names. Which of them there are, and where, is settled when the program is loaded (CO-RE). Comes
 * before the headers of libbpf, which want its first types.
 */
#ifndef COLLECT_KERNEL_TYPES_BPF_H
#define COLLECT_KERNEL_TYPES_BPF_H

typedef unsigned char __u8;
typedef unsigned short __u16, __be16;
typedef unsigned int __u32, __be32, __wsum;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;

enum { BPF_MAP_TYPE_ARRAY = 2, BPF_F_MMAPABLE = 1 << 10, BPF_F_CURRENT_CPU = -1 };

#define NULL ((void *)0)

/* include/linux/{fs,stat,magic,sched,net}.h, arch/x86/include/asm/thread_info.h,
   arch/arm64/include/uapi/asm/ptrace.h */
enum {
	S_IFMT = 0170000, S_IFIFO = 0010000, S_IFSOCK = 0140000,
	ANON_INODE_FS_MAGIC = 0x09041934,
	PIDTYPE_TGID = 1, PIDTYPE_PGID = 2,
	TS_COMPAT = 0x0002,
	PSR_MODE32_BIT = 0x0010
};

/* What needs no settling: what the program is called with (kernel/bpf/{bpf_iter,task_iter}.c). */
struct bpf_iter_meta;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

/*
 * Each type below costs: to settle it, the kernel goes through all of its own in search of the
 * name, unless it has still got it from the last time, at one of 31 places by a hash of the name
 * (kernel/bpf/btf.c, populate_cand_cache()). pid and pipe_inode_info share such a place, and so do
 * inode and pipe_buffer, files_struct and signal_struct.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pid_namespace;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[];
};

struct signal_struct {
	int nr_threads;
	struct pid *pids[4];
};

typedef struct {
	unsigned int val;
} kuid_t;

/* Descriptors that its processes have sent and nobody has received (net/unix/). */
struct user_struct {
	unsigned long unix_inflight;
};

struct cred {
	kuid_t euid;
	struct user_struct *user;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	__s64 counter;
} atomic64_t;

struct file;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	atomic_t count;
	struct fdtable *fdt;
};

struct thread_info {
#ifdef __TARGET_ARCH_x86
	__u32 status;
#endif
	__u32 cpu;
};

struct sched_avg {
	__u64 last_update_time;
};

struct sched_entity {
	__u64 exec_start, sum_exec_runtime;
	struct sched_avg avg;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	unsigned int flags;
	unsigned int ptrace;
	/*
	 * An int, in 7.3 a byte: what is loaded is fitted to another size only if both are
	 * unsigned.
	 */
	unsigned int on_cpu;
	struct sched_entity se;
	int exit_state;
	int exit_signal;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_boottime;
	const struct cred *cred;
	char comm[16];
	struct files_struct *files;
	struct signal_struct *signal;
	struct io_uring_task *io_uring;
};

struct xarray {
	void *xa_head;
};

/* The rings of a task, whether they have a descriptor or not (io_uring_register_ring_fd(3)). */
struct io_uring_task {
	struct xarray xa;
};

struct pipe_buffer {
	unsigned int len;
};

struct pipe_inode_info {
	unsigned int head, tail, max_usage, ring_size, readers, writers;
	struct pipe_buffer *bufs;
	void *watch_queue;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	__u16 i_mode;
	unsigned int i_nlink;
	unsigned long i_ino;
	struct super_block *i_sb;
	struct pipe_inode_info *i_pipe;
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct path {
	struct dentry *dentry;
};

/* Since 6.13; before, the count stands in the file itself. */
typedef struct {
	atomic64_t refcnt;
} file_ref_t;

struct file {
	unsigned int f_mode, f_flags;
	struct inode *f_inode;
	struct path f_path;
	file_ref_t f_ref;
};

struct file___before_6_13 {
	atomic64_t f_count;
};

#pragma clang attribute pop

#endif
