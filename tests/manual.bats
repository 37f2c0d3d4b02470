# The manual page says all that there is, and what it says is so.

root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
page=$root/assets/pipetop.1
load cli.bash

setup() {
	scene=
}

teardown() {
	[ -z "$scene" ] || end_scene 2>/dev/null
}

# The page as a reader sees it, without bold and underlining.
rendered() {
	if command -v mandoc >/dev/null; then
		mandoc -Tascii -O width=78 "$page"
	elif command -v groff >/dev/null; then
		groff -mdoc -Tascii -P-c "$page"
	else
		skip "neither mandoc nor groff is installed"
	fi | sed 's/.\x08//g'
}

# Every word that the page has as a whole; one a line.
has() { # WORD
	grep -qE "(^|[^-[:alnum:]_])$(sed 's/[][\\.*^$+?(){}|]/\\&/g' <<<"$1")([^-[:alnum:]_]|$)" text ||
		{ echo "not in the page: $1"; return 1; }
}

# The long options and the short ones of --help.
options() {
	"$pipetop" --help | grep -oE '^ +(-[[:alnum:]], )?--[a-z-]+|^ +-[[:alnum:]]' | tr -s ', ' '\n' | grep -- -
}

stuck='
import subprocess
subprocess.Popen("exec yes Hello stderr >&2", shell=True, stderr=subprocess.PIPE).wait()'

# A script that waits for a writer into a full pipe, and is read by nobody: $script, $writer, $inode.
start_scene() {
	/usr/bin/python3 -c "$stuck" 3>&- &
	scene=$!
	script=$!
	until writer=$(pgrep -P "$script" -x yes) && grep -q pipe_w "/proc/$writer/wchan"; do
		sleep 0.01
	done
	inode=$(readlink "/proc/$writer/fd/2" | tr -dc 0-9)
}

end_scene() {
	kill -KILL "$writer" "$scene" || true
	wait "$scene" || true
	scene=
}

# Runs a command on a terminal of its own, and quits the screen where it opens one: prints what it
# wrote, returns how it ended.
# Who leaves the screen does not wait for the look that is under way: no leak is sought.
on_terminal() { # COMMAND
	NO_COLOR=1 ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" /usr/bin/python3 - "$1" <<'PYTHON'
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "-o", "pipefail", "-c", sys.argv[1]])
said, quit = b"", False
while True:
    try:
        block = os.read(terminal, 65536)
    except OSError:
        break
    said += block
    if not block:
        break
    if not quit and b"VERDICT" in said and b"\x1b[?1049h" in said:
        os.write(terminal, b"q")
        quit = True
sys.stdout.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PYTHON
}

# What an example is to show, as a pattern.
expected() { # EXAMPLE
	case $1 in
	*'>/dev/null'*) echo '^stuck' ;;
	*--peek=*) echo 'Hello stderr' ;;
	*--backtrace=*) echo 'write' ;;
	*--grow=*=128K) echo '65536 -> 131072 bytes' ;;
	*--grow=*) echo '65536 -> [0-9]{6,} bytes' ;;
	*--drain=*) echo '65520 bytes were taken' ;;
	*--on-deadlock=*) echo ' deadlock +[1-9]' ;;
	*--watch*) echo ' deadlock +1 \(write-wait, (likely|proved)\): yes' ;;
	*'-o +unit'*) echo '^DEADLOCK.* (-|[a-z-]+:[^ ]+|[^ ]+\.[a-z]+)\s*$' ;;
	*--where=*) echo '^pipe:\[[0-9]+\] +[0-9]+ +65520' ;;
	*'-o +pipe'*) echo '^DEADLOCK .* pipe:' ;;
	*--kill-on-deadlock*) echo '^make \([0-9]+\) was killed' ;;
	*jq*) echo '"yes"' ;;
	*'| dot'*) echo 'DEADLOCK 1 ' ;;
	*--report*) echo 'DEADLOCK 1 ' ;;
	*) echo 'VERDICT' ;;
	esac
}

