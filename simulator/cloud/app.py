"""Puts one cloud together as an ASGI application."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from harness.evidence import EvidenceWriter
from simulator.cloud import control, legacy, media, notifications, oauth, platform, sockets
from simulator.cloud.caller import ApiError
from simulator.cloud.cloud import Cloud
from simulator.cloud.exchange import error_answer
from simulator.cloud.settings import CloudSettings
from simulator.cloud.traffic import Traffic

# Desktops in a browser come from another origin than the API.
BROWSERS = Middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["*"],
    allow_headers=["*"],
    expose_headers=["ININ-Correlation-Id", "Retry-After", "inin-ratelimit-count", "inin-ratelimit-allowed"],
)
CODES = {404: "not.found", 405: "method.not.allowed"}


def build(settings: CloudSettings) -> Starlette:
    """The application of one cloud; the cloud itself is `app.state.cloud`."""
    cloud = Cloud(settings, EvidenceWriter(Path(settings.evidence), "cloud"))
    cloud.platform = platform.Platform(cloud)

    if settings.media:
        media.check_hosts(settings.media_hosts)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as running:
            running.callback(cloud.evidence.close)
            running.push_async_callback(_end_feed, cloud)
            if settings.event_feed is not None:
                # Only who has a feed pays for its HTTP client: that import is a fifth of the start.
                from simulator.cloud import feed

                feed.begin(cloud, feed.line_of(settings))
            if settings.media:
                running.enter_context(media.running(cloud))
            yield

    app = Starlette(
        routes=[*access_routes(cloud), control_mount(cloud), *platform.routes(cloud)],
        middleware=[Middleware(Traffic, cloud=cloud), BROWSERS],
        exception_handlers={ApiError: _api_error, HTTPException: _http_error},  # type: ignore[dict-item]
        lifespan=lifespan,
    )
    app.state.cloud = cloud
    return app


def access_routes(cloud: Cloud) -> list[BaseRoute]:
    """OAuth, tokens, channels, sockets and the legacy dialect."""
    return [*oauth.routes(cloud), *notifications.routes(cloud), *sockets.routes(cloud), *legacy.routes(cloud)]


def control_mount(cloud: Cloud) -> BaseRoute:
    """Every control verb of both halves, behind the one gate."""
    routes = [*control.routes(cloud), *platform.control_routes(cloud)]
    return Mount(control.PREFIX, routes=routes, middleware=[Middleware(control.Gate, cloud=cloud)])


async def _end_feed(cloud: Cloud) -> None:
    if cloud.feed is not None:
        await cloud.feed.stop()


async def _api_error(request: Request, error: ApiError) -> Response:
    return error_answer(request, error)


async def _http_error(request: Request, error: HTTPException) -> Response:
    code = CODES.get(error.status_code, "bad.request")
    return error_answer(request, ApiError(error.status_code, code, error.detail))
