"""All routes with who may use them, and the query budgets of lists; `shape` says how to add a line."""

from tests.meta.routes import api, console, outside

ROUTES = [*outside.ROUTES, *console.ROUTES, *api.ROUTES]
BUDGETS = [*console.BUDGETS, *api.BUDGETS]
