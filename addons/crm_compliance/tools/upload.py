# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What strangers may send as a file: by its ending and by what is really in it."""

import re
from pathlib import PurePosixPath

from odoo.tools.mimetypes import guess_mimetype

OFFICE_XML = ("application/vnd.openxmlformats-officedocument", "application/zip", "application/octet-stream")
OFFICE = ("application/msword", "application/vnd.ms-", "application/CDFV2", "application/x-ole-storage")
OPEN_DOCUMENT = ("application/vnd.oasis.opendocument", "application/zip")
# Ending: how the media type of the content has to begin.
ALLOWED = {
    "pdf": ("application/pdf",),
    "png": ("image/png",),
    "jpg": ("image/jpeg",),
    "jpeg": ("image/jpeg",),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "heic": ("image/heic", "image/heif"),
    "mp4": ("video/mp4",),
    "mov": ("video/quicktime",),
    "txt": ("text/", "application/csv"),
    "csv": ("text/", "application/csv"),
    "doc": OFFICE,
    "xls": OFFICE,
    "docx": OFFICE_XML,
    "xlsx": OFFICE_XML,
    "odt": OPEN_DOCUMENT,
    "ods": OPEN_DOCUMENT,
}
# Text that a browser would run.
ACTIVE = ("text/html", "text/xml", "text/javascript", "text/x-php", "text/x-shellscript", "text/x-msdos-batch")
ACCEPT = ",".join(f".{ending}" for ending in sorted(ALLOWED))


def clean_name(name):
    """:return: a file name without folders and control characters, of at most 100 characters"""
    name = re.sub(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", "", name or "").replace("\\", "/")
    path = PurePosixPath(PurePosixPath(name).name or "file")
    return path.stem[: 100 - len(path.suffix)] + path.suffix[:20]


def is_allowed(name, content):
    """Whether a file is of a kind we take, by its ending and its content alike.

    :param str name: as given by the sender
    :param bytes content:
    """
    kinds = ALLOWED.get(PurePosixPath(name).suffix[1:].lower())
    if not kinds or not content:
        return False
    found = guess_mimetype(content, default="application/octet-stream")
    if found.startswith("text/"):
        return "text/" in kinds and not found.startswith(ACTIVE) and b"\x00" not in content
    return found.startswith(kinds)
