/*
 * One action at a time, in a thread, on a copy of what it is about: the look stays alive for as
 * long as the action needs it, whatever the screen shows by then.
 */
#include "tui/act.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/errand.h"
#include "words/escape.h"
#include "words/explain.h"
#include "words/growth.h"
#include "words/refusal.h"
#include "words/units.h"

struct act {
	const struct tui_source *source;
	struct errand *errand;
	/* What is to be done … */
	enum effect effect;
	struct look *look;       /* counted */
	uint32_t pipe, process;
	int signal;
	char path[STATE_LINE];
	/* … and what came of it. */
	int result;
	int64_t before, after;
	bool grown;              /* and the next look shows what the writers have done since */
	bool peeked;             /* and the next look is followed by another peek */
	bool again;              /* it is such a one */
	char *bytes;
	size_t length;
};

int act_new(const struct tui_source *source, struct act **ret_act)
{
	struct act *act = calloc(1, sizeof *act);
	int r;

	if (act == NULL)
		return -ENOMEM;
	act->source = source;
	r = errand_new(&act->errand);
	if (r < 0) {
		free(act);
		return r;
	}
	*ret_act = act;
	return 0;
}

void act_free(struct act *act)
{
	if (act == NULL)
		return;
	/* An action that does not come back keeps what it works on. */
	if (errand_busy(act->errand)) {
		errand_free(act->errand);
		return;
	}
	errand_free(act->errand);
	look_unref(act->look);
	free(act->bytes);
	free(act);
}

int act_fd(const struct act *act)
{
	return errand_fd(act->errand);
}

/* ---- in the thread ---- */

static const struct pipe *pipe_of(const struct act *act)
{
	return &look_snapshot(act->look)->pipes[act->pipe];
}

static const struct process *process_of(const struct act *act)
{
	return &look_snapshot(act->look)->processes[act->process];
}

static void run(void *context)
{
	struct act *act = context;
	const struct tui_source *source = act->source;

	switch (act->effect) {
	case EFFECT_GROW:
		act->result = source->grow(source->context, look_snapshot(act->look), pipe_of(act),
		                           &act->before, &act->after);
		break;
	case EFFECT_PEEK:
		act->result = source->peek(source->context, look_snapshot(act->look), pipe_of(act),
		                           &act->bytes, &act->length);
		break;
	case EFFECT_DRAIN:
		act->result = source->drain(source->context, act->look, act->pipe, act->path,
		                            &act->after);
		break;
	case EFFECT_BACKTRACE:
		act->result = source->backtrace(source->context, process_of(act), &act->bytes);
		break;
	case EFFECT_SIGNAL:
		act->result = source->signal(source->context, process_of(act), act->signal);
		break;
	default:
		act->result = source->report(source->context, act->look, &act->bytes);
	}
}

void act_start(struct act *act, struct state *state, enum effect effect)
{
	int r;

	if (errand_busy(act->errand)) {
		state_say(state, true, "The action before is still under way");
		return;
	}
	look_unref(act->look);
	free(act->bytes);
	act->bytes = NULL;
	act->grown = act->peeked = act->again = false;
	act->effect = effect;
	act->look = look_ref(state->subject_look);
	act->pipe = state->subject_pipe;
	act->process = state->subject_process;
	act->signal = state->signal;
	snprintf(act->path, sizeof act->path, "%s", state->line);
	r = errand_start(act->errand, run, act);
	if (r < 0)
		state_say(state, true, "This could not be started: %s", strerror(-r));
}

/* Once for each look, and not any more when it could not be done. */
static void peek_again(struct act *act, struct state *state)
{
	const struct pipe *pipe = pipe_of(act);
	uint32_t index = snapshot_find_pipe(look_snapshot(state->look), pipe->dev, pipe->ino);

	if (index == NONE) {
		act->peeked = false;
		state_say(state, true, "Nobody who is seen holds the pipe any more");
		return;
	}
	look_unref(state->subject_look);
	state->subject_look = look_ref(state->look);
	state->subject_pipe = index;
	act_start(act, state, EFFECT_PEEK);
	act->again = true;
}

/* ---- the results ---- */

static const struct {
	enum effect effect;
	const char *failure;     /* what could not be done */
} failures[] = {
	{EFFECT_GROW, "The pipe could not be enlarged"},
	{EFFECT_PEEK, "The bytes could not be looked at"},
	{EFFECT_DRAIN, "The bytes could not be taken out"},
	{EFFECT_BACKTRACE, "No backtrace"},
	{EFFECT_SIGNAL, "The signal could not be sent"},
	{EFFECT_REPORT, "The report could not be written"},
};

static void say_failure(const struct act *act, struct state *state)
{
	for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
		if (failures[i].effect == act->effect)
			state_say(state, true, "%s: %s", failures[i].failure,
			          refusal_text(act->result));
}

static void say_grown(const struct act *act, struct state *state)
{
	char before[UNITS_SIZE], after[UNITS_SIZE];
	char *id = explain_pipe_id(look_snapshot(act->look), act->pipe);

	state_say(state, false, "%s has grown from %s to %s bytes", id == NULL ? "?" : id,
	          units_grouped(before, act->before), units_grouped(after, act->after));
	free(id);
}

static void say_drained(const struct act *act, struct state *state)
{
	char bytes[UNITS_SIZE], path[STATE_LINE * 4];

	escape_text(path, sizeof path, act->path);
	state_say(state, false, "%s bytes are in %s now, and not in the pipe any more",
	          units_grouped(bytes, act->after), path);
}

static void say_sent(const struct act *act, struct state *state)
{
	char *name = explain_process(process_of(act));

	state_say(state, false, "Signal %d was sent to %s", act->signal, name == NULL ? "?" : name);
	free(name);
}

static void say_written(const struct act *act, struct state *state)
{
	char names[STATE_MESSAGE];

	escape_text(names, sizeof names, act->bytes);
	state_say(state, false, "Written: %s", names);
}

bool act_finish(struct act *act, struct state *state)
{
	errand_finish(act->errand);
	if (act->result < 0) {
		say_failure(act, state);
		return false;
	}
	switch (act->effect) {
	case EFFECT_GROW:
		say_grown(act, state);
		act->grown = true;
		return true;
	case EFFECT_DRAIN:
		say_drained(act, state);
		return true;
	case EFFECT_SIGNAL:
		say_sent(act, state);
		return true;
	case EFFECT_PEEK:
		act->peeked = !act->again || state_screen(state) == SCREEN_PEEK;
		if (act->peeked)
			state_take_peek(state, act->bytes, act->length);
		return false;
	case EFFECT_BACKTRACE:
		state_take_backtrace(state, act->bytes);
		return false;
	default:
		say_written(act, state);
		return false;
	}
}

static void say_growth(const struct act *act, struct state *state, const struct look *look)
{
	char after[UNITS_SIZE];
	char *id = explain_pipe_id(look_snapshot(act->look), act->pipe);
	char *fate = growth_text(look_snapshot(act->look), act->pipe, look_snapshot(look));

	state_say(state, false, "%s has %s bytes: %s", id == NULL ? "?" : id,
	          units_grouped(after, act->after), fate == NULL ? "?" : fate);
	free(id);
	free(fate);
}

void act_look_back(struct act *act, struct state *state, const struct look *look)
{
	if (act->grown)
		say_growth(act, state, look);
	act->grown = false;
	if (act->peeked && state_screen(state) == SCREEN_PEEK && !errand_busy(act->errand))
		peek_again(act, state);
}
