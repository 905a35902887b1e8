"""Whose name and logo stand on a report; colours and type stay ours."""

from __future__ import annotations

import base64
from dataclasses import dataclass

_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Brand:
    """The consultant's name, and a logo as the bytes of a PNG or JPEG file (an SVG could hold scripts)."""

    name: str | None = None
    logo: bytes | None = None

    def __post_init__(self) -> None:
        if self.logo is not None and (len(self.logo) > _LARGEST or self._kind is None):
            raise ValueError("a logo is a PNG or JPEG file of at most 1 MB")

    @property
    def _kind(self) -> str | None:
        return next((kind for start, kind in _KINDS.items() if (self.logo or b"").startswith(start)), None)

    @property
    def logo_url(self) -> str | None:
        """The logo as a data URL."""
        if self.logo is None:
            return None
        return f"data:{self._kind};base64,{base64.b64encode(self.logo).decode()}"
