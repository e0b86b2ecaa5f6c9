"""The presences that every Genesys organization has, under their fixed ids and in their three spellings."""

from dataclasses import dataclass
from enum import StrEnum

from simulator.cloud.caller import ApiError


class Presence(StrEnum):
    """A system presence, spelt as in events and analytics."""

    AVAILABLE = "AVAILABLE"
    BUSY = "BUSY"
    AWAY = "AWAY"
    BREAK = "BREAK"
    MEAL = "MEAL"
    MEETING = "MEETING"
    TRAINING = "TRAINING"
    ON_QUEUE = "ON_QUEUE"
    IDLE = "IDLE"
    OFFLINE = "OFFLINE"

    @property
    def id(self) -> str:
        """The id of its definition, the same in every organization and region."""
        return IDS[self]

    @property
    def label(self) -> str:
        """As the old REST resources spell it: `On Queue`."""
        return self.value.replace("_", " ").title()

    @property
    def compact(self) -> str:
        """As the new definitions spell it: `OnQueue`."""
        return self.label.replace(" ", "")

    def spelt(self, like: str) -> str:
        """Spelt the way in which `like` spells On Queue (`ON_QUEUE`, `OnQueue` or `On Queue`)."""
        return {"ON_QUEUE": self.value, "OnQueue": self.compact, "On Queue": self.label}[like]


IDS = {
    Presence.AVAILABLE: "6a3af858-942f-489d-9700-5f9bcdcdae9b",
    Presence.BUSY: "31fe3bac-dea6-44b7-bed7-47f91660a1a0",
    Presence.AWAY: "5e5c5c66-ea97-4e7f-ac41-6424784829f2",
    Presence.BREAK: "227b37e2-f1d0-4dd0-8f50-badd7cf6d158",
    Presence.MEAL: "3fd96123-badb-4f69-bc03-1b1ccc6d8014",
    Presence.MEETING: "bbdff279-7ae1-48ea-bade-7831d7234c64",
    Presence.TRAINING: "d2390a99-8546-bad9-8f0a-219548e8aeb0",
    Presence.ON_QUEUE: "e08eaf1b-ee47-4fa9-a231-1200e284798f",
    Presence.IDLE: "7ffa01cd-7866-4ad7-8faa-31e11b42f51f",
    Presence.OFFLINE: "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5",
}
BY_ID = {id: presence for presence, id in IDS.items()}


def presence_with_id(definition_id: object) -> Presence:
    """The presence that a definition id stands for; raises `ApiError` 400 for an unknown one."""
    found = BY_ID.get(str(definition_id))
    if found is None:
        raise ApiError(
            400,
            "invalid.presence.definition",
            f"Presence definition {definition_id} is not known to this organization.",
        )
    return found


def presence_named(name: object) -> Presence:
    """The presence in any of its spellings; raises `ApiError` 400 for an unknown one."""
    wanted = str(name).replace(" ", "").replace("_", "").upper()
    for presence in Presence:
        if presence.compact.upper() == wanted:
            return presence
    raise ApiError(400, "bad.request", f"System presence {name} is none of {[p.label for p in Presence]}.")


@dataclass(frozen=True)
class UserPresence:
    """What a user's presence is, since when (epoch ms, strictly increasing) and in which version (from 1)."""

    presence: Presence
    message: str
    modified_ms: int
    version: int
