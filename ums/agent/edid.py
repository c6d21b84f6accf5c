"""What a monitor says of itself (VESA Enhanced EDID Standard, block 0 of 128 bytes)."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

HEADER = b"\x00\xff\xff\xff\xff\xff\xff\x00"
BLOCK = 128
_SERIAL, _NAME = 0xFF, 0xFC
_MODEL_YEAR = 0xFF


class EdidError(ValueError):
    """These bytes are no EDID."""


@dataclass(frozen=True, slots=True)
class Edid:
    """vendor: three letters of the PNP registry. product: the vendor's code, four hex digits. serial: as text where the
    monitor has one, else its number, "" for none. year, week: of manufacture, week 0 when it is not said.
    width_mm, height_mm: of the picture, 0 when it is not said. resolution: the native one in pixels, (0, 0) for none.
    """

    vendor: str
    product: str
    serial: str
    name: str
    year: int
    week: int
    width_mm: int
    height_mm: int
    resolution: tuple[int, int]

    @property
    def details(self) -> dict[str, str]:
        """For people, what is known of it."""
        diagonal = hypot(self.width_mm, self.height_mm) / 25.4
        found = {
            "resolution": "×".join(map(str, self.resolution)) if all(self.resolution) else "",
            "size": f"{self.width_mm}×{self.height_mm} mm" if diagonal else "",
            "diagonal": f"{diagonal:.1f}″" if diagonal else "",
            "made": f"{self.year}" + (f", week {self.week}" if self.week else "") if self.year > 1990 else "",
        }
        return {key: value for key, value in found.items() if value}


def parse(data: bytes) -> Edid:
    """Read an EDID; blocks behind the first are not looked at. Raises EdidError."""
    block = data[:BLOCK]
    if len(block) < BLOCK or not block.startswith(HEADER):
        raise EdidError("There is no EDID.")
    if sum(block) % 256:
        raise EdidError("The checksum is wrong.")
    letters = int.from_bytes(block[8:10], "big")
    vendor = "".join(chr(ord("A") - 1 + (letters >> shift & 31)) for shift in (10, 5, 0))
    number = int.from_bytes(block[12:16], "little")
    texts, timing = _descriptors(block)
    week, year = block[16], block[17] + 1990
    width, height, resolution = timing or (block[21] * 10, block[22] * 10, (0, 0))
    return Edid(
        vendor=vendor,
        product=f"{int.from_bytes(block[10:12], 'little'):04x}",
        serial=texts.get(_SERIAL) or (str(number) if number else ""),
        name=texts.get(_NAME, ""),
        year=year,
        week=week if 1 <= week <= 54 and week != _MODEL_YEAR else 0,
        width_mm=width or block[21] * 10,
        height_mm=height or block[22] * 10,
        resolution=resolution,
    )


def _descriptors(block: bytes) -> tuple[dict[int, str], tuple[int, int, tuple[int, int]] | None]:
    """Texts by their tag, and size in mm and pixels of the first timing, which is the preferred one."""
    texts: dict[int, str] = {}
    timing = None
    for start in range(54, 126, 18):
        part = block[start : start + 18]
        if part[0] or part[1]:
            if timing is None:
                pixels = (part[2] | (part[4] & 0xF0) << 4, part[5] | (part[7] & 0xF0) << 4)
                timing = (part[12] | (part[14] & 0xF0) << 4, part[13] | (part[14] & 0x0F) << 8, pixels)
        elif part[3] in (_SERIAL, _NAME):
            text = part[5:].split(b"\n")[0].decode("cp437", "replace")
            texts[part[3]] = "".join(one for one in text if one.isprintable()).strip()
    return texts, timing
