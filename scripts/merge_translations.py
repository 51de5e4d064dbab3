# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Merges exported terms into a folder of translations: merge_translations.py EXPORTED.pot i18n

Translations of terms that stay are kept, terms that are gone are dropped, new ones are listed. A file whose terms did
not change is left alone, whatever its date.
"""

import sys
from pathlib import Path

import polib


def terms(catalog):
    """What matters of a catalog: everything but its header."""
    return [(entry.msgid, entry.msgstr, entry.comment, entry.occurrences, entry.flags) for entry in catalog]


def save(catalog, path):
    """Writes a catalog unless the file says the same."""
    if not path.exists() or terms(polib.pofile(str(path))) != terms(catalog):
        catalog.save(str(path))


def merge(template, path):
    """Fills the template with the translations of a file and puts it in the file's place.

    :return: list of the terms without a translation
    """
    old = polib.pofile(str(path))
    known = {entry.msgid: entry for entry in old if entry.msgstr and not entry.obsolete}
    new = polib.pofile(str(template))
    new.header = old.header
    new.metadata = {**old.metadata, "POT-Creation-Date": new.metadata["POT-Creation-Date"]}
    for entry in new:
        if entry.msgid in known:
            entry.msgstr = known[entry.msgid].msgstr
            entry.flags = known[entry.msgid].flags
    save(new, path)
    return [entry.msgid for entry in new if not entry.msgstr]


def main():
    """Merges the given template into all translations of the given folder."""
    template, folder = map(Path, sys.argv[1:])
    exported = polib.pofile(str(template))
    save(exported, folder / f"{folder.resolve().parent.name}.pot")
    print(f"{len(exported)} terms")
    for path in sorted(folder.glob("*.po")):
        missing = merge(template, path)
        print(f"{path.name}: {len(missing)} to translate", *missing, sep="\n  ")


if __name__ == "__main__":
    main()
