/*
 * The two sets of glyphs. The Unicode one keeps to box drawing, block elements and geometric
 * shapes that are one column wide in every font that terminals are used with.
 */
#include "tui/glyphs.h"

const struct glyphs glyphs_unicode = {
	.gauge = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
	.spark = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
	.cursor = "▶",
	.arrow = "──▶", .strong_arrow = "━━▶",
	.line = "─", .strong_line = "━",
	.right = "▶", .left = "◀", .down = "▼",
	.bar = "│",
	.corner = {"╭", "╮", "╰", "╯"},
	.tee_down = "┬",
	.branch = "├─ ", .last_branch = "╰─ ", .trunk = "│  ", .no_trunk = "   ",
	.open = "▾", .closed = "▸",
	.ascending = "▲", .descending = "▼",
	.more = "…",
	.bullet = "•",
};

const struct glyphs glyphs_ascii = {
	.gauge = {" ", " ", " ", " ", "#", "#", "#", "#", "#"},
	.spark = {"_", "_", ".", "-", "-", "=", "#", "#"},
	.cursor = ">",
	.arrow = "-->", .strong_arrow = "==>",
	.line = "-", .strong_line = "=",
	.right = ">", .left = "<", .down = "v",
	.bar = "|",
	.corner = {"+", "+", "+", "+"},
	.tee_down = "+",
	.branch = "|- ", .last_branch = "`- ", .trunk = "|  ", .no_trunk = "   ",
	.open = "v", .closed = ">",
	.ascending = "^", .descending = "v",
	.more = "~",
	.bullet = "*",
};
