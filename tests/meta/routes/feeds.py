"""API tokens, events and webhooks: pages and API."""

from tests.meta.routes.shape import API_ROOT_ONLY, API_SIGNED_IN, ROOT_ONLY, SIGNED_IN, Budget, Route

TOKEN = {"pk": "api_token"}
WEBHOOK = {"pk": "webhook"}
DELIVERY = {"pk": "delivery"}
API_MAKING = "201 403 403 403 401"
API_DELETING = "204 403 403 403 401"

DONE = "204 403 403 403 login"
FORM = {"name": "=new", "url": "=https://a.test/", "enabled": "=on"}

ROUTES = [
    Route("console:tokens", SIGNED_IN),
    Route("console:token_create", SIGNED_IN),
    Route("console:token_create", SIGNED_IN, "POST", data={"name": "=mine"}),
    Route("console:token_create", "422 422 422 422 login", "POST", data={"name": "=mine", "networks": "=x"}),
    Route("console:token_revoke", "200 404 200 404 login", at=TOKEN),
    Route("console:token_revoke", "204 404 204 404 login", "POST", at=TOKEN),
    Route("feeds:webhooks", ROOT_ONLY),
    Route("feeds:webhook", ROOT_ONLY, at=WEBHOOK),
    Route("feeds:webhook_create", ROOT_ONLY),
    Route("feeds:webhook_create", ROOT_ONLY, "POST", data=FORM),
    Route("feeds:webhook_create", "422 403 403 403 login", "POST", data={"name": "=new", "url": "=http://a.test/"}),
    Route("feeds:webhook_edit", ROOT_ONLY, at=WEBHOOK),
    Route("feeds:webhook_edit", DONE, "POST", at=WEBHOOK, data=FORM),
    Route("feeds:webhook_delete", ROOT_ONLY, at=WEBHOOK),
    Route("feeds:webhook_delete", DONE, "POST", at=WEBHOOK),
    Route("feeds:webhook_renew", ROOT_ONLY, at=WEBHOOK),
    Route("feeds:webhook_renew", ROOT_ONLY, "POST", at=WEBHOOK),
    Route("feeds:webhook_test", DONE, "POST", at=WEBHOOK),
    Route("feeds:webhook_resume", DONE, "POST", at=WEBHOOK),
    Route("feeds:delivery_redeliver", DONE, "POST", at=DELIVERY),
    Route("api:feed-event-list", API_SIGNED_IN, query={"kind": "=device.online"}),
    Route("api:feed-event-kinds", API_SIGNED_IN),
    Route("api:feed-event-kept", API_SIGNED_IN),
    Route("api:feed-event-kept", API_ROOT_ONLY, "PATCH", json={"days": 10}),
    Route("api:feed-event-stream", API_SIGNED_IN, query={"after": "=0"}),
    Route("api:api-token-list", API_SIGNED_IN),
    Route("api:api-token-list", "201 201 201 201 401", "POST", json={"name": "=mine"}),
    Route("api:api-token-list", "201 403 201 403 401", "POST", json={"name": "=a", "user": "=reader"}),
    Route("api:api-token-detail", "200 404 200 404 401", at=TOKEN),
    Route("api:api-token-detail", "204 404 204 404 401", "DELETE", at=TOKEN),
    Route("api:webhook-list", API_ROOT_ONLY),
    Route("api:webhook-list", API_MAKING, "POST", json={"name": "=new", "url": "=https://a.test/"}),
    Route("api:webhook-detail", API_ROOT_ONLY, at=WEBHOOK),
    Route("api:webhook-detail", API_ROOT_ONLY, "PATCH", at=WEBHOOK, json={"name": "=other"}),
    Route("api:webhook-detail", API_DELETING, "DELETE", at=WEBHOOK),
    Route("api:webhook-renew-secret", API_ROOT_ONLY, "POST", at=WEBHOOK),
    Route("api:webhook-resume", API_ROOT_ONLY, "POST", at=WEBHOOK),
    Route("api:webhook-test", API_MAKING, "POST", at=WEBHOOK),
    Route("api:webhook-delivery-list", API_ROOT_ONLY),
    Route("api:webhook-delivery-detail", API_ROOT_ONLY, at=DELIVERY),
    Route("api:webhook-delivery-redeliver", API_ROOT_ONLY, "POST", at=DELIVERY),
]

BUDGETS = [
    Budget("console:tokens", 14),
    Budget("feeds:webhooks", 14),
    Budget("feeds:webhook", 14, at=WEBHOOK),
    Budget("api:feed-event-list", 8),
    Budget("api:api-token-list", 6),
    Budget("api:webhook-list", 6),
    Budget("api:webhook-delivery-list", 6),
]
