"""UMS Administration > Global Configuration > Active Directory / LDAP: linking, certificates, trying out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from swp import services
from swp.certificates import MAX_BYTES, certificates_in
from swp.forms.directories import DirectoryForm, SettingsForm
from swp.linked import linked_directory_list, taken_along, workplace_settings
from swp.models import LinkedDirectory
from swp.trying import controllers_found, try_draft, try_stored
from ums.core.access import Action, require
from ums.core.actor import Actor
from ums.core.answers import done
from ums.core.errors import AppError
from ums.core.listing import Column, Sorting, listing

if TYPE_CHECKING:
    from django.http import HttpRequest

HEADING = "Active Directory / LDAP"
SORTS = {"name": "domain_name", "kind": "kind"}
COLUMNS = (
    Column("name", "Domain Name", "name", fixed=True),
    Column("controllers", "Domain Controller", fixed=True),
    Column("kind", "Type", "kind", css="low"),
    Column("page-size", "Page Size", css="num mid"),
    Column("connection", "Connection", css="mid"),
    Column("certificates", "Certificates", css="low"),
    Column("browse", "Browse account", css="rare"),
)


@require_safe
def directory_list(request: HttpRequest) -> HttpResponse:
    """The linked directories."""
    require(request.user, Action.ADMINISTER)
    sorting = Sorting(request.GET, SORTS, "name")
    page = listing(linked_directory_list(user=request.user), request.GET, sorting.order)
    context = {"page": page, "columns": sorting.columns(COLUMNS), "breadcrumbs": [(HEADING, "")]}
    return render(request, "swp/directories.html", context)


@require_http_methods(["GET", "POST"])
def directory_create(request: HttpRequest) -> HttpResponse:
    """Add a directory service."""
    require(request.user, Action.ADMINISTER)
    form = DirectoryForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            row = services.directory_link(actor=Actor.from_request(request), **form.arguments())
        except AppError as error:
            form.complain(error)
        else:
            return done(f"{row} is linked.", changed=["directories"], redirect=reverse("swp:directory_list"))
    return _form(request, form, "Add directory service")


@require_http_methods(["GET", "POST"])
def directory_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a linked directory."""
    directory = _directory(request, pk)
    posted = request.method == "POST"
    form = DirectoryForm(request.POST, directory=directory) if posted else DirectoryForm.of(directory)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.directory_change(actor=Actor.from_request(request), directory=directory, **form.arguments())
        except AppError as error:
            form.complain(error)
        else:
            return done(f"{row} is saved.", changed=["directories"], redirect=reverse("swp:directory_list"))
    return _form(request, form, directory.domain_name)


@require_POST
def directory_try(request: HttpRequest) -> HttpResponse:
    """Try the connection of a form that nobody has saved; `pk` in it names the directory that it changes."""
    require(request.user, Action.ADMINISTER)
    pk = request.POST.get("directory", "")
    directory = _directory(request, int(pk)) if pk.isdecimal() and len(pk) < 19 else None
    form = DirectoryForm(request.POST, directory=directory)
    if not form.is_valid():
        return render(request, "swp/_test_result.html", {"refused": _told(form)}, status=422)
    try:
        tried = try_draft(user=request.user, directory=directory, **form.arguments())
    except AppError as error:
        return render(request, "swp/_test_result.html", {"refused": [error.message]}, status=422)
    return render(request, "swp/_test_result.html", {"tried": tried, "found_name": _found_name(form, tried.netbios)})


@require_http_methods(["GET", "POST"])
def directory_test(request: HttpRequest, pk: int) -> HttpResponse:
    """The dialog that tries the connection of a stored directory; it asks by POST as soon as it is open."""
    directory = _directory(request, pk)
    if request.method == "GET":
        return render(request, "swp/_test.html", {"directory": directory, "test_url": request.path})
    tried = try_stored(user=request.user, directory=directory)
    return render(request, "swp/_test_result.html", {"tried": tried})


