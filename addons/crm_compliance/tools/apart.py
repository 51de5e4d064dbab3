# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Jobs that go on although something fails for one record."""

import logging
from collections.abc import Callable

_logger = logging.getLogger(__name__)


def do_apart(records, act: Callable) -> None:
    """Does something with records, so that one it fails for keeps no other from it.

    All at once, and where that fails one by one. Of a record it fails for everything is undone, mails that were queued
    included, and logged: the next run of the job finds it as it was.

    :param records: of any model
    :param act: function of such records
    """
    try:
        with records.env.cr.savepoint():
            act(records)
    except Exception:
        if len(records) > 1:
            for record in records:
                do_apart(record, act)
        else:
            _logger.exception("Put off until the next run of the job: %s", records)
