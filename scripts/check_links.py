#!/usr/bin/env python3
# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Checks that links inside the documentation lead somewhere: check_links.py FILE-OR-FOLDER...

Looks at Markdown and at the app's page in HTML: files, headlines, and pictures, which must also be small. A picture
that no page shows is a mistake as well. Addresses on the net are not looked up.
"""

import re
import sys
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HTML_LINK = re.compile(r"""(?:src|href)=["']([^"']+)["']""")
HEADLINE = re.compile(r"^#{1,6}\s+(.*?)\s*$", re.MULTILINE)
FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
PICTURES = (".png", ".svg", ".jpg")
LARGEST = 150 * 1024


def get_anchor(headline):
    """The anchor of a headline, as GitHub and GitLab make it."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", headline)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")


def get_anchors(path):
    return {get_anchor(headline) for headline in HEADLINE.findall(FENCE.sub("", path.read_text(encoding="utf-8")))}


def get_links(path):
    text = path.read_text(encoding="utf-8")
    return HTML_LINK.findall(text) if path.suffix == ".html" else LINK.findall(FENCE.sub("", text))


def check_link(page, link, shown):
    """:return: what is wrong with a link, or None; pictures that are there are added to ``shown``"""
    if re.match(r"[a-z]+:", link):
        return None
    name, _hash, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page.resolve()
    if not target.exists():
        return "leads nowhere"
    if target.suffix in PICTURES:
        shown.add(target)
    if anchor and anchor not in get_anchors(target):
        return "has no such headline"
    return None


def check_picture(path, shown):
    """:return: what is wrong with a picture, or None"""
    if path.resolve() not in shown and path.name not in ("icon.png", "icon.svg"):
        return "is shown nowhere"
    if path.stat().st_size > LARGEST:
        return f"has {path.stat().st_size // 1024} kB, more than {LARGEST // 1024}"
    return None


def main(arguments):
    """Prints what is wrong and returns whether anything was."""
    files = []
    for path in map(Path, arguments):
        files += sorted(path.rglob("*")) if path.is_dir() else [path]
    shown, problems = set(), []
    for page in (file for file in files if file.suffix in (".md", ".html")):
        for link in get_links(page):
            problem = check_link(page, link, shown)
            problems += [f"{page}: {link} {problem}"] if problem else []
    for picture in (file for file in files if file.suffix in PICTURES):
        problem = check_picture(picture, shown)
        problems += [f"{picture} {problem}"] if problem else []
    print(*problems, sep="\n", end="\n" if problems else "")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
