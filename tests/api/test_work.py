"""Lanes: bounded, fair, refusing early, and stopping what nobody waits for."""

import asyncio
import threading
import time

import pytest

from api.access.errors import OverloadedError, TimeLimitError
from api.work import Lane, Worker
from corpora.stopping import check_stopped
from tests.serving import wait_until


def lane(**settings):
    return Lane("test", **{"at_once": 1, "waiting": 2, "patience": 60, "seconds": 5, "first_guess": 0.01, **settings})


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def test_work_gives_its_result_and_its_error():
    async def main():
        worker = Worker(lane())
        assert await worker.run(lambda: 7) == 7
        with pytest.raises(ValueError, match="wrong"):
            await worker.run(lambda: (_ for _ in ()).throw(ValueError("wrong")))
        assert (worker.inside, worker.accepted, worker.shed) == (0, 2, 0)
        worker.close()

    asyncio.run(main())


def test_more_than_may_wait_are_refused_at_once_and_told_when_to_come_again():
    async def main():
        worker = Worker(lane(first_guess=3.0))
        release = threading.Event()
        tasks = [asyncio.create_task(worker.run(lambda: release.wait(5))) for _ in range(3)]
        await until(lambda: worker.inside == 3)
        started = time.monotonic()
        with pytest.raises(OverloadedError) as refusal:
            await worker.run(lambda: None)
        assert time.monotonic() - started < 0.5
        # Three are ahead of it, of whom each is thought to take 3 s on the one thread.
        assert refusal.value.retry_after == 9
        assert worker.queued == 2
        release.set()
        assert await asyncio.gather(*tasks) == [True] * 3
        assert await worker.run(lambda: "again") == "again"
        assert (worker.accepted, worker.shed) == (4, 1)
        worker.close()

    asyncio.run(main())


def test_who_would_wait_too_long_is_refused_though_there_is_room():
    async def main():
        worker = Worker(lane(waiting=100, patience=1.0, first_guess=0.9))
        release = threading.Event()
        tasks = [asyncio.create_task(worker.run(lambda: release.wait(5))) for _ in range(2)]
        await until(lambda: worker.inside == 2)
        with pytest.raises(OverloadedError):
            await worker.run(lambda: None)
        release.set()
        await asyncio.gather(*tasks)
        worker.close()

    asyncio.run(main())


def test_the_time_limit_stops_the_work_itself():
    steps = []

    def work():
        while True:
            check_stopped()
            steps.append(1)
            time.sleep(0.01)

    async def main():
        worker = Worker(lane(seconds=0.1))
        with pytest.raises(TimeLimitError, match=r"within 0\.1 s"):
            await worker.run(work)
        await until(lambda: worker.inside == 0)
        count = len(steps)
        await asyncio.sleep(0.1)
        assert len(steps) == count
        worker.close()

    asyncio.run(main())


def test_work_that_waited_past_its_time_is_never_begun():
    begun = []

    async def main():
        worker = Worker(lane(seconds=0.1))
        release = threading.Event()
        first = asyncio.create_task(worker.run(lambda: release.wait(5)))
        await until(lambda: worker.inside == 1)
        with pytest.raises(TimeLimitError):
            await worker.run(lambda: begun.append(1))
        release.set()
        with pytest.raises(TimeLimitError):
            await first
        wait_until(lambda: worker.inside == 0)
        worker.close()

    asyncio.run(main())
    assert not begun


def test_a_cancelled_task_stops_its_work():
    stopped = threading.Event()

    def work():
        try:
            while True:
                check_stopped()
                time.sleep(0.01)
        finally:
            stopped.set()

    async def main():
        worker = Worker(lane())
        task = asyncio.create_task(worker.run(work))
        await until(lambda: worker.inside == 1)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(stopped.wait, 5)
        worker.close()

    asyncio.run(main())
