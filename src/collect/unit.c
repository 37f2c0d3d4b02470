/*
 * Reads control group paths. There is one in version 2 ("0::/PATH") and one for each hierarchy in
 * version 1 ("9:name=systemd:/PATH"); not every container manager is in each of them, so all are
 * read. A name has no newline, kernel/cgroup/cgroup.c, and anything else may stand in it.
 *
 * Container managers name a group by an id of 64 hexadecimal digits, with their own name before it
 * where systemd keeps the groups: docker-ID.scope, /docker/ID,
 * kubepods-podUID.slice:cri-containerd:ID.
 */
#include "collect/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "collect/span.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum { ID_DIGITS = 64, ID_SHOWN = 12 };

/* What a group is called, and what people call the manager. */
static const struct {
	const char *name, *shown;
} managers[] = {
	{ "docker", "docker" }, { "cri-containerd", "containerd" }, { "crio", "cri-o" },
	{ "libpod", "podman" },
};

/* unit_name_suffixes of systemd, but for slices: these hold units. */
static const char *const unit_suffixes[] = { ".service", ".scope", ".socket", ".mount", ".swap" };

/* One path, component by component: the innermost container, the innermost unit. */
struct found {
	char container[UNIT_SIZE], unit[UNIT_SIZE];
	const char *above;       /* the manager of an id that stands alone */
	bool lxc;                /* the next component is the name of one */
};

static bool is(struct span s, const char *text)
{
	return span_take(&s, text) && s.at == s.end;
}

static bool starts(struct span s, const char *text)
{
	return span_take(&s, text);
}

static bool ends(struct span s, const char *text)
{
	size_t length = strlen(text);

	return span_length(&s) > length && memcmp(s.end - length, text, length) == 0;
}

static bool ends_with_id(struct span s)
{
	for (int i = 1; i <= ID_DIGITS; i++)
		if (s.end - i < s.at || !strchr("0123456789abcdef", s.end[-i]) || !s.end[-i])
			return false;
	return true;
}

/* "docker" of "docker-", "containerd" of "kubepods-podUID.slice:cri-containerd:". */
static const char *manager_of(struct span before)
{
	const char *colon;

	before.end--;
	colon = memrchr(before.at, ':', span_length(&before));
	if (colon)
		before.at = colon + 1;
	for (size_t i = 0; i < ARRAY_SIZE(managers); i++)
		if (is(before, managers[i].name))
			return managers[i].shown;
	return NULL;
}

static void set(char name[UNIT_SIZE], const char *manager, struct span text)
{
	snprintf(name, UNIT_SIZE, "%s%s%.*s", manager, *manager ? ":" : "",
	         (int)span_length(&text), text.at);
}

static bool take_id(struct found *found, struct span component)
{
	const char *manager = found->above;
	struct span id;

	if (ends(component, ".scope"))
		component.end -= strlen(".scope");
	if (!ends_with_id(component))
		return false;
	id = span_of(component.end - ID_DIGITS, ID_SHOWN);
	component.end -= ID_DIGITS;
	if (span_length(&component) > 0)
		manager = manager_of(component);
	if (manager)
		set(found->container, manager, id);
	return manager;
}

static bool take_lxc(struct found *found, struct span component)
{
	if (!found->lxc && !span_take(&component, "lxc.payload."))
		return false;
	set(found->container, "lxc", component);
	return true;
}

static void take_unit(struct found *found, struct span component)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_suffixes); i++)
		if (ends(component, unit_suffixes[i]))
			set(found->unit, "", component);
}

static void take_component(struct found *found, struct span component)
{
	if (!take_id(found, component) && !take_lxc(found, component))
		take_unit(found, component);
	found->lxc = is(component, "lxc") || is(component, "lxc.payload");
	if (is(component, "docker"))
		found->above = "docker";
	else if (starts(component, "kubepods"))
		found->above = "kubernetes";
}

static struct found read_path(struct span path)
{
	struct found found = { .above = "container" };

	if (ends(path, " (deleted)"))
		path.end -= strlen(" (deleted)");
	while (path.at < path.end) {
		const char *slash = memchr(path.at, '/', span_length(&path));
		struct span component = { path.at, slash ? slash : path.end };

		take_component(&found, component);
		path.at = component.end + (slash != NULL);
	}
	return found;
}

/* The path of "0::/PATH" or "9:name=systemd:/PATH". */
static bool find_path(struct span line, struct span *ret_path)
{
	const char *colon;
	uint64_t hierarchy;

	if (!span_take_digits(&line, 10, &hierarchy) || !span_take(&line, ":"))
		return false;
	colon = memchr(line.at, ':', span_length(&line));
	if (!colon || colon + 1 == line.end || colon[1] != '/')
		return false;
	*ret_path = (struct span){ colon + 1, line.end };
	return true;
}

int unit_parse(const char *text, size_t length, char ret_name[UNIT_SIZE])
{
	struct span rest = span_of(text, length), line, path;
	char container[UNIT_SIZE] = "", unit[UNIT_SIZE] = "";
	bool read = false;

	while (span_take_line(&rest, &line)) {
		struct found found;

		if (!find_path(line, &path))
			continue;
		read = true;
		found = read_path(path);
		if (!*container)
			memcpy(container, found.container, UNIT_SIZE);
		if (!*unit)
			memcpy(unit, found.unit, UNIT_SIZE);
	}
	if (!read)
		return -EINVAL;
	memcpy(ret_name, *container ? container : unit, UNIT_SIZE);
	return 0;
}
