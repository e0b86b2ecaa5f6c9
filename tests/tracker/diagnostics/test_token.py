"""One token serves all who ask; it is fetched anew ahead of its expiry, by one request."""

import asyncio

import pytest

from tracker.diagnostics.token import Token, TokenCache


class Source:
    """Gives tokens 1, 2, ... once `go` is set, each living for `lifetime_s`; `now` is the clock's."""

    def __init__(self, lifetime_s: float = 3600.0) -> None:
        self.lifetime_s = lifetime_s
        self.given = 0
        self.now = 0.0
        self.go = asyncio.Event()
        self.go.set()
        self.broken = False
        self.cache = TokenCache(self.fetch, lambda: self.now)

    async def fetch(self) -> Token:
        await self.go.wait()
        if self.broken:
            raise OSError("no token today")
        self.given += 1
        return Token(str(self.given), self.lifetime_s)


def test_many_who_need_a_token_at_once_share_one_request() -> None:
    async def run() -> None:
        source = Source()
        source.go.clear()
        waiting = [asyncio.create_task(source.cache.get()) for _ in range(50)]
        await asyncio.sleep(0)  # waits: for all of them to ask
        source.go.set()
        assert {token.value for token in await asyncio.gather(*waiting)} == {"1"}

    asyncio.run(run())


@pytest.mark.parametrize(("lifetime_s", "good_until"), [(3600.0, 3540.0), (60.0, 54.0)])
def test_it_is_fetched_anew_ahead_of_its_expiry_and_not_before(lifetime_s: float, good_until: float) -> None:
    async def run() -> None:
        source = Source(lifetime_s)
        assert (await source.cache.get()).value == "1"
        source.now = good_until - 0.1
        assert (await source.cache.get()).value == "1"
        source.now = good_until
        assert (await source.cache.get()).value == "1"
        await asyncio.sleep(0)  # waits: for the new one, which nobody waits for
        assert (await source.cache.get()).value == "2"

    asyncio.run(run())


@pytest.mark.parametrize("trouble", ["fails", "hangs"])
def test_a_login_that_is_in_trouble_costs_nothing_while_the_old_token_lasts(trouble: str) -> None:
    async def run() -> None:
        source = Source()
        await source.cache.get()
        source.broken = trouble == "fails"
        if trouble == "hangs":
            source.go.clear()
        for source.now in (3540.0, 3570.0, 3599.9):
            assert (await source.cache.get()).value == "1"
            await asyncio.sleep(0)  # waits: for the attempt to end, if it does
        source.now = 3600.0
        last = asyncio.create_task(source.cache.get())
        await asyncio.sleep(0)  # waits: for it to ask
        assert not last.done() or trouble == "fails"
        source.go.set()
        if trouble == "hangs":
            assert (await last).value == "2"
        else:
            with pytest.raises(OSError, match="no token today"):
                await last

    asyncio.run(run())


def test_who_gives_up_takes_the_token_from_nobody() -> None:
    async def run() -> None:
        source = Source()
        source.go.clear()
        gives_up, waits = asyncio.create_task(source.cache.get()), asyncio.create_task(source.cache.get())
        await asyncio.sleep(0)  # waits: for both of them to ask
        gives_up.cancel()
        source.go.set()
        assert (await waits).value == "1"

    asyncio.run(run())


def test_a_rejected_token_is_replaced_once_however_many_had_it() -> None:
    async def run() -> None:
        source = Source()
        first = await source.cache.get()
        source.cache.rejected(first)
        second = await source.cache.get()
        source.cache.rejected(first)
        assert (second.value, (await source.cache.get()).value) == ("2", "2")

    asyncio.run(run())


def test_a_failure_is_told_to_who_asks_and_the_next_may_have_more_luck() -> None:
    async def run() -> None:
        source = Source()
        source.broken = True
        with pytest.raises(OSError, match="no token today"):
            await source.cache.get()
        source.broken = False
        assert (await source.cache.get()).value == "1"

    asyncio.run(run())


def test_a_token_does_not_show_its_value() -> None:
    assert "abc" not in repr(Token("abc", 1.0))
