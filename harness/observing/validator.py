"""The validator: an outside observer that reads agents and conversations over the public API at a steady pace.

`python -m harness.observing.validator --world FILE` prints `{"ready": "validator", "pace_s": ...}` and polls until its
stdin ends or SIGTERM comes. `pace_s`, in real-world seconds, is the resolution of every figure that rests on it.
"""

import argparse
import json
import math
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.errors import BadInput, DeskstormError
from harness.evidence import EvidenceWriter
from harness.observing.api import PAGE_SIZE, Api, ApiRefused
from harness.observing.observer import agent_statuses, conversation, conversation_details, conversation_ids
from harness.observing.status import AgentStatus, ConversationStatus, Part
from harness.world import World, WorldKind

REAL_PACE_S = 1.0
LEAST_PACE_S = 0.05
# Everything is written at least at every so manieth poll, changed or not.
REPEAT_EVERY = 10
# Conversations cost a request each: this many are read in one poll, by turns, so that the rate stays below the limits.
CONVERSATIONS_A_POLL = 2
# Of an org's 300 requests a minute and token.
REQUESTS_A_SECOND = 4.0


class Validator:
    """Polls the cloud of one world and writes what it sees."""

    def __init__(self, world: World, api: Api, evidence: EvidenceWriter) -> None:
        self._world = world
        self._api = api
        self._evidence = evidence
        self._agents = frozenset(agent.id for agent in world.agents)
        self._polls = 0
        self._shown: dict[str, AgentStatus] = {}
        self._conversations: dict[str, tuple[ConversationStatus, int]] = {}
        self._over: set[str] = set()
        self._waiting: list[str] = []

    def poll(self) -> float:
        """Look once. Writes `poll{ok, ms}` in any case; returns the seconds that the API asked to be left alone."""
        self._polls += 1
        started = time.monotonic()
        asked = 0.0
        problem: str | None = None
        try:
            self._look_at_agents()
            self._look_at_conversations()
        except ApiRefused as error:
            problem, asked = str(error), error.retry_after_s or 0.0
        except (DeskstormError, KeyError, TypeError, ValueError) as error:
            problem = f"{type(error).__name__}: {error}"
        milliseconds = round((time.monotonic() - started) * 1000, 2)
        reason = {} if problem is None else {"reason": problem}
        self._evidence.write("poll", ok=problem is None, ms=milliseconds, **reason)
        return asked

    def _look_at_agents(self) -> None:
        for agent, status in agent_statuses(self._api, self._world.queue_id, self._agents).items():
            if status != self._shown.get(agent) or self._polls % REPEAT_EVERY == 0:
                self._shown[agent] = status
                fields = {key: value for key, value in asdict(status).items() if key != "agent"}
                self._evidence.write("agent.status", agent=agent, **fields)

    def _look_at_conversations(self) -> None:
        if not self._waiting:
            ids = conversation_ids(conversation_details(self._api, self._agents))
            self._waiting = [one for one in ids if one not in self._over]
        turn, self._waiting = self._waiting[:CONVERSATIONS_A_POLL], self._waiting[CONVERSATIONS_A_POLL:]
        for conversation_id in turn:
            self._look_at_conversation(conversation_id)

    def _look_at_conversation(self, conversation_id: str) -> None:
        status = conversation(self._api, conversation_id)
        known, written = self._conversations.get(conversation_id, (None, 0))
        if status != known or self._polls - written >= REPEAT_EVERY:
            self._conversations[conversation_id] = (status, self._polls)
            self._evidence.write(
                "conversation.status",
                conversation=status.id,
                state=status.state,
                version=status.version,
                agents=[_part(part) for part in status.parts],
            )
        if status.over:
            self._over.add(conversation_id)


def _part(part: Part) -> dict[str, Any]:
    return {
        "id": part.agent,
        "state": part.state,
        "wrapup": part.wrapup,
        "acw_deadline_ms": part.acw_deadline_ms,
    }


def pace_s(world: World) -> float:
    """Seconds between two polls, in this machine's time; longer in an org of more than 100 agents."""
    pages = math.ceil((len(world.agents) + 1) / PAGE_SIZE)
    requests = pages + 1 + CONVERSATIONS_A_POLL  # the members, the analytics query, the conversations
    real_s = max(REAL_PACE_S, requests / REQUESTS_A_SECOND) if world.kind is WorldKind.ORG else REAL_PACE_S
    return max(LEAST_PACE_S, real_s * world.time_scale)


def observe(world: World, stop: threading.Event) -> None:
    """Poll until `stop` is set; the evidence file is closed in order."""
    evidence = EvidenceWriter(world.evidence, "validator")
    pace = pace_s(world)
    try:
        with Api(world, patience_s=0) as api:
            validator = Validator(world, api, evidence)
            due = time.monotonic()
            while not stop.is_set():
                asked = validator.poll()
                due = max(due + pace, time.monotonic() + asked)
                stop.wait(max(0.0, due - time.monotonic()))
    finally:
        evidence.close()


def _until_stdin_ends(stop: threading.Event) -> None:
    # Not sys.stdin.read(): its lock would still be held when the interpreter ends.
    while os.read(0, 4096):
        pass
    stop.set()


def main() -> int:
    """The process: settings from the world file, end by SIGTERM or the end of stdin."""
    parser = argparse.ArgumentParser(prog="python -m harness.observing.validator", description=__doc__.splitlines()[0])
    parser.add_argument("--world", type=Path, required=True, help="the runtime world file")
    try:
        world = World.read(parser.parse_args().world)
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    threading.Thread(target=_until_stdin_ends, args=(stop,), daemon=True).start()
    print(json.dumps({"ready": "validator", "pace_s": pace_s(world) / world.time_scale}), flush=True)
    observe(world, stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
