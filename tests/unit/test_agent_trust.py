"""Whom the agent trusts, and how it gets its certificate, against a server over real TLS."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.peer import KEY, UNIT, Peer
from ums.agent.est import EstClient, EstError
from ums.agent.identity import Identity, KeyType
from ums.agent.trust import TrustError, file_context, fingerprint_context, presented_chain, system_context


async def test_trust_by_file_and_by_fingerprint(peer: Peer, tmp_path: Path) -> None:
    cache = tmp_path / "anchor.pem"
    colons = ":".join(peer.fingerprint[n : n + 2] for n in range(0, 64, 2)).upper()
    by_fingerprint = await asyncio.to_thread(fingerprint_context, colons, [peer.url], cache)
    cached = fingerprint_context(peer.fingerprint, ["https://127.0.0.1:1"], cache)  # asks nobody any more
    for context in (file_context(peer.ca_file), by_fingerprint, cached):
        est = EstClient(context)
        anchors = await est.cacerts(peer.url)
        assert anchors.certificates == (peer.devices_ca.certificate,)
        await est.aclose()
    leaf = (await asyncio.to_thread(presented_chain, peer.url))[0]
    assert await asyncio.to_thread(fingerprint_context, __import__("hashlib").sha256(leaf).hexdigest(), [peer.url])


async def test_no_trust_no_data(peer: Peer, tmp_path: Path) -> None:
    with pytest.raises(TrustError, match="does not present"):
        await asyncio.to_thread(fingerprint_context, "0" * 64, [peer.url])
    with pytest.raises(TrustError, match="64 hexadecimal"):
        fingerprint_context("beef", [peer.url])
    with pytest.raises(TrustError, match="cannot be used"):
        file_context(tmp_path / "missing.pem")
    est = EstClient(system_context())
    with pytest.raises(EstError, match="cannot be reached"):
        await est.enrol(peer.url, Identity.create(), UNIT, KEY, await est.cacerts(peer.url))
    await est.aclose()
    wrong_name = peer.url.replace("127.0.0.1", "localhost")
    est = EstClient(file_context(peer.ca_file))
    with pytest.raises(EstError, match="cannot be reached"):
        await est.cacerts(wrong_name)
    await est.aclose()


# ---------------------------------------------------------------- EST


@pytest.mark.parametrize("kind", list(KeyType))
async def test_enrol_and_renew(peer: Peer, kind: KeyType) -> None:
    est = EstClient(file_context(peer.ca_file))
    anchors = await est.cacerts(peer.url)
    identity = await est.enrol(peer.url, Identity.create(kind), UNIT, KEY, anchors)
    assert identity.unit_id == UNIT
    renewed = await est.renew(peer.url, identity, Identity.create(kind), UNIT, anchors)
    assert renewed.fingerprint in peer.certificates
    assert renewed.fingerprint != identity.fingerprint
    with pytest.raises(EstError, match=r"^The first-authentication key is wrong\.$") as caught:
        await est.enrol(peer.url, Identity.create(), UNIT, "wrong", anchors)
    assert (caught.value.status, caught.value.code, caught.value.permanent) == (401, "x", True)
    peer.problem = (503, "Busy")
    with pytest.raises(EstError, match="Busy") as caught:
        await est.enrol(peer.url, Identity.create(), UNIT, KEY, anchors)
    assert not caught.value.permanent
    await est.aclose()


async def test_a_certificate_of_another_authority_is_not_taken(peer: Peer, tmp_path: Path) -> None:
    est = EstClient(file_context(peer.ca_file))
    anchors = await est.cacerts(peer.url)
    peer.devices_ca = Peer(tmp_path).devices_ca
    with pytest.raises(EstError, match="not signed by its device CA"):
        await est.enrol(peer.url, Identity.create(), UNIT, KEY, anchors)
    await est.aclose()


async def test_nobody_listens() -> None:
    est = EstClient(system_context())
    with pytest.raises(EstError, match="cannot be reached") as caught:
        await est.cacerts("https://127.0.0.1:1")
    assert caught.value.status == 0
    await est.aclose()
