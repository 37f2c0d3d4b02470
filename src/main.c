/*
 * The table of contents: what is asked for, and what of it needs no look at the system. The rest is
 * in run.c.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "demo/scenes.h"
#include "ending.h"
#include "options.h"
#include "report/formats.h"
#include "run.h"
#include "trouble.h"
#include "trust/privileges.h"
#include "tui/tui.h"
#include "words/columns.h"

static int list_scenes(void)
{
	for (const struct scene *scene = scenes; scene->name; scene++)
		printf("%-12s %-8s %s\n", scene->name, scene->stuck ? "stuck" : "healthy",
		       scene->help);
	return finish_output();
}

static int list_columns(void)
{
	for (uint32_t i = 0; i < column_count; i++)
		printf("%-14s  %s\n", columns[i].name, columns[i].help);
	return finish_output();
}

enum { HELP_BUFFER = 16 * 1024 };

static int act(const struct options *options, const struct options_names *names)
{
	switch (options->action) {
	case ACTION_HELP:
		/* In one write, so that errno tells what became of it. */
		setvbuf(stdout, NULL, _IOFBF, HELP_BUFFER);
		options_help(stdout, names);
		return finish_output();
	case ACTION_VERSION:
		printf("%s\n", PACKAGE_STRING);
		return finish_output();
	case ACTION_LIST_COLUMNS:
		return list_columns();
	default:
		break;
	}
	if (options->demo && !strcmp(options->demo, OPTIONS_LIST))
		return list_scenes();
	return run(options);
}

/*
 * Where we were started without one of the three, no file that we open may take its place; reading
 * and writing shall go on to fail. open(2) gives the lowest free number.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

static int begin(void)
{
	int r = privileges_begin();

	if (r == -EPERM)
		return trouble("do not install it setuid or setgid: file capabilities do, see README.md");
	return r < 0 ? trouble("it was built without libcap-ng, so it may have no file capabilities") : 0;
}

enum { NAMES = 32 };

int main(int argc, char **argv)
{
	const char *formats[NAMES] = { NULL }, *scene_names[NAMES] = { NULL };
	const struct options_names names = { formats, scene_names };
	char error[OPTIONS_ERROR_SIZE];
	struct options options;
	int r, status;

	ending_guard("pipetop: a library has ended the program, as some do where there is no memory\n",
	             STATUS_TROUBLE, tui_abandon);
	fill_standard_descriptors();
	for (int i = 0; report_formats[i].name && i < NAMES - 1; i++)
		formats[i] = report_formats[i].name;
	for (int i = 0; scenes[i].name && i < NAMES - 1; i++)
		scene_names[i] = scenes[i].name;
	status = begin();
	if (status)
		ending_exit(status);
	setlocale(LC_CTYPE, ""); /* numbers and sorting are the same everywhere */
	r = options_parse(argc, argv, &names, &options, error);
	if (r < 0)
		ending_exit(trouble("%s", r == -EINVAL ? error : strerror(-r)));
	status = act(&options, &names);
	options_free(&options);
	ending_exit(status);
}
