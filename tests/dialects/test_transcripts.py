"""Every surface answers, word for word, as its transcripts say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clocks import HandClock
from tests.dialects.transcripts import Conversation, read
from tests.studio import a_studio

TRANSCRIPTS = sorted(Path(__file__).parent.glob("*/*.txt"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
async def test_what_was_answered_once_is_answered_again(path: Path) -> None:
    conversation = Conversation(a_studio(HandClock()))

    for exchange in read(path):
        await conversation.hold(exchange)


async def test_an_answer_that_differs_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text("# never true\n> GET /healthz\n< 200\n< {}\n")
    conversation = Conversation(a_studio(HandClock()))

    with pytest.raises(AssertionError, match="never true"):
        await conversation.hold(read(path)[0])
