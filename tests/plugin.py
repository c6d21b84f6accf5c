"""Chooses the database of a test run, before Django's settings are read.

`pytest --database=sqlite` (the default) or `--database=postgresql`: then a private server is started once for the run,
which all xdist workers share, and ended with it. UMS_DATABASE_URL, when set by the caller, wins over both. The data
directory is a temporary one: tests never touch a real one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator

import pytest

DATABASES = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=DATABASES, default="sqlite", help="database of the run (default: sqlite)")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """A wrapper runs before pytest-django's own hook, which reads the settings."""
    prepare(early_config)
    return (yield)


def prepare(config: pytest.Config) -> None:
    """Set the environment of the run. Workers of xdist inherit the one of the process that started them."""
    if not config.pluginmanager.has_plugin("django"):
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ums.project.settings")
    os.environ["UMS_API_RATE"] = "0"  # tests ask faster than any program; the one of the limit sets its own
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    data = tempfile.mkdtemp(prefix="ums-tests-")
    config.add_cleanup(lambda: shutil.rmtree(data, ignore_errors=True))
    os.environ["UMS_DATA"] = data
    if config.known_args_namespace.database == "postgresql" and "UMS_DATABASE_URL" not in os.environ:
        from tests.services.postgresql import PostgreSQL

        server = PostgreSQL().start()
        config.add_cleanup(server.stop)
        os.environ["UMS_DATABASE_URL"] = server.url("ums")


def pytest_report_header() -> str:
    """Says which database the run uses."""
    return f"database: {os.environ.get('UMS_DATABASE_URL', 'sqlite').partition(':')[0]}"
