"""The status endpoint: what each desktop believes, and what a human agent could do to it."""

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.desktop.crowd import Crowd
from simulator.desktop.events import ChoosePresence, EndCall, Event, HoldCall, LogIn, LogOut, WatchTopics, WriteWrapup

Given = dict[str, Any]


def _presence(given: Given) -> Event:
    return ChoosePresence(_text(given, "system"), given.get("message"))


def _wrapup(given: Given) -> Event:
    return WriteWrapup(given.get("notes"), given.get("code"), given.get("submit") is True)


def _topics(given: Given) -> Event:
    topics = given.get("topics")
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise HTTPException(400, f"topics: expected a list of texts, found {topics!r}")
    return WatchTopics(tuple(topics))


# What an agent can do: POST /desktops/{agent}/<name> with a JSON object.
WISHES: dict[str, Callable[[Given], Event]] = {
    "login": lambda given: LogIn(),
    "logout": lambda given: LogOut(),
    "presence": _presence,
    "wrapup": _wrapup,
    "hold": lambda given: HoldCall(given.get("held") is not False),
    "topics": _topics,
    "hangup": lambda given: EndCall(),
}


def build(crowd: Crowd) -> Starlette:
    """GET /desktops, GET /desktops/{agent}, POST /desktops/{agent}/{wish}.

    An unknown agent or wish is answered 404, a body that does not fit 400, and what is not possible now 409, each with
    `{"error": reason}`.
    """

    def desktop_of(request: Request) -> Any:
        found = crowd.desktops.get(request.path_params["agent"])
        if found is None:
            raise HTTPException(404, f"agent: expected one of the crowd's, found {request.path_params['agent']!r}")
        return found

    async def every(request: Request) -> Response:
        return JSONResponse([desktop.session.snapshot() for desktop in crowd.desktops.values()])

    async def one(request: Request) -> Response:
        return JSONResponse(desktop_of(request).session.snapshot())

    async def wish(request: Request) -> Response:
        desktop = desktop_of(request)
        name = request.path_params["wish"]
        if name not in WISHES:
            raise HTTPException(404, f"wish: expected one of {sorted(WISHES)}, found {name!r}")
        refusal = desktop.happen(WISHES[name](await _object(request)))
        if refusal is not None:
            raise HTTPException(409, refusal)
        return JSONResponse(desktop.session.snapshot())

    return Starlette(
        routes=[
            Route("/desktops", every),
            Route("/desktops/{agent}", one),
            Route("/desktops/{agent}/{wish}", wish, methods=["POST"]),
        ],
        exception_handlers={HTTPException: _refused},  # type: ignore[dict-item]
    )


async def _refused(request: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": error.detail}, status_code=error.status_code)


async def _object(request: Request) -> Given:
    body = await request.body()
    try:
        given = await request.json() if body else {}
    except ValueError:
        raise HTTPException(400, "body: expected a JSON object") from None
    if not isinstance(given, dict):
        raise HTTPException(400, f"body: expected a JSON object, found {given!r}")
    return given


def _text(given: Given, key: str) -> str:
    found = given.get(key)
    if not isinstance(found, str):
        raise HTTPException(400, f"{key}: expected a text, found {found!r}")
    return found
