"""Taking in a node that shows the network's token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from ha.clock import database_now
from ha.joining import JoinAnswer, JoinRequest, proof_of, request_of
from ha.models import NetworkEvent, Process
from ha.nodefile import NodeFile
from ha.registry import issuer
from ha.selectors import server_addresses
from ha.services.nodes import network_ensure, node_ensure
from ha.services.tokens import token_check, token_secret
from ha.validators import is_host
from ums import __version__
from ums.audit.services import record
from ums.core.errors import AppError
from ums.domain.processes import ALIVE, MAX_SKEW
from ums.live.messages import ProcessesChanged
from ums.live.publish import publish_on_commit

if TYPE_CHECKING:
    from ha.models import NetworkToken
    from ums.core.actor import Actor


def node_join(*, actor: Actor, authorization: str, body: bytes) -> JoinAnswer:
    """What a host that wants to join gets. Who has no token learns nothing and leaves nothing but a line in the log;
    a refusal of who has one is an audit event.

    Raises AppError: `join_unauthorized`, `token_foreign`, `token_revoked`, `token_expired`, `join_clock`,
    `join_malformed`, `join_version`, `join_embedded`, `join_address_taken`.
    """
    proof = proof_of(authorization)
    token, secret = token_secret(id=proof.token)
    if not proof.holds(secret, body):
        raise AppError("join_unauthorized", "The token's secret is not the one of this network.", status=401)
    request = request_of(body)
    try:
        token_check(token=token)
        _check_clock(proof.time)
        _check(request)
        return _confirmed(actor, request, token) if request.confirm else _answer(request)
    except AppError as error:
        record(
            actor=actor,
            action="node.refused",
            name=request.name,
            after={"address": request.address, "code": error.code, "token": str(token.pk)},
        )
        raise


def _check_clock(sent: int) -> None:
    ahead = sent - time.time()
    if abs(ahead) > MAX_SKEW:
        side = "ahead of" if ahead > 0 else "behind"
        raise AppError(
            "join_clock",
            f"The clock of the host that joins is {abs(ahead):,.0f} s {side} this server's; at most {MAX_SKEW:.0f} s "
            "are allowed. Set both by NTP.",
            status=409,
        )


def _check(request: JoinRequest) -> None:
    try:
        is_host(request.address)
    except ValidationError as error:
        raise AppError("join_malformed", f"“{request.address}”: {error.message}") from None
    if request.version != __version__:
        raise AppError(
            "join_version",
            f"The network runs UMS {__version__}, the host that joins has {request.version}. "
            f"Install {__version__} there.",
            status=409,
        )
    if settings.UMS_EMBEDDED_DATABASE:
        raise AppError(
            "join_embedded", "The network has the embedded database, which only one node can use.", status=409
        )
    taken = Q()
    if request.server:
        taken |= Q(node__has_server=True, node__web_port=request.web_port)
    if request.balancer:
        taken |= Q(node__has_balancer=True, node__balancer_port=request.balancer_port)
    others = Process.objects.filter(taken, node__address=request.address, status__in=ALIVE).exclude(node=request.id)
    if other := others.first():
        raise AppError(
            "join_address_taken",
            f"The node “{other.host}” runs at {request.address} with the same ports already.",
            status=409,
        )


def _answer(request: JoinRequest, certificate: str = "") -> JoinAnswer:
    network = network_ensure()
    return JoinAnswer(
        network=network.pk,
        time=time.time(),
        database_url=settings.UMS_DATABASE_URL,
        redis_url=settings.UMS_REDIS_URL,
        cluster_host=network.cluster_host,
        cluster_port=network.cluster_port,
        servers=tuple(server_addresses()),
        master_key=settings.UMS_MASTER_KEY if request.confirm else "",
        certificate=certificate,
    )


@transaction.atomic
def _confirmed(actor: Actor, request: JoinRequest, token: NetworkToken) -> JoinAnswer:
    try:
        certificate = issuer().certificate(public_key=request.public_key, names=request.names)
    except ValueError as error:
        raise AppError("join_malformed", f"No certificate can be made for the node: {error}.") from None
    row = node_ensure(
        node=NodeFile(
            id=str(request.id),
            network="",
            name=request.name,
            address=request.address,
            bind="",
            server=request.server,
            balancer=request.balancer,
            web_port=request.web_port,
            device_port=request.device_port,
            balancer_port=request.balancer_port,
            database_url="",
        )
    )
    components = " and ".join(["server"] * request.server + ["load balancer"] * request.balancer)
    NetworkEvent.objects.create(
        at=database_now(),
        kind="joined",
        node_name=row.name,
        text=f"{row.name} has joined at {row.address} with {components}."[:500],
    )
    record(
        actor=actor,
        action="node.joined",
        target=row,
        after={"address": row.address, "components": components, "token": str(token.pk)},
    )
    publish_on_commit(ProcessesChanged())
    return _answer(request, certificate)
