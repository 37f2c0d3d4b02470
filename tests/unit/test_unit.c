/*
 * Control group paths as container managers and systemd make them, and as only somebody hostile
 * would. Each text is handed over in a block of just its size.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/unit.h"

#define ID "0123456789ab" "cdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD "6d2cbb1e_52f9_44a4_a1f1_0c6a3b1c8f0e"

static int parse(const char *text, char name[UNIT_SIZE])
{
	char *copy = malloc(strlen(text) + 1);
	int r;

	assert_non_null(copy);
	/* Behind the block's first byte, so that it ends with the text. */
	memcpy(copy + 1, text, strlen(text));
	r = unit_parse(copy + 1, strlen(text), name);
	free(copy);
	return r;
}

struct sample {
	const char *text, *name;
};

static void assert_names(const struct sample *samples)
{
	for (; samples->text; samples++) {
		char name[UNIT_SIZE] = "untouched";

		assert_int_equal(parse(samples->text, name), 0);
		if (strcmp(name, samples->name) != 0)
			fail_msg("%s is '%s', not '%s'", samples->text, name, samples->name);
	}
}

static void test_unit__containers_of_version_2(void **state)
{
	(void)state;
	assert_names((const struct sample[]){
		{ "0::/system.slice/docker-" ID ".scope\n", "docker:0123456789ab" },
		{ "0::/docker/" ID "\n", "docker:0123456789ab" },
		{ "0::/docker/" ID "/init\n", "docker:0123456789ab" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" ID ".scope\n",
		  "docker:0123456789ab" },
		{ "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD
		  ".slice/cri-containerd-" ID ".scope\n", "containerd:0123456789ab" },
		{ "0::/kubepods.slice/kubepods-pod" POD ".slice/crio-" ID ".scope/container\n",
		  "cri-o:0123456789ab" },
		{ "0::/kubepods/besteffort/pod" POD "/" ID "\n", "kubernetes:0123456789ab" },
		{ "0::/machine.slice/libpod-" ID ".scope/container\n", "podman:0123456789ab" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope\n",
		  "podman:0123456789ab" },
		{ "0::/libpod_parent/libpod-" ID "\n", "podman:0123456789ab" },
		{ "0::/lxc.payload.web/system.slice/ssh.service\n", "lxc:web" },
		{ 0 } });
}

static void test_unit__containers_of_version_1(void **state)
{
	(void)state;
	assert_names((const struct sample[]){
		{ "12:pids:/docker/" ID "\n11:memory:/docker/" ID "\n1:name=systemd:/docker/" ID "\n"
		  "0::/system.slice/containerd.service\n", "docker:0123456789ab" },
		{ "11:cpu,cpuacct:/kubepods/burstable/pod" POD "/" ID "\n", "kubernetes:0123456789ab" },
		{ "9:devices:/system.slice/containerd.service/kubepods-burstable-pod" POD
		  ".slice:cri-containerd:" ID "\n1:name=systemd:/\n", "containerd:0123456789ab" },
		{ "4:memory:/ecs/task/" ID "\n", "container:0123456789ab" },
		{ "4:memory:/lxc/web\n1:name=systemd:/lxc/web/init.scope\n", "lxc:web" },
		{ 0 } });
}

static void test_unit__units_of_systemd(void **state)
{
	(void)state;
	assert_names((const struct sample[]){
		{ "0::/init.scope\n", "init.scope" },
		{ "0::/system.slice/ssh.service\n", "ssh.service" },
		{ "0::/system.slice/ssh.service/delegated/below\n", "ssh.service" },
		{ "0::/system.slice/system-getty.slice/getty@tty1.service\n", "getty@tty1.service" },
		{ "0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope" },
		{ "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome\\x2dterm-42.scope\n",
		  "app-gnome\\x2dterm-42.scope" },
		{ "0::/../../system.slice/cron.service\n", "cron.service" },
		{ "0::/system.slice/gone.service (deleted)\n", "gone.service" },
		{ "5:pids:/system.slice/cron.service\n1:name=systemd:/system.slice/cron.service\n0::/\n",
		  "cron.service" },
		{ "0::/system.slice/dbus.socket\n", "dbus.socket" },
		{ 0 } });
}

static void test_unit__nobody_s(void **state)
{
	(void)state;
	assert_names((const struct sample[]){
		{ "0::/\n", "" },
		{ "4:memory:/process_api/c1e37e591704038285a5275f6a0b4edc\n0::/\n", "" },
		{ "0::/user.slice/user-1000.slice\n", "" },
		{ "0::/.service\n", "" },
		{ "0::/ssh.service.d\n", "" },
		{ 0 } });
}

static void test_unit__the_innermost_container(void **state)
{
	(void)state;
	assert_names((const struct sample[]){
		{ "0::/lxc.payload.web/docker/" ID "\n", "docker:0123456789ab" },
		{ "0::/docker/" ID "/docker/ba98" "76543210fedcba9876543210fedcba9876543210fedcba987654321" "01234"
		  "\n", "docker:ba9876543210" },
		{ 0 } });
}

static void test_unit__hostile_paths(void **state)
{
	(void)state;
	assert_names((const struct sample[]){
		/* Not an id: too short, too long, no digits, upper case. */
		{ "0::/docker/0123456789ab\n", "" },
		{ "0::/docker/0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF\n", "" },
		{ "0::/system.slice/docker-x" ID ".scope\n", "docker-x" ID ".scope" },
		{ "0::/system.slice/mydocker-" ID ".scope\n", "mydocker-" ID ".scope" },
		{ "0::/-" ID "\n", "" },
		{ "0:://///\n", "" },
		{ "0::/a:b:c/x.service\n", "x.service" },
		{ "0::/evil\x1b[2J.service\n", "evil\x1b[2J.service" },
		{ "junk\n0::/ssh.service\n7:x\n", "ssh.service" },
		{ 0 } });
}

static void test_unit__refuses_what_it_is_not(void **state)
{
	static const char *const texts[] = {
		"", "\n", "0::\n", "0:/\n", "::/\n", "x::/\n", "0::relative\n", "0::/cut off",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char name[UNIT_SIZE] = "untouched";

		assert_int_equal(parse(texts[i], name), -EINVAL);
		assert_string_equal(name, "untouched");
	}
}

static void test_unit__a_name_that_is_too_long_is_cut(void **state)
{
	char text[1024], name[UNIT_SIZE];
	size_t length = 5;

	(void)state;
	memcpy(text, "0::/x", 5);
	while (length < 1000)
		text[length++] = 'x';
	strcpy(text + length, ".service\n");
	assert_int_equal(parse(text, name), 0);
	assert_int_equal(strlen(name), UNIT_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unit__containers_of_version_2),
		cmocka_unit_test(test_unit__containers_of_version_1),
		cmocka_unit_test(test_unit__units_of_systemd),
		cmocka_unit_test(test_unit__nobody_s),
		cmocka_unit_test(test_unit__the_innermost_container),
		cmocka_unit_test(test_unit__hostile_paths),
		cmocka_unit_test(test_unit__refuses_what_it_is_not),
		cmocka_unit_test(test_unit__a_name_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
