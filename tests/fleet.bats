# What is installed for many boxes: the systemd units, the alerts, the dashboard.

load cli.bash
root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

setup() {
	started=()
}

teardown() {
	for pid in "${started[@]}"; do
		kill "$pid" && wait "$pid" || true
	done
}

needs() { # COMMAND
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# The unit as it is installed, with this pipetop.
unit() {
	sed "s|@bindir@|$(dirname "$(realpath "$pipetop")")|" \
		"$root/assets/systemd/pipetop-metrics.service.in" >pipetop-metrics.service
	cp "$root/assets/systemd/pipetop-metrics.timer" .
}

# Runs what the unit runs, with files in the folder $1.
run_unit() { # DIRECTORY
	sed -n "s|^Exec[A-Za-z]*=||; s|\${DIRECTORY}|$1|gp" pipetop-metrics.service >commands
	[ "$(wc -l <commands)" -eq 2 ]
	sh -e commands
}

@test "units: systemd finds nothing to say" {
	needs systemd-analyze
	unit
	systemd-analyze verify --man=no ./pipetop-metrics.service ./pipetop-metrics.timer >said 2>&1 || true
	cat said
	[ ! -s said ]
}

@test "units: the file is there as a whole, also where something is stuck" {
	unit
	mkdir metrics
	"$pipetop" --report --demo --format=openmetrics --output=stuck.prom || [ $? -eq 1 ]
	run_unit "$PWD/metrics"
	[ "$(ls metrics)" = pipetop.prom ]
	[ "$(tail -n 1 metrics/pipetop.prom)" = '# EOF' ]
	diff <(sed 's/ [^ ]*$//' stuck.prom) <(sed 's/ [^ ]*$//' metrics/pipetop.prom)
}

@test "units: with no more than their capabilities the knot is proved" {
	needs setpriv
	[ "$(id -u)" -eq 0 ] || skip "root alone has capabilities to drop"
	unit
	capabilities=$(sed -n 's/^CapabilityBoundingSet=//p' pipetop-metrics.service | tr A-Z a-z |
		sed 's/cap_/,+/g' | tr -d ' ')
	setpriv --bounding-set "-all$capabilities" --inh-caps=-all --no-new-privs \
		"$pipetop" --report --demo --format=openmetrics >out 2>err || [ $? -eq 1 ]
	grep -q '^pipetop_deadlocks{kind="write-wait",certainty="proved"} [1-9]' out
}

@test "units: they allow what a look calls" {
	needs systemd-analyze
	needs strace
	unit
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o calls "$pipetop" --report --engine=proc --format=openmetrics >out 2>err ||
		[ $? -eq 1 ]
	/usr/bin/python3 - <<-'PYTHON'
	import re, subprocess

	def members(name):
	    if not name.startswith("@"):
	        return {name}
	    shown = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True)
	    words = [line.split("#")[0].strip() for line in shown.stdout.splitlines()[1:]]
	    return set().union(*map(members, filter(None, words)))

	unit = open("pipetop-metrics.service").read()
	allowed = set()
	for names in re.findall("^SystemCallFilter=(.*)", unit, re.M):
	    names, refuses = names.lstrip("~").split(), names.startswith("~")
	    named = set().union(*map(members, names))
	    allowed = allowed - named if refuses else allowed | named
	calls = re.findall(r"^\d+ +(\w+)\((\w*)", open("calls").read(), re.M)
	used = {name for name, _ in calls}
	assert {"pidfd_getfd", "readlinkat"} <= used and len(allowed) > 100, used
	assert used <= allowed, used - allowed
	families = {first for name, first in calls if name == "socket"}
	assert families <= set(re.search("^RestrictAddressFamilies=(.*)", unit, re.M)[1].split()), families
	PYTHON
}

@test "alerts: promtool finds nothing to say, and each fires when it shall" {
	needs promtool
	cp "$root/assets/grafana/pipetop.rules.yml" "$root/tests/alerts.yml" .
	promtool check rules pipetop.rules.yml
	promtool test rules alerts.yml
}

@test "alerts, dashboard: they ask for what there is" {
	/usr/bin/python3 "$root/tests/tui/records.py" stuckbox >record
	call --replay record --format=openmetrics
	grep -oE '^pipetop_[a-z_]+' out | sort -u >known
	for file in pipetop.rules.yml dashboard.json; do
		grep -oE 'pipetop_[a-z_]+' "$root/assets/grafana/$file" | sort -u >asked
		[ "$(wc -l <asked)" -ge 4 ]
		[ -z "$(comm -13 known asked)" ]
	done
	# The dashboard shows them all.
	comm -23 known asked
	[ -z "$(comm -23 known asked)" ]
}

@test "dashboard: panels that do not overlap, each with a query" {
	/usr/bin/python3 - "$root/assets/grafana/dashboard.json" <<-'PYTHON'
	import json, sys
	board = json.load(open(sys.argv[1]))
	cells = set()
	for panel in board["panels"]:
	    at = panel["gridPos"]
	    own = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
	    assert not own & cells and max(x for x, _ in own) < 24, panel["title"]
	    cells |= own
	    assert panel["description"] and all(t["expr"] for t in panel["targets"]), panel["title"]
	assert len({p["id"] for p in board["panels"]}) == len(board["panels"]) >= 10
	PYTHON
}

port() {
	/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

fetch() { # PORT PATH
	/usr/bin/python3 -c '
import sys, urllib.request
print(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}{sys.argv[2]}", timeout=5).read().decode())' "$@" 2>/dev/null
}

# Until the command succeeds, for a minute.
eventually() { # COMMAND
	for ((try = 0; try < 300; try++)); do
		if "$@"; then return 0; fi
		sleep 0.2
	done
	return 1
}

exported() { fetch "$exporter" /metrics | grep -q '^pipetop_build_info{version='; }

fires() { # ALERT
	fetch "$server" /api/v1/alerts | grep -q "\"alertname\":\"$1\"[^}]*}[^}]*}[^}]*\"state\":\"firing\""
}

@test "a stuck scene fires the alert: node_exporter and Prometheus" {
	needs prometheus-node-exporter
	needs prometheus
	unit
	mkdir metrics
	"$pipetop" --demo --watch >scene 3>&- &
	started+=($!)
	eventually grep -q 'pipe:' scene
	run_unit "$PWD/metrics"
	exporter=$(port) server=$(port)
	prometheus-node-exporter --web.listen-address="127.0.0.1:$exporter" --collector.disable-defaults \
		--collector.textfile --collector.textfile.directory="$PWD/metrics" >exporter.log 2>&1 3>&- &
	started+=($!)
	eventually exported
	fetch "$exporter" /metrics | grep -q '^node_textfile_scrape_error 0'
	cp "$root/assets/grafana/pipetop.rules.yml" .
	cat >prometheus.yml <<-YAML
	global: {scrape_interval: 1s, evaluation_interval: 1s}
	rule_files: [pipetop.rules.yml]
	scrape_configs: [{job_name: node, static_configs: [{targets: ["127.0.0.1:$exporter"]}]}]
	YAML
	prometheus --config.file=prometheus.yml --storage.tsdb.path="$PWD/data" \
		--web.listen-address="127.0.0.1:$server" >prometheus.log 2>&1 3>&- &
	started+=($!)
	eventually fires PipeDeadlockProved
	refute fires PipetopStale
}
