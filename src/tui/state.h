/*
 * Everything that the screen is about to show, and what a key does to it. Nothing here draws,
 * waits, reads a clock or knows a terminal: state_event() turns (state, event) into a state and,
 * where the world has to do something, an effect that tui.c carries out.
 *
 * A pipe is selected by (dev, ino) and a process by its pid, never by row: the selection stays on
 * its subject over looks, sorting and filtering.
 */
#ifndef TUI_STATE_H
#define TUI_STATE_H

#include "tui/history.h"
#include "tui/keys.h"
#include "tui/look.h"
#include "tui/rows.h"
#include "tui/settings.h"
#include "tui/text.h"
#include "tui/tree.h"
#include "words/party.h"

enum { STATE_STACK = 8, STATE_LINE = 256, STATE_MESSAGE = 512, STATE_COLLAPSED = 256 };

enum effect {
	EFFECT_NONE, EFFECT_QUIT, EFFECT_LOOK, EFFECT_GROW, EFFECT_PEEK, EFFECT_DRAIN,
	EFFECT_BACKTRACE, EFFECT_SIGNAL, EFFECT_REPORT, EFFECT_SAVE,
	EFFECT_COUNT
};

struct event {
	int32_t key;             /* keys.h */
	int row, column;         /* of a click; the new size with KEYS_RESIZE */
};

/* A question on the last row. */
enum prompt {
	PROMPT_NONE, PROMPT_SEARCH, PROMPT_FILTER, PROMPT_DRAIN, PROMPT_GROW, PROMPT_SIGNAL,
	PROMPT_COUNT
};

struct scroll {
	uint32_t cursor, top;
};

struct state {
	/* What is known. */
	struct look *look, *before; /* the picture, and the one before it; NULL at first */
	struct history *history;
	int64_t now_ms;          /* since boot, for the age of the picture: it can't be set back */
	bool looking;            /* a look is under way … */
	int64_t pace_ms;         /* between two looks, where that is more than the interval */
	int64_t looking_since_ms; /* since boot */
	bool still;              /* the picture never changes: --replay */
	bool ascii, color;       /* what the terminal can do */
	bool welcome;            /* nobody has pressed a key yet, and it is the first run */
	bool touched;            /* a key was pressed: until then the worst pipe stays selected */
	unsigned offers;         /* effects that can be carried out: bits by enum effect */
	int rows, columns;       /* of the terminal */

	/* What the user chose. */
	struct settings settings;
	enum screen_name stack[STATE_STACK];
	int depth;               /* stack[depth] is shown */
	struct scroll scrolls[SCREEN_COUNT];
	int left;                /* columns that long texts are scrolled by */
	bool selected;           /* a pipe is: the next two name it */
	uint64_t dev, ino;
	int32_t pid;             /* selected in the tree; 0 for none */
	enum side side;          /* which one b, F and K are about */
	char filter[STATE_LINE], search[STATE_LINE];
	bool only_stuck, all;
	bool paused;
	struct who follow;       /* or nobody */
	int32_t collapsed[STATE_COLLAPSED]; /* pids, ascending */
	uint32_t collapsed_count;

	/* The question, if one is asked, and its answer so far. */
	enum prompt prompt;
	char line[STATE_LINE];
	struct scroll origin;    /* of the search */
	char old_filter[STATE_LINE];

	/* What follows. */
	struct rows table;
	struct tree tree;
	struct text texts[SCREEN_COUNT]; /* peek, backtrace, help */
	char *bytes;             /* of the peek */
	size_t byte_count;
	bool hex;
	uint32_t detail_lines;   /* that the detail had when it was drawn last */
	char message[STATE_MESSAGE]; /* until the next key; "" for none */
	bool message_is_error;

	/* What an effect is about. */
	struct look *subject_look; /* counted; NULL for none */
	uint32_t subject_pipe, subject_process; /* indices there, or NONE */
	int signal;
	bool failed;             /* there was no memory */
};

/* 0 or -ENOMEM. */
int state_new(const struct settings *settings, struct state **ret_state);
void state_free(struct state *state);

/* What the world has to do now. */
enum effect state_event(struct state *state, const struct event *event);

/* A new picture: counted, so that the caller keeps its own count. */
void state_take_look(struct state *state, struct look *look);

/* Results of effects, copied. The text of a backtrace is escaped already. */
void state_take_peek(struct state *state, const char *bytes, size_t length);
void state_take_backtrace(struct state *state, const char *text);
void state_say(struct state *state, bool error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

enum screen_name state_screen(const struct state *state);

/* The selected row, or NULL. */
const struct row *state_row(const struct state *state);

/* The process that b, F and K are about: index in state.look's snapshot, or NONE. */
uint32_t state_process(const struct state *state);

/* Lines of the list or the text that a screen shows, and how many of them fit. */
uint32_t state_lines(const struct state *state, enum screen_name screen);
uint32_t state_page(const struct state *state);

/*
 * For commands.c and prompt.c. Rebuilding works out table and tree anew and keeps the selection;
 * going to a line selects what is on it, as near as there is one.
 */
void state_rebuild(struct state *state);
void state_go(struct state *state, int64_t line);
void state_toggle_hex(struct state *state);
bool state_line_matches(const struct state *state, uint32_t line, const char *text);
void state_push(struct state *state, enum screen_name screen);
void state_pop(struct state *state);
/* Fixes what the effect is about; EFFECT_NONE and a message where it can't be done. */
enum effect state_effect(struct state *state, enum effect effect);

/* What can be changed on the setup screen: columns first, then these. */
enum { SETUP_INTERVAL, SETUP_COLOR, SETUP_EXTRA };

/* The column on a line of the setup screen, those that are shown first; NONE behind them. */
uint32_t state_setup_column(const struct state *state, uint32_t line);
bool state_setup_shown(const struct state *state, uint32_t line);

/* The menu of signals. */
struct menu_signal {
	int number;
	const char *name, *help;
};

extern const struct menu_signal menu_signals[];
extern const uint32_t menu_signal_count;

#endif
