/* Names of pipes: each form, and where one fits several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/builder.h"
#include "model/pipe_name.h"

enum { PIPEFS = 13, DISK = 20, OTHER_DISK = 21 };

static const struct seen_end ends[] = {
	{ .dev = PIPEFS, .ino = 6715, .pid = 90, .fd = 2, .writes = true },
	{ .dev = PIPEFS, .ino = 6715, .pid = 80, .fd = 5, .reads = true },
	{ .dev = PIPEFS, .ino = 7000, .pid = 80, .fd = 6, .reads = true },
	/* Another descriptor table of the same process. */
	{ .dev = PIPEFS, .ino = 7001, .pid = 80, .fd = 6, .table = 1, .reads = true },
	{ .dev = DISK, .ino = 55, .pid = 80, .fd = 7, .type = PIPE_FIFO, .path = "/run/a" },
	{ .dev = OTHER_DISK, .ino = 55, .pid = 80, .fd = 8, .type = PIPE_FIFO, .path = "/mnt/b" },
	{ .dev = OTHER_DISK, .ino = 6715, .pid = 80, .fd = 9, .type = PIPE_FIFO,
	  .path = "/mnt/pipe:[7000]" },
};

static struct snapshot *look(void)
{
	struct builder *b;
	struct snapshot *s;

	assert_int_equal(builder_new(&b), 0);
	assert_non_null(builder_add_process(b, 80));
	assert_non_null(builder_add_process(b, 90));
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		assert_int_equal(builder_add_end(b, &ends[i]), 0);
	assert_int_equal(builder_link(b), 0);
	assert_int_equal(builder_seal(b, &s), 0);
	return s;
}

static void assert_found(const char *name, uint64_t dev, uint64_t ino)
{
	struct snapshot *s = look();
	uint32_t found[2];

	assert_int_equal(pipe_name_find(s, name, found, 2), 1);
	assert_int_equal(s->pipes[found[0]].dev, dev);
	assert_int_equal(s->pipes[found[0]].ino, ino);
	snapshot_free(s);
}

static void assert_count(const char *name, uint32_t count)
{
	struct snapshot *s = look();
	uint32_t found[1];

	assert_int_equal(pipe_name_find(s, name, found, 1), count);
	snapshot_free(s);
}

static void test_pipe_name__each_form(void **state)
{
	(void)state;
	assert_found("pipe:[6715]", PIPEFS, 6715);
	assert_found("7000", PIPEFS, 7000);
	assert_found("90:2", PIPEFS, 6715);
	assert_found("80:5", PIPEFS, 6715);
	assert_found("/run/a", DISK, 55);
	assert_found("/mnt/pipe:[7000]", OTHER_DISK, 6715);
}

static void test_pipe_name__fits_several(void **state)
{
	(void)state;
	assert_count("55", 2);
	assert_count("6715", 2);
	assert_count("80:6", 2);
}

static void test_pipe_name__fits_none(void **state)
{
	static const char *const names[] = { "", "pipe:[", "pipe:[6715", "pipe:[]", "pipe:[6715]x",
		"pipe:[55]", "pipe:[-1]", "6716", "6715 ", "+6715", "90:", ":2", "90:3", "90:2:", "91:2",
		"18446744073709558331", "99999999999999999999999", "/run", "a" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_count(names[i], 0);
}

static void test_pipe_name__is_a_path(void **state)
{
	(void)state;
	assert_true(pipe_name_is_path("/run/a"));
	assert_true(pipe_name_is_path("fifo"));
	assert_true(pipe_name_is_path("./55"));
	assert_false(pipe_name_is_path("55"));
	assert_false(pipe_name_is_path("80:5"));
	assert_false(pipe_name_is_path("pipe:[55]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pipe_name__each_form),
		cmocka_unit_test(test_pipe_name__fits_several),
		cmocka_unit_test(test_pipe_name__fits_none),
		cmocka_unit_test(test_pipe_name__is_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
