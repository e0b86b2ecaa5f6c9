"""Into a network namespace: what is opened from then on lives in there; what cannot be entered is named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.network.namespaces import make, new_name, new_run_hex, remove
from simulator.desktop.namespace import enter

ENTERS = """
import json, os, socket, sys, threading
from simulator.desktop.namespace import enter

def lives_in():
    return os.readlink("/proc/thread-self/ns/net")

before = socket.create_server(("127.0.0.1", 0))
root = lives_in()
enter(sys.argv[1])
later = []
thread = threading.Thread(target=lambda: later.append(lives_in()))
thread.start()
thread.join()
from_inside = socket.socket().connect_ex(before.getsockname())
print(json.dumps([root, lives_in(), later[0], before.getsockname()[0], from_inside]))
"""


@pytest.mark.world
def test_a_thread_and_those_it_starts_live_inside_and_an_open_listener_stays_outside() -> None:
    name = new_name("a", new_run_hex())
    make(name, "a")
    try:
        argv = [sys.executable, "-c", ENTERS, name]
        root = Path(__file__).parents[3]
        done = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=True)
    finally:
        remove(name)
    outside, inside, later, host, refused = json.loads(done.stdout)
    assert outside != inside == later
    assert host == "127.0.0.1"
    assert refused  # it listens on the loopback of the other namespace


def test_a_namespace_that_is_not_there_is_named() -> None:
    expected = r"namespace: expected a network namespace that can be entered, named nowhere, found 'No such file"
    with pytest.raises(BadInput, match=expected):
        enter("nowhere")