@test "page: clean for mandoc" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	# What other pages this system has is not the page's fault.
	mandoc -Tlint "$page" 2>/dev/null | grep -v -e 'mandoc\.db' -e 'referenced manual not found' >said || true
	cat said
	[ ! -s said ]
}

@test "page: clean for groff and man" {
	command -v groff >/dev/null || skip "groff is not installed"
	groff -mdoc -ww -Tutf8 "$page" 2>said >/dev/null
	cat said
	[ ! -s said ]
	man --version 2>said | grep -q man || skip "man-db is not installed"
	MANWIDTH=80 man --warnings -l "$page" 2>said >text
	cat said
	[ ! -s said ]
	grep -q '^NAME' text
	refute grep -E '.{81}' text
}

@test "page: every option of --help" {
	rendered >text
	[ "$(options | wc -l)" -gt 30 ]
	missing=0
	for option in $(options); do
		has "$option" || missing=1
	done
	[ "$missing" -eq 0 ]
}

@test "page: no option that --help has not" {
	rendered >text
	options >known
	missing=0
	# An option begins a line of its own there.
	for option in $(sed -n '/^OPTIONS/,/^[A-Z]/p' text | grep -E '^ {5}-' | grep -oE -- '(^| )--?[[:alnum:]][a-z-]*'); do
		grep -qx -- "$option" known || { echo "not in --help: $option"; missing=1; }
	done
	[ "$missing" -eq 0 ]
}

@test "page: every key and word of the JSON report" {
	rendered >text
	/usr/bin/python3 - "$root/assets/schema/pipetop-1.schema.json" >words <<-'PYTHON'
	import json, sys

	def walk(schema):
	    if isinstance(schema, dict):
	        yield from schema.get("properties", {})
	        yield from filter(None, schema.get("enum", []))
	        for part in schema.values():
	            yield from walk(part)
	    elif isinstance(schema, list):
	        for part in schema:
	            yield from walk(part)

	print(*sorted(set(walk(json.load(open(sys.argv[1]))))), sep="\n")
	PYTHON
	[ "$(wc -l <words)" -gt 60 ]
	missing=0
	while read -r word; do
		has "$word" || missing=1
	done <words
	[ "$missing" -eq 0 ]
}

@test "page: every key of the screen" {
	rendered | sed -n '/^THE SCREEN/,/^THE REPORT/p' >text
	sed -n 's/^\t{{.*}, "\([^"]*\)", .*/\1/p' "$root/src/tui/keys.c" | sed 's/\\\\/\\/' |
		tr ' ' '\n' | sort -u >keys
	[ "$(wc -l <keys)" -gt 30 ]
	missing=0
	while read -r key; do
		has "$key" || missing=1
	done <keys
	[ "$missing" -eq 0 ]
}

@test "page: every column" {
	rendered | sed -n '/^COLUMNS/,/^VERDICTS/p' >text
	"$pipetop" --list-columns | cut -d' ' -f1 >names
	[ "$(wc -l <names)" -gt 15 ]
	missing=0
	while read -r name; do
		grep -q "^     $name  " text || { echo "not among the columns: $name"; missing=1; }
	done <names
	[ "$missing" -eq 0 ]
}

@test "page and schema: every verdict, every format" {
	command -v jq >/dev/null || skip "jq is not installed"
	"$pipetop" --format=openmetrics --fail-on=never $$ 2>/dev/null |
		sed -n 's/^pipetop_pipes{verdict="\(.*\)"}.*/\1/p' >verdicts
	[ "$(wc -l <verdicts)" -ge 8 ]
	jq -r '."$defs".pipe.properties.verdict.enum[]' "$root/assets/schema/pipetop-1.schema.json" |
		sort >known
	sort verdicts | diff - known
	rendered | sed -n '/^VERDICTS/,/^DEADLOCKS/p' >text
	missing=0
	while read -r verdict; do
		grep -q "^     $verdict " text || { echo "no verdict of the page: $verdict"; missing=1; }
	done <verdicts
	rendered >text
	for format in $("$pipetop" --help | sed -n 's/^ \{31\}\([a-z]*\).*/\1/p'); do
		has "$format" || missing=1
	done
	[ "$missing" -eq 0 ]
}

