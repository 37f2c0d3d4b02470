/* Writes the help: what is on the screen, then every key of the table under where it works. */
#include "tui/help.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "tui/keys.h"

static const char about[] =
	"pipetop shows every pipe between processes: how full it is, who writes and who\n"
	"reads, the worst first. DEADLOCK: none of those on it can ever run again, proved\n"
	"by two looks (DEADLOCK? where the proof has a gap, which is then named). STALLED:\n"
	"full, and no room made for long, by a reader that is alive. backpressure: full,\n"
	"but on the move. starved: a reader waits for data. half-open: one side is gone.\n";

static const struct section {
	const char *title;
	unsigned screens;        /* keys that work on all of these, and were not named before */
} sections[] = {
	{"Everywhere", 1u << SCREEN_PIPES | 1u << SCREEN_DETAIL | 1u << SCREEN_TREE |
	               1u << SCREEN_HELP},
	{"On a pipe or a process", 1u << SCREEN_PIPES | 1u << SCREEN_TREE},
	{"On a pipe", 1u << SCREEN_PIPES},
	{"In the tree (t)", 1u << SCREEN_TREE},
	{"Looking at bytes (p)", 1u << SCREEN_PEEK},
	{"Setup (F2)", 1u << SCREEN_SETUP},
	{"Signals (F9)", 1u << SCREEN_SIGNALS},
	{"On the other screens", 1u << SCREEN_HELP},
};

static void write_section(FILE *file, const struct section *section, bool *told)
{
	fprintf(file, "\n%s\n", section->title);
	for (size_t i = 0; i < key_count; i++) {
		if (keys[i].label == NULL || told[i] ||
		    (keys[i].screens & section->screens) != section->screens)
			continue;
		fprintf(file, "  %-8s %s\n", keys[i].label, keys[i].help);
		told[i] = true;
	}
}

int help_text(struct text *text)
{
	bool *told = calloc(key_count, sizeof *told);
	char *buffer = NULL;
	size_t size;
	FILE *file = open_memstream(&buffer, &size);
	int r = -ENOMEM;

	if (told == NULL || file == NULL)
		goto out;
	fputs(about, file);
	for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
		write_section(file, &sections[i], told);
	fputs("\nMouse: the wheel scrolls, a click selects, another one opens; on a heading it "
	      "sorts.\n",
	      file);
	if (fclose(file) == 0)
		r = text_set_plain(text, "Help", buffer, size);
	file = NULL;
out:
	if (file != NULL)
		fclose(file);
	free(buffer);
	free(told);
	return r;
}
