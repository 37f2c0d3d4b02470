/* Owns the table of report formats. */
#include "report/formats.h"

#include <string.h>

const struct report_format report_formats[] = {
	{ "text", "for people", text_write },
	{ "json", "for programs: one object, schema pipetop/1", json_write },
	{ "dot", "a graph, for Graphviz", dot_write },
	{ "openmetrics", "for Prometheus and what reads its formats", openmetrics_write },
	{ 0 },
};

bool report_shows(const struct report_settings *settings, const struct pipe_finding *finding)
{
	return finding->in_scope && (!settings->stuck || finding->verdict <= VERDICT_STALLED) &&
	       (!settings->verdicts || settings->verdicts & 1u << finding->verdict);
}

const struct report_format *report_format_find(const char *name)
{
	for (const struct report_format *format = report_formats; format->name; format++) {
		if (!strcmp(format->name, name))
			return format;
	}
	return NULL;
}
