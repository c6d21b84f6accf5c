"""All routes with who may use them, and the query budgets of lists; `shape` says how to add a line."""

from tests.meta.routes import (
    administration,
    api,
    console,
    devices,
    files,
    licences,
    logins,
    notices,
    outside,
    profiles,
    swp,
    templates,
    users,
)

ROUTES = [
    *outside.ROUTES,
    *console.ROUTES,
    *devices.ROUTES,
    *files.ROUTES,
    *profiles.ROUTES,
    *templates.ROUTES,
    *api.ROUTES,
    *administration.ROUTES,
    *swp.ROUTES,
    *users.ROUTES,
    *licences.ROUTES,
    *logins.ROUTES,
    *notices.ROUTES,
]
BUDGETS = [
    *console.BUDGETS,
    *devices.BUDGETS,
    *files.BUDGETS,
    *profiles.BUDGETS,
    *templates.BUDGETS,
    *api.BUDGETS,
    *administration.BUDGETS,
    *swp.BUDGETS,
    *users.BUDGETS,
    *licences.BUDGETS,
    *logins.BUDGETS,
    *notices.BUDGETS,
]
