#!/usr/bin/env bats
# Whole screens of replayed boxes, as text: what a person sees, cell by cell.

load tmux.bash

@test "main, 100x30" {
	record stuckbox
	open 100x30 --replay stuckbox.json
	sees DEADLOCK
	shows main-100x30
}

@test "main, 80x24" {
	record stuckbox
	open 80x24 --replay stuckbox.json
	sees DEADLOCK
	shows main-80x24
}

@test "main, 40x10" {
	record stuckbox
	open 40x10 --replay stuckbox.json
	sees DEADLOCK
	shows main-40x10
}

@test "main, one line" {
	record stuckbox
	open 80x1 --replay stuckbox.json
	sees DEADLOCK
	shows main-80x1
}

@test "main in ASCII, by the locale" {
	record stuckbox
	ENVIRONMENT="TERM=vt100 LC_ALL=C" open 100x30 --replay stuckbox.json
	sees DEADLOCK
	shows main-ascii
}

@test "main in ASCII, by --ascii" {
	record stuckbox
	open 100x30 --ascii --replay stuckbox.json
	sees DEADLOCK
	shows main-ascii
}

@test "a stalled pipe in the pane" {
	record stuckbox
	open 100x30 --replay stuckbox.json
	sees DEADLOCK
	keys Down
	shows stalled-100x30
}

@test "detail, whole screen" {
	record stuckbox
	open 100x40 --replay stuckbox.json
	sees DEADLOCK
	keys Enter
	shows detail-100x40
}

@test "detail of a ring of four with victims" {
	record ring
	open 100x50 --replay ring.json
	sees DEADLOCK
	keys Enter
	shows ring-100x50
}

@test "a ring in the pane of 80x24" {
	record ring
	open 80x24 --replay ring.json
	sees DEADLOCK
	shows ring-80x24
}

@test "fifty victims" {
	record crowd
	open 100x40 --replay crowd.json
	sees DEADLOCK
	keys Enter
	shows crowd-100x40
}

@test "tree" {
	record ring
	open 100x24 --replay ring.json
	sees DEADLOCK
	keys t
	shows tree-100x24
}

@test "help" {
	record calm
	open 80x40 --replay calm.json
	sees starved
	keys F1
	shows help-80x40
}

@test "setup" {
	record calm
	open 80x24 --replay calm.json
	sees starved
	keys F2
	shows setup-80x24
}

@test "names in many scripts" {
	record names
	open 100x24 --replay names.json
	sees STALLED
	shows names-100x24
}

@test "nothing is stuck" {
	record calm
	open 80x24 --replay calm.json
	sees starved
	keys s
	shows calm-stuck-80x24
}
