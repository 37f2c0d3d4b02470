/*
 * Reads and writes pipetoprc. One table has the keys, so that what can be read is what is written.
 */
#include "tui/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "words/columns.h"
#include "words/escape.h"

enum { INTERVAL_LEAST_MS = 100, INTERVAL_MOST_MS = 3600 * 1000 };

static const char *const color_names[SETTINGS_COLOR_COUNT] = {"auto", "always", "never"};

const char *settings_color_name(enum settings_color color)
{
	return color_names[color];
}

void settings_default(struct settings *settings)
{
	*settings = (struct settings){.interval_ms = 1000, .color = SETTINGS_COLOR_AUTO};
	settings->column_count = columns_default(settings->columns);
	settings->sort = columns_find("verdict", strlen("verdict"));
}

/* ---- the values ---- */

static int read_columns(const char *value, struct settings *settings)
{
	const char *word;
	size_t length;

	if (*value == '+')
		return -EINVAL;
	return columns_parse(value, settings->columns, &settings->column_count, &word, &length);
}

static void write_columns(FILE *file, const struct settings *settings)
{
	for (uint32_t i = 0; i < settings->column_count; i++)
		fprintf(file, "%s%s", i == 0 ? "" : ",", columns[settings->columns[i]].name);
}

static int read_sort(const char *value, struct settings *settings)
{
	uint32_t column;

	settings->reversed = *value == '-';
	value += *value == '-';
	column = columns_find(value, strlen(value));
	if (column == NONE)
		return -EINVAL;
	settings->sort = column;
	return 0;
}

static void write_sort(FILE *file, const struct settings *settings)
{
	fprintf(file, "%s%s", settings->reversed ? "-" : "", columns[settings->sort].name);
}

static int read_interval(const char *value, struct settings *settings)
{
	char *end;
	double ms = strtod(value, &end) * 1000;
	const double least = INTERVAL_LEAST_MS, most = INTERVAL_MOST_MS;

	if (end == value || *end != '\0' || !(ms >= least && ms <= most))
		return -EINVAL;
	settings->interval_ms = (int64_t)(ms + 0.5);
	return 0;
}

static void write_interval(FILE *file, const struct settings *settings)
{
	fprintf(file, "%g", (double)settings->interval_ms / 1000);
}

static int read_color(const char *value, struct settings *settings)
{
	for (enum settings_color mode = SETTINGS_COLOR_AUTO; mode < SETTINGS_COLOR_COUNT; mode++) {
		if (strcmp(value, color_names[mode]) == 0) {
			settings->color = mode;
			return 0;
		}
	}
	return -EINVAL;
}

static void write_color(FILE *file, const struct settings *settings)
{
	fprintf(file, "%s", color_names[settings->color]);
}

static const struct field {
	const char *key, *help;
	int (*read)(const char *value, struct settings *settings);
	void (*write)(FILE *file, const struct settings *settings);
} fields[] = {
	{ "columns", "as --list-columns names them, from left to right", read_columns,
	  write_columns },
	{ "sort", "a column; with - before it in the opposite order", read_sort, write_sort },
	{ "interval", "seconds between two looks", read_interval, write_interval },
	{ "color", "auto, always or never", read_color, write_color },
};

enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

/* ---- the file ---- */

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
		text[--length] = '\0';
	return text;
}

static const struct field *find_field(const char *key)
{
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (strcmp(fields[i].key, key) == 0)
			return &fields[i];
	return NULL;
}

/* NULL, or what is wrong with the line. */
static const char *read_line(char *line, struct settings *settings)
{
	char *text = trim(line), *equals = strchr(text, '=');
	const struct field *field;

	if (*text == '\0' || *text == '#')
		return NULL;
	if (equals == NULL)
		return "no key = value";
	*equals = '\0';
	field = find_field(trim(text));
	if (field == NULL)
		return "unknown key";
	return field->read(trim(equals + 1), settings) < 0 ? "not a value that it can have" : NULL;
}

int settings_read(FILE *file, struct settings *settings, char error[SETTINGS_ERROR_SIZE])
{
	struct settings found = *settings;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int number = 0, r = 0;

	while (r == 0 && (length = getline(&line, &size, file)) > 0) {
		const char *wrong;
		char shown[64];

		number++;
		escape_bytes(shown, sizeof shown, line, strcspn(line, "\n"));
		wrong = strlen(line) == (size_t)length ? read_line(line, &found) : "a zero byte";
		if (wrong == NULL)
			continue;
		snprintf(error, SETTINGS_ERROR_SIZE, "line %d: %s: %s", number, wrong, shown);
		r = -EINVAL;
	}
	free(line);
	if (r == 0)
		*settings = found;
	return r;
}

int settings_write(FILE *file, const struct settings *settings)
{
	fprintf(file, "# pipetop: what W in its screen saved\n");
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		fprintf(file, "\n# %s\n%s = ", fields[i].help, fields[i].key);
		fields[i].write(file, settings);
		fputc('\n', file);
	}
	return ferror(file) ? -EIO : 0;
}

int settings_load(const char *path, struct settings *settings, char error[SETTINGS_ERROR_SIZE])
{
	FILE *file = fopen(path, "re");
	int r;

	if (file == NULL)
		return -errno;
	r = settings_read(file, settings, error);
	fclose(file);
	return r;
}

/* mkdir -p of what a path lies in. */
static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST) {
			*slash = '/';
			return -errno;
		}
		*slash = '/';
	}
	return 0;
}

static int write_file(const char *path, const struct settings *settings)
{
	FILE *file = fopen(path, "we");
	int r;

	if (file == NULL)
		return -errno;
	r = settings_write(file, settings);
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	return r;
}

int settings_save(const char *path, const struct settings *settings)
{
	char *draft = NULL;
	int r;

	if (asprintf(&draft, "%s.new", path) < 0)
		return -ENOMEM;
	r = make_parents(draft);
	if (r == 0)
		r = write_file(draft, settings);
	if (r == 0 && rename(draft, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(draft);
	free(draft);
	return r;
}

char *settings_path(const char *xdg_config_home, const char *home)
{
	char *path = NULL;
	int length;

	if (xdg_config_home != NULL && xdg_config_home[0] == '/')
		length = asprintf(&path, "%s/pipetop/pipetoprc", xdg_config_home);
	else if (home != NULL && home[0] != '\0')
		length = asprintf(&path, "%s/.config/pipetop/pipetoprc", home);
	else
		return NULL;
	return length < 0 ? NULL : path;
}
