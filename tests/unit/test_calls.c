#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "config.h"
#ifdef HAVE_LIBSECCOMP
#include <seccomp.h>
#endif

#include "collect/calls.h"

static struct call decode(int32_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	const uint64_t args[6] = { a, b, c, d, e };
	struct call call;

	call_decode(false, number, args, &call);
	return call;
}

static void test_calls__article(void **state)
{
	struct call call = decode(SYS_write, 2, 0x7ffe0000, 13, 0, 0);

	(void)state;
	assert_string_equal(call.name, "write");
	assert_int_equal(call.shape, CALL_WRITE);
	assert_int_equal(call.fd, 2);
	assert_int_equal(call.count_bytes, 13);
	call = decode(SYS_wait4, 0xd2e, 0, 0, 0, 0);
	assert_int_equal(call.shape, CALL_CHILD);
	assert_int_equal(call.children, CHILDREN_ONE);
	assert_int_equal(call.child, 0xd2e);
	assert_false(call.timed);
}

/* The upper half of a register says nothing about an int. */
static void test_calls__ints_are_32_bits(void **state)
{
	struct call call = decode(SYS_wait4, 0xffffffff, 0, 0, 0, 0);

	(void)state;
	assert_int_equal(call.children, CHILDREN_ANY);
	call = decode(SYS_wait4, 0xdeadbeef00000007, 0, 0, 0, 0);
	assert_int_equal(call.children, CHILDREN_ONE);
	assert_int_equal(call.child, 7);
	call = decode(SYS_wait4, 0xffffff9c, 0, 0, 0, 0);
	assert_int_equal(call.children, CHILDREN_GROUP);
	assert_int_equal(call.child, 100);
	call = decode(SYS_wait4, 0, 0, 0, 0, 0);
	assert_int_equal(call.children, CHILDREN_GROUP);
	assert_int_equal(call.child, 0);
}

static void test_calls__waits_that_end_by_themselves(void **state)
{
	(void)state;
	assert_true(decode(SYS_wait4, 5, 0, WNOHANG, 0, 0).timed);
	assert_true(decode(SYS_waitid, P_PID, 5, 0, WEXITED | WNOHANG, 0).timed);
	assert_true(decode(SYS_waitid, P_PID, 5, 0, WSTOPPED | WCONTINUED, 0).timed);
	assert_false(decode(SYS_waitid, P_PID, 5, 0, WEXITED | WSTOPPED, 0).timed);
#ifdef SYS_poll
	assert_true(decode(SYS_poll, 0x1000, 1, 5, 0, 0).timed);
	assert_true(decode(SYS_poll, 0x1000, 1, 0, 0, 0).timed);
	assert_false(decode(SYS_poll, 0x1000, 1, 0xffffffff, 0, 0).timed);
	assert_true(decode(SYS_select, 8, 0x1000, 0, 0, 0x3000).timed);
#endif
	assert_true(decode(SYS_ppoll, 0x1000, 1, 0x2000, 0, 0).timed);
	assert_false(decode(SYS_ppoll, 0x1000, 1, 0, 0, 0).timed);
	assert_false(decode(SYS_pselect6, 8, 0x1000, 0, 0, 0).timed);
	assert_true(decode(SYS_futex, 0x1000, FUTEX_WAIT, 0, 0x2000, 0).timed);
}

static void test_calls__waitid(void **state)
{
	struct call call = decode(SYS_waitid, P_PGID, 33, 0, WEXITED, 0);

	(void)state;
	assert_int_equal(call.children, CHILDREN_GROUP);
	assert_int_equal(call.child, 33);
	assert_int_equal(decode(SYS_waitid, P_ALL, 0, 0, WEXITED, 0).children, CHILDREN_ANY);
	call = decode(SYS_waitid, 3 /* P_PIDFD */, 9, 0, WEXITED, 0);
	assert_true(call.pidfd);
	assert_int_equal(call.child, 9);
}

static void test_calls__moves(void **state)
{
	struct call call = decode(SYS_splice, 3, 0, 5, 0, 100);

	(void)state;
	assert_int_equal(call.shape, CALL_MOVE);
	assert_int_equal(call.fd, 3);
	assert_int_equal(call.fd_out, 5);
	call = decode(SYS_tee, 3, 5, 100, 0, 0);
	assert_int_equal(call.fd, 3);
	assert_int_equal(call.fd_out, 5);
	call = decode(SYS_sendfile, 5, 3, 0, 100, 0);
	assert_int_equal(call.fd, 3);
	assert_int_equal(call.fd_out, 5);
	assert_true(decode(SYS_tee, 3, 5, 100, 2 /* SPLICE_F_NONBLOCK */, 0).timed);
}

