"""Nodes and processes of the network."""

from __future__ import annotations

import uuid

import factory
from django.utils import timezone

from ha.models import Node, Process
from ums.domain.processes import ProcessType, ServiceStatus


class NodeFactory(factory.django.DjangoModelFactory):
    """A host with a server and a load balancer."""

    class Meta:
        model = Node

    name = factory.Sequence("node-{}".format)
    address = factory.Sequence("10.0.0.{}".format)
    has_balancer = True
    version = "1.0"


class ProcessFactory(factory.django.DjangoModelFactory):
    """A server that beats just now."""

    class Meta:
        model = Process

    id = factory.LazyFunction(lambda: str(uuid.uuid4()))
    node = factory.SubFactory(NodeFactory)
    host = factory.SelfAttribute("node.name")
    type = ProcessType.SERVER.value
    status = ServiceStatus.RUNNING.value
    timestamp = factory.LazyFunction(timezone.now)
    started_at = factory.LazyFunction(timezone.now)
    version = "1.0"
    life = factory.LazyFunction(lambda: str(uuid.uuid4()))
