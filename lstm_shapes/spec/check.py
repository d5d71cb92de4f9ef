"""Check a request before anything is imported or written: contradictions, arrays, memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from lstm_shapes.errors import CallError, Option, quoted, whole_number
from lstm_shapes.spec.cell import CELLS
from lstm_shapes.spec.layer import FLAGS
from lstm_shapes.spec.memory import BASE_BYTES, GIB, run_bytes
from lstm_shapes.spec.model import MAX_SEED, LSTMSpec
from lstm_shapes.spec.request import MEASURED, PICTURES, Request, Section

MAX_RUNS = 10_000

# The parts of a CallError.
Sentence = Sequence[str | Option]


def check(request: Request) -> None:
    """Raise a CallError if a number is out of range, options contradict, or memory is short."""
    whole_number("seed", request.seed or 0, 0, MAX_SEED)
    for is_wrong, sentence in _conflicts(request):
        if is_wrong:
            raise CallError(*sentence)
    for row in request.rows if request.show else ():
        _check_selections(request, row)
    spec = max((spec for row in request.rows for spec in row), key=run_bytes)
    needed, base = run_bytes(spec) / GIB, BASE_BYTES / GIB
    if request.needs_runs and not needed <= request.max_memory:  # which may be NaN
        cure = "reduce the sizes or raise "
        if request.max_memory < base:
            cure = f"TensorFlow alone takes about {base:.2f}, raise "
        expected = f"expected at most {request.max_memory:g}: "
        sentence = f"this needs about {needed:,.2f} GiB, {expected}"
        raise CallError(sentence, cure, Option("max_memory"))


def _conflicts(request: Request) -> Iterator[tuple[object, Sentence]]:
    """Yield what a request must not be, and the sentence that says so."""
    dry_run, compare, json = Option("dry_run"), Option("compare"), Option("json")
    pictures = [path for path in request.save if path.suffix.lower() in PICTURES]
    flags = Option("return_sequences"), " and ", Option("return_state")
    both = request.compare and (request.return_sequences or request.return_state)
    yield both, (compare, " sets ", *flags, ", expected neither beside it")
    for size in "timesteps", "batch_size":
        several = request.lengths and len(getattr(request, size) or ()) > 1
        of_one = " are of one input, expected one value of "
        yield several, (Option("lengths"), of_one, Option(size), " beside it")
    expected = f"these sizes make {request.runs:,} runs, expected at most {MAX_RUNS:,}"
    yield request.runs > MAX_RUNS, (expected,)
    hides_pytorch = request.pytorch and request.runs > 1 and (pictures or not request.json)
    one_call = " shows one call, expected no other, or "
    yield hides_pytorch, (Option("pytorch"), one_call, json, " without a picture")
    for option in "show", "arrays", "next":
        without_run = request.dry_run and getattr(request, option)
        yield without_run, (Option(option), " needs a run, expected no ", dry_run, " beside it")
    several_sizes = " or several sizes beside it"
    one_run = Option("next"), " is for one run, expected no ", compare, several_sizes
    yield request.next_calls and request.runs > 1, one_run
    ends = "expected a file to save that ends in .svg or .html"
    yield request.light and not pictures, (Option("light"), f" is for pictures, {ends}")
    one_screen = Option("only"), " shows one call or a comparison, expected no other"
    yield request.only and len(request.rows) > 1, one_screen
    of_a_run = (Section.DRAWING, Section.PARAMETERS, Section.PYTORCH, Section.NEXT)
    hidden = {"json": tuple(Section), "dry_run": MEASURED, "compare": of_a_run}
    hides = {option: getattr(request, option) for option in hidden}
    hidden["no_arrays"] = (Section.ARRAYS,)
    hides["no_arrays"] = request.arrays is False and not request.show
    for option, sections in hidden.items():
        for section in request.only:
            either = " shows nothing beside ", Option(option), ", expected one or the other"
            is_hidden = hides[option] and section in sections
            yield is_hidden, (Option("only"), f" {section.value}", *either)


def _check_selections(request: Request, row: Sequence[LSTMSpec]) -> None:
    arrays = {of.name: of for spec in row for of in (*spec.arrays, *spec.last.all_other_states)}
    for selection in request.selections:
        name, spec = selection.name, row[-1]
        if missing := flags_by_array(spec).get(name):
            add = [part for flag in missing for part in (" and ", Option(flag, "True"))]
            raise CallError(f"{quoted(str(selection))} is not returned: add ", *add[1:])
        kinds = [kind for kind in CELLS if name in flags_by_array(replace(spec, layer=kind))]
        if name not in arrays and kinds:
            alone = f"h is all that a {spec.layer} hands on"
            raise CallError(f"{quoted(str(selection))} is of {', '.join(kinds)} alone: {alone}")
        selection.find(list(arrays.values()))


def flags_by_array(spec: LSTMSpec) -> Mapping[str, Sequence[str]]:
    """Return the name of every array with the fewest flags that would give it to a spec."""
    off = [flag for flag in (*FLAGS, "bidirectional") if not getattr(spec, flag)]
    choices = [flags for count in (3, 2, 1, 0) for flags in combinations(off, count)]
    given: list[dict[str, Any]] = [dict.fromkeys(flags, True) for flags in choices]
    specs = [(replace(spec, **flags), tuple(flags)) for flags in given]
    return {array.name: f for of, f in specs for array in (*of.arrays, *of.last.all_other_states)}
