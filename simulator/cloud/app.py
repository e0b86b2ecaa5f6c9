"""Puts one cloud together as an ASGI application."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from harness.evidence import EvidenceWriter
from simulator.cloud import platform
from simulator.cloud.caller import ApiError
from simulator.cloud.cloud import Cloud
from simulator.cloud.exchange import error_answer
from simulator.cloud.settings import CloudSettings

CONTROL = "/_control"


def build(settings: CloudSettings) -> Starlette:
    """The application of one cloud; the cloud itself is `app.state.cloud`."""
    cloud = Cloud(settings, EvidenceWriter(Path(settings.evidence), "cloud"))
    cloud.platform = platform.Platform(cloud)
    app = Starlette(
        routes=[
            *access_routes(cloud),
            Mount(CONTROL, routes=platform.control_routes(cloud)),
            *platform.routes(cloud),
        ],
        exception_handlers={ApiError: _api_error, HTTPException: _http_error},  # type: ignore[dict-item]
    )
    app.state.cloud = cloud
    return app


def access_routes(cloud: Cloud) -> list[BaseRoute]:
    """OAuth, tokens, channels, sockets and the legacy dialect."""
    return []


async def _api_error(request: Request, error: ApiError) -> Response:
    return error_answer(request, error)


async def _http_error(request: Request, error: HTTPException) -> Response:
    code = {404: "not.found", 405: "method.not.allowed"}.get(error.status_code, "bad.request")
    return error_answer(request, ApiError(error.status_code, code, error.detail))
