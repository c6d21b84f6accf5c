"""Settings: everything comes from environment variables `UMS_…`, with defaults for the embedded server.

UMS_DATA              data directory (database, master key, TLS files; node.toml of a node in an HA network)
UMS_DATABASE_URL      sqlite:///… (default: as node.toml says, else in the data directory) or postgres://…
UMS_REDIS_URL         redis://… or sentinel://…: messages between processes (default: the database carries them)
UMS_MASTER_KEY        seals secrets, signs sessions (default: file secret.key in the data directory)
UMS_HOSTS             names under which the console is reached, comma separated (default: any)
UMS_TRUSTED_PROXIES   networks whose X-Forwarded-For and X-SSL-CERT are believed (default: none)
UMS_WEBHOOK_NETWORKS  networks that webhooks may reach although they are loopback, link-local or ours (default: none)
UMS_METRICS_NETWORKS  networks that may read /metrics without a token (default: loopback)
UMS_RENEWAL_CHECK     seconds between two looks at the certificate of this host (default: a day)
UMS_API_RATE          requests a second that one API token may send to this server for long (default: 50; 0: any)
UMS_API_BURST         requests that it may send at once (default: 500)
UMS_API_IF_MATCH      required: writes of the API to one object need its ETag (default: optional)
UMS_LOG_FORMAT        console or json (default: console on a terminal)
UMS_DEBUG             1 shows tracebacks in the browser; never in production
"""

from __future__ import annotations

import hashlib
import sys
import uuid
from ipaddress import ip_network
from pathlib import Path

import environ

from ha import nodefile
from ums import __version__
from ums.project.data import default_data_directory, master_key
from ums.project.logs import logging_config

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent.parent

UMS_DATA = default_data_directory()
UMS_MASTER_KEY = master_key(UMS_DATA)
UMS_NODE = nodefile.read(UMS_DATA)
"""This host's part in an HA network; None on a server by itself."""
UMS_PROCESS_ID = str(uuid.uuid4())
"""Names this process in presence rows: new at each start, so that nobody mistakes an old life for this one."""

UMS_RENEWAL_CHECK = env.int("UMS_RENEWAL_CHECK", default=86_400)

DEBUG = env.bool("UMS_DEBUG", default=False)
SECRET_KEY = hashlib.sha256(b"django" + UMS_MASTER_KEY.encode()).hexdigest()
ALLOWED_HOSTS = env.list("UMS_HOSTS", default=["*"])
UMS_TRUSTED_PROXIES = [ip_network(text) for text in env.list("UMS_TRUSTED_PROXIES", default=[])]
UMS_WEBHOOK_NETWORKS = [ip_network(text) for text in env.list("UMS_WEBHOOK_NETWORKS", default=[])]
UMS_METRICS_NETWORKS = [
    ip_network(text) for text in env.list("UMS_METRICS_NETWORKS", default=["127.0.0.0/8", "::1/128"])
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "channels",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "lucide",
    "rest_framework",
    "ums.core",
    "ums.accounts",
    "ums.events",
    "ums.audit",
    "ums.features",
    "ums.live",
    "ha",
    "ums.feeds",
    "ums.devices",
    "ums.assets",
    "ums.notices",
    "ums.files",
    "ums.licences",
    "ums.profiles",
    "ums.jobs",
    "swp",
    "ums.effective",
    "ums.connector",
    "ums.api",
    "ums.imi",
    "ums.console",
]

MIDDLEWARE = [
    "ums.core.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "ums.core.middleware.StaticFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ums.accounts.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ums.core.middleware.AppErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ums.project.urls"
ASGI_APPLICATION = "ums.project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ums.console.context.shell",
            ]
        },
    }
]

# ---------------------------------------------------------------- database

_default_url = UMS_NODE.database_url if UMS_NODE else f"sqlite:///{UMS_DATA / 'ums.sqlite3'}"
UMS_DATABASE_URL = env.str("UMS_DATABASE_URL", default=_default_url)
"""Holds a password: handed to nodes that join, and never shown."""
DATABASES = {"default": env.db_url_config(UMS_DATABASE_URL)}
_database = DATABASES["default"]
UMS_EMBEDDED_DATABASE = _database["ENGINE"] == "django.db.backends.sqlite3"
if UMS_EMBEDDED_DATABASE:
    # WAL: readers and the writer do not wait for each other. IMMEDIATE: a transaction that will write takes its place
    # in the queue at once, instead of failing half-way. synchronous=FULL: acknowledged means on disk.
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
        "PRAGMA cache_size=-32000; PRAGMA mmap_size=268435456",
    }
