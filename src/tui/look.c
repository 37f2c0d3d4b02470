/* A snapshot and its diagnosis with a count of those who use them; freed with the last. */
#include "tui/look.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

struct look {
	atomic_int users;
	struct snapshot *snapshot;
	struct diagnosis *diagnosis;
	char *note;
};

int look_new(struct snapshot *snapshot, struct diagnosis *diagnosis, struct look **ret_look)
{
	struct look *look = malloc(sizeof *look);

	if (look == NULL) {
		diagnosis_free(diagnosis);
		snapshot_free(snapshot);
		return -ENOMEM;
	}
	atomic_init(&look->users, 1);
	look->snapshot = snapshot;
	look->diagnosis = diagnosis;
	look->note = NULL;
	*ret_look = look;
	return 0;
}

void look_set_note(struct look *look, char *note)
{
	look->note = note;
}

const char *look_note(const struct look *look)
{
	return look->note;
}

struct look *look_ref(struct look *look)
{
	if (look != NULL)
		atomic_fetch_add(&look->users, 1);
	return look;
}

void look_unref(struct look *look)
{
	if (look == NULL || atomic_fetch_sub(&look->users, 1) != 1)
		return;
	diagnosis_free(look->diagnosis);
	snapshot_free(look->snapshot);
	free(look->note);
	free(look);
}

const struct diagnosis *look_diagnosis(const struct look *look)
{
	return look->diagnosis;
}

const struct snapshot *look_snapshot(const struct look *look)
{
	return look->snapshot;
}
