"""The page “API Tokens”: one's own, and those of others for who manages administrators; making and revoking them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from ums.accounts import services
from ums.accounts.selectors import token_list
from ums.core.access import Action, may
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.listing import Column, Sorting, listing
from ums.devices.models import DirectoryKind
from ums.devices.selectors import directory_list

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from ums.accounts.models import ApiToken

SORTS = {"name": "name", "created": "pk"}
COLUMNS = (
    Column("name", "Name", "name", fixed=True),
    Column("user", "User"),
    Column("state", "State"),
    Column("rights", "Rights", css="mid"),
    Column("networks", "Networks", css="low"),
    Column("used", "Last use", css="mid"),
    Column("expires", "Expires", css="low"),
    Column("created", "Created", "created", css="rare"),
)
SUGGESTED = timedelta(days=365)


class TokenForm(forms.Form):
    """A new token."""

    name = forms.CharField(
        max_length=100,
        help_text="Tells you later what the token is for.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    last_day = forms.DateField(
        label="Valid until",
        required=False,
        help_text="The last day (UTC). Empty: until it is revoked.",
        widget=forms.DateInput(attrs={"class": "input", "type": "date"}, format="%Y-%m-%d"),
    )
    read_only = forms.BooleanField(label="It may only read", required=False)
    directories = forms.MultipleChoiceField(
        label="Only in these directories",
        required=False,
        help_text="And below them. None: wherever you have rights.",
        widget=forms.SelectMultiple(attrs={"class": "select", "size": "6"}),
    )
    networks = forms.CharField(
        label="Only from these networks",
        required=False,
        help_text="As 10.1.0.0/16, one below the other. Empty: from anywhere.",
        widget=forms.Textarea(attrs={"class": "textarea", "rows": 2, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = directory_list(user=user).order_by("name", "pk")
        self._rows = {str(row.pk): row for row in rows}
        paths = sorted(((self._path(pk), pk) for pk in self._rows), key=lambda path: path[0].casefold())
        groups = [
            (kind.label, [(pk, path) for path, pk in paths if self._rows[pk].kind == kind]) for kind in DirectoryKind
        ]
        self.fields["directories"].choices = [group for group in groups if group[1]]  # type: ignore[attr-defined]
        self.initial.setdefault("last_day", (timezone.now() + SUGGESTED).date())

    def _path(self, pk: str) -> str:
        """The way to a directory as far as the administrator may browse it."""
        names: list[str] = []
        row = self._rows.get(pk)
        while row is not None and len(names) < 100:
            names.append(row.name)
            row = self._rows.get(str(row.parent_id))
        return " / ".join(reversed(names))

    def clean_last_day(self) -> Any:
        """Not a day before a moment that there can be."""
        day = self.cleaned_data["last_day"]
        if day is not None and day.year > 9998:
            raise forms.ValidationError("Choose an earlier day, or none.")
        return day

    def arguments(self) -> dict[str, Any]:
        """As the service takes them."""
        data = self.cleaned_data
        day = data["last_day"]
        return {
            "name": data["name"],
            "expires_at": datetime.combine(day, time.min, UTC) + timedelta(days=1) if day else None,
            "read_only": data["read_only"],
            "directories": [self._rows[pk] for pk in data["directories"]] or None,
            "networks": re.split(r"[\s,;]+", data["networks"].strip()) if data["networks"].strip() else [],
        }


@require_safe
def token_page(request: HttpRequest) -> HttpResponse:
    """The tokens that the administrator may know of."""
    sorting = Sorting(request.GET, SORTS, "-created")
    page = listing(token_list(user=request.user), request.GET, sorting.order)
    now = timezone.now()
    context = {
        "page": page,
        "rows": [(row, state_of(row, now)) for row in page.items],
        "columns": sorting.columns(COLUMNS),
        "of_all": may(request.user, Action.ADMINISTER),
        "breadcrumbs": [("API Tokens", "")],
    }
    return render(request, "tokens/list.html", context)


def state_of(row: ApiToken, now: datetime) -> str:
    """As `{% status %}` names it."""
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "active"


@require_http_methods(["GET", "POST"])
def token_create(request: HttpRequest) -> HttpResponse:
    """The dialog that makes a token, and then shows its text, this once."""
    form = TokenForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            actor = Actor.from_request(request)
            token, text = services.api_token_create(actor=actor, user=actor.user, **form.arguments())
        except AppError as error:
            complain(form, error)
        else:
            answer = render(request, "tokens/_made.html", {"token": token, "text": text})
            answer["HX-Trigger"] = '{"ums:changed": {"what": ["tokens"]}}'
            answer["Cache-Control"] = "no-store"
            return answer
    context = {"form": form, "action_url": reverse("console:token_create")}
    return render(request, "tokens/_create.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog that makes a token void."""
    token = get_object_or_404(token_list(user=request.user), pk=pk)
    if request.method == "POST":
        services.api_token_revoke(actor=Actor.from_request(request), token=token)
        return done(f"“{token.name}” is revoked.", changed=["tokens"])
    return render(request, "tokens/_revoke.html", {"token": token, "action_url": request.path})


def complain(form: forms.Form, error: AppError) -> None:
    """What a service refuses, beside the fields that it names."""
    named = {name: messages for name, messages in error.fields.items() if name in form.fields}
    for name, messages in named.items():
        form.add_error(name, messages)
    if not named:
        form.add_error(None, error.message)
