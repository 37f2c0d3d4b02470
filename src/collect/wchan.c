/*
 * /proc/PID/wchan names the function that a thread sleeps in, and the compiler and the kernel's
 * authors rename those at will: pipe_write became anon_pipe_write in 6.16, futex_wait_queue_me
 * became futex_wait_queue in 5.16 and __futex_wait in 6.7. So this is a table and never one name,
 * and a name that it lacks makes a verdict likely, not silent.
 */
#include "collect/wchan.h"

#include <string.h>

static const struct {
	const char *name;
	unsigned bits;
} names[] = {
	/* fs/pipe.c; pipe_wait served both sides up to 5.4 */
	{ "pipe_write", WCHAN_PIPE_SPACE },
	{ "anon_pipe_write", WCHAN_PIPE_SPACE },
	{ "fifo_pipe_write", WCHAN_PIPE_SPACE },
	{ "pipe_wait_writable", WCHAN_PIPE_SPACE },
	{ "wait_for_space", WCHAN_PIPE_SPACE },
	{ "opipe_prep", WCHAN_PIPE_SPACE },
	{ "pipe_read", WCHAN_PIPE_DATA },
	{ "anon_pipe_read", WCHAN_PIPE_DATA },
	{ "fifo_pipe_read", WCHAN_PIPE_DATA },
	{ "pipe_wait_readable", WCHAN_PIPE_DATA },
	{ "ipipe_prep", WCHAN_PIPE_DATA },
	{ "splice_from_pipe_next", WCHAN_PIPE_DATA },
	{ "pipe_wait", WCHAN_PIPE_SPACE | WCHAN_PIPE_DATA },
	{ "wait_for_partner", WCHAN_FIFO_OPEN },
	{ "fifo_open", WCHAN_FIFO_OPEN },
	/* kernel/exit.c, kernel/fork.c */
	{ "do_wait", WCHAN_CHILD },
	{ "kernel_wait4", WCHAN_CHILD },
	{ "kernel_waitid", WCHAN_CHILD },
	{ "wait_for_vfork_done", WCHAN_VFORK },
	{ "kernel_clone", WCHAN_VFORK },
	{ "do_fork", WCHAN_VFORK }, /* with its underscore stripped */
	{ "wait_for_completion_killable", WCHAN_VFORK },
	{ "wait_for_completion_state", WCHAN_VFORK },
	/* fs/select.c, fs/eventpoll.c, io_uring/io_uring.c */
	{ "poll_schedule_timeout", WCHAN_POLL },
	{ "do_sys_poll", WCHAN_POLL },
	{ "do_poll", WCHAN_POLL },
	{ "do_select", WCHAN_POLL },
	{ "core_sys_select", WCHAN_POLL },
	{ "ep_poll", WCHAN_EPOLL },
	{ "do_epoll_wait", WCHAN_EPOLL },
	/* kernel/futex */
	{ "futex_wait_queue_me", WCHAN_FUTEX },
	{ "futex_wait_queue", WCHAN_FUTEX },
	{ "futex_do_wait", WCHAN_FUTEX },
	{ "futex_wait", WCHAN_FUTEX },
	{ "futex_wait_multiple", WCHAN_FUTEX },
	{ "futex_sleep_multiple", WCHAN_FUTEX },
	{ "futex_wait_requeue_pi", WCHAN_FUTEX },
	{ "futex_lock_pi", WCHAN_FUTEX },
	{ "rt_mutex_wait_proxy_lock", WCHAN_FUTEX },
	{ "rt_mutex_slowlock_block", WCHAN_FUTEX },
	{ "do_futex", WCHAN_FUTEX },
	/* kernel/signal.c, kernel/ptrace.c, kernel/cgroup/freezer.c, kernel/seccomp.c */
	{ "sigsuspend", WCHAN_SIGNAL },
	{ "do_sigtimedwait", WCHAN_SIGNAL },
	{ "do_sys_pause", WCHAN_SIGNAL },
	{ "x64_sys_pause", WCHAN_SIGNAL },
	{ "ia32_sys_pause", WCHAN_SIGNAL },
	{ "sys_pause", WCHAN_SIGNAL },
	{ "do_signal_stop", WCHAN_STOPPED },
	{ "get_signal", WCHAN_STOPPED }, /* where do_signal_stop or the freezer is inlined */
	{ "ptrace_stop", WCHAN_STOPPED },
	{ "do_freezer_trap", WCHAN_STOPPED },
	{ "refrigerator", WCHAN_STOPPED },
	{ "cgroup_enter_frozen", WCHAN_STOPPED },
	{ "seccomp_do_user_notification", WCHAN_STOPPED },
	{ "seccomp_run_filters", WCHAN_STOPPED },
	{ "seccomp_filter", WCHAN_STOPPED },
	{ "handle_userfault", WCHAN_LIVE },
	{ "folio_wait_bit_common", WCHAN_LIVE },
	{ "folio_wait_bit", WCHAN_LIVE },
	{ "wait_on_page_bit", WCHAN_LIVE },
	{ "wait_on_page_bit_killable", WCHAN_LIVE },
	{ "wait_on_page_bit_common", WCHAN_LIVE },
	{ "lock_page", WCHAN_LIVE },
	{ "lock_page_or_retry", WCHAN_LIVE },
	{ "io_schedule", WCHAN_LIVE },
	{ "migration_entry_wait", WCHAN_LIVE },
	{ "migration_entry_wait_on_locked", WCHAN_LIVE },
	{ "exit_to_user_mode_loop", WCHAN_LIVE },
};

unsigned wchan_find(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == length && memcmp(names[i].name, name, length) == 0)
			return names[i].bits;
	return 0;
}
