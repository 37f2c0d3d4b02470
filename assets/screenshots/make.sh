#!/bin/sh
# Makes the screenshots anew: the screen in tmux on records of boxes that never were, as SVG.
# usage: make.sh PIPETOP [DIRECTORY]; the same program gives the same bytes, here and elsewhere.
set -eu
pipetop=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath "${2:-$here}")
work=$(mktemp -d)
trap 'tmux -S "$work/tmux" kill-server 2>/dev/null || true; rm -rf "$work"' EXIT
unset NO_COLOR TMUX
export LC_ALL=C.UTF-8 TZ=UTC XDG_CONFIG_HOME="$work/config"

shot() { # NAME RECORD COLUMNS ROWS TERM KEY...
	name=$1 record=$2 columns=$3 rows=$4 term=$5
	shift 5
	python3 "$here/../../tests/tui/records.py" "$record" >"$work/record.json"
	tmux -S "$work/tmux" -f /dev/null new-session -d -x "$columns" -y "$rows" \
		"TERM=$term exec '$pipetop' --replay '$work/record.json'"
	tmux -S "$work/tmux" set-option -g status off
	[ $# -eq 0 ] || { settle; tmux -S "$work/tmux" send-keys "$@"; }
	settle
	tmux -S "$work/tmux" capture-pane -e -p -N | python3 "$here/svg.py" "$columns" >"$out/$name.svg"
	tmux -S "$work/tmux" kill-server
	while tmux -S "$work/tmux" list-sessions >"$work/list" 2>&1; do sleep 0.05; done
	echo "$out/$name.svg"
}

# Until the screen has not changed for a while.
settle() {
	before=
	until [ -n "$before" ] && [ "$before" = "$(tmux -S "$work/tmux" capture-pane -e -p)" ]; do
		before=$(tmux -S "$work/tmux" capture-pane -e -p)
		sleep 0.5
	done
}

shot main stuckbox 100 30 tmux-256color
shot detail stuckbox 100 38 tmux-256color Enter
shot ring ring 100 44 tmux-256color Enter
shot tree ring 100 16 tmux-256color t
shot help stuckbox 100 40 tmux-256color F1
shot eight-colors stuckbox 80 24 screen
shot names names 100 24 tmux-256color

# The graph, by Graphviz: where its version and the fonts are the same.
if command -v dot >/dev/null; then
	python3 "$here/../../tests/tui/records.py" stuckbox >"$work/record.json"
	"$pipetop" --replay "$work/record.json" --format=dot >"$work/graph.dot" || [ $? -eq 1 ]
	dot -Tsvg "$work/graph.dot" | sed '/^<!--/d; /^ -->$/d' >"$out/graph.svg"
	echo "$out/graph.svg"
fi
