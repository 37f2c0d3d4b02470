/*
 * From a source of facts, this system or a record, to a diagnosis: how many looks it takes, and
 * whom they examine closely. main's room.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdio.h>

#include "analysis/diagnosis.h"
#include "collect/collect.h"
#include "model/record.h"

struct source_settings {
	struct diagnosis_settings diagnosis;
	uint32_t confirm_ms;     /* between two looks */
	bool names, units, keep; /* see struct collect_request */
};

/* A diagnosis with the snapshots that it is about. */
struct examination {
	struct snapshot *earlier; /* what `later` was compared with; NULL: one look was enough */
	struct snapshot *later;
	struct diagnosis *diagnosis;
};

enum { SOURCE_ERROR_SIZE = RECORD_ERROR_SIZE };

/*
 * Looks at this system until nothing is left to be settled. 0, -ENOMEM, -errno of /proc, or -ESRCH
 * when a pid of the settings is not there, with a line in `error`; pids with a start time (see
 * attach.h) need not be there.
 */
int source_scan(struct collector *c, const struct source_settings *settings,
                struct examination *ret, char error[SOURCE_ERROR_SIZE]);

/* The same from a record; -EINVAL, with a line in `error`, when it is none (see record_read()). */
int source_replay(FILE *file, const struct source_settings *settings, struct examination *ret,
                  char error[SOURCE_ERROR_SIZE]);

/* The worst that a diagnosis has found, each worse than the one before. */
enum found { FOUND_NOTHING, FOUND_STALL, FOUND_LIKELY, FOUND_PROVED };
enum found examination_found(const struct examination *e);

/* What is all zero is allowed. */
void examination_free(struct examination *e);

#endif
