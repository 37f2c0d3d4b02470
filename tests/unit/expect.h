/* Two looks at a scene, and what must follow from them. Failures are those of cmocka. */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include "analysis/diagnosis.h"

extern const struct diagnosis_settings looks_settings;

struct looks {
	struct snapshot *earlier, *later;
	struct diagnosis *d;
};

struct looks looks_at(struct snapshot *(*scene)(void));
/* Again, when it was done before. Good until the next call. */
const struct diagnosis *looks_judge(struct looks *l);
void looks_end(struct looks *l);
int32_t looks_pid(const struct diagnosis *d, uint32_t task);

/* The one deadlock of a diagnosis, with exactly these members: PIDS(300, 200). */
const struct deadlock *expect_deadlock(const struct diagnosis *d, enum deadlock_kind kind,
                                       size_t count, const int32_t *pids);
void expect_proved(struct snapshot *(*scene)(void), enum deadlock_kind kind, size_t count,
                   const int32_t *pids);

#define PIDS(...) sizeof((int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t), (int32_t[]){ __VA_ARGS__ }

/* What a change of the facts makes of a proved deadlock: one doubt of this kind, or … */
enum { PROVED = -1, NOTHING = -2 };

struct change {
	const char *name;
	void (*apply)(struct snapshot *);
	int outcome;
	bool once;               /* in the later look alone */
};

void expect_changes(struct snapshot *(*scene)(void), const struct change *changes, size_t count);

#define CHANGES(scene, ...) expect_changes(scene, (const struct change[]){ __VA_ARGS__ }, \
	sizeof((const struct change[]){ __VA_ARGS__ }) / sizeof(struct change))

#endif
