# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Writes README.rst of add-ons from their manifest and the fragments in readme/.

readme.py [--check] ADD-ON...: with --check nothing is written, and it fails where README.rst is not up to date.
The fragments use what Markdown and reStructuredText have in common, and `code`.
"""

import ast
import re
import sys
from pathlib import Path

TITLES = {
    "DESCRIPTION": None,
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "CONTRIBUTORS": "Contributors",
}


def headline(text, mark):
    return f"{text}\n{mark * len(text)}\n"


def fragment(path):
    """A fragment as reStructuredText."""
    return re.sub(r"`([^`]+)`", r"``\1``", path.read_text(encoding="utf-8")).strip() + "\n"


def readme(addon):
    """What README.rst of an add-on has to be."""
    manifest = ast.literal_eval((addon / "__manifest__.py").read_text(encoding="utf-8"))
    parts = [headline(manifest["name"], "="), f"{manifest['summary']}.\n"]
    for name, title in TITLES.items():
        path = addon / "readme" / f"{name}.md"
        if path.exists():
            parts += [headline(title, "-")] if title else []
            parts.append(fragment(path))
    parts += [headline("License", "-"), f"{manifest['license']} or later. Author: {manifest['author']}.\n"]
    return "\n".join(parts)


def main(arguments):
    """Writes or checks; returns whether anything was out of date."""
    stale = []
    for addon in map(Path, filter(lambda argument: argument != "--check", arguments)):
        target = addon / "README.rst"
        if target.exists() and target.read_text(encoding="utf-8") == readme(addon):
            continue
        stale.append(target)
        if "--check" not in arguments:
            target.write_text(readme(addon), encoding="utf-8")
    if "--check" in arguments and stale:
        print(*(f"{path}: out of date, run scripts/readme.py {path.parent}" for path in stale), sep="\n")
        return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