static void test_calls__futexes(void **state)
{
	struct call call = decode(SYS_futex, 0x1000, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 7, 0, 0);

	(void)state;
	assert_int_equal(call.shape, CALL_FUTEX);
	assert_false(call.private);
	assert_true(decode(SYS_futex, 0x1000, FUTEX_WAIT_PRIVATE, 7, 0, 0).private);
	assert_int_equal(decode(SYS_futex, 0x1000, FUTEX_WAKE, 7, 0, 0).shape, CALL_OTHER);
}

static void test_calls__clone(void **state)
{
	(void)state;
	assert_int_equal(decode(SYS_clone, CLONE_VFORK | CLONE_VM, 0, 0, 0, 0).shape, CALL_VFORK);
	assert_int_equal(decode(SYS_clone, CLONE_VM, 0, 0, 0, 0).shape, CALL_OTHER);
	assert_int_equal(decode(SYS_clone, CLONE_VFORK | CLONE_PARENT, 0, 0, 0, 0).shape, CALL_OTHER);
	assert_int_equal(decode(SYS_clone, CLONE_VFORK | CLONE_THREAD, 0, 0, 0, 0).shape, CALL_OTHER);
	assert_int_equal(decode(SYS_clone3, 0x5000, 88, 0, 0, 0).shape, CALL_CLONE3);
}

/* The same numbers mean other calls to a 32-bit program. */
static void test_calls__compat(void **state)
{
	const uint64_t args[6] = { 2, 0xff000000, 13 };
	struct call call;

	(void)state;
	call_decode(true, 4, args, &call);
	assert_string_equal(call.name, "write");
	assert_int_equal(call.shape, CALL_WRITE);
#ifdef __x86_64__
	call_decode(true, 7, args, &call);
	assert_string_equal(call.name, "waitpid");
	assert_int_equal(call.child, 2);
#endif
	call_decode(false, 4, args, &call);
	assert_int_equal(call.shape, CALL_OTHER);
	call_decode(true, 0, args, &call);
	assert_int_equal(call.shape, CALL_RESTART);
}

#ifdef HAVE_LIBSECCOMP

/* What the table calls differently, to show it as people know it. */
static const char *usual_name(const char *name)
{
	return strcmp(name, "_newselect") == 0 ? "select" : name;
}

/* The numbers of the table are those that libseccomp has, of our own programs and of 32-bit ones. */
static void test_calls__numbers(void **state)
{
#ifdef __aarch64__
	const uint32_t compat = SCMP_ARCH_ARM;
#else
	const uint32_t compat = SCMP_ARCH_X86;
#endif
	int known = 0;

	(void)state;
	for (int32_t number = 0; number < 1000; number++) {
		for (int narrow = 0; narrow < 2; narrow++) {
			char *name = seccomp_syscall_resolve_num_arch(
				narrow ? compat : seccomp_arch_native(), number);

			if (name)
				assert_string_equal(call_name(narrow, number), usual_name(name));
			known += name != NULL;
			free(name);
		}
	}
	assert_true(known > 500);
}

#endif

/* What the table lacks is the outside world's, whatever its number. */
static void test_calls__unknown_numbers(void **state)
{
	(void)state;
	for (int32_t number = -3; number < 3000; number++) {
		struct call call = decode(number, 1, 2, 3, 4, 5);

		if (call.shape == CALL_OTHER)
			assert_non_null(call.what);
		else
			assert_non_null(call.name);
	}
	assert_int_equal(decode(2999, 0, 0, 0, 0, 0).shape, CALL_OTHER);
	assert_null(decode(2999, 0, 0, 0, 0, 0).name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls__article),
		cmocka_unit_test(test_calls__ints_are_32_bits),
		cmocka_unit_test(test_calls__waits_that_end_by_themselves),
		cmocka_unit_test(test_calls__waitid),
		cmocka_unit_test(test_calls__moves),
		cmocka_unit_test(test_calls__futexes),
		cmocka_unit_test(test_calls__clone),
		cmocka_unit_test(test_calls__compat),
#ifdef HAVE_LIBSECCOMP
		cmocka_unit_test(test_calls__numbers),
#endif
		cmocka_unit_test(test_calls__unknown_numbers),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
