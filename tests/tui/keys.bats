#!/usr/bin/env bats
# Every key of the table is pressed, on real processes where it is about such, and has its effect.
# The last test fails for a key of the table that no test here presses.

load tmux.bash

pressed=$BATS_FILE_TMPDIR/pressed

# What a terminal of this kind sends for a button at COLUMN,ROW (from 1 on).
mouse() { # BUTTON COLUMN,ROW
	local bytes
	printf -v bytes '\\x%02x' $(($1 + 32)) $((${2%,*} + 32)) $((${2#*,} + 32))
	types "$(printf '\033[M%b' "$bytes")"
}

# Types a key on the named screen, and notes that.
press() { # SCREEN KEY
	echo "$1 $2" >>"$pressed"
	case $2 in
	WheelUp) mouse 64 10,6 ;;
	WheelDown) mouse 65 10,6 ;;
	Click) mouse 0 "$3"; mouse 3 "$3" ;;
	Resize) tmux resize-window -x "${3%x*}" -y "${3#*x}" ;;
	[!-~]) types "$2" ;;
	*) keys "$2" ;;
	esac
}

has_selected() { # TEXT
	screen | grep '^▶' | grep -qF -- "$1"
}

# The selected line contains a text.
selects() { # TEXT
	if patiently has_selected "$1"; then return 0; fi
	echo "not selected: $1"
	screen
	return 1
}

replay() { # NAME [COLUMNSxROWS]
	record "$1"
	open "${2:-100x30}" --replay "$1.json"
	sees 'Pipes'
}

live() {
	article
	open 100x30 -p "$scene"
	sees 'proved'
	selects 'DEADLOCK'
}

@test "moving" {
	replay stuckbox
	selects 'log[90909]'
	press pipes Down; selects 'ffmpeg[811]'
	press pipes j; selects 'yes[1201]'
	press pipes Up; selects 'ffmpeg[811]'
	press pipes k; selects 'log[90909]'
	press pipes NPage; sees ' 11 of 47'
	press pipes C-f; sees ' 21 of 47'
	press pipes PPage; sees ' 11 of 47'
	press pipes C-b; sees ' 1 of 47'
	press pipes End; sees ' 47 of 47'
	press pipes Home; sees ' 1 of 47'
	press pipes G; sees ' 47 of 47'
	press pipes WheelUp; sees ' 46 of 47'
	press pipes WheelDown; sees ' 47 of 47'
}

@test "scrolling sideways" {
	replay stuckbox
	sees 'log[90909]'
	press pipes Right; selects '9] write(2)'
	press pipes Left; selects 'log[90909]'
}

# The texts in reverse in the rows of pipes, each one once.
reversed() {
	tmux capture-pane -e -p -S 4 | grep -oE $'\033\\[7m[^\033]*' | cut -c 5- | sort -u
}

@test "search and filter" {
	replay stuckbox
	press pipes /; types cat; selects 'cat[78]'
	keys Enter
	press pipes n; selects 'cat[78]'
	[ "$(reversed)" = cat ]
	press pipes Escape; until [ -z "$(reversed)" ]; do sleep 0.05; done
	press pipes F3; types postgres; keys Enter; selects 'postgres['
	first=$(screen | grep '^▶')
	press pipes n; misses "$first"
	press pipes N; sees "$first"
	press pipes '\'; types node; sees ' of 2, Enter'
	keys Enter; sees 'Filter "node"'
	press pipes Escape; sees ' of 47'
	press pipes F4; types metrics; sees ' of 1, Enter'
}

@test "order" {
	replay stuckbox
	sees 'VERDICT▼'
	press pipes '>'; sees 'FILL▼'
	press pipes F6; sees 'SIZE▼'
	press pipes '<'; sees 'FILL▼'
	press pipes i; sees 'FILL▲'
	press pipes Click 80,4; sees 'READER▲'
	keys Home
	press pipes Click 80,7; sees ' 3 of 47'
}

@test "stuck ones and all" {
	replay stuckbox
	press pipes s; sees 'of 2, Enter'
	press pipes a; sees 'of 47, Enter'
}

@test "detail, tree, help, setup, and back" {
	replay ring
	press pipes Enter; sees 'Doomed with it  sh (501)'
	press detail Escape; sees 'VERDICT'
	press pipes t; sees 'PROCESS'
	press tree Left; selects 'sh '
	keys Left; sees '▸ '
	press tree Right; misses '▸ '
	press tree t; sees 'VERDICT'
	press pipes F5; sees 'PROCESS'
	press tree Escape; sees 'VERDICT'
	press pipes F1; sees 'Everywhere'
	press help Escape; sees 'VERDICT'
	press pipes '?'; sees 'Everywhere'
	press help '?'; sees 'VERDICT'
	press pipes h; sees 'Everywhere'
	keys Escape
	press pipes F2; sees 'SETUP'
	keys Escape
	press pipes S; sees 'SETUP'
}

@test "setup changes the table at once, and W saves it" {
	replay stuckbox
	keys F2
	selects 'verdict'
	keys Down
	press setup Space; selects '[x] size'
	press setup '>'; sees '[x] stuck'; selects '[x] size'
	press setup '<'; selects '[x] size'
	press setup .; selects '[x] size'
	press setup ,; selects '[x] size'
	press setup Enter; selects '[x] stuck'
	press setup W; sees 'Saved to'
	keys Escape
	misses 'BYTES/SIZE'
	grep -qx 'columns = verdict,stuck,writer,reader' config/pipetop/pipetoprc
	press pipes '>'; sees 'STUCK▼'
	press pipes W; sees 'Saved to'
	grep -qx 'sort = stuck' config/pipetop/pipetoprc
}