@test "page: every event of --watch" {
	rendered | sed -n '/^WATCHING/,/^THE REPORT/p' >text
	sed -n '/^const char \*change_name/,/^}/p' "$root/src/watch/changes.c" |
		grep -o '"[a-z]*"' | tr -d '"' >names
	[ "$(wc -l <names)" -ge 9 ]
	missing=0
	while read -r name; do
		has "$name" || missing=1
	done <names
	[ "$missing" -eq 0 ]
}

@test "page: each example runs" {
	sed -n '/^\.Sh EXAMPLES/,/^\.Sh SEE ALSO/s/^\$ //p' "$page" >examples
	[ "$(wc -l <examples)" -gt 10 ]
	PATH=$(dirname "$pipetop"):$PATH
	# A test that hangs, for one of them.
	mkdir tests
	echo "$stuck" >tests/stuck.py
	printf 'check:\n\t/usr/bin/python3 stuck.py\n' >tests/Makefile
	broken=0
	while read -r -u 9 example; do
		case $example in
		*'| jq'*) command -v jq >/dev/null || continue ;;
		*'| dot'*) command -v dot >/dev/null || continue ;;
		esac
		start_scene
		# No reader of the page has so little patience.
		command=$(sed "s/6715/$inode/; s/90909/$writer/; s/90908/$script/
			s/--watch -n [0-9]*/--watch -n 2/" <<<"$example")
		status=0
		on_terminal "$command" >said </dev/null || status=$?
		end_scene 2>/dev/null
		case $example in *'>stuck.svg') cat stuck.svg >>said ;; esac
		if grep -q 'built without libdw' said; then continue; fi
		[ "$status" -le 1 ] && grep -qE "$(expected "$example")" said && continue
		echo "$command: exit $status"
		head -n 20 said | cat -v
		broken=1
	done 9<examples
	[ "$broken" -eq 0 ]
}

# The lines from one that begins with $1 up to one that is $2, from a file.
part() { # BEGINNING END FILE
	awk -v first="$1" -v last="$2" 'index($0, first) == 1 { on = 1 } on && $0 == last { exit } on' "$3"
}

@test "readme: what it shows is what is printed" {
	export COLUMNS=100
	/usr/bin/python3 "$root/tests/tui/records.py" stuckbox >record
	call --replay record --report --stuck
	part 'DEADLOCK 1' '' out >printed
	[ "$(wc -l <printed)" -ge 8 ]
	part 'DEADLOCK 1' '```' "$root/README.md" | diff - printed
	example=$(sed -n 's/^\$ pipetop \(-o .*\)/\1/p' "$root/README.md")
	# shellcheck disable=SC2086 # its words
	call --replay record $example
	part 'PIPE ' '```' "$root/README.md" | diff - out
}

@test "readme: every option that it names is there, and so is every file" {
	options >known
	# Those of configure, systemctl, kubectl and unshare are not ours.
	printf '%s\n' --prefix --enable-dev --now --target --mount-proc >>known
	grep -oE -- '--[a-z][a-z-]*' "$root/README.md" | sort -u >named
	[ "$(wc -l <named)" -gt 20 ]
	missing=0
	while read -r option; do
		grep -qx -- "$option" known || { echo "no such option: $option"; missing=1; }
	done <named
	for file in $(grep -oE '\]\([a-zA-Z][^):]*\)' "$root/README.md" | tr -d ']()'); do
		[ -e "$root/$file" ] || { echo "no such file: $file"; missing=1; }
	done
	[ "$missing" -eq 0 ]
}
