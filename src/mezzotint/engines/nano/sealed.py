"""The files of the weights: none is read that is not, byte by byte, the one whose digest was noted when they were made.

A graph of ONNX counts as weights. What was checked is what is used: files are read once, and loaded from memory.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from mezzotint.core.signing import same

DIGESTS = "digests.json"


class Sealed:
    """A folder of weights. Raises OSError for files that are missing, ValueError for those that are not what they were."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        noted = json.loads((folder / DIGESTS).read_text("utf-8"))
        if not isinstance(noted, dict):
            raise ValueError(f"{DIGESTS} holds no digests")  # noqa: TRY004 - what is wrong is a file, not a type
        self._noted = noted

    def __contains__(self, name: str) -> bool:
        """Whether there is to be such a file."""
        return name in self._noted

    def read(self, name: str) -> bytes:
        data = (self._folder / name).read_bytes()
        if not same(str(self._noted.get(name, "")), digest(data)):
            raise ValueError(f"{name} is not the file that {DIGESTS} speaks of: it was altered or cut short, so install it again")
        return data


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digests_of(folder: Path) -> str:
    """What DIGESTS is to hold for the files in a folder."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != DIGESTS)
    return json.dumps({path.name: digest(path.read_bytes()) for path in files}, indent=2) + "\n"