@test "time" {
	live
	sees 'every 1 s'
	press pipes +; sees 'every 0.5 s'
	press pipes =; sees 'every 0.2 s'
	press pipes -; sees 'every 0.5 s'
	press pipes Space; sees 'PAUSED, 2'
	clock=$(screen | grep -oE '[0-9]+:[0-9]+:[0-9]+' | head -n 1)
	press pipes r; misses "$clock"
	sees 'PAUSED, 2'
	clock=$(screen | grep -oE '[0-9]+:[0-9]+:[0-9]+' | head -n 1)
	press pipes C-l; misses "$clock"
	press pipes Space; sees 'every 0.5 s'
}

@test "resize" {
	replay stuckbox 80x24
	press pipes Resize 100x30
	sees 'BYTES/SIZE'
}

@test "peek leaves the bytes where they are" {
	live
	press pipes p; sees 'bytes, still in the pipe'
	sees 'Hello stderr'
	press peek x; sees '|Hello stderr.Hel|'
	keys Escape
	selects '65520/65536'
}

@test "peek follows what changes, in both views, and its place stays" {
	mkfifo bytes-$$
	exec 9<>bytes-$$
	seq 100 >&9
	open 110x30 -d 0.2 --all
	sees VERDICT
	types '\'; types bytes-$$; keys Enter
	sees '292/65536'
	press pipes p; sees '292 bytes, still in the pipe'
	keys Down Down
	until [ "$(screen | sed -n 5p | tr -d ' ')" = 3 ]; do sleep 0.05; done
	echo more >&9
	sees '297 bytes, still in the pipe'
	[ "$(screen | sed -n 5p | tr -d ' ')" = 3 ]
	press peek /; types 97; keys Enter; sees ' 97'
	keys End; sees ' more'
	press peek x; sees '100.more.|'
	read -r _ <&9
	sees '295 bytes, still in the pipe'
	keys Escape; sees VERDICT
	exec 9>&-
}

@test "a backtrace of the writer, and by Tab of the reader" {
	live
	press pipes b; sees 'Thread '
	sees 'write'
	keys Escape; sees 'VERDICT'
	press pipes Tab
	keys b; sees "Thread $scene"
	sees 'wait4'
}

@test "g lets the writer go on: the script ends with all its bytes" {
	live
	press pipes g; sees 'beyond its 65,536 bytes?'
	keys n; sees 'left as it is'
	keys g; sees 'y: yes, any other key: no'
	keys y; sees "bytes: python3 ($child) "
	wait "$scene"
	scene=
	[ "$(cat article.out)" = 78000 ]
}

@test "D takes the bytes out into a new file" {
	live
	press pipes D; sees 'new file'
	types drained; keys Enter
	sees 'bytes are in drained now'
	[ "$(head -n 1 drained)" = 'Hello stderr' ]
	[ "$(stat -c %a drained)" = 600 ]
}

@test "a signal is sent after a yes, and only then" {
	live
	press pipes F9; sees 'SIGNAL to python3'
	press signals Enter; sees 'Send TERM to python3'
	types n; sees 'Nothing was sent'
	[ -e "/proc/$child" ]
	keys Escape; sees 'VERDICT'
	press pipes K; sees 'SIGNAL to'
	keys End Enter; sees 'Send KILL to'
	types y; sees 'was sent to'
	wait "$scene" || true
	scene=
	[ ! -e "/proc/$child" ]
}

@test "--readonly: their keys are refused, and nothing that they need is called" {
	command -v strace >/dev/null || skip "strace is missing"
	article
	session 100x30 "exec 3>&-; ASAN_OPTIONS=detect_leaks=0 TERM=tmux-256color strace -f -qq -o calls '$pipetop' --readonly -p '$scene'; echo \"[exit \$?]\"; exec cat"
	sees 'proved'
	for key in g D b K F9; do
		keys "$key"; sees 'Not available here'
		keys Up; misses 'Not available here'
	done
	keys p; sees 'Hello stderr'
	keys Escape; sees VERDICT
	keys q; sees '[exit 0]'
	grep -q pidfd_getfd calls
	if grep -E '^[0-9]+ +(ptrace|kill|tkill|tgkill|pidfd_send_signal|splice|vmsplice|process_vm_writev)\(' calls; then return 1; fi
	if grep F_SETPIPE_SZ calls; then return 1; fi
	grep -q '^1 ' "/proc/$child/syscall"
}

@test "F follows one process, and again all" {
	replay stuckbox
	press pipes F; sees 'Following log[90909]'
	sees ' of 2, Enter'
	keys F; misses 'Following'
	sees ' of 47, Enter'
}

@test "y writes the report as text and as JSON" {
	replay stuckbox
	press pipes y; sees 'Written: pipetop-'
	grep -q '^DEADLOCK 1 (write-wait, proved)' pipetop-*.txt
	/usr/bin/python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["deadlocks"]' pipetop-*.json
}

@test "q and F10 leave with 0" {
	replay calm
	press pipes q; sees '[exit 0]'
	shut
	open 80x24 --replay calm.json
	sees Pipes
	press pipes F10; sees '[exit 0]'
}

@test "every key of the table was pressed" {
	"$key_list" | {
		missing=0
		while read -r key screens; do
			found=
			for screen in $screens; do
				if grep -qxF -- "$screen $key" "$pressed"; then found=yes; fi
			done
			if [ -z "$found" ]; then
				echo "never pressed: $key (on $screens)"
				missing=1
			fi
		done
		[ "$missing" -eq 0 ]
	}
}
