"""Processes as a user starts them: by a shell, or on a terminal."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

COMMAND = [sys.executable, "-m", "lstm_shapes"]
PATIENCE = 60  # seconds
_OF_TERMINALS = {"COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM", "PYTHONIOENCODING"}


def start(command: Sequence[str], environment: Mapping[str, str], **streams: Any) -> Any:
    """Start a process that heeds Ctrl-C, also where these tests are a job in the background."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_TERMINALS}
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command, env={**kept, **environment}, **streams)
    finally:
        signal.signal(signal.SIGINT, before)


def in_a_shell(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `$L` is the command."""
    command = ["bash", "-o", "pipefail", "-c", f"{script}; exit $?"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    process = start(command, {"L": " ".join(COMMAND), **environment}, **streams)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(script, process.returncode, stdout, stderr)


class Terminal:
    """A command with stdin, stderr and, if nothing else is given, stdout on a terminal."""

    def __init__(
        self,
        *arguments: str,
        command: Sequence[str] = COMMAND,
        stdout: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._controller, end = os.openpty()
        self.shown = ""
        streams = {"stdin": end, "stdout": end if stdout is None else stdout, "stderr": end}
        variables = {"TERM": "xterm", **(environment or {})}
        self.process = start([*command, *arguments], variables, **streams)
        os.close(end)

    def wait_for(self, text: str, since: int = 0) -> None:
        """Read until the terminal has shown the text, from that many characters on."""
        while text not in self.shown[since:]:
            assert self.read(), f"{text!r} was never shown in {self.shown!r}"

    def type(self, text: str) -> None:
        """Type on its keyboard."""
        os.write(self._controller, text.encode())

    def finish(self) -> int:
        """Read to the end and return the status as a shell has it."""
        while self.read():
            pass
        os.close(self._controller)
        status: int = self.process.wait()
        return 128 - status if status < 0 else status

    def read(self) -> bool:
        """Read what comes next, and return False at the end."""
        if not select.select([self._controller], [], [], PATIENCE)[0]:
            self.process.kill()
            raise AssertionError(f"nothing comes after {self.shown!r}")
        try:
            data = os.read(self._controller, 2**16)
        except OSError:  # as Linux ends it, once the last process has closed its end
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)
