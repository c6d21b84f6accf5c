"""The size of desktops, and what does not fit into the framebuffer of a device (manual p. 55)."""

from __future__ import annotations

import pytest

from ums.domain.display import MONITORS, NODE, VIRTUAL, Screen, Size, desktop, excess, screens_of, size_of

FULL_HD = Size(1920, 1080)


@pytest.mark.parametrize(
    ("screens", "size"),
    [
        ({}, Size(0, 0)),
        ({0: Screen(FULL_HD)}, FULL_HD),
        ({0: Screen(FULL_HD, 90)}, Size(1080, 1920)),
        ({0: Screen(FULL_HD, 180)}, FULL_HD),
        ({0: Screen(FULL_HD), 1: Screen(FULL_HD)}, Size(3840, 1080)),
        ({0: Screen(FULL_HD), 1: Screen(FULL_HD, 270)}, Size(3000, 1920)),
        ({0: Screen(FULL_HD), 1: Screen(FULL_HD, 0, "left", 0)}, Size(3840, 1080)),
        ({0: Screen(FULL_HD), 1: Screen(FULL_HD, 0, "above", 0)}, Size(1920, 2160)),
        ({0: Screen(FULL_HD), 1: Screen(Size(1280, 1024), 0, "same", 0)}, FULL_HD),
        ({0: Screen(FULL_HD), 1: Screen(None)}, FULL_HD),
        (
            {0: Screen(FULL_HD), 1: Screen(FULL_HD, 0, "right", 0), 2: Screen(FULL_HD, 0, "below", 1)},
            Size(3840, 2160),
        ),
        ({0: Screen(FULL_HD, 0, "left", 1), 1: Screen(FULL_HD, 0, "left", 0)}, Size(3840, 1080)),
        ({0: Screen(FULL_HD, 0, "left", 0)}, FULL_HD),
        ({1: Screen(FULL_HD, 0, "left", 3)}, FULL_HD),
    ],
)
def test_desktop(screens: dict[int, Screen], size: Size) -> None:
    assert desktop(screens) == size


def test_sizes_as_text() -> None:
    assert size_of("1920x1080") == size_of("1920 1080") == FULL_HD
    assert size_of("auto") is size_of(None) is size_of("1920") is size_of(7) is None


def values(*resolutions: str, **more: object) -> dict:
    given: dict[str, object] = {f"{NODE}{n}.resolution": size for n, size in enumerate(resolutions)}
    return {**{f"{NODE}{n}.resolution": "auto" for n in range(4)}, **given, **more}


def test_screens_that_are_off_do_not_count() -> None:
    off = values("1920x1080", "1920x1080", **{f"{NODE}1.enabled": False, f"{NODE}0.rotation": "90"})
    found = screens_of(off)
    assert found.keys() == {0, 2, 3}
    assert found[0] == Screen(FULL_HD, 90)


def test_what_the_device_tells_is_the_limit() -> None:
    found = excess(values("3840x2160"), values("auto"), {VIRTUAL: "1920x1200"})
    assert found is not None and found.told
    assert (found.wanted, found.limit) == (Size(3840, 2160), Size(1920, 1200))
    assert "3840 × 2160, larger than the 1920 × 1200" in str(found)
    assert excess(values("1920x1080"), values("auto"), {VIRTUAL: "1920x1200"}) is None


def test_else_what_it_starts_with() -> None:
    found = excess(values("1920x1080", "1920x1080"), values("1920x1080"), {})
    assert found is not None and not found.told and "probably" in str(found)
    assert excess(values("1280x1024"), values("1920x1080"), {}) is None
    assert excess(values("1080x1920"), values("1920x1080"), {}) is not None, "too high, though as many pixels"


def test_automatic_screens_set_no_limit() -> None:
    assert excess(values("3840x2160"), values("auto"), {}) is None
    assert excess(values("3840x2160"), values("1920x1080"), {MONITORS: "2"}) is None, "the other one is automatic"
    assert excess(values("3840x2160"), values("1920x1080"), {MONITORS: "1"}) is not None


def test_screens_that_are_not_there_count_nothing() -> None:
    assert excess(values("1280x1024", "3840x2160"), values("1920x1080"), {MONITORS: "1"}) is None


def test_settings_that_are_the_same_are_no_matter_of_the_user() -> None:
    assert excess(values("3840x2160"), values("3840x2160"), {VIRTUAL: "1024x768"}) is None