@require_POST
def controllers_resolve(request: HttpRequest) -> HttpResponse:
    """The field of controllers with what DNS says of the domain."""
    require(request.user, Action.ADMINISTER)
    form = DirectoryForm(request.POST)
    try:
        found = controllers_found(user=request.user, domain=request.POST.get("domain_name", ""))
    except AppError as error:
        context = {"form": form, "resolve_refused": error.message}
        return render(request, "swp/_controllers.html", context, status=422)
    values = request.POST.copy()
    values["controllers"] = "; ".join(found)
    return render(request, "swp/_controllers.html", {"form": DirectoryForm(values), "resolved": len(found)})


@require_POST
def certificates_read(request: HttpRequest) -> HttpResponse:
    """What chosen files hold, beside the certificates that the form has already; nothing is stored."""
    require(request.user, Action.ADMINISTER)
    given, refused = list(request.POST.getlist("pem")), []
    for file in request.FILES.getlist("certificate_files"):
        try:
            given += [one.pem for one in certificates_in(file.read(MAX_BYTES + 1))]
        except AppError as error:
            refused.append(f"{file.name}: {error.message}")
    values = request.POST.copy()
    values.setlist("pem", given)
    context = {"trusted": DirectoryForm(values).trusted, "refused": refused}
    return render(request, "swp/_certificates.html", context)


@require_http_methods(["GET", "POST"])
def directory_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks, says what goes with the directory, and removes it."""
    directory = _directory(request, pk)
    if request.method == "POST":
        services.directory_unlink(actor=Actor.from_request(request), directory=directory)
        told = f"{directory} is not linked any more."
        return done(told, changed=["directories", "devices"], redirect=reverse("swp:directory_list"))
    context = {"directory": directory, "taken": taken_along(directory=directory), "action_url": request.path}
    return render(request, "swp/_remove.html", context)


@require_safe
def directory_menu(request: HttpRequest, pk: int) -> HttpResponse:
    """What can be done with one."""
    return render(request, "swp/_directory_menu.html", {"directory": _directory(request, pk)})


@require_http_methods(["GET", "POST"])
def settings_edit(request: HttpRequest) -> HttpResponse:
    """What holds for all linked directories."""
    require(request.user, Action.ADMINISTER)
    row = workplace_settings()
    form = SettingsForm(_sent(request), instance=row)
    context: dict[str, Any] = {"form": form, "breadcrumbs": [*_parents(), ("Settings", "")]}
    if request.method == "POST" and form.is_valid():
        try:
            row = services.workplace_settings_set(actor=Actor.from_request(request), **form.cleaned_data)
        except AppError as error:
            form.add_error(None, error.message)
        else:
            answer = render(request, "swp/_settings_form.html", {"form": SettingsForm(instance=row)})
            answer["HX-Trigger"] = done("The settings are saved.")["HX-Trigger"]
            return answer
    if request.method == "POST":
        return render(request, "swp/_settings_form.html", context, status=422)
    return render(request, "swp/settings.html", context)


def _directory(request: HttpRequest, pk: int) -> LinkedDirectory:
    require(request.user, Action.ADMINISTER)
    return get_object_or_404(linked_directory_list(user=request.user), pk=pk)


def _form(request: HttpRequest, form: DirectoryForm, title: str) -> HttpResponse:
    context = {
        "form": form,
        "directory": form.directory,
        "trusted": form.trusted,
        "title": title,
        "action_url": request.path,
        "breadcrumbs": [*_parents(), (title, "")],
    }
    if request.method == "POST":
        return render(request, "swp/_directory_form.html", context, status=422)
    return render(request, "swp/directory.html", context)


def _parents() -> list[tuple[str, str]]:
    return [(HEADING, reverse("swp:directory_list"))]


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _found_name(form: DirectoryForm, netbios: str) -> str:
    """The field of the NetBIOS name with what the directory says, to take the place of an empty one."""
    if not netbios or form.cleaned_data["netbios_name"]:
        return ""
    return form["netbios_name"].as_widget(attrs={"value": netbios, "hx-swap-oob": "true"})


def _told(form: DirectoryForm) -> list[str]:
    """The errors of a form in one list, each with the name of its field."""
    labels = {name: field.label for name, field in form.fields.items()}
    return [
        f"{labels.get(name) or 'Form'}: {message}" for name, messages in form.errors.items() for message in messages
    ]
