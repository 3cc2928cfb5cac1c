#!/usr/bin/env python3
"""Wrap comment lines that are longer than 100 columns; swift format leaves them alone.

Only a paragraph with such a line is touched, from that line on. Code blocks, tables and generated
files are left as they are.

usage: Scripts/wrap-comments.py FOLDER...
"""

import pathlib
import re
import sys

LIMIT = 100
COMMENT = re.compile(r"^(\s*)(///|//)( +)(\S.*)$")
LIST = re.compile(r"^(- |\* |\d+\. )")


def parts(line):
    """(prefix up to the text, text), or None for what is no wrappable comment."""
    match = COMMENT.match(line)
    if not match:
        return None
    indent, slashes, gap, text = match.groups()
    return indent + slashes + gap, text


def wrap(lines):
    result = []
    fenced = False
    rest = list(lines)
    while rest:
        line = rest.pop(0)
        found = parts(line)
        if found and found[1].startswith("```"):
            fenced = not fenced
        if not found or fenced or len(line) <= LIMIT or found[1].startswith("|"):
            result.append(line)
            continue
        prefix, text = found
        hanging = prefix + " " * len(LIST.match(text).group(0)) if LIST.match(text) else prefix
        head, tail = split(prefix, text)
        if not tail:
            result.append(line)
            continue
        result.append(head)
        following = parts(rest[0]) if rest else None
        if following and following[0] == hanging and continues(following[1]):
            rest[0] = hanging + tail + " " + following[1]
        else:
            rest.insert(0, hanging + tail)
    return result


def continues(text):
    return not LIST.match(text) and not text.startswith(("```", "|", "#", "swift-"))


def split(prefix, text):
    cut = text.rfind(" ", 0, LIMIT - len(prefix) + 1)
    if cut <= 0:
        return prefix + text, ""
    return prefix + text[:cut], text[cut + 1 :]


def main(folders):
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*.swift")):
            text = path.read_text(encoding="utf-8")
            if "swift-format-ignore-file" in text[:400]:
                continue
            wrapped = "\n".join(wrap(text.split("\n")))
            if wrapped != text:
                path.write_text(wrapped, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
