"""How wide a text is in the report's typeface, so that drawings can place and cut it."""

from __future__ import annotations

# Advance widths of Charis SIL in thousandths of the type size, from space to tilde.
_REGULAR = (
    293, 338, 333, 743, 563, 860, 699, 171, 376, 376, 500, 1000, 280, 320, 280, 490, 563, 563, 563, 563,
    563, 563, 563, 563, 563, 563, 280, 280, 1000, 1000, 1000, 486, 936, 674, 605, 627, 696, 583, 541,
    695, 743, 330, 485, 638, 531, 876, 721, 731, 579, 739, 649, 521, 599, 712, 666, 931, 634, 626, 575,
    423, 489, 423, 327, 335, 350, 509, 555, 466, 564, 490, 326, 525, 574, 303, 292, 534, 297, 850, 567,
    544, 559, 549, 391, 398, 340, 569, 529, 783, 510, 530, 462, 488, 354, 488, 833,
)
_BOLD = (
    293, 340, 392, 741, 587, 894, 735, 176, 392, 392, 500, 1000, 318, 328, 318, 501, 587, 587, 587, 587,
    587, 587, 587, 587, 587, 587, 318, 318, 1000, 1000, 1000, 522, 936, 686, 639, 636, 724, 598, 559,
    716, 769, 359, 512, 682, 554, 903, 744, 756, 612, 756, 704, 536, 609, 729, 706, 966, 671, 663, 581,
    548, 494, 589, 340, 340, 374, 553, 598, 502, 609, 529, 347, 555, 626, 333, 324, 592, 333, 906, 625,
    584, 604, 603, 432, 445, 375, 620, 566, 841, 546, 566, 491, 495, 398, 495, 833,
)
_OTHER = {"\u202f": 200, "\u00a0": 293, "–": 500, "−": 1000, "…": 1000, "’": 275}


def wide(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in points; signs beyond ASCII count as wide letters."""
    table = _BOLD if bold else _REGULAR
    return size * sum(table[ord(c) - 32] if " " <= c <= "~" else _OTHER.get(c, 640) for c in text) / 1000


def fitted(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, cut with an ellipsis to the room there is."""
    if wide(text, size, bold) <= room:
        return text
    while text and wide(f"{text}…", size, bold) > room:
        text = text[:-1]
    return f"{text.rstrip()}…"
