# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Checks XML files: well-formed, four spaces per level, no tabs, no spaces at line ends, a final newline.

check_xml.py FOLDER...: prints file:line: what, and fails if there is anything to print.
"""

import sys
from pathlib import Path
from xml.parsers import expat

INDENT = 4
DECLARATION = '<?xml version="1.0" encoding="utf-8"'


class Layout:
    """Collects tags that begin a line elsewhere than their depth asks for."""

    def __init__(self, text):
        self.lines = text.splitlines()
        self.faults = []
        self._depth = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.Parse(text.encode(), True)

    def _start(self, _name, _attributes):
        self._check()
        self._depth += 1

    def _end(self, _name):
        self._depth -= 1
        self._check()

    def _check(self):
        """The tag the parser stands on, if nothing but spaces is before it."""
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber
        if not self.lines[line - 1][:column].strip() and column != INDENT * self._depth:
            self.faults.append((line, f"{column} spaces instead of {INDENT * self._depth}"))


def faults(path):
    """Yields (line, what) for everything wrong with a file."""
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield text.count("\n") + 1, "must end with one newline"
    if "static" not in path.parts and not text.startswith(DECLARATION):
        yield 1, f"must begin with {DECLARATION} ?>"
    for number, line in enumerate(text.splitlines(), start=1):
        if "\t" in line:
            yield number, "tab"
        if line != line.rstrip():
            yield number, "spaces at the end of the line"
    try:
        yield from Layout(text).faults
    except expat.ExpatError as error:
        yield error.lineno, expat.ErrorString(error.code)


def main(folders):
    """Prints all faults of all files; returns how many there are."""
    found = [
        f"{path}:{line}: {what}"
        for folder in folders
        for path in sorted(Path(folder).rglob("*.xml"))
        for line, what in sorted(faults(path))
    ]
    print("\n".join(found), end="\n" if found else "")
    return len(found)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
