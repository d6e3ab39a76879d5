"""Where workers come from: one process makes a solver ready once, and every worker is a copy (a fork) of it.

To make one ready takes 1.4 s of CPU, a copy 0.02 s and little memory of its own. The server itself cannot be copied, as
it has threads and sockets; this process was started afresh, and runs nothing beside.
"""

import asyncio
import multiprocessing
import socket
from multiprocessing.process import BaseProcess

from routing_service.adapters.solver_process import SolverProcess, WorkerDiedError
from routing_service.adapters.solver_worker import SolverFactory, run_nursery

_LONGEST_NUMBER = 20


class SolverNursery:
    """Starts its process with the first worker, and another one should it have died since."""

    def __init__(self, factory: SolverFactory) -> None:
        self._factory = factory
        self._process: BaseProcess | None = None
        self._line = socket.socket(socket.AF_UNIX)
        self._turn = asyncio.Lock()

    async def worker(self) -> SolverProcess:
        """A new one, warm. Raises WorkerDiedError if the solver dies over its start."""
        async with self._turn:
            if self._process is None or not self._process.is_alive():
                self._process = self._start()
            connection, theirs = multiprocessing.Pipe()
            try:
                with theirs:
                    socket.send_fds(self._line, [b"+"], [theirs.fileno()])
                number = await asyncio.get_running_loop().sock_recv(self._line, _LONGEST_NUMBER)
                return SolverProcess(connection, int(number))
            except (OSError, ValueError):
                connection.close()
                raise WorkerDiedError from None

    def close(self) -> None:
        """The workers that there are live on."""
        self._line.close()
        if self._process is not None:
            self._process.kill()

    def _start(self) -> BaseProcess:
        self._line.close()
        self._line, theirs = socket.socketpair()
        self._line.setblocking(False)
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=run_nursery, args=(theirs, self._factory), daemon=True)
        with theirs:
            process.start()
        return process
