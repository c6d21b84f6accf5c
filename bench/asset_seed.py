"""As `device_seed`, and the network is licensed for assets: `python -m bench.asset_seed COUNT FILE`."""

from __future__ import annotations

from bench import device_seed


def main() -> None:
    """Fill, and start the test licence."""
    device_seed.main()
    from ums.core.actor import SYSTEM
    from ums.licences.services import trial_start

    trial_start(actor=SYSTEM)


if __name__ == "__main__":
    main()
