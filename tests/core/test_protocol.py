"""What goes between workers and server, as it is written."""

from __future__ import annotations

import pytest

from mezzotint import records
from mezzotint.core.previews import Preview, Wish
from mezzotint.core.protocol import Pulled, Report, Told, trimmed
from mezzotint.core.tasks import Progress
from tests.pictures import a_jpeg
from tests.tasks import an_id

TASK = an_id()
STEP = Progress(TASK, 1, 3, 28)
PREVIEW = Preview(TASK, 1, 3, 28, a_jpeg())


@pytest.mark.parametrize(
    ("message", "written"), [(Pulled([]), b'{"claims":[]}'), (Told([], []), b'{"canceled":[],"lost":[]}'), (Report([]), b'{"progress":[]}')], ids=str
)
def test_a_message_without_previews_is_as_it_was_before_there_were_any(message: Pulled | Told | Report, written: bytes) -> None:
    assert records.encode(trimmed(message)) == written
    assert records.decode(written, type(message)) == message


@pytest.mark.parametrize(
    "message",
    [Pulled([], {TASK: Wish(live=True)}), Told([TASK], [], {TASK: Wish(spread=3)}), Report([STEP], [PREVIEW])],
    ids=lambda message: type(message).__name__,
)
def test_a_message_with_previews_comes_as_it_went(message: Pulled | Told | Report) -> None:
    assert records.decode(records.encode(trimmed(message)), type(message)) == message
