"""The moderator that comes with the package lets everything through, and says so to nobody."""

from __future__ import annotations

import pytest

from mezzotint.core.images import EncodedImage, ImageFormat
from mezzotint.core.tasks import Inputs
from mezzotint.moderation.open import OpenModerator
from mezzotint.ports import Moderator
from tests.pictures import a_file


@pytest.mark.parametrize("prompt", ["a paper boat", "", "something that another one would refuse"])
async def test_nothing_is_refused(prompt: str) -> None:
    moderator: Moderator = OpenModerator()
    inputs = Inputs("flux-dev", {"prompt": prompt, "safety_tolerance": 0})

    assert await moderator.request(inputs) == ()
    assert await moderator.picture(EncodedImage(a_file(), ImageFormat.PNG, 64, 48), inputs) == ()
