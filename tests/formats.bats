# The forms of the report that other tools read, read by these.

load cli.bash
root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

needs_dot() {
	command -v dot >/dev/null || skip "dot (Graphviz) is not installed"
}

box() { # NAME: a record of that box, in the file record
	/usr/bin/python3 "$root/tests/tui/records.py" "$1" >record
}

# What Graphviz makes of the graph in the file out. It says nothing while it does.
render() { # FORMAT
	dot -T"$1" -o "graph.$1" out 2>complaints
	cat complaints
	[ ! -s complaints ]
}

# Runs Python 3 with `metrics`: the values by name and labels, as the parser understood the file out.
parse() { # CODE
	/usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null ||
		skip "python3-prometheus-client is not installed"
	/usr/bin/python3 -c "
from prometheus_client.openmetrics.parser import text_fd_to_metric_families
families = list(text_fd_to_metric_families(open('out')))
metrics = {(s.name, *s.labels.values()): s.value for f in families for s in f.samples}
$1"
}

@test "dot: a record, as Graphviz draws it" {
	needs_dot
	box stuckbox
	call --replay record --format=dot
	[ "$status" -eq 1 ]
	render svg
	/usr/bin/python3 - <<-'PYTHON'
	import xml.etree.ElementTree as tree
	drawn = tree.parse("graph.svg")
	texts = "".join(drawn.getroot().itertext())
	for text in ("log", "90909", "pipe:[6715]", "DEADLOCK 1", "doomed with deadlock 1", "stalled"):
	    assert text in texts, text
	titles = {t.text for t in drawn.iter("{http://www.w3.org/2000/svg}title")}
	assert {"p90909", "p90908", "p4711", "p90909->q1", "q1->p90908", "p90908->p90909"} <= titles, titles
	PYTHON
}

@test "dot: every box, all of it" {
	needs_dot
	for name in stuckbox ring crowd names calm; do
		box "$name"
		call --replay record --format=dot --all
		[ "$status" -le 1 ]
		render svg
		call --replay record --format=dot --stuck
		render plain
	done
}

@test "dot: each name is read as it is written" {
	needs_dot
	cat >hostile.py <<-'PYTHON'
	import json, subprocess, sys
	sys.path.insert(0, sys.argv[1] + "/tests/tui")
	import records

	names = ["a\"b", "a\nb", "back\\slash", "\\N\\G\\n", "end\\", "<b>bold</b>", "</b>]", "&lt;&#60;&amp;",
	         "]>;} //", "/* */", "名前", "e\u0301", "\u202eabc", "\x1b[2J", "", " ", "--", "->", "'\"'", "%s%n"]
	box = records.Box(host="<i>\"&\\N")
	records.init(box)
	for i, name in enumerate(names):
	    box.process(300 + i, 1, name, name, user=name)
	    box.polls(300 + i)
	    box.pipe(5000 + i, 7, path="/tmp/" + name)
	    box.end(300 + i, 3, 5000 + i, "rw")
	json.dump(box.record(), open("record", "w"))
	# As words/escape.h would show them.
	shown = {"\n": "\\n", "\\": "\\\\", "\x1b": "\\e", "\u202e": "\\u{202E}"}
	json.dump([("".join(shown.get(c, c) for c in name)) for name in names], open("shown", "w"))
	PYTHON
	/usr/bin/python3 hostile.py "$root"
	call --replay record --format=dot --all
	[ "$status" -eq 0 ]
	render svg
	/usr/bin/python3 - <<-'PYTHON'
	import json, xml.etree.ElementTree as tree
	svg = "{http://www.w3.org/2000/svg}"
	texts = {t.text.replace("\xa0", " ").strip() for t in tree.parse("graph.svg").iter(svg + "text") if t.text}
	links = {a.get("{http://www.w3.org/1999/xlink}title").strip()
	         for a in tree.parse("graph.svg").iter(svg + "a")}
	for name in json.load(open("shown")):
	    name = name.strip()
	    if name:
	        assert name in texts, (name, texts)
	        assert name in links, (name, links)
	    assert "/tmp/" + name in texts, (name, texts)
	PYTHON
}

@test "dot: some hundred pipes are a page, and soon drawn" {
	needs_dot
	cat >large.py <<-'PYTHON'
	import json, sys
	sys.path.insert(0, sys.argv[1] + "/tests/tui")
	import records
	box = records.Box()
	records.init(box)
	records.article(box)
	records.services(box, 300)
	json.dump(box.record(), open("record", "w"))
	PYTHON
	/usr/bin/python3 large.py "$root"
	call --replay record --format=dot --all
	[ "$(grep -c '^    q' out)" -eq 302 ]
	timeout 60 dot -Tplain out >plain
	# Neither a column nor a row, and the knot on top (y grows upwards).
	awk '/^graph/ { width = $3; height = $4 } /^node p90909/ { y = $4 }
		END { print width, height, y; exit !(width < 3 * height && height < 3 * width && y > 0.8 * height) }' plain
}

@test "dot: a scene that is really stuck" {
	needs_dot
	call --report --demo --format=dot --stuck
	[ "$status" -eq 1 ]
	grep -q 'DEADLOCK [0-9]* (write-wait, proved)' out
	render svg
	grep -q 'DEADLOCK [0-9]' graph.svg
}

@test "openmetrics: a record, as Prometheus's own parser reads it" {
	box stuckbox
	call --replay record --format=openmetrics
	[ "$status" -eq 1 ]
	[ "$(tail -n 1 out)" = '# EOF' ]
	parse '
assert len(families) == 14, [f.name for f in families]
assert all(f.type == "gauge" and f.documentation and f.name.startswith("pipetop_") for f in families)
assert {f.name for f in families if f.unit} == {f.name for f in families if f.name.endswith("seconds")}
assert metrics["pipetop_deadlocks", "write-wait", "proved"] == 1
assert sum(v for k, v in metrics.items() if k[0] == "pipetop_deadlocks") == 1
assert metrics["pipetop_oldest_deadlock_seconds",] == 11520
assert sum(v for k, v in metrics.items() if k[0] == "pipetop_pipes") == metrics["pipetop_scan_pipes",]
assert metrics["pipetop_unseen_processes",] == 12 and metrics["pipetop_view_complete",] == 0'
}

@test "openmetrics: the same series on every box" {
	for name in stuckbox ring crowd names calm; do
		box "$name"
		call --replay record --format=openmetrics
		sed '/^#/!s/ .*//' out >"series.$name"
		diff series.stuckbox "series.$name"
	done
	[ "$(grep -c -v '^#' series.calm)" -eq 36 ]
}

@test "openmetrics: a scene that is really stuck" {
	call --report --demo --format=openmetrics
	[ "$status" -eq 1 ]
	parse '
assert metrics["pipetop_deadlocks", "write-wait", "proved"] >= 1
assert metrics["pipetop_pipes", "deadlock"] >= 1 and metrics["pipetop_full_pipes",] >= 1
assert metrics["pipetop_scan_time_seconds",] > 1.7e9 and metrics["pipetop_scan_duration_seconds",] > 0'
}

@test "openmetrics: promtool finds nothing to say" {
	command -v promtool >/dev/null || skip "promtool (Prometheus) is not installed"
	box stuckbox
	call --replay record --format=openmetrics
	promtool check metrics <out 2>&1
}
