"""Signing in and out, and changing one's own password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axes.helpers import get_cool_off
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse_lazy

from ums.accounts import services
from ums.core.actor import Actor
from ums.core.errors import AppError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class LoginForm(AuthenticationForm):
    """Shows why a directory service could not say who somebody is."""

    def clean(self) -> dict[str, Any]:
        """As the base class."""
        try:
            return super().clean()
        except AppError as error:
            raise ValidationError(error.message) from error


class LoginView(auth.LoginView):
    """The sign-in page; django-axes counts the failures and locks name and address."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Signed in."""
        response = super().form_valid(form)
        services.signed_in(actor=Actor.from_request(self.request))
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        """A wrong name or password, or locked out: AxesMiddleware then answers with the page that says so."""
        if username := form.data.get("username", "")[:150]:
            locked = getattr(self.request, "axes_locked_out", False)
            told = services.sign_in_locked_out if locked else services.sign_in_failed
            told(actor=Actor.from_request(self.request), username=username)
        return super().form_invalid(form)


class LogoutView(auth.LogoutView):
    """POST only, as Django demands it."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Signed out."""
        if request.user.is_authenticated:
            services.signed_out(actor=Actor.from_request(request))
        return super().post(request, *args, **kwargs)


class PasswordChangeView(auth.PasswordChangeView):
    """One's own password; the other sessions end, this one goes on."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("console:home")

    def form_valid(self, form: Any) -> HttpResponse:
        """The form checked the old password and the new one."""
        user = services.user_set_password(
            actor=Actor.from_request(self.request), user=form.user, password=form.cleaned_data["new_password1"]
        )
        update_session_auth_hash(self.request, user)
        messages.success(self.request, "Your password was changed. Your other sessions have ended.")
        return HttpResponseRedirect(self.get_success_url())


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """The page for a locked name (`AXES_LOCKOUT_CALLABLE`)."""
    wait = get_cool_off(request)
    minutes = max(1, round(wait.total_seconds() / 60)) if wait else None
    return render(request, "accounts/locked_out.html", {"cooloff_minutes": minutes}, status=429)
