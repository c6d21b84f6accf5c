"""All routes with who may use them, and the query budgets of lists; `shape` says how to add a line."""

from tests.meta.routes import administration, api, console, devices, outside, profiles

ROUTES = [*outside.ROUTES, *console.ROUTES, *devices.ROUTES, *profiles.ROUTES, *api.ROUTES, *administration.ROUTES]
BUDGETS = [*console.BUDGETS, *devices.BUDGETS, *profiles.BUDGETS, *api.BUDGETS, *administration.BUDGETS]
