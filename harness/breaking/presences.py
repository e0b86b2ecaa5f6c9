"""The system presences, whose definition ids are the same in every Genesys org and region."""

from harness.errors import BadInput

IDS = {
    "AVAILABLE": "6a3af858-942f-489d-9700-5f9bcdcdae9b",
    "BUSY": "31fe3bac-dea6-44b7-bed7-47f91660a1a0",
    "AWAY": "5e5c5c66-ea97-4e7f-ac41-6424784829f2",
    "BREAK": "227b37e2-f1d0-4dd0-8f50-badd7cf6d158",
    "MEAL": "3fd96123-badb-4f69-bc03-1b1ccc6d8014",
    "MEETING": "bbdff279-7ae1-48ea-bade-7831d7234c64",
    "TRAINING": "d2390a99-8546-bad9-8f0a-219548e8aeb0",
    "ON_QUEUE": "e08eaf1b-ee47-4fa9-a231-1200e284798f",
}


def definition_id(presence: str) -> str:
    """The definition id of a presence that can be set, in any of its spellings (`On Queue`, `OnQueue`, `ON_QUEUE`)."""
    wanted = str(presence).replace(" ", "").replace("_", "").upper()
    for name, identity in IDS.items():
        if name.replace("_", "") == wanted:
            return identity
    raise BadInput("presence", f"one of {', '.join(IDS)}", presence)
