#!/usr/bin/env python3
"""A terminal's screen (tmux capture-pane -e -p) on standard input, as SVG on standard output.

Each run of cells in one style is a text of its own at the place of its first cell, so columns
stay aligned in whatever monospaced font there is. The same input gives the same bytes.
"""
import re
import sys
import unicodedata
from xml.sax.saxutils import escape

CELL, LINE, MARGIN, SIZE = 8.4, 18, 12, 14
FRONT, BACK = "#d4d4d4", "#16181d"
BASIC = ["#1d1f21", "#e5484d", "#7fb069", "#e0b03c", "#5b9bd5", "#b48ead", "#4fb3bf", "#d4d4d4",
         "#666666", "#ff6b6b", "#9ccc65", "#ffd54f", "#82b1ff", "#ce93d8", "#80deea", "#ffffff"]


def color(number):
    """Of the 256 colours of xterm."""
    if number < 16:
        return BASIC[number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    number -= 16
    levels = [0, 95, 135, 175, 215, 255]
    return "#" + "".join(f"{levels[i]:02x}" for i in (number // 36, number // 6 % 6, number % 6))


class Style:
    def __init__(self):
        self.front = self.back = None
        self.bold = self.underline = self.reverse = self.dim = False

    def key(self):
        return (self.front, self.back, self.bold, self.underline, self.reverse, self.dim)

    def apply(self, codes):
        while codes:
            code = codes.pop(0)
            if code == 0:
                self.__init__()
            elif code in (1, 2, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}[code], True)
            elif code in (38, 48) and codes[:1] == [5]:
                setattr(self, "front" if code == 38 else "back", color(codes[1]))
                del codes[:2]
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.front = BASIC[code - 30 if code < 90 else code - 82]
            elif 40 <= code <= 47:
                self.back = BASIC[code - 40]
            elif code == 39:
                self.front = None
            elif code == 49:
                self.back = None


def width(character):
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def runs(line, style):
    """(column, text, cells, style key) of one line."""
    column, start, text, result = 0, 0, "", []

    def flush():
        if text:
            result.append((start, text, column - start, style.key()))

    for part in re.split(r"(\x1b\[[0-9;]*m)", line.replace("\x0e", "").replace("\x0f", "")):
        if part.startswith("\x1b["):
            flush()
            start, text = column, ""
            style.apply([int(code or 0) for code in part[2:-1].split(";")])
        else:
            for character in part:
                text += character
                column += width(character)
    flush()
    return result


def draw(run, row):
    column, text, cells, (front, back, bold, underline, reverse, dim) = run
    x, y = MARGIN + column * CELL, MARGIN + row * LINE
    if reverse:
        front, back = back or BACK, front or FRONT
    out = ""
    if back:
        out += f'<rect x="{x:.1f}" y="{y}" width="{cells * CELL:.1f}" height="{LINE}" fill="{back}"/>\n'
    if text.strip():
        extra = ' font-weight="bold"' if bold else ""
        extra += ' text-decoration="underline"' if underline else ""
        extra += ' opacity="0.6"' if dim else ""
        out += (f'<text x="{x:.1f}" y="{y + SIZE}" textLength="{cells * CELL:.1f}" '
                f'lengthAdjust="spacingAndGlyphs" fill="{front or FRONT}"{extra}>{escape(text)}</text>\n')
    return out


def main():
    lines = sys.stdin.read().split("\n")[:-1]
    style = Style()
    drawn = [[draw(run, row) for run in runs(line, style)] for row, line in enumerate(lines)]
    columns = int(sys.argv[1])
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{columns * CELL + 2 * MARGIN:.0f}" '
          f'height="{len(lines) * LINE + 2 * MARGIN}" font-family="DejaVu Sans Mono, Menlo, Consolas, '
          f'monospace" font-size="{SIZE}" xml:space="preserve">')
    print(f'<rect width="100%" height="100%" rx="8" fill="{BACK}"/>')
    print("".join("".join(line) for line in drawn), end="")
    print("</svg>")


main()
