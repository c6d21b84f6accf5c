"""The network in the API: processes, events, the cluster address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from ha import selectors, services
from ha.models import Network, NetworkEvent, Process
from ha.pinging import ping
from ums.core.access import Action
from ums.core.rest import ApiViewSet, Input, NetworkPermission
from ums.domain.processes import ProcessType

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from rest_framework.request import Request


class ProcessOut(serializers.ModelSerializer):
    """A process of the network. `timestamp`: its last heartbeat, by the database's clock."""

    node = serializers.CharField(source="node.name", help_text="Name of its host.")
    address = serializers.CharField(source="node.address", help_text="Where other nodes reach it.")

    class Meta:
        model = Process
        fields: tuple[str, ...] = (
            "id",
            "host",
            "node",
            "address",
            "type",
            "mode",
            "status",
            "timestamp",
            "started_at",
            "version",
            "skew",
            "bus",
            "connected",
            "waiting",
            "refused",
            "detail",
        )
        read_only_fields = fields


class NetworkEventOut(serializers.ModelSerializer):
    """Something that happened to a process."""

    class Meta:
        model = NetworkEvent
        fields: tuple[str, ...] = ("id", "at", "kind", "node_name", "process_id", "process_type", "text")
        read_only_fields = fields


class NetworkOut(serializers.ModelSerializer):
    """The network."""

    class Meta:
        model = Network
        fields: tuple[str, ...] = ("id", "cluster_host", "cluster_port", "created_at")
        read_only_fields = fields


class NetworkInput(Input):
    """What is not given stays."""

    cluster_host = serializers.CharField(max_length=253, allow_blank=True, required=False)
    cluster_port = serializers.IntegerField(min_value=1, max_value=65_535, required=False)


class StopInput(Input):
    """Whether all devices may be without a server."""

    confirmed = serializers.BooleanField(default=False, help_text="Stop also the last server that runs.")


class PingOut(serializers.Serializer):
    """How long a message took."""

    milliseconds = serializers.FloatField(help_text="From this server to the process and back.")
    carrier = serializers.CharField(help_text="What carried it: redis or database; empty for this server itself.")


class ProcessViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Servers, load balancers, workers and watchdogs of the network."""

    queryset = Process.objects.none()
    serializer_class = ProcessOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    lookup_value_regex = "[A-Za-z0-9-]{1,64}"
    ordering_fields: ClassVar = {"id": "pk"}
    tagged: ClassVar = frozenset()

    def get_queryset(self) -> QuerySet[Process]:
        """All of them."""
        return selectors.process_list(user=self.request.user)

    def destroy(self, request: Request, pk: str) -> Response:
        """Remove the entry of a process that is really gone; else that is a 409."""
        services.process_delete(actor=self.actor, process=self.get_object())
        return self.gone()

    @extend_schema(request=None, responses=ProcessOut)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Have a server or load balancer started, now and at each start of its node. The answer shows it as it is."""
        process = self.get_object()
        services.service_start(actor=self.actor, node=process.node, component=ProcessType(process.type))
        return self.answer(process)

    @extend_schema(request=StopInput, responses=ProcessOut)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """Have a server or load balancer drained and stopped until it is started again; 409 for the last server that
        runs, unless `confirmed`."""
        process = self.get_object()
        given = self.parsed(StopInput)
        services.service_stop(actor=self.actor, node=process.node, component=ProcessType(process.type), **given)
        return self.answer(process)

    @extend_schema(request=None, responses=PingOut)
    @action(detail=True, methods=["post"])
    def ping(self, request: Request, pk: str) -> Response:
        """How long a message takes from this server to the process and back; 409 when it does not answer."""
        return Response(PingOut(ping(user=request.user, process=self.get_object())).data)


class NetworkEventViewSet(mixins.ListModelMixin, ApiViewSet):
    """What happened to the processes of the network."""

    queryset = NetworkEvent.objects.none()
    serializer_class = NetworkEventOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    ordering_fields: ClassVar = {"id": "pk"}

    def get_queryset(self) -> QuerySet[NetworkEvent]:
        """All of them."""
        return selectors.event_list(user=self.request.user)


class NetworkViewSet(ApiViewSet):
    """The network and its cluster address."""

    queryset = Network.objects.none()
    serializer_class = NetworkOut
    permission_classes = (NetworkPermission,)
    network_action = Action.ADMINISTER
    pagination_class = None
    filter_backends: Any = ()

    @extend_schema(responses=NetworkOut)
    def retrieve(self, request: Request) -> Response:
        """The network."""
        return self.answer(services.network_ensure())

    @extend_schema(request=NetworkInput, responses=NetworkOut)
    def partial_update(self, request: Request) -> Response:
        """Change the cluster address."""
        network = services.network_ensure()
        stays = {"cluster_host": network.cluster_host, "cluster_port": network.cluster_port}
        return self.answer(services.network_update(actor=self.actor, **{**stays, **self.parsed(NetworkInput)}))


network = NetworkViewSet.as_view({"get": "retrieve", "patch": "partial_update"}, basename="network", detail=True)
