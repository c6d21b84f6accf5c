"""Rules that notify: the list, the dialogs, and how long the history is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ums.assets import selectors, services
from ums.assets.criteria import RULE_FIELDS, apply_criteria, criteria_of
from ums.assets.forms import RuleForm, SettingsForm
from ums.assets.models import Asset
from ums.assets.views.gate import TITLE, tracked
from ums.core.access import Action, may, may_somewhere, require, restrict
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError, NotAllowed
from ums.core.listing import Column, Sorting, listing
from ums.devices.models import Directory

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from ums.assets.models import AssetRule

SORTS = {"name": "name"}
COLUMNS = (
    Column("name", "Rule", "name", fixed=True),
    Column("kind", "Notifies about", css="mid"),
    Column("filter", "Which assets"),
    Column("directory", "At devices in", css="mid"),
    Column("level", "Notice", css="low"),
    Column("enabled", "On"),
)
COUNTED = 10_000
CHANGED = ("assets",)


@require_safe
@tracked
def rule_list(request: HttpRequest) -> HttpResponse:
    """The rules that one may see."""
    sorting = Sorting(request.GET, SORTS, "name")
    page = listing(selectors.asset_rule_list(user=request.user), request.GET, sorting.order)
    context = {
        "shown": "rules",
        "page": page,
        "rows": _with_rights(page.items, request.user),
        "columns": sorting.columns(COLUMNS),
        "may_rule": _may_make(request.user),
        "may_administer": may(request.user, Action.ADMINISTER),
        "history_days": selectors.asset_settings().history_days,
        "breadcrumbs": [(TITLE, reverse("assets:asset_list")), ("Rules", "")],
    }
    return render(request, "assets/rules.html", context)


def _may_make(user: Any) -> bool:
    return may_somewhere(user, Action.WRITE) or may(user, Action.ADMINISTER)


def _with_rights(rows: list[AssetRule], user: Any) -> list[tuple[AssetRule, bool]]:
    """Each with whether `user` may change it: one query for all."""
    directories = Directory.objects.filter(pk__in=[row.directory_id for row in rows if row.directory_id])
    writable = set(restrict(directories, user, Action.WRITE).values_list("pk", flat=True))
    network = may(user, Action.ADMINISTER)
    return [(row, row.directory_id in writable if row.directory_id else network) for row in rows]


@require_http_methods(["GET", "HEAD", "POST"])
@tracked
def rule_create(request: HttpRequest) -> HttpResponse:
    """The dialog of a new rule; `filter` says which assets it begins with."""
    if not _may_make(request.user):
        raise NotAllowed("You lack the permission “Write”.")
    initial = {"filter": request.GET.get("filter", "")[:1000]}
    form = RuleForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            rule = services.asset_rule_create(actor=Actor.from_request(request), **form.values)
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"The rule “{rule.name}” is on.", changed=CHANGED)
    return _dialog(request, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@tracked
def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog of a rule."""
    rule = _writable(request, pk)
    initial = {name: getattr(rule, name) for name in ("name", "kind", "filter", "minutes", "level")}
    form = RuleForm(request.POST or None, user=request.user, initial={**initial, "directory": rule.directory_id})
    if request.method == "POST" and form.is_valid():
        try:
            services.asset_rule_update(actor=Actor.from_request(request), rule=rule, **form.values)
        except AppError as error:
            form.refuse(error)
        else:
            return done(f"The rule “{form.values['name']}” is saved.", changed=CHANGED)
    return _dialog(request, form, rule)


def _dialog(request: HttpRequest, form: RuleForm, rule: AssetRule | None) -> HttpResponse:
    context = {"form": form, "rule": rule, "action_url": request.path}
    return render(request, "assets/_rule.html", context, status=422 if form.errors else 200)


@require_safe
@tracked
def rule_count(request: HttpRequest) -> HttpResponse:
    """How many assets a filter means at this moment, or what is wrong with it."""
    context: dict[str, Any] = {}
    try:
        criteria = criteria_of(request.GET.get("filter", ""), RULE_FIELDS)
        rows = apply_criteria(restrict(Asset.objects.all(), request.user, Action.READ), criteria)
        context["count"] = rows.order_by()[: COUNTED + 1].count()
        context["most"] = COUNTED
    except AppError as error:
        context["error"] = error.message
    return render(request, "assets/_rule_count.html", context)


@require_POST
@tracked
def rule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a rule to `enabled`."""
    rule, enabled = _writable(request, pk), request.GET.get("enabled") == "1"
    services.asset_rule_update(actor=Actor.from_request(request), rule=rule, enabled=enabled)
    undo = f"{request.path}?enabled={int(not enabled)}"
    return done(f"The rule “{rule.name}” is {'on' if enabled else 'off'}.", undo=undo, changed=CHANGED)


@require_http_methods(["GET", "HEAD", "POST"])
@tracked
def rule_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a rule: its notices stay."""
    rule = _writable(request, pk)
    if request.method != "POST":
        return render(request, "assets/_rule_delete.html", {"rule": rule, "action_url": request.path})
    services.asset_rule_delete(actor=Actor.from_request(request), rule=rule)
    return done(f"The rule “{rule.name}” is deleted.", changed=CHANGED)


def _writable(request: HttpRequest, pk: int) -> AssetRule:
    """Raises Http404, NotAllowed."""
    rule = selectors.asset_rule_list(user=request.user).filter(pk=pk).first()
    if rule is None:
        raise Http404("No such rule.")
    if rule.directory is None:
        require(request.user, Action.ADMINISTER)
    else:
        require(request.user, Action.WRITE, rule.directory)
    return rule


@require_http_methods(["GET", "HEAD", "POST"])
@tracked
def settings_edit(request: HttpRequest) -> HttpResponse:
    """How long the history is kept."""
    require(request.user, Action.ADMINISTER)
    form = SettingsForm(request.POST or None, instance=selectors.asset_settings())
    if request.method == "POST" and form.is_valid():
        days = form.cleaned_data["history_days"]
        services.asset_settings_set(actor=Actor.from_request(request), history_days=days)
        return done(f"The history of assets is kept for {days:,} days.", changed=CHANGED)
    context = {"form": form, "action_url": request.path}
    return render(request, "assets/_settings.html", context, status=422 if form.errors else 200)
