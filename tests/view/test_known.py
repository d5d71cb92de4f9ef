from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_shapes.spec.grid import Grid
from lstm_shapes.spec.model import LSTMSpec
from lstm_shapes.spec.request import Request
from lstm_shapes.view.known import Known
from tests.conftest import FLAGS, LAYERS, rendered, screen

ROWS = {1: 22, 2: 24}  # of 24 in the terminal, by the number of layers
BOTH = LSTMSpec(return_sequences=True, return_state=True)
SIMPLE_LAYERS = LAYERS[:3]
sizes = st.sampled_from([1, 2, 12, 123, 9999])


def assert_fits(spec: LSTMSpec) -> None:
    """It has so many rows at 80 columns, and at none a line too wide, or a table as a list."""
    for width in (40, 60, 80, 120):
        lines = rendered(Known([spec]), width).splitlines()
        assert max(map(len, lines)) <= width
        assert "" not in (lines[0], lines[-1])
        assert ("", "") not in pairwise(lines)
        titles = [" ".join(line.split()) for line in lines]
        if width >= 60:
            assert any("array shape" in line for line in titles)
            assert any(line.startswith("layer parameters") for line in titles) is spec.is_stack
        if width == 80:
            assert len(lines) <= ROWS[len(spec.layers)]


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", SIMPLE_LAYERS)
@pytest.mark.parametrize("size", [1, 9999], ids=["smallest", "largest"])
def test_it_fits_at_both_ends(flags: dict[str, bool], layers: dict[str, Any], size: int) -> None:
    units = {"units": (size, size) if "units" in layers else size}
    assert_fits(
        LSTMSpec(timesteps=size, features=size, batch_size=size, **{**layers, **flags, **units})
    )


@settings(max_examples=15, deadline=None)
@given(
    st.builds(
        LSTMSpec,
        timesteps=sizes,
        features=sizes,
        units=st.one_of(sizes, st.tuples(sizes, sizes)),
        batch_size=sizes,
        return_sequences=st.booleans(),
        return_state=st.booleans(),
        bidirectional=st.booleans(),
    ).filter(lambda spec: not (spec.is_stack and spec.bidirectional))
)
def test_it_fits_whatever_the_sizes(spec: LSTMSpec) -> None:
    assert_fits(spec)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("width", [40, 80])
def test_every_array_and_weight_stands_there_with_its_whole_shape(
    flags: dict[str, bool], layers: dict[str, Any], width: int
) -> None:
    spec = LSTMSpec(timesteps=9999, features=999, batch_size=9999, **layers, **flags)
    lines = rendered(Known([spec]), width).splitlines()
    text = " ".join(" ".join(lines).split())
    for array in spec.outputs:
        assert any(array.name in line for line in lines)
        assert any(str(array.shape) in line for line in lines)
        assert array.meaning in text
    for layer in spec.layers:
        for weight in layer.direction_weights[:2]:
            assert weight.name in text
            assert any(str(weight.shape) in line for line in lines)
    assert f"{spec.parameters:,}" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_what_does_not_fit_beside_its_row_stands_below(width: int) -> None:
    spec = LSTMSpec(
        timesteps=9999, units=9999, batch_size=9999, bidirectional=True, return_state=True
    )
    lines = [" ".join(line.split()) for line in rendered(Known([spec]), width).splitlines()]
    for array in spec.outputs:
        beside = any(line.endswith(f"{array.shape} {array.meaning}") for line in lines)
        below = f"{array.name}: {array.meaning}" in lines
        assert beside is not below
        assert below is (width == 60)


def test_a_table_of_outputs_becomes_a_list_only_where_it_cannot_be_one() -> None:
    spec = LSTMSpec(timesteps=9999, units=9999, batch_size=9999, return_sequences=True)
    lines = [line.split() for line in rendered(Known([spec]), 40).splitlines()]
    assert ["shape", "(9999,", "9999,", "9999)"] in lines


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (BOTH, ["(4 features + 5 units + 1 bias)", "200 = 4 × 5 units"]),
        (BOTH, ["kernel (4, 20)", "recurrent_kernel (5, 20)", "bias (20,)"]),
        (BOTH, ["i (input gate), f (forget gate), g (candidate), o (output gate)"]),
        (BOTH, ["all_hidden_states, hidden_state, cell_state = lstm(x)"]),
        (LSTMSpec(bidirectional=True), ["400 = 2 ", "Bidirectional(LSTM(5))"]),
        (LSTMSpec(units=1, features=1), ["4 × 1 unit × (1 feature + 1 unit + 1 bias)"]),
        (LSTMSpec(units=(64, 32)), ["30,080", "17,664", "12,416", "output = lstm_1(lstm(x))"]),
        (LSTMSpec(units=(9,) * 100), ["98 more layers", "lstm_99(…(lstm(x)))", "lstm_97", "…"]),
    ],
)
def test_it_says_how_the_numbers_come_about(spec: LSTMSpec, words: list[str]) -> None:
    text = " ".join(rendered(Known([spec])).split())
    for word in words:
        assert word in text


def test_a_deep_stack_is_no_longer_than_a_few_layers() -> None:
    assert len(rendered(Known([LSTMSpec(units=(9,) * 100)])).splitlines()) <= 32


def test_only_a_dry_run_says_that_it_is_computed() -> None:
    measured, computed = (screen(Request(Grid.of(BOTH), dry_run=dry)) for dry in (False, True))
    assert "--dry-run" not in measured
    last = computed.split("\n\n")[-1]
    assert "computed" in last
    assert "--dry-run" in last


def test_pytorch_s_terms_stand_there_if_asked_for() -> None:
    assert "torch" not in rendered(Known([BOTH]))
    assert "torch.nn.LSTM(4, 5, batch_first=True)" in rendered(Known([BOTH], pytorch=True))