else:
    # jit off: compiling a query plan costs more than these short queries take. The time-outs: a host that lost its
    # power says nothing any more, and the kernel alone would wait for it for a quarter of an hour. reconnect_timeout:
    # the pool would double its pauses up to minutes, and be back long after the database is. idle_in_transaction: what
    # a process that stands still has locked is let go of; a preview of 50,000 different devices computes for a minute.
    _database["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        **_database.get("OPTIONS", {}),
        "options": "-c jit=off -c idle_in_transaction_session_timeout=120s",
        "pool": {
            "min_size": 2,
            "max_size": env.int("UMS_DATABASE_CONNECTIONS", default=16),
            "timeout": 20,
            "reconnect_timeout": 4,
        },
    }
    _database["CONN_MAX_AGE"] = 0
    _database["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------------------------------------------------------------- messages and tasks

UMS_REDIS_URL = env.str("UMS_REDIS_URL", default=UMS_NODE.redis_url if UMS_NODE else "")
CHANNEL_LAYERS = {"default": {"BACKEND": "ha.bus.layer.BusLayer", "CONFIG": {"capacity": 1000}}}
# Each worker has a queue of its own: what must be done stands in rows, and any worker may do it (docs/adr/0007).
CELERY_BROKER_URL = "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = {"polling_interval": 0.1}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# ---------------------------------------------------------------- sign-in and sessions

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "swp.administrators.DirectoryBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/webapp/"
LOGOUT_REDIRECT_URL = "accounts:login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "ums.accounts.views.locked_out"
AXES_USERNAME_CALLABLE = "swp.administrators.counted_name"
AXES_CLIENT_IP_CALLABLE = "ums.core.middleware.client_address"
AXES_VERBOSE = False

SESSION_COOKIE_NAME = "ums_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "ums_csrf"
CSRF_FAILURE_VIEW = "ums.console.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
# No HSTS: a first start uses a CA of its own, and a browser that remembers HSTS refuses it without a way on.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# ---------------------------------------------------------------- files

STATICFILES_DIRS = [BASE_DIR / "static"]


def _static_version() -> str:
    """Changes when a file of ours does: the files can be cached for ever under it."""
    state = hashlib.sha256(__version__.encode())
    for path in sorted((BASE_DIR / "static").rglob("*")):
        if path.is_file():
            state.update(f"{path.name}{path.stat().st_mtime_ns}".encode())
    return state.hexdigest()[:10]


STATIC_URL = f"/static/{_static_version()}/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 31_536_000

# ---------------------------------------------------------------- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ums.accounts.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "ums.api.paging.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "ums.api.schema.AutoSchema",
    "EXCEPTION_HANDLER": "ums.api.errors.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["ums.api.limits.RequestLimit"],
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
UMS_API_RATE = env.float("UMS_API_RATE", default=50.0)
UMS_API_BURST = env.int("UMS_API_BURST", default=500)
UMS_API_IF_MATCH = env.str("UMS_API_IF_MATCH", default="optional")
SPECTACULAR_SETTINGS = {
    "TITLE": "UMS API",
    "DESCRIPTION": "Devices, directories, profiles, assignments, effective settings and commands.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "AssetBus": "ums.assets.models.BUSES",
        "AssetCategory": "ums.assets.criteria.CATEGORIES",
        "AssetChange": "ums.assets.models.CHANGES",
        "AssetRuleKind": "ums.assets.rule_models.AssetRule.Kind",
        "NoticeLevel": "ums.notices.models.Notice.Level",
        "DirectoryKind": "ums.devices.models.DirectoryKind",
        "ProfileKind": "ums.profiles.models.ProfileKind",
        "CommandKind": "ums.jobs.models.KINDS",
        "CommandState": "ums.jobs.models.CommandState",
        "CopyState": "ums.files.models.CopyState",
        "EnrolmentKeyKind": "ums.connector.models.EnrolmentKey.Kind",
        "DirectoryServiceKind": "swp.models.LinkedDirectory.Kind",
        "AssignableKind": "swp.api.objects.KINDS",
        "LicenceKind": "ums.licences.models.Licence.KINDS",
        "DirectoryObjectKind": "swp.kinds.CHOICES",
        "LoginKind": "swp.models.Login.Kind",
        "DeviceStatus": "ums.devices.filters.STATUSES",
        "SettingsSource": "ums.effective.filters.SOURCES",
        "When": "ums.devices.api.WHEN",
        "TemplateKeyType": "ums.profiles.models.KeyType",
        "ProcessType": "ha.models.TYPES",
        "ServiceStatus": "ha.models.STATUSES",
        "ProcessMode": "ha.models.MODES",
    },
}

# ---------------------------------------------------------------- the rest

# W004: no HSTS, see above. W008: the server speaks TLS only; there is nothing to redirect from.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
APPEND_SLASH = True
LOGGING_CONFIG = None
logging_config(env.str("UMS_LOG_FORMAT", default="console" if sys.stderr.isatty() else "json"), DEBUG)
