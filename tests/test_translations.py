# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The translations are complete, fit their terms, and the terms are those of the code."""

import re
from collections import Counter

import polib
import pytest

from servers import ADDONS

PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sdif]|%%")
TAG = re.compile(r"<[^>]+>")
SHOWN_ATTRIBUTE = re.compile(r'\b(title|alt|placeholder|aria-label|string|data-tooltip)="[^"]*"')
EDGES = re.compile(r"^\s+|\s+$")
# A letter of Chinese and a sign that belongs to Latin letters, side by side.
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?()\"]|[,;:!?()\"][\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?!\w)|\.\.\.$")


def load(path):
    """The terms of a file by their text; a term that is there twice is an error."""
    return {entry.msgid: entry for entry in polib.pofile(str(path), check_for_duplicates=True)}


def placeholders(text):
    """What Python fills in."""
    return Counter(PLACEHOLDER.findall(text))


def tags(text):
    """The markup, without the attributes that are to be translated."""
    return Counter(SHOWN_ATTRIBUTE.sub(r'\1=""', tag) for tag in TAG.findall(text))


@pytest.fixture(scope="module", params=ADDONS, ids=lambda addon: addon.name)
def addon(request):
    """One add-on after the other."""
    return request.param


@pytest.fixture(scope="module")
def template(addon):
    """All terms."""
    return load(addon / "i18n" / f"{addon.name}.pot")


@pytest.fixture(scope="module")
def chinese(addon):
    """The terms in Chinese."""
    return load(addon / "i18n" / "zh_CN.po")


@pytest.fixture(scope="module")
def translated(chinese):
    """Those that are translated."""
    return [entry for entry in chinese.values() if entry.msgstr]


def test_every_term_is_translated(template, chinese):
    """None is missing, empty or uncertain."""
    assert template
    done = {msgid for msgid, entry in chinese.items() if entry.translated() and entry.msgstr.strip()}
    missing = sorted(template.keys() - done)
    assert not missing


def test_no_translation_without_term(template, chinese):
    """What the code no longer says is not kept."""
    left_over = sorted(chinese.keys() - template.keys())
    assert not left_over


def test_translations_belong_to_the_same_places(template, chinese):
    """Odoo finds the translation of a record by the place noted with it."""
    assert [
        msgid
        for msgid in template.keys() & chinese.keys()
        if set(template[msgid].occurrences) != set(chinese[msgid].occurrences)
    ] == []


def test_placeholders_survive(translated):
    """A lost or misspelt placeholder would raise when the text is needed."""
    assert [e.msgstr for e in translated if placeholders(e.msgid) != placeholders(e.msgstr)] == []


def test_markup_survives(translated):
    """Tags and their classes are those of the view."""
    assert [e.msgstr for e in translated if tags(e.msgid) != tags(e.msgstr)] == []


def test_lines_and_edges_survive(translated):
    """As many lines, and no space gained or lost at the ends."""
    assert [
        e.msgstr
        for e in translated
        if e.msgid.count("\n") != e.msgstr.count("\n") or EDGES.findall(e.msgid) != EDGES.findall(e.msgstr)
    ] == []


def test_chinese_punctuation(translated):
    """Full-width signs between Chinese letters."""
    assert [e.msgstr for e in translated if HALF_WIDTH.search(TAG.sub("", e.msgstr))] == []


class TestTerms:
    """The committed terms against those the server finds."""

    def test_template_is_up_to_date(self, server, addon, template, tmp_path):
        """Run 'make i18n' when this fails."""
        found = tmp_path / "terms.pot"
        run = server.odoo(server.copy(), "-l", "pot", "-o", str(found), "--", addon.name, command=("i18n", "export"))
        assert run.returncode == 0 and not run.problems, run.output
        exported = {entry.msgid: entry for entry in polib.pofile(str(found))}
        assert exported
        places = {
            place
            for msgid, entry in exported.items()
            for place in {name for name, _line in entry.occurrences}
            if msgid not in template or place not in {name for name, _line in template[msgid].occurrences}
        }
        missing = sorted(exported.keys() - template.keys())
        left_over = sorted(template.keys() - exported.keys())
        assert (missing, left_over, sorted(places)) == ([], [], [])
