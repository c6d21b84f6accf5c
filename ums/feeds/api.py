"""Events in the API: page by page, and as a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from ums.accounts.models import ApiToken, User
from ums.accounts.tokens import token_again
from ums.core.access import Action, require
from ums.core.rest import ApiViewSet, Input
from ums.events.models import Event
from ums.events.numbering import events_numbered
from ums.events.selectors import event_list, feed
from ums.feeds import services
from ums.feeds.filters import MAX_KINDS, EventFilter, kind_choices
from ums.feeds.paging import EventPagination, position_of
from ums.feeds.shape import FeedEventOut
from ums.feeds.stream import events_streamed, streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from rest_framework.request import Request


class EventStreamRenderer(JSONRenderer):
    """For the clients of streams, who ask for this type. What is refused is refused in JSON."""

    media_type = "text/event-stream"
    format = "stream"


class StreamQuery(Input):
    """What to hear of."""

    kind = serializers.ListField(child=serializers.CharField(max_length=64), max_length=MAX_KINDS, default=list)
    after = serializers.RegexField(r"^[0-9]{1,18}$", required=False)

    def validate_kind(self, kinds: list[str]) -> list[str]:
        """There are such kinds."""
        known = {name for name, _ in kind_choices()}
        if unknown := [name for name in kinds if name not in known]:
            raise serializers.ValidationError(f"There is no kind of events “{unknown[0]}”.")
        return kinds


class KindOut(serializers.Serializer):
    """A kind of events."""

    name = serializers.CharField()
    meaning = serializers.CharField()


class KeptOut(serializers.Serializer):
    """How long events are kept, and how far they reach."""

    days = serializers.IntegerField(source="kept_days")
    cursor = serializers.CharField(source="last", help_text="Of the newest event.")


class KeptInput(Input):
    """How long events are to be kept."""

    days = serializers.IntegerField(min_value=1, max_value=365)


class FeedEventViewSet(mixins.ListModelMixin, ApiViewSet):
    """What happened in the network, in an order that loses nothing: `cursor` of the last answer is `after` of the next
    request. An event is seen by those who may read the directory in which it happened."""

    queryset = Event.objects.none()
    serializer_class = FeedEventOut
    filterset_class = EventFilter
    pagination_class = EventPagination
    tagged: ClassVar = frozenset({"kept"})

    def get_queryset(self) -> QuerySet[Event]:
        """Those that the user may see."""
        return event_list(user=self.request.user)

    @extend_schema(
        parameters=[
            OpenApiParameter("kind", str, many=True, description="As in “device.online”; “device”: all about devices."),
            OpenApiParameter("after", str, pattern="^[0-9]{1,18}$", description="A cursor; without: from now on."),
            OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER, description="The same; sent by browsers."),
        ],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
        filters=False,
    )
    @action(detail=False, methods=["get"], renderer_classes=[EventStreamRenderer, JSONRenderer], pagination_class=None)
    def stream(self, request: Request) -> StreamingHttpResponse:
        """Events while they happen, as server-sent events. Each one has its cursor as its id."""
        given = self.asked(StreamQuery)
        text = given.get("after") or request.headers.get("Last-Event-ID", "")
        after = position_of(text) if text else events_numbered()
        streams.room()
        # Without ASGI nothing could be sent before the end.
        endless = isinstance(request._request, ASGIRequest)
        events = events_streamed(reader=_reader(request), kinds=tuple(given["kind"]), after=after, endless=endless)
        answer = StreamingHttpResponse(events, content_type="text/event-stream")
        answer["Cache-Control"] = "no-store"
        answer["X-Accel-Buffering"] = "no"
        return answer

    @extend_schema(responses=KindOut(many=True), filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def kinds(self, request: Request) -> Response:
        """The kinds of events that there are."""
        rows = [{"name": name, "meaning": meaning} for name, meaning in kind_choices() if "." in name]
        return Response(KindOut(rows, many=True).data)

    @extend_schema(responses=KeptOut, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def kept(self, request: Request) -> Response:
        """How long events are kept."""
        return self.answer(feed(), KeptOut)

    @extend_schema(request=KeptInput, responses=KeptOut)
    @kept.mapping.patch
    def keep(self, request: Request) -> Response:
        """Change how long events are kept."""
        require(request.user, Action.ADMINISTER)
        return self.answer(services.events_keep(actor=self.actor, days=self.parsed(KeptInput)["days"]), KeptOut)


def _reader(request: Request) -> Callable[[], Any]:
    """Who reads, looked up anew each time; None when a stream is not for them any more."""
    address = getattr(request, "client_address", "")
    if isinstance(request.auth, ApiToken):
        pk = request.auth.pk
        return lambda: (token := token_again(pk, address=address)) and token.user
    session, pk = request._request.session, request.user.pk or 0
    key = session.session_key or ""
    return lambda: User.objects.filter(pk=pk, is_active=True).first() if session.exists(key) else None
