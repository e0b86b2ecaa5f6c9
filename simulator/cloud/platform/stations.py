"""One station per agent, associated from the start."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud.caller import ApiError
from simulator.cloud.exchange import authenticated, cloud_of, page
from simulator.cloud.platform.guards import owned

if TYPE_CHECKING:
    from simulator.cloud.platform.platform import Platform

ASSOCIATED = "/api/v2/users/{user_id}/station/associatedstation"


def routes() -> list[BaseRoute]:
    """`/stations`, `/users/{id}/station` and its association."""
    return [
        Route("/api/v2/stations", stations),
        Route("/api/v2/users/{user_id}/station", of_user),
        Route(ASSOCIATED + "/{station_id}", associate, methods=["PUT"]),
        Route(ASSOCIATED, dissociate, methods=["DELETE"]),
    ]


def station_id(user_id: str) -> str:
    """The id of the station that belongs to `user_id`."""
    return f"station-{user_id}"


def station(platform: "Platform", user_id: str) -> dict[str, Any]:
    """`UserStation`."""
    return {
        "id": station_id(user_id),
        "name": f"{platform.routing.agents[user_id].name} WebRTC",
        "type": "inin_webrtc_softphone",
    }


def user_stations(platform: "Platform", user_id: str) -> dict[str, Any]:
    """`UserStations`."""
    own = station(platform, user_id)
    associated = {"associatedStation": own, "effectiveStation": own} if user_id not in platform.stationless else {}
    return {**associated, "defaultStation": own, "lastAssociatedStation": own}


async def stations(request: Request) -> Response:
    """All stations, paged."""
    authenticated(request)
    platform = cloud_of(request).platform
    found = [
        {**station(platform, id), "status": "AVAILABLE" if id in platform.stationless else "ASSOCIATED", "userId": id}
        for id in platform.routing.agents
    ]
    return JSONResponse(page(request, found))


async def of_user(request: Request) -> Response:
    """The stations of one user."""
    authenticated(request)
    platform = cloud_of(request).platform
    return JSONResponse(user_stations(platform, platform.known(request.path_params["user_id"])))


async def associate(request: Request) -> Response:
    """Associate a user with the own station; 404 for any other."""
    user_id = owned(request)
    wanted = request.path_params["station_id"]
    if wanted != station_id(user_id):
        raise ApiError(404, "not.found", f"Station {wanted} was not found.")
    cloud_of(request).platform.set_station(user_id, True)
    return Response(status_code=202)


async def dissociate(request: Request) -> Response:
    """Take the station away from a user."""
    cloud_of(request).platform.set_station(owned(request), False)
    return Response(status_code=202)
