"""What the viewsets of all apps share: thin entrances that parse, call one service or selector, and answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from ums.core.access import require
from ums.core.actor import Actor
from ums.core.errors import AppError
from ums.core.filters import MAX_ID, StrictFilterBackend
from ums.core.guards import guarded
from ums.core.representation import FIELDS, fields_asked, picked, tag_of
from ums.core.tryout import tried_for_program

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import Model, QuerySet
    from rest_framework.request import Request
    from rest_framework.views import APIView

MAX_BODY = 10 * 2**20
"""Bytes of a request's body."""

MAX_IDS = 1000
"""Objects that one request may name; more go by a filter."""


DRY_RUN = "dry_run"
DRY_RUN_FORMS = ("true", "false", "csv")


class TooLarge(APIException):
    """A body beyond MAX_BODY."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = f"A body has {MAX_BODY // 2**20} MB at most."


class BoundedJSONParser(JSONParser):
    """JSON of bounded size and depth."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Raises ParseError, TooLarge."""
        body = stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise TooLarge
        try:
            return super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError:
            raise ParseError("This JSON is nested too deep.") from None


class ApiViewSet(GenericViewSet):
    """Base of our resources. `ordering_fields` maps the names of orders to columns; the first one is the default."""

    lookup_value_regex = "[0-9]+"
    parser_classes = (BoundedJSONParser,)
    filter_backends: Any = (StrictFilterBackend,)
    ordering_fields: ClassVar[Mapping[str, str]] = {"id": "pk"}
    dry_runs: ClassVar[frozenset[str]] = frozenset()
    """Names of the actions that change settings, or what decides about them, and that `?dry_run=true` tries out."""
    asks: ClassVar[frozenset[str]] = frozenset()
    """Names of the actions that ask a service elsewhere, which may want more than it was told, or not answer."""
    tagged: ClassVar[frozenset[str]] = frozenset({"retrieve"})
    """Names of the reading actions whose answer is one object with an ETag; writes at the same address, and actions
    below it, take it as `If-Match`."""
    volatile: ClassVar[frozenset[str]] = frozenset({"assignment_count", "used_count", "last_used_at", "checked_at"})
    """Keys of such an object that what others do changes: nobody's write is refused because of them."""
    makes: ClassVar[frozenset[str]] = frozenset({"create"})
    """Names of the actions that make something, and that an `Idempotency-Key` keeps from making it twice."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """As the base class; then a dry run takes the place of the write.

        Raises AppError `dry_run_unsupported`, and `invalid` for parameters of a write that nobody reads: a misspelt
        `dry_run` would do what was only to be tried out.
        """
        super().initial(request, *args, **kwargs)
        method = (request.method or "").lower()
        if method == "options" or self.action is None:
            return
        if method in ("get", "head"):
            if self.action in self.tagged:
                self._refuse_unknown(request)
                setattr(self, method, partial(self._shown, getattr(self, method), True))
            return
        form, write = self._dry_run(request), getattr(self, method)
        if method in ("put", "patch") and self.reader in self.tagged:
            write = partial(self._shown, write, False)
        write = guarded(self, request, write, done=False)
        if form == "false":
            write = guarded(self, request, write, done=True)
        else:
            write = partial(self._tried, write, form)
        setattr(self, method, write)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """As the base class; in a list with the fields that were asked for, so that others cost nothing."""
        serializer: Any = super().get_serializer(*args, **kwargs)
        if self.action == "list" and kwargs.get("many"):
            known = serializer.child.fields
            names = fields_asked(self.request.query_params, known)
            for name in () if names is None else set(known) - set(names):
                known.pop(name)
        return serializer

    @property
    def reader(self) -> str:
        """The action that reads what the address of this request names, "" when there is none."""
        name: str = (getattr(self, "action_map", None) or {}).get("get", "")
        return name

    def _shown(self, handler: Any, selects: bool, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What the handler answers with the ETag of the object, and without the fields that were not asked for."""
        response: Response = handler(request, *args, **kwargs)
        response["ETag"] = tag_of(response.data, self.volatile)
        names = fields_asked(request.query_params, response.data) if selects else None
        response.data = picked(response.data, names)
        return response

    @staticmethod
    def _tried(write: Any, form: str, request: Request, *args: Any, **kwargs: Any) -> Any:
        return tried_for_program(request, partial(write, request, *args, **kwargs), form)

    def _dry_run(self, request: Request) -> str:
        """The form of the dry run that is asked for, "false" for none."""
        if not request.query_params:
            return "false"
        if DRY_RUN in request.query_params and self.action not in self.dry_runs:
            raise AppError("dry_run_unsupported", "There is no dry run of this. Nothing was done.")
        self._refuse_unknown(request)
        form: str = request.query_params.get(DRY_RUN, "false")
        if form not in DRY_RUN_FORMS or len(request.query_params.getlist(DRY_RUN)) > 1:
            message = f"One of {', '.join(DRY_RUN_FORMS)}, please."
            raise AppError("invalid", f"{DRY_RUN}: {message}", fields={DRY_RUN: [message]})
        return form

    @property
    def actor(self) -> Actor:
        """Who acts, for services."""
        return Actor.from_request(self.request)

    def _refuse_unknown(self, request: Request) -> None:
        """What the schema tells of the operation is all that it takes."""
        known = {DRY_RUN} if self.action in self.dry_runs else {FIELDS} if self.action in self.tagged else set()
        if described := getattr(getattr(self, self.action), "kwargs", {}).get("schema"):
            schema = described()
            schema.view, schema.method = self, request.method
            for one in schema.get_override_parameters():
                if not isinstance(one, OpenApiParameter):
                    known |= one().fields.keys()
                elif one.location == OpenApiParameter.QUERY:
                    known.add(one.name)
        if unknown := [name for name in request.query_params if name not in known]:
            told = f"There are {', '.join(sorted(known))}." if known else "This operation has none."
            message = f"There is no parameter “{unknown[0][:50]}”. {told}"
            raise AppError("invalid", message, fields={name: ["There is no such parameter."] for name in unknown[:20]})

    def get_object(self) -> Any:
        """The row that the address names, if the user may see it. Raises Http404."""
        try:
            number = self.kwargs.get(self.lookup_url_kwarg or self.lookup_field, "")
            if number.isdecimal() and int(number) > MAX_ID:
                raise Http404  # a key that is another row's is asked for as it stands
            return super().get_object()
        except Http404:
            noun = self.get_queryset().model._meta.verbose_name
            raise Http404(f"There is no such {noun}, or none that you may see.") from None

    def parsed(self, serializer_class: type[serializers.Serializer], **options: Any) -> dict[str, Any]:
        """The checked body. Raises ValidationError with a message per field."""
        serializer = serializer_class(data=self.request.data, **options)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def asked(self, serializer_class: type[serializers.Serializer]) -> dict[str, Any]:
        """The checked query parameters of an operation that is not a list."""
        # As a plain mapping: REST framework reads a missing boolean of a form as false.
        many = serializers.MultipleChoiceField | serializers.ListField
        fields, query = serializer_class().fields, self.request.query_params
        data = {
            k: query.getlist(k) if isinstance(fields.get(k), many) else query[k]
            for k in query
            if k != DRY_RUN or self.action not in self.dry_runs
        }
        serializer = serializer_class(data=data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def answer(
        self, row: Any, serializer_class: type[serializers.BaseSerializer] | None = None, *, created: bool = False
    ) -> Response:
        """One row as its serializer writes it."""
        serializer = (serializer_class or self.get_serializer_class())(row, context=self.get_serializer_context())
        return Response(serializer.data, status=status.HTTP_201_CREATED if created else status.HTTP_200_OK)

    def gone(self) -> Response:
        """The answer to a deletion."""
        return Response(status=status.HTTP_204_NO_CONTENT)


class NetworkPermission(IsAuthenticated):
    """For resources of the whole network: all of it needs the view's `network_action`, else 403."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Raises NotAllowed with the name of the missing permission."""
        if not super().has_permission(request, view):
            return False
        require(request.user, view.network_action)  # type: ignore[attr-defined]
        return True


class Id(serializers.IntegerField):
    """The id of an object, in a body or a query."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **options)


class Ids(serializers.ListField):
    """Ids of up to MAX_IDS objects."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=Id(), max_length=MAX_IDS, **options)


class Input(serializers.Serializer):
    """A body. Keys that it does not know are refused: a misspelt one would otherwise do nothing, silently."""

    def to_internal_value(self, data: Any) -> Any:
        """As the base class, and a message for each unknown key."""
        if isinstance(data, Mapping) and (unknown := [str(key) for key in data if key not in self.fields]):
            raise serializers.ValidationError({key: ["There is no such field."] for key in unknown[:20]})
        return super().to_internal_value(data)


class Ref(serializers.Serializer):
    """Another object: its id and its name."""

    id = serializers.IntegerField(source="pk")
    name = serializers.SerializerMethodField()

    @extend_schema_field(str)
    def get_name(self, row: Model) -> str:
        """As the console shows it."""
        return str(row)


def all_of(queryset: QuerySet[Any], ids: Collection[int], noun: str) -> list[Any]:
    """The rows with these ids. Raises Http404 that names those which do not exist, or not for this reader."""
    found = {row.pk: row for row in queryset.filter(pk__in={pk for pk in ids if pk <= MAX_ID})}
    if missing := sorted(set(ids) - found.keys()):
        raise Http404(f"No {noun} with id {', '.join(map(str, missing[:10]))}{' …' if len(missing) > 10 else ''}.")
    return [found[pk] for pk in dict.fromkeys(ids)]


def one_of(queryset: QuerySet[Any], pk: int, noun: str) -> Any:
    """The row with this id. Raises Http404 when it does not exist, or not for this reader."""
    return all_of(queryset, [pk], noun)[0]
