/* The threads of a record. Only record.c uses it. */
#ifndef MODEL_RECORD_TASKS_H
#define MODEL_RECORD_TASKS_H

#include "model/fields.h"

/* Of struct task. Reading wants a builder in which all processes and pipes are linked. */
extern const struct field record_tasks_fields[];

#endif
