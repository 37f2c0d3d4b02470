#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collect/users.h"

/* Real ones, and some that the directory server knows. */
enum { ROOT = 0, NAMELESS = 2000000000, DEAD = 2000000001, DEADLY = 2000000002 };

static uint32_t *questions; /* shared with whoever asks */

struct passwd *__real_getpwuid(uid_t uid);
struct passwd *__wrap_getpwuid(uid_t uid);

struct passwd *__wrap_getpwuid(uid_t uid)
{
	++*questions;
	if (uid == DEAD)
		pause();
	if (uid == DEADLY) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
	}
	return __real_getpwuid(uid);
}

struct asking {
	struct scouts *scouts;
	struct users *users;
};

static int begin(void **state)
{
	static struct asking asking;

	asking = (struct asking){ scouts_new(), users_new() };
	questions = scout_memory(sizeof(*questions));
	*state = &asking;
	return asking.scouts && asking.users && questions ? 0 : -1;
}

static int end(void **state)
{
	struct asking *asking = *state;

	scout_forget(questions, sizeof(*questions));
	users_free(asking->users);
	scouts_free(asking->scouts);
	return 0;
}

static void test_users__have_names_or_numbers(void **state)
{
	const struct asking *a = *state;
	const uint32_t uids[] = { ROOT, NAMELESS };

	assert_int_equal(users_ask(a->users, a->scouts, uids, 2), 0);
	assert_string_equal(users_name(a->users, ROOT), "root");
	assert_string_equal(users_name(a->users, NAMELESS), "2000000000");
}

static void test_users__are_asked_for_once(void **state)
{
	const struct asking *a = *state;
	const uint32_t uids[] = { ROOT, NAMELESS };

	assert_int_equal(users_ask(a->users, a->scouts, uids, 1), 0);
	assert_int_equal(users_ask(a->users, a->scouts, uids, 2), 0);
	assert_int_equal(*questions, 2);
	assert_string_equal(users_name(a->users, ROOT), "root");
}

static void test_users__one_who_does_not_answer_keeps_nobody(void **state)
{
	const struct asking *a = *state;
	const uint32_t uids[] = { DEAD, ROOT };

	assert_int_equal(users_ask(a->users, a->scouts, uids, 2), 0);
	assert_null(users_name(a->users, DEAD));
	assert_string_equal(users_name(a->users, ROOT), "root");
	/* He who hangs there is not followed. */
	assert_int_equal(users_ask(a->users, a->scouts, uids, 2), 0);
	assert_int_equal(*questions, 2);
}

static void test_users__who_crashes_does_so_alone(void **state)
{
	const struct asking *a = *state;
	const uint32_t uids[] = { DEADLY, ROOT };

	assert_int_equal(users_ask(a->users, a->scouts, uids, 2), 0);
	assert_null(users_name(a->users, DEADLY));
	assert_string_equal(users_name(a->users, ROOT), "root");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_users__have_names_or_numbers, begin, end),
		cmocka_unit_test_setup_teardown(test_users__are_asked_for_once, begin, end),
		cmocka_unit_test_setup_teardown(
			test_users__one_who_does_not_answer_keeps_nobody, begin, end),
		cmocka_unit_test_setup_teardown(test_users__who_crashes_does_so_alone, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
