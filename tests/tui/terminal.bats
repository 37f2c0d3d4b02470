#!/usr/bin/env bats
# Terminals that are not ideal, and none at all.

load tmux.bash

@test "no terminal: one line that names --report, exit 2" {
	for _ in out in; do
		status=0
		"$pipetop" </dev/null >out 2>err || status=$?
		[ "$status" -eq 2 ]
		[ ! -s out ]
		[ "$(wc -l <err)" -eq 1 ]
		grep -q -- --report err
	done
}

@test "TERM unknown, dumb or empty: one line, exit 2" {
	record calm
	for term in nonsense dumb ''; do
		ENVIRONMENT="TERM=$term" open 120x24 --replay calm.json
		sees '[exit 2]'
		screen | grep -q -- "cannot use the terminal '$term': .* --report"
		shut
	done
}

@test "a damaged record: one line, exit 2, the terminal as it was" {
	echo '{' >damaged
	open 80x24 --replay damaged
	sees '[exit 2]'
	sees "pipetop: cannot read 'damaged'"
}

@test "no such process: one line, exit 2" {
	open 80x24 -p 2147483646
	sees '[exit 2]'
	sees 'pipetop: no such process: 2147483646'
}

@test "every usual terminal shows the deadlock" {
	record stuckbox
	for term in xterm xterm-256color screen tmux linux vt100 vt220 rxvt ansi xterm-mono; do
		ENVIRONMENT="TERM=$term" open 80x24 --replay stuckbox.json
		sees 'DEADLOCK 1'
		sees 'log[90909] write(2)'
		keys q
		sees '[exit 0]'
		shut
	done
}

colors() { # how many cells' changes of colour the screen has
	tmux capture-pane -e -p | grep -aoE $'\033\\[([0-9]+;)*[34][0-8][;m]' | wc -l
}

@test "colours: 256, 16, 8, none by NO_COLOR and by --color=never" {
	record stuckbox
	open 80x24 --replay stuckbox.json
	sees 'DEADLOCK 1'
	tmux capture-pane -e -p | grep -aq '38;5;196'
	shut
	ENVIRONMENT="TERM=screen" open 80x24 --replay stuckbox.json
	sees 'DEADLOCK 1'
	[ "$(colors)" -gt 10 ]
	[ "$(tmux capture-pane -e -p | grep -ac '38;5;')" -eq 0 ]
	shut
	infocmp -x screen | sed 's/^screen|/sixteen|/; s/colors#[^,]*/colors#16/; s/pairs#[^,]*/pairs#256/' >sixteen
	tic -x -o "$PWD/terminfo" sixteen
	ENVIRONMENT="TERM=sixteen TERMINFO=$PWD/terminfo" open 80x24 --replay stuckbox.json
	sees 'DEADLOCK 1'
	[ "$(colors)" -gt 10 ]
	[ "$(tmux capture-pane -e -p | grep -ac '38;5;')" -eq 0 ]
	shut
	ENVIRONMENT="TERM=tmux-256color NO_COLOR=1" open 80x24 --replay stuckbox.json
	sees 'DEADLOCK 1'
	[ "$(colors)" -eq 0 ]
	shut
	open 80x24 --color=never --replay stuckbox.json
	sees 'DEADLOCK 1'
	[ "$(colors)" -eq 0 ]
	shut
	ENVIRONMENT="TERM=tmux-256color NO_COLOR=1" open 80x24 --color=always --replay stuckbox.json
	sees 'DEADLOCK 1'
	[ "$(colors)" -gt 10 ]
}

@test "resizing draws anew, down to one line and up again" {
	record stuckbox
	open 100x30 --replay stuckbox.json
	sees 'Enter: whole screen'
	for size in '40 10' '20 1' '200 60' '80 2' '1 1' '100 30'; do
		tmux resize-window -x "${size% *}" -y "${size#* }"
	done
	shows main-100x30
}

@test "Ctrl-Z gives the terminal back, and fg takes it again" {
	record stuckbox
	session 100x30 "exec bash --norc -i 3>&-"
	types "PS1='shell\$ '; export TERM=tmux-256color; clear"
	keys Enter
	sees 'shell$'
	types "'$pipetop' --replay stuckbox.json"
	keys Enter
	sees 'DEADLOCK 1'
	keys C-z
	sees 'Stopped'
	types 'echo bac""k'
	keys Enter
	sees 'back'
	types 'fg'
	keys Enter
	shows main-100x30
	keys q
	misses 'DEADLOCK 1'
	types 'echo stat""us $?'
	keys Enter
	sees 'status 0'
}

@test "a closed terminal leaves nobody spinning" {
	record stuckbox
	open 80x24 --replay stuckbox.json
	sees 'DEADLOCK 1'
	pid=$(ps -o pid= --ppid "$(tmux display -p '#{pane_pid}')" | tr -d ' ')
	[ -n "$pid" ]
	tmux kill-server
	patiently [ ! -e "/proc/$pid" ]
}

# What was there before is there again, and what is typed is seen.
restored() {
	[ "$(tmux display -p '#{alternate_on} #{keypad_cursor_flag} #{cursor_flag} #{mouse_any_flag}')" = '0 0 1 0' ]
	types 'is it seen'
	sees 'is it seen'
}

@test "a crash: the terminal as it was" {
	record stuckbox
	open 80x24 --replay stuckbox.json
	sees 'DEADLOCK 1'
	pid=$(ps -o pid= --ppid "$(tmux display -p '#{pane_pid}')" | tr -d ' ')
	kill -SEGV "$pid"
	sees '[exit 139]'
	restored
}

@test "a library that ends the program: one line, exit 2, the terminal as it was" {
	preload=${pipetop%/src/pipetop}/tests/faults/calls.so
	[ -e "$preload" ] || skip "it is built where there is Python"
	record stuckbox
	# The second is the thread of the first look: the screen is up.
	ENVIRONMENT="TERM=tmux-256color LD_PRELOAD=$preload FAULT_CALLS=fork FAULT_NTH=2 FAULT_ERRNO=-1 \
		ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0" open 80x24 --replay stuckbox.json
	sees '[exit 2]'
	sees 'pipetop: a library has ended the program'
	restored
}

@test "-n leaves after so many looks" {
	open 80x24 -d 0.1 -n 3 -p $$
	sees '[exit 0]'
}

@test "a damaged pipetoprc: one line, and defaults" {
	mkdir -p config/pipetop
	printf 'interval = 2\nsort = \033[2Jnonsense\n' >config/pipetop/pipetoprc
	record stuckbox
	open 100x30 --replay stuckbox.json
	sees 'is not used: line 2: not a value that it can have: sort = \e[2Jnonsense'
	sees 'DEADLOCK 1'
	keys j
	misses 'is not used'
}

@test "pipetoprc is read, and never written unasked" {
	record stuckbox
	mkdir -p config/pipetop
	printf 'columns = pipe,reader,user\nsort = pipe\n' >config/pipetop/pipetoprc
	cp config/pipetop/pipetoprc before
	open 100x30 --replay stuckbox.json
	sees '▶/run/metrics.fifo'
	keys q
	sees '[exit 0]'
	cmp before config/pipetop/pipetoprc
	shut
	rm -r config
	open 100x30 --replay stuckbox.json
	sees 'DEADLOCK 1'
	keys F2 Space Escape q
	sees '[exit 0]'
	[ ! -e config ]
}
