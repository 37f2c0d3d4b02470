/* The items of the JSON report: what the format is made of. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "analysis/diagnosis.h"
#include "report/json_out.h"
#include "report/relations.h"

/* What an item is made from. */
struct json_source {
	const struct diagnosis *d;
	const struct snapshot *s; /* that of the diagnosis */
	const struct relations *relations;
};

void json_deadlock(struct json_out *o, const struct json_source *from, uint32_t index);
void json_stall(struct json_out *o, const struct json_source *from, uint32_t index);
void json_pipe(struct json_out *o, const struct json_source *from, uint32_t index);
void json_process(struct json_out *o, const struct json_source *from, uint32_t index);

#endif
