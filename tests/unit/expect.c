/* Expectations of diagnoses, see expect.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "expect.h"

const struct diagnosis_settings looks_settings = { .stall_ms = 1000 };

struct looks looks_at(struct snapshot *(*scene)(void))
{
	return (struct looks){ .earlier = scene(), .later = scene() };
}

const struct diagnosis *looks_judge(struct looks *l)
{
	diagnosis_free(l->d);
	l->d = NULL;
	assert_int_equal(diagnose(l->earlier, l->later, &looks_settings, &l->d), 0);
	return l->d;
}

void looks_end(struct looks *l)
{
	diagnosis_free(l->d);
	snapshot_free(l->earlier);
	snapshot_free(l->later);
}

int32_t looks_pid(const struct diagnosis *d, uint32_t task)
{
	return d->snapshot->processes[d->snapshot->tasks[task].process].pid;
}

const struct deadlock *expect_deadlock(const struct diagnosis *d, enum deadlock_kind kind,
                                       size_t count, const int32_t *pids)
{
	assert_int_equal(d->deadlock_count, 1);
	assert_string_equal(deadlock_kind_name(d->deadlocks[0].kind), deadlock_kind_name(kind));
	assert_int_equal(d->deadlocks[0].member_count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(looks_pid(d, d->deadlocks[0].members[i]), pids[i]);
	return &d->deadlocks[0];
}

void expect_proved(struct snapshot *(*scene)(void), enum deadlock_kind kind, size_t count,
                   const int32_t *pids)
{
	struct looks l = looks_at(scene);
	const struct deadlock *k = expect_deadlock(looks_judge(&l), kind, count, pids);

	if (k->doubt_count > 0)
		fail_msg("doubt %d", (int)k->doubts[0].kind);
	assert_true(k->proved);
	assert_false(l.d->look_again);
	looks_end(&l);
}

static void expect_change(struct snapshot *(*scene)(void), const struct change *change)
{
	struct looks l = looks_at(scene);
	const struct diagnosis *d;
	int outcome;

	if (!change->once)
		change->apply(l.earlier);
	change->apply(l.later);
	d = looks_judge(&l);
	outcome = d->deadlock_count == 0 ? NOTHING :
	          d->deadlocks[0].proved ? PROVED : (int)d->deadlocks[0].doubts[0].kind;
	if (outcome != change->outcome || d->deadlock_count > 1 ||
	    (d->deadlock_count && d->deadlocks[0].doubt_count > 1))
		fail_msg("%s: %d, not %d", change->name, outcome, change->outcome);
	looks_end(&l);
}

void expect_changes(struct snapshot *(*scene)(void), const struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_change(scene, &changes[i]);
}
