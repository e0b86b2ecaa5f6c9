"""Reading evidence: whatever was written is read once, and what is missing or spoilt is said."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.evidence import Evidence, EvidenceReader, EvidenceWriter, read


def line(number: int, t: int, kind: str = "step") -> str:
    return json.dumps({"t": t, "wall": "", "source": "a", "kind": kind, "n": number}) + "\n"


@given(
    cuts=st.lists(st.integers(0, 400), max_size=8).map(sorted),
    times=st.lists(st.integers(0, 50), min_size=1, max_size=6),
    spoilt=st.sampled_from([None, "{", "[1]\n", '"x"\n', "\n", line(9, 3), '{"n": 0}\n']),
)
def test_a_folder_read_while_it_grows_says_what_it_says_read_once(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], times: list[int], spoilt: str | None
) -> None:
    folder = tmp_path_factory.mktemp("evidence")
    lines = [line(number, t) for number, t in enumerate(times)]
    text = "".join([*lines, spoilt or "", line(len(lines), 60, "evidence.closed")]).encode()
    reader = EvidenceReader(folder)
    with (folder / "a.jsonl").open("wb") as file:
        for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
            file.write(text[start:end])
            file.flush()
            found = reader.read()
            assert found == read(folder)
    assert [entry.t for entry in found.of("step")] == sorted(times)
    assert bool(found.gaps) == (spoilt is not None)
    assert found.unclosed == (("a",) if spoilt else ())


def test_what_several_write_comes_in_order_of_time(tmp_path: Path) -> None:
    reader, first, second = EvidenceReader(tmp_path), EvidenceWriter(tmp_path, "a"), EvidenceWriter(tmp_path, "b")
    for writer in (second, first, second):
        writer.write("step", agent="one")
        assert [entry.source for entry in reader.read().entries][-1] == writer.source
    assert reader.read().unclosed == ("a", "b")
    first.close()
    second.close()
    found = reader.read()
    assert [entry.source for entry in found.of("step")] == ["b", "a", "b"]
    assert (found.gaps, found.unclosed) == ((), ())


def test_a_line_half_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    reader, path = EvidenceReader(tmp_path), tmp_path / "a.jsonl"
    path.write_text(line(0, 1) + line(1, 2)[:20])
    assert len(reader.read().entries) == 1
    with path.open("a") as file:
        file.write(line(1, 2)[20:])
    assert [entry.t for entry in reader.read().entries] == [1, 2]


def test_a_folder_without_evidence_has_none(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere") == Evidence(())
