"""Hold a test to the memory that it may take."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.programs import mebibytes


@contextmanager
def growth_limited_to(limit_mib: float) -> Iterator[None]:
    """Check that the peak memory of this process grows by less than so many MiB."""
    before = peak_mib()
    yield
    assert peak_mib() - before < limit_mib


def peak_mib() -> float:
    """Return the most memory that this process has had so far, in MiB."""
    return mebibytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
