"""Runs one function on many tasks with Dask: on a local cluster, or on an existing one.

Dask is in the extra `cluster` and imported when it is needed.
"""

from __future__ import annotations

import logging
import uuid
from concurrent.futures import CancelledError
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from uvanet.errors import UvanetError
from uvanet.extras import require
from uvanet.i18n import tr, tr_noop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")

_CONNECT_SECONDS = 15
_RESUME = tr_noop("What is finished is kept; the same command continues from there.")


def run_tasks(
    function: Callable[[T], R], tasks: Sequence[T], *, workers: int = 0, scheduler: str = ""
) -> Iterator[tuple[T, R | UvanetError]]:
    """Runs a function on each task, in other processes.

    A task whose worker dies is run again by another one; the function must allow that. After
    Dask's number of such deaths, the task is given up.

    Args:
        function: Can be imported by the workers.
        tasks: Each can be pickled.
        workers: Processes on this machine, where `scheduler` is empty.
        scheduler: Address of a Dask scheduler, such as "tcp://10.0.0.1:8786".

    Yields:
        A task and its result, or the error that ended it; in the order in which they end.

    Raises:
        MissingExtraError: Dask is not installed.
        UvanetError: The scheduler does not answer, or is lost on the way.
    """
    require("distributed", "cluster")
    from distributed import as_completed

    # Its tracebacks about lost connections; errors are reported below.
    for name in ("distributed", "distributed.client", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        client = stack.enter_context(_connect(stack, workers, scheduler))
        run = uuid.uuid4().hex
        futures = {
            client.submit(function, task, key=f"uvanet-{run}-{number}", pure=False): task
            for number, task in enumerate(tasks)
        }
        for future in as_completed(futures):
            yield futures[future], _result(future)
            future.release()


def _connect(stack: ExitStack, workers: int, scheduler: str) -> Any:
    from distributed import Client, LocalCluster

    if not scheduler:
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
        return Client(stack.enter_context(cluster))
    try:
        return Client(scheduler, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise UvanetError(
            tr("The Dask scheduler {scheduler} does not answer.").format(scheduler=scheduler),
            tr(
                "Start one with: dask scheduler; the address is that of its log, such as "
                "tcp://10.0.0.1:8786."
            ),
        ) from error


def _result(future: Any) -> Any:
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return UvanetError(
            tr("Each worker that ran it died."),
            tr("Too little memory is the usual cause; see their logs."),
        )
    except CancelledError as error:
        raise UvanetError(tr("The Dask scheduler was lost."), tr(_RESUME)) from error
    except Exception as error:  # noqa: BLE001 - of the task, in another process
        return UvanetError(f"{type(error).__name__}: {error}")
