#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four headers it needs */
#include <cmocka.h>

#include <string.h>

#include "collect/parse.h"
#include "collect/wchan.h"

static unsigned find(const char *text)
{
	const char *name;
	size_t length = parse_wchan(text, strlen(text), &name);

	return wchan_find(name, length);
}

/* One function by its names from 4.18 to 6.18. */
static void test_wchan__renamed(void **state)
{
	(void)state;
	assert_int_equal(find("pipe_write"), WCHAN_PIPE_SPACE);
	assert_int_equal(find("anon_pipe_write"), WCHAN_PIPE_SPACE);
	assert_int_equal(find("pipe_wait"), WCHAN_PIPE_SPACE | WCHAN_PIPE_DATA);
	assert_int_equal(find("futex_wait_queue_me"), WCHAN_FUTEX);
	assert_int_equal(find("futex_do_wait"), WCHAN_FUTEX);
}

static void test_wchan__decorated(void **state)
{
	(void)state;
	assert_int_equal(find("do_sigtimedwait.isra.0"), WCHAN_SIGNAL);
	assert_int_equal(find("__do_wait"), WCHAN_CHILD);
	assert_int_equal(find("__x64_sys_pause"), WCHAN_SIGNAL);
	assert_int_equal(find("__refrigerator"), WCHAN_STOPPED);
	assert_int_equal(find("_do_fork"), WCHAN_VFORK);
	assert_int_equal(find("do_select.constprop.0"), WCHAN_POLL);
}

static void test_wchan__unknown(void **state)
{
	(void)state;
	assert_int_equal(find("pipe_write_of_tomorrow"), 0);
	assert_int_equal(find("pipe_writ"), 0);
	assert_int_equal(find("0"), 0);
	assert_int_equal(find(""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wchan__renamed),
		cmocka_unit_test(test_wchan__decorated),
		cmocka_unit_test(test_wchan__unknown),
	};

	return cmocka_run_group_tests_name("wchan", tests, NULL, NULL);
}
