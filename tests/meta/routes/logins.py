"""Pages about logins: the history, who is logged in, Shared Workplace on one device."""

from tests.meta.routes.shape import API_SEEING, API_SIGNED_IN, ROOT_ONLY, SEEING, SIGNED_IN, WRITING, Budget, Route

DEVICE = {"pk": "device"}
SESSION = {"pk": "session"}
DONE = "204 204 403 404 login"
ELSEWHERE = "200 404 404 404 login"

ROUTES = [
    Route("logins:login_list", SIGNED_IN),
    Route("logins:login_list", "422 422 422 422 login", query={"f": "=result:wrong"}),
    Route("logins:login_export", SIGNED_IN),
    Route("logins:login_export", SIGNED_IN, query={"device": "=x", "user": "=1"}),
    Route("logins:session_list", SIGNED_IN),
    Route("logins:user_logins", ROOT_ONLY, at={"pk": "session.user_id"}),
    Route("logins:session_end", WRITING, at=SESSION),
    Route("logins:session_end", DONE, "POST", at=SESSION),
    Route("logins:device_logins", SEEING, at=DEVICE),
    Route("logins:device_logins", ELSEWHERE, at={"pk": "elsewhere"}),
    Route("logins:device_section", SEEING, at=DEVICE),
    Route("logins:device_section", ELSEWHERE, at={"pk": "elsewhere"}),
    Route("logins:device_switch", DONE, "POST", at=DEVICE, query={"enabled": "=0"}),
    Route("api:login-list", API_SIGNED_IN, query={"outcome": "=AUTH_OK", "device": "device"}),
    Route("api:login-detail", API_SEEING, at={"pk": "session.login_id"}),
    Route("api:session-list", API_SIGNED_IN),
    Route("api:session-detail", API_SEEING, at=SESSION),
    Route("api:session-detail", "204 204 403 404 401", "DELETE", at=SESSION),
]

BUDGETS = [
    Budget("api:login-list", 6),
    Budget("api:session-list", 6),
    Budget("logins:login_list", 14),
    Budget("logins:session_list", 14),
    Budget("logins:user_logins", 14, at={"pk": "session.user_id"}),
    Budget("logins:device_logins", 18, at=DEVICE),
    Budget("logins:device_section", 16, at=DEVICE),
]
