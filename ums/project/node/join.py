"""`ums node join`: this host becomes a node of the network whose token it has."""

from __future__ import annotations

import json
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
import msgspec
from cryptography import x509

from ha import nodefile, requirements
from ha.addresses import host_and_port
from ha.joining import MAX_ANSWER, PATH, JoinAnswer, JoinRequest, prove
from ha.token import MAX_SIZE, Token, read
from ums import __version__
from ums.core.private import write_private
from ums.project.command import command
from ums.project.hosts import new_key, public_pem, server_names
from ums.project.node.setup import data_of, host_checks, node_of, require_all, secret_from, staging
from ums.project.prepare import StartError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from ha.nodefile import NodeFile

TIMEOUT = 10.0
"""Seconds that a server may take to answer."""


@command
def join(options: argparse.Namespace) -> None:
    """Check the host, ask a server, check what it says, take over keys."""
    data = data_of(options)
    token = _token(options.token, secret_from(options.passphrase_file, "UMS_TOKEN_PASSPHRASE"))
    node = node_of(options, data)
    checks = host_checks(node, data)
    if not all(check.good for check in checks):
        require_all(checks)
    key, private = new_key()
    request = _request(node, key)
    answer, ahead = exchange(token, request)
    server_clock = requirements.clock("the server that was asked", ahead)
    require_all([*checks, *requirements.database(answer.database_url), server_clock])
    with staging(data) as new:
        answer, _ = exchange(token, msgspec.structs.replace(request, confirm=True))
        _check_certificate(answer, token, key)
        write_private(new / "secret.key", answer.master_key + "\n")
        write_private(new / "tls" / "ca.pem", token.authority)
        write_private(new / "tls" / "server.key", private)
        write_private(new / "tls" / "server.pem", answer.certificate)
        joined = replace(
            node, network=str(answer.network), database_url=answer.database_url, redis_url=answer.redis_url
        )
        nodefile.write(new, joined)
    own = host_and_port(node.address, node.web_port)
    print(f"\n{node.name} has joined the network {answer.network}.")
    print(f"  data directory    {data}")
    print(f"  other servers     {', '.join(one for one in answer.servers if one != own) or 'none'}")
    print(f"Start it with:      ums node start --data {data}")


def exchange(token: Token, request: JoinRequest) -> tuple[JoinAnswer, float]:
    """Ask the servers of the token in turn. The answer, and how many seconds ahead of the server's clock ours is.

    Raises StartError: nobody answered, or one refused, with its reason.
    """
    body = msgspec.json.encode(request)
    silent = []
    with httpx.Client(verify=_trust(token), timeout=TIMEOUT, trust_env=False) as client:
        for server in token.servers:
            before = time.time()
            proof = prove(token.id, token.secret, body, int(before))
            try:
                status, said = _asked(client, server, body, proof)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                silent.append(f"{server} ({_reason(error)})")
                continue
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                silent.append(f"{server} (error {status})")
                continue
            answer = _answer(status, said, server, token)
            return answer, (before + time.time()) / 2 - answer.time
    raise StartError(f"No server of the network could be asked: {'; '.join(silent)}.")


def _asked(client: httpx.Client, server: str, body: bytes, proof: str) -> tuple[int, bytes]:
    """Status and body of the answer. Raises httpx.HTTPError, StartError for one that is longer than any of ours."""
    headers = {"Authorization": proof}
    with client.stream("POST", f"https://{server}{PATH}", content=body, headers=headers) as response:
        said = b""
        for part in response.iter_bytes(MAX_ANSWER):
            said += part
            if len(said) > MAX_ANSWER:
                raise StartError(f"The server {server} answers with more than {MAX_ANSWER:,} bytes.")
        return response.status_code, said


def _answer(status: int, said: bytes, server: str, token: Token) -> JoinAnswer:
    if status != HTTPStatus.OK:
        raise StartError(f"The server {server} refused: {_detail(status, said)}")
    try:
        answer = msgspec.json.decode(said, type=JoinAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StartError(f"What {server} answered cannot be read: {error}.") from error
    if answer.network != token.network:
        raise StartError(f"The server {server} is of another network than the token.")
    return answer


def _detail(status: int, said: bytes) -> str:
    try:
        return str(json.loads(said)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {status}"


def _trust(token: Token) -> ssl.SSLContext:
    """The network's authority and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=token.authority)
    return context


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return "it does not belong to the network of the token" if "CERTIFICATE_VERIFY_FAILED" in text else text


def _token(path: Path, passphrase: str) -> Token:
    try:
        with path.expanduser().open() as file:
            text = file.read(MAX_SIZE + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(f"The network token {path} cannot be read: {error}.") from error
    return read(text, now=datetime.now(UTC), passphrase=passphrase)


def _request(node: NodeFile, key: ec.EllipticCurvePrivateKey) -> JoinRequest:
    return JoinRequest(
        id=UUID(node.id),
        name=node.name,
        address=node.address,
        server=node.server,
        balancer=node.balancer,
        web_port=node.web_port,
        device_port=node.device_port,
        balancer_port=node.balancer_port,
        version=__version__,
        public_key=public_pem(key),
        names=tuple(server_names(node.bind, node.address)),
    )


def _check_certificate(answer: JoinAnswer, token: Token, key: ec.EllipticCurvePrivateKey) -> None:
    leaf, authority = x509.load_pem_x509_certificates(answer.certificate.encode())[:2]
    expected = x509.load_pem_x509_certificate(token.authority.encode())
    if leaf.public_key() != key.public_key() or authority != expected or not answer.master_key:
        raise StartError("The server's answer does not fit together. Nothing was written.")
