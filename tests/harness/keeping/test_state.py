"""Where the state of runs lives, and who may touch it."""

import os
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.keeping import state


def test_each_run_has_a_private_folder_in_a_private_folder(state_folder: Path) -> None:
    run, lock = state.create("one")
    os.close(lock)
    assert run.folder == state_folder / "one"
    assert [path.stat().st_mode & 0o777 for path in (state_folder, run.folder)] == [0o700, 0o700]
    assert state.runs() == [run]
    run.remove()
    assert state.runs() == []


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_state_folder_that_others_may_write_to_is_refused(mode: int, state_folder: Path) -> None:
    state_folder.mkdir()
    state_folder.chmod(mode)
    with pytest.raises(BadInput, match="a folder of our own that nobody else may write to"):
        state.root()
    state_folder.chmod(0o700)


def test_a_state_folder_of_somebody_else_is_refused(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state_folder.mkdir(mode=0o700)
    found = state_folder.stat().st_uid
    with monkeypatch.context() as other, pytest.raises(BadInput, match="a folder of our own"):
        other.setattr(os, "getuid", lambda: found + 1)
        state.root()


def test_a_state_folder_that_is_a_link_is_refused(state_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    state_folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="state folder"):
        state.root()
    state_folder.unlink()


@pytest.mark.parametrize("run_id", ["", "../up", ".hidden", "a b", "x" * 81])
def test_a_run_id_that_is_no_plain_name_is_refused(run_id: str, state_folder: Path) -> None:
    with pytest.raises(BadInput, match="run id"):
        state.create(run_id)


def test_a_run_can_be_taken_over_only_when_nobody_holds_its_lock(state_folder: Path) -> None:
    run, lock = state.create("one")
    with state.taken_over(run) as ours:
        assert not ours
    os.close(lock)
    with state.taken_over(run) as ours, state.taken_over(run) as twice:
        assert ours
        assert not twice
    run.remove()
    with state.taken_over(run) as ours:
        assert not ours


def test_a_socket_may_have_a_path_of_any_length(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    with state.listen(folder / "keeper.sock") as listener, state.connect(folder / "keeper.sock", 1) as link:
        accepted, _ = listener.accept()
        with accepted:
            link.sendall(b"x")
            assert accepted.recv(1) == b"x"


def test_what_is_not_ours_in_the_state_folder_is_left_alone(state_folder: Path) -> None:
    state_folder.mkdir(mode=0o700)
    (state_folder / "letters").mkdir()
    (state_folder / "letters" / "one").touch()
    assert state.runs() == []
    with state.taken_over(state.RunState(state_folder / "letters")) as ours:
        assert not ours


def test_what_a_starter_left_that_died_at_once_is_swept_after_a_minute(state_folder: Path) -> None:
    young, old = (state.root() / f"{state.UNBORN}{name}" for name in ("young", "old"))
    young.mkdir()
    old.mkdir()
    os.utime(old, (0, 0))
    state.sweep_unborn()
    assert list(state_folder.iterdir()) == [young]
