"""Notices: pages and API."""

from tests.meta.routes.shape import API_SEEING, API_SIGNED_IN, API_WRITING, SIGNED_IN, Budget, Route

NOTICE = {"pk": "notice"}
SETTLED = {"pk": "settled_notice"}
DONE = "204 204 403 404 login"

ROUTES = [
    Route("notices:notice_list", SIGNED_IN),
    Route("notices:notice_list", SIGNED_IN, query={"shown": "=settled", "f": "=level:warning"}),
    Route("notices:notice_list", "422 422 422 422 login", query={"f": "=level:wrong"}),
    Route("notices:notices_settle", DONE, "POST", data={"ids": "notice"}),
    Route("notices:notices_settle", DONE, "POST", data={"all": "=1", "filter": "="}),
    Route("notices:notices_reopen", DONE, "POST", query={"ids": "settled_notice"}),
    Route("api:notice-list", API_SIGNED_IN, query={"settled": "=false", "device": "device"}),
    Route("api:notice-detail", API_SEEING, at=NOTICE),
    Route("api:notice-settle", API_WRITING, "POST", at=NOTICE),
    Route("api:notice-reopen", API_WRITING, "POST", at=SETTLED),
]

BUDGETS = [
    Budget("api:notice-list", 6),
    Budget("notices:notice_list", 14),
]
