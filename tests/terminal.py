"""Start the command as a user does: by a shell, or on a terminal."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

COMMAND = [sys.executable, "-m", "lstm_shapes"]
# Even on a slow machine, a process that takes longer hangs.
PATIENCE_SECONDS = 300
READ_SIZE = 2**16
TERMINAL_SETTINGS = [
    "COLUMNS",
    "NO_COLOR",
    "FORCE_COLOR",
    "TERM",
    "PYTHONIOENCODING",
]


def environment_with(variables: Mapping[str, str]) -> dict[str, str]:
    """Return this environment without settings of a terminal, but with `variables`."""
    environment = dict(os.environ)
    for name in TERMINAL_SETTINGS:
        environment.pop(name, None)
    environment.update(variables)
    return environment


def start(
    command: Sequence[str],
    variables: Mapping[str, str],
    stdin: int | None,
    stdout: int,
    stderr: int,
) -> subprocess.Popen[bytes]:
    """Start a process that heeds Ctrl-C.

    A shell lets its background jobs ignore Ctrl-C, and a child process inherits that.
    """
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            command,
            env=environment_with(variables),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )
    finally:
        signal.signal(signal.SIGINT, previous)


def in_a_shell(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `$L` is the command."""
    process = start(
        ["bash", "-o", "pipefail", "-c", f"{script}; exit $?"],
        {"L": " ".join(COMMAND), **variables},
        stdin=None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    stdout, stderr = process.communicate(timeout=PATIENCE_SECONDS)
    return subprocess.CompletedProcess(
        script,
        process.returncode,
        stdout.decode("utf-8"),
        stderr.decode("utf-8"),
    )


class Terminal:
    """A command whose streams are all on a terminal."""

    def __init__(
        self,
        *arguments: str,
        command: Sequence[str] = COMMAND,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.shown = ""
        self._controller, terminal = os.openpty()
        self.process = start(
            [*command, *arguments],
            {"TERM": "xterm", **(environment or {})},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)

    def wait_for(self, text: str, since: int = 0) -> None:
        """Read until the text is shown behind the first `since` characters."""
        while text not in self.shown[since:]:
            assert self.read(), f"{text!r} was never shown in {self.shown!r}"

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        os.write(self._controller, text.encode())

    def finish(self) -> int:
        """Read to the end and return the status as a shell has it."""
        while self.read():
            pass
        os.close(self._controller)
        status = self.process.wait()
        if status < 0:
            return 128 - status
        return status

    def read(self) -> bool:
        """Add to `shown` what comes next; return False at the end."""
        readable, _, _ = select.select([self._controller], [], [], PATIENCE_SECONDS)
        if not readable:
            self.process.kill()
            raise AssertionError(f"nothing comes after {self.shown!r}")
        try:
            data = os.read(self._controller, READ_SIZE)
        except OSError:
            # Linux raises it when the last process has closed its end of the terminal.
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)
