"""Runs one function on many tasks with Dask: on a local cluster, or on an existing one.

Dask belongs to the extra `cluster` and is imported at first use.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack
from typing import Any, TypeVar

from uvanet.errors import UvanetError
from uvanet.extras import require
from uvanet.i18n import tr, tr_noop

T = TypeVar("T")
R = TypeVar("R")

_CONNECT_SECONDS = 15
_RESUME = tr_noop("Finished work is kept; run the same command again to continue.")


def run_tasks(
    function: Callable[[T], R], tasks: Sequence[T], *, workers: int = 0, scheduler: str = ""
) -> Iterator[tuple[T, R | UvanetError]]:
    """Runs a function on each task: in other processes, or here one task after the other.

    If a worker dies, another worker runs its task again, so the function must be safe to repeat.
    A task fails after as many deaths as Dask allows (`distributed.scheduler.allowed-failures`).

    Args:
        function: A function that the workers can import.
        tasks: Its arguments, which must be picklable.
        workers: Number of processes on this machine; ignored if `scheduler` is given. With
            neither, the tasks run in this process, and an error of the function is raised.
        scheduler: Address of a Dask scheduler, such as "tcp://10.0.0.1:8786".

    Yields:
        A task with its result or its error, in the order of completion.

    Raises:
        MissingExtraError: Dask is not installed.
        UvanetError: The scheduler does not answer, or the connection to it is lost.
    """
    if not (workers or scheduler):
        for task in tasks:
            yield task, function(task)
        return
    require("distributed", "cluster")
    from distributed import as_completed

    # Dask logs tracebacks about lost connections; their errors are reported below.
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
                "Start one with: dask scheduler. Its log shows the address, such as "
                "tcp://10.0.0.1:8786."
            ),
        ) from error


def _result(future: Any) -> Any:
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        return UvanetError(
            tr("Each worker that ran the task died."),
            tr("The usual cause is too little memory; see the logs of the workers."),
        )
    except CancelledError as error:
        raise UvanetError(tr("The Dask scheduler was lost."), tr(_RESUME)) from error
    except Exception as error:  # noqa: BLE001 - raised by the task in another process
        return UvanetError(f"{type(error).__name__}: {error}")
