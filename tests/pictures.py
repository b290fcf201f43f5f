"""Picture files to test with, made by Pillow and not by us."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image


def a_file(form: str = "PNG", width: int = 64, height: int = 48, mode: str = "RGB", **rest: Any) -> bytes:
    """A picture of one colour. `rest` goes to Pillow's writer."""
    buffer = io.BytesIO()
    Image.new(mode, (width, height), 200).save(buffer, form, **rest)
    return buffer.getvalue()


def a_jpeg(width: int = 8, height: int = 8, more: bytes = b"") -> bytes:
    """One that may be a preview, if it is small; `more` makes the file longer."""
    return a_file("JPEG", width, height) + more


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
