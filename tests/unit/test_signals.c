#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>

#include "analysis/diagnosis.h"
#include "expect.h"
#include "scenes.h"
#include "world.h"

static void nothing(struct snapshot *s) { (void)s; }

static void catches(struct snapshot *s, int32_t pid, int signal)
{
	world_edit_process(s, pid)->signals_caught |= UINT64_C(1) << (signal - 1);
}
static void catches_usr1(struct snapshot *s) { catches(s, 10, SIGUSR1); }
static void catches_int(struct snapshot *s) { catches(s, 10, SIGINT); }
static void catches_fault(struct snapshot *s)
{
	catches(s, 10, SIGSEGV);
	catches(s, 10, SIGABRT);
	catches(s, 10, 33);
}
static void signals_unknown(struct snapshot *s)
{
	world_edit_process(s, 10)->signals_known = false;
}

static void catches_alarm(struct snapshot *s) { catches(s, 10, SIGALRM); }
static void alarm_runs(struct snapshot *s)
{
	catches_alarm(s);
	s->alarm_pending = FACT_YES;
}

static void alarm_unknown(struct snapshot *s)
{
	catches_alarm(s);
	s->alarm_pending = FACT_UNKNOWN;
}

static void others_alarm(struct snapshot *s) { s->alarm_pending = FACT_YES; }
static void timer(struct snapshot *s)
{
	world_edit_process(s, 10)->posix_timers = FACT_YES;
}

static void maybe_timer(struct snapshot *s)
{
	world_edit_process(s, 10)->posix_timers = FACT_UNKNOWN;
}

static void catches_io(struct snapshot *s) { catches(s, 10, SIGIO); }
static void has_async(struct snapshot *s)
{
	world_edit_process(s, 10)->async_descriptors = FACT_YES;
}
static void may_have_async(struct snapshot *s)
{
	world_edit_process(s, 10)->async_descriptors = FACT_UNKNOWN;
}
static void io_will_come(struct snapshot *s) { catches_io(s); has_async(s); }
static void io_may_come(struct snapshot *s) { catches_io(s); may_have_async(s); }
static void real_time_will_come(struct snapshot *s) { catches(s, 10, 40); has_async(s); }
static void another_will_come(struct snapshot *s) { catches_usr1(s); has_async(s); }
static void a_fault_will_come(struct snapshot *s) { catches_fault(s); has_async(s); }

static void test_signals__self_pipe(void **state)
{
	(void)state;
	CHANGES(scene_own_pipe_empty,
		{ "catches USR1", catches_usr1, NOTHING, false },
		{ "catches INT", catches_int, NOTHING, false },
		{ "catches faults", catches_fault, PROVED, false },
		{ "signals not known", signals_unknown, NOTHING, false });
}

static void test_signals__idle_is_not_stuck(void **state)
{
	(void)state;
	CHANGES(scene_mutual_readers,
		{ "catches INT", catches_int, PROVED, false },
		{ "catches USR1", catches_usr1, NOTHING, false },
		{ "catches faults", catches_fault, PROVED, false });
	CHANGES(scene_cross, { "nobody idles in write", catches_usr1, PROVED, false });
}

static void test_signals__timers(void **state)
{
	(void)state;
	CHANGES(scene_cross,
		{ "catches ALRM, no alarm", catches_alarm, PROVED, false },
		{ "alarm pending", alarm_runs, NOTHING, false },
		{ "alarm perhaps pending", alarm_unknown, NOTHING, false },
		{ "the alarm of another", others_alarm, PROVED, false },
		{ "timer", timer, NOTHING, false },
		{ "perhaps a timer", maybe_timer, DOUBT_TIMERS_UNKNOWN, false });
}

static void test_signals__descriptors(void **state)
{
	(void)state;
	CHANGES(scene_cross,
		{ "catches IO, none sends it", catches_io, PROVED, false },
		{ "one sends what is not caught", has_async, PROVED, false },
		{ "perhaps", may_have_async, PROVED, false },
		{ "IO will come", io_will_come, NOTHING, false },
		{ "IO may come", io_may_come, NOTHING, false },
		{ "a real-time signal will come", real_time_will_come, NOTHING, false },
		{ "another signal will come", another_will_come, NOTHING, false },
		{ "catches faults alone", a_fault_will_come, PROVED, false });
}

/* The reader (200) also has a child (400) that sleeps. */
static struct snapshot *reader_with_another_child(void)
{
	struct world *w = world_new();

	world_process(w, 200, 50);
	world_process(w, 300, 200);
	world_process(w, 400, 200);
	world_end(w, 200, 3, "r", 7);
	world_end(w, 300, 2, "w", 7);
	world_link(w);
	world_waits(w, 200, 300);
	world_writes(w, 300, 7);
	world_sleeps(w, 400);
	return world_seal(w);
}

static void catches_chld(struct snapshot *s) { catches(s, 200, SIGCHLD); }
static void catches_what_its_child_sends(struct snapshot *s)
{
	catches(s, 200, SIGUSR2);
	world_edit_process(s, 400)->exit_signal = SIGUSR2;
}
static void catches_what_its_child_may_send(struct snapshot *s)
{
	catches(s, 200, SIGUSR2);
	world_edit_process(s, 400)->exit_signal = UNKNOWN;
}
static void catches_what_no_child_sends(struct snapshot *s)
{
	catches(s, 200, SIGUSR2);
	world_edit_process(s, 400)->exit_signal = 0;
}
static void heir_runs_unheard(struct snapshot *s)
{
	world_edit_process(s, 400)->ppid = 300;
}
static void heir_runs(struct snapshot *s)
{
	heir_runs_unheard(s);
	catches_chld(s);
}
static void heir_of_init_runs(struct snapshot *s)
{
	heir_runs(s);
	world_edit_process(s, 200)->namespace_init = FACT_YES;
}
static void sleeps_for_chld(struct snapshot *s)
{
	world_edit_task(s, 200, 200)->wait.by_signal = true;
}
static void sleeps_for_usr1(struct snapshot *s)
{
	sleeps_for_chld(s);
	catches(s, 200, SIGUSR1);
}


static void test_signals__sigchld(void **state)
{
	(void)state;
	CHANGES(reader_with_another_child,
		{ "not caught", nothing, PROVED, false },
		{ "caught", catches_chld, NOTHING, false },
		{ "another signal", catches_what_its_child_sends, NOTHING, false },
		{ "perhaps another", catches_what_its_child_may_send, NOTHING, false },
		{ "none", catches_what_no_child_sends, PROVED, false },
		{ "an heir, not caught", heir_runs_unheard, PROVED, false },
		{ "an heir", heir_runs, DOUBT_SUBREAPER, false },
		{ "an heir of init", heir_of_init_runs, NOTHING, false });
	CHANGES(scene_article,
		{ "caught, children doomed", catches_chld, PROVED, false },
		{ "sleeps for it", sleeps_for_chld, DOUBT_SIGNAL_WAIT, false },
		{ "sleeps for another too", sleeps_for_usr1, NOTHING, false });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signals__self_pipe),
		cmocka_unit_test(test_signals__idle_is_not_stuck),
		cmocka_unit_test(test_signals__timers),
		cmocka_unit_test(test_signals__descriptors),
		cmocka_unit_test(test_signals__sigchld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
