#include "trouble.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "words/escape.h"

int trouble(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("pipetop: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	return STATUS_TROUBLE;
}

int trouble_with_file(const char *what, const char *path, const char *why)
{
	char shown[256];

	escape_text(shown, sizeof(shown), path);
	return trouble("cannot %s '%s': %s", what, shown, why);
}

/* A reader that has seen enough (`| head`) is no trouble to speak of. */
static int trouble_with_output(const char *path, int error)
{
	if (error == EPIPE)
		return STATUS_TROUBLE;
	if (path)
		return trouble_with_file("write", path, strerror(error));
	return trouble("cannot write to standard output: %s", strerror(error));
}

int finish_file(FILE **file, const char *path, int r)
{
	FILE *done = *file;
	bool failed = ferror(done);

	*file = NULL;
	errno = 0;
	/* It says why, also of an earlier write: that is still to be written. */
	if (fclose(done) != 0 && r == 0)
		r = errno ? -errno : -EIO;
	if (failed && r == 0)
		r = -EIO;
	return r < 0 ? trouble_with_output(path, -r) : 0;
}

int finish_output(void)
{
	FILE *file = stdout;

	return finish_file(&file, NULL, 0);
}
