"""One route: what follows is looked up in `ums.imi.endpoints`. A slash too many or too few is no redirect, which would
lose the body of a PUT."""

from __future__ import annotations

from django.urls import re_path

from ums.imi.entrance import entrance

urlpatterns = [re_path(r"^(?:/+)?umsapi(?:/(?P<path>.*))?$", entrance, name="imi")]
