#!/usr/bin/env python3
"""Draws what a terminal showed, as SVG: reads the output (with colours) and writes the picture.

    script -qec "deploy/demo.sh --frames 12" /dev/null | docs/make_demo_picture.py >docs/demo.svg
"""

import re
import sys
from xml.sax.saxutils import escape

FONT_PX = 13
CHARACTER_PX = 7.83  # of a 13 px monospace font
LINE_PX = 18
MARGIN_PX = 14
COLOURS = {"31": "#f47067", "32": "#6bc46d", "33": "#daaa3f", "2": "#8b949e"}


def spans(line, colour):
    """Yields (column, text, colour) of a line with ANSI colours that begins in `colour`."""
    column = 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b["):
            code = part[2:-1]
            colour = COLOURS.get(code)
            yield column, "", colour
        elif part:
            yield column, part, colour
            column += len(part)


def main():
    lines = [line.split("\r")[-1] for line in sys.stdin.read().replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    columns = max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines)
    width = round(2 * MARGIN_PX + columns * CHARACTER_PX)
    height = 2 * MARGIN_PX + len(lines) * LINE_PX
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
          f'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{FONT_PX}">')
    print(f'<rect width="{width}" height="{height}" rx="8" fill="#161b22"/>')
    colour = None
    for number, line in enumerate(lines):
        y = MARGIN_PX + number * LINE_PX + FONT_PX
        for column, text, colour in spans(line, colour):
            if not text.strip():
                continue
            x = MARGIN_PX + column * CHARACTER_PX
            print(f'<text x="{x:.1f}" y="{y}" fill="{colour or "#e6edf3"}" xml:space="preserve" '
                  f'textLength="{len(text) * CHARACTER_PX:.1f}">{escape(text)}</text>')
    print("</svg>")


if __name__ == "__main__":
    main()
