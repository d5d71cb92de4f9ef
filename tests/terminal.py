"""Processes as a user starts them: by a shell, or on a terminal."""

import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType

_PATIENCE = 60  # seconds

COMMAND = [sys.executable, "-m", "lstm_shapes"]


def clean_environment(**changes: str) -> dict[str, str]:
    """This process' environment without what it says of its own terminal."""
    terminal = {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING", "GITHUB_ACTIONS"}
    kept = {name: value for name, value in os.environ.items() if name not in terminal}
    return kept | changes


def in_a_shell(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a line of bash in which `$L` is the command."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        env=clean_environment(L=" ".join(COMMAND), **environment),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


class Terminal:
    """A command with stderr, and stdout and stdin if nothing else is given, on a terminal."""

    def __init__(
        self,
        *arguments: str,
        command: Sequence[str] = COMMAND,
        stdout: int | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        import pty

        self._controller, terminal = pty.openpty()
        self.shown = ""
        self.process = subprocess.Popen(
            [*command, *arguments],
            stdin=terminal,
            stdout=terminal if stdout is None else stdout,
            stderr=terminal,
            env=clean_environment(**{"TERM": "xterm", **environment}),
        )
        os.close(terminal)

    def wait_for(self, text: str, since: int = 0) -> None:
        """Reads until the terminal has shown the text, since it had shown so many characters."""
        while text not in self.shown[since:]:
            assert self._read(), f"{text!r} was never shown in {self.shown!r}"

    def type(self, text: str) -> None:
        """Types on its keyboard, so to speak."""
        os.write(self._controller, text.encode())

    def finish(self) -> int:
        """Reads to the end and returns the status as a shell tells it."""
        while self._read():
            pass
        os.close(self._controller)
        status = self.process.wait()
        return 128 - status if status < 0 else status

    def _read(self) -> bool:
        if not select.select([self._controller], [], [], _PATIENCE)[0]:
            self.process.kill()
            raise AssertionError(f"nothing comes after {self.shown!r}")
        try:
            data = os.read(self._controller, 2**16)
        except OSError:  # what Linux says once the last process has closed its end
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)
