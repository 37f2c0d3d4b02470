/*
 * Owns how a text stands in Graphviz's language. Labels are HTML-like, in which Graphviz still
 * reads backslashes (\N is the node's name) and everywhere character entities; in tooltips it reads
 * backslashes twice. So on top of words/escape.h these are doubled, or that again, and all that XML
 * knows is an entity, which is right in a quoted string, too.
 */
#include "report/dot.h"

#include <stdlib.h>

#include "words/escape.h"

enum { LONGEST = 256 };

static const struct {
	size_t size;             /* bytes of a foreign text that are shown */
	const char *backslash;
} places[] = {
	[LABEL] = { 48, "\\\\" },
	[TOOLTIP] = { LONGEST, "\\\\\\\\" },
};

void dot_put_shown(const struct dot *dot, enum place place, const char *shown)
{
	for (; *shown; shown++) {
		switch (*shown) {
		case '&': fputs("&amp;", dot->file); break;
		case '<': fputs("&lt;", dot->file); break;
		case '>': fputs("&gt;", dot->file); break;
		case '"': fputs("&quot;", dot->file); break;
		case '\\': fputs(places[place].backslash, dot->file); break;
		default: fputc(*shown, dot->file);
		}
	}
}

/* No label may be empty. */
void dot_put_foreign(const struct dot *dot, enum place place, const char *text)
{
	char shown[LONGEST];
	bool cut = escape_text(shown, places[place].size, text) >= places[place].size;

	dot_put_shown(dot, place, *shown ? shown : " ");
	if (cut)
		fputs("…", dot->file);
}

void dot_put_taken(struct dot *dot, enum place place, char *text)
{
	if (text)
		dot_put_shown(dot, place, text);
	else
		dot->no_memory = true;
	free(text);
}
