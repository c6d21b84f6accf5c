"""Pages and fragments below /webapp/."""

from tests.meta.routes.shape import SEEING, SIGNED_IN, Budget, Route

ROUTES = [
    Route("accounts:login", "302 302 302 302 200"),
    Route("accounts:login", "302 302 302 302 200", "POST"),
    Route("accounts:logout", "login login login login login", "POST"),
    Route("accounts:password_change", SIGNED_IN),
    Route("accounts:password_change", SIGNED_IN, "POST"),
    Route("console:home", "302 302 302 302 login"),
    Route("console:search", SIGNED_IN, query={"q": "=own"}),
    Route("console:counters", SIGNED_IN),
    Route("console:drop", "302 302 302 302 login", query={"kind": "=device", "target": "=directory", "ids": "device"}),
    Route("console:live_poll", "204 204 204 204 login"),
    Route("console:tree", SIGNED_IN, query={"open": "=1,2", "location": "=/webapp/devices/"}),
    Route("console:tree_children", SEEING, at={"pk": "own_directory"}),
]

BUDGETS: list[Budget] = [
    Budget("console:counters", 12),
    Budget("console:tree_children", 14, at={"pk": "own_directory"}),
]
