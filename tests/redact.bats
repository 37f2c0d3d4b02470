# A record for strangers' eyes: nothing that somebody has named is left in it, and it says the same.

load cli.bash
load live.bash

setup() {
	trap - CHLD
}

teardown() {
	end_all
}

# The text behind all names of this test, and behind no other.
secret=xyzzy

# A script that waits for its child, which fills a pipe to it; a third process waits for room in a
# FIFO. All that can be named is: program, file, arguments, thread, directory, FIFO.
write_scene() {
	mkdir "$secret-folder"
	cp "$(readlink -f "$python")" "$secret-folder/$secret-program"
	mkfifo "$secret-folder/$secret-fifo"
	cat >"$secret-folder/$secret-script" <<-'PYTHON'
	import os, sys, threading
	fifo, rename = sys.argv[1:3]
	reads = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
	writes = os.open(fifo, os.O_WRONLY)
	def block():
	    open("/proc/thread-self/comm", "w").write(rename)
	    os.write(writes, bytes(100000))
	threading.Thread(target=block, daemon=True).start()
	r, w = os.pipe()
	child = os.fork()
	if child == 0:
	    os.close(r)
	    os.write(w, bytes(100000))
	os.close(w)
	os.waitpid(child, 0)
	PYTHON
}

# What a report says of the scene and of its pipes, without names and times.
verdicts() { # RECORD
	call --report --json --replay "$1" -p "$pid"
	[ "$status" -eq 1 ]
	check '
def waits(tasks):
    return [(t["pid"], t["tid"], t["waits_for"], t["syscall"], t["fd"], t["count"], t["child"]) for t in tasks]

for d in report["deadlocks"]:
    print(d["kind"], d["certainty"], len(d["why_not_proved"]), waits(d["members"]), waits(d["victims"]))
for p in report["pipes"]:
    if p["verdict"] == "deadlock":
        print(p["dev"], p["inode"], p["type"], p["bytes"], p["capacity"], p["full"],
              [(h["pid"], h["fd"], h["blocked"]) for h in p["writers"] + p["readers"]])
for s in report["stalls"]:
    print(s["writers"], s["readers"])'
}

@test "--redact: no name is left in the record, and the verdicts are the same" {
	write_scene
	cd "$secret-folder"
	start "./$secret-program" "$secret-script" "$PWD/$secret-fifo" "$secret-thread" \
		"--password=$secret-argument"
	blocked "$(child_of "$pid")" pipe_w
	until_true grep -qs pipe_w "/proc/$pid"/task/*/wchan
	cd ..
	call --report --record clear --all "$pid"
	[ "$status" -eq 1 ]
	call --report --record redacted --redact --all "$pid"
	[ "$status" -eq 1 ]

	# It is the record that tells nothing; who looks himself is told all.
	grep -q "$secret-program" out
	for what in folder program fifo script thread argument; do
		grep -q "$secret-$what" clear
	done
	refute grep -qi "$secret" redacted
	refute grep -qi python redacted

	"$python" - "$BATS_TEST_DIRNAME/../src/analysis/housekeeping.c" <<-'PYTHON'
	import json, re, sys

	# What the kernel and we call things: no other text may stand there as it was.
	ours = {"schema", "kernel", "engine", "view_limits", "type", "access", "state", "call", "kind", "what",
	        "children", "odd_wchan"}
	token = r"(host|user|name|arg|unit|/path)-\d+"
	public = re.compile(rf"{token}( {token})*|0x[0-9a-f]+")
	runtimes = set(re.findall(r'\{ "([^"]+)", (?:true|false)', open(sys.argv[1]).read()))
	assert len(runtimes) > 10

	def walk(key, value):
	    if isinstance(value, dict):
	        for k, v in value.items():
	            walk(k, v)
	    elif isinstance(value, list):
	        for v in value:
	            walk(key, v)
	    elif isinstance(value, str) and value and key not in ours:
	        assert public.fullmatch(value) or key == "comm" and value in runtimes, (key, value)

	walk(None, json.load(open("redacted")))
	PYTHON
	verdicts clear >before
	verdicts redacted >after
	cat before
	[ "$(grep -c ' fifo \| pipe ' before)" -eq 2 ]
	diff before after
}

@test "--redact: nor the names of the system's users and of the host" {
	unshare --mount --uts true 2>/dev/null || skip "no namespaces of our own here"
	sed "s/^nobody:/$secret-user:/" /etc/passwd >passwd
	start setpriv --reuid=nobody --clear-groups "$python" -c "$stuck_pair"
	blocked "$(child_of "$pid")" pipe_w
	for how in --redact ''; do
		# shellcheck disable=SC2086 # no word when it is empty
		unshare --mount --uts sh -c '
			mount --bind passwd /etc/passwd && echo "$1-host" >/proc/sys/kernel/hostname && shift && exec "$@"' \
			- "$secret" "$pipetop" --report --record "record$how" $how "$pid" >said || [ $? -eq 1 ]
	done
	grep -q "$secret-user" record
	grep -q "$secret-host" record
	refute grep -q "$secret" record--redact
}

@test "--redact: a command that is watched" {
	call --record record --redact --kill-on-deadlock -- "$python" -c "$stuck_pair" / "--$secret"
	refute grep -q "$secret" record
	grep -q '"arg-1' record
}
