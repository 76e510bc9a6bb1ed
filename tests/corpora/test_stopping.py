"""Work asks whether to go on, in its own context only."""

import contextvars
import threading

import pytest

from corpora.stopping import Stop, StoppedError, check_stopped, stoppable


def test_without_a_stop_nothing_is_ever_stopped():
    check_stopped()


def test_cancelled_work_stops_at_its_next_question():
    stop = Stop()
    with stoppable(stop):
        check_stopped()
        stop.cancel()
        with pytest.raises(StoppedError, match="nobody waits"):
            check_stopped()
    check_stopped()


def test_work_stops_when_its_time_is_over():
    with stoppable(Stop(seconds=0)), pytest.raises(StoppedError, match="longer than it may"):
        check_stopped()
    with stoppable(Stop(seconds=60)):
        check_stopped()


def test_a_stop_reaches_threads_that_were_given_the_context_and_no_others():
    stop = Stop()
    stop.cancel()
    outcomes = {}

    def work(name):
        try:
            check_stopped()
            outcomes[name] = "went on"
        except StoppedError:
            outcomes[name] = "stopped"

    with stoppable(stop):
        context = contextvars.copy_context()
        threads = [
            threading.Thread(target=context.run, args=(work, "inside")),
            threading.Thread(target=work, args=("outside",)),
        ]
        for thread in threads:
            thread.start()
            thread.join()
    assert outcomes == {"inside": "stopped", "outside": "went on"}
