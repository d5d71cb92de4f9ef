"""The command with made-up numbers: all of the process but Keras, for tests of its streams."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from lstm_shapes import session
from lstm_shapes.__main__ import main
from lstm_shapes.run import Run
from lstm_shapes.spec import LSTMSpec
from tests.conftest import fixed_run


def explore_many(
    specs: Iterable[LSTMSpec], *, seed: int, on_phase: Callable[[str], None]
) -> Iterator[Run]:
    """Runs of sines, whatever the seed."""
    del seed
    for spec in specs:
        on_phase("predicting")
        yield fixed_run(spec)


if __name__ == "__main__":
    session.explore_many = explore_many  # type: ignore[assignment, attr-defined]  # a stand-in
    main()
