"""Check a request before anything is imported or written: what cannot go together."""

from itertools import combinations

from lstm_shapes.errors import CallError, listed, quoted, whole_number
from lstm_shapes.request import (
    PICTURES,
    SECTIONS,
    STEPS_PAGE,
    ListRequest,
    Request,
    Row,
    Section,
    suffix_of,
)
from lstm_shapes.shapes.cell import CELLS, GATE_NAMES, LSTM, Cell
from lstm_shapes.shapes.layer import FLAGS, Layer
from lstm_shapes.shapes.memory import BASE_BYTES, GIB, run_bytes, steps_bytes
from lstm_shapes.shapes.returned import ArraySpec
from lstm_shapes.shapes.selection import Selection
from lstm_shapes.shapes.spec import MAX_SEED, Spec


def check(request: Request) -> None:
    """Raise a CallError if a request contradicts itself, or shows what there is not."""
    whole_number("seed", request.seed or 0, 0, MAX_SEED)
    check_pytorch(request)
    check_dry_run(request)
    check_next(request)
    check_force(request)
    check_light(request)
    check_only(request)
    for row in request.rows:
        for selection in request.show:
            check_selection(selection, row)


def check_pytorch(request: Request) -> None:
    """Refuse `pytorch` where the screen is of several calls."""
    if not request.pytorch or request.run_count == 1:
        return
    if request.picture_paths or not request.json:
        raise CallError(
            f"`pytorch` shows one call, and this is {request.screen_name}, expected `json`"
            " beside it, without a picture, or one call"
        )


def check_dry_run(request: Request) -> None:
    """Refuse what only a run can answer where there is none."""
    if not request.dry_run:
        return
    for name in ("show", "arrays", "next"):
        if getattr(request, name):
            raise CallError(f"`{name}` needs a run, expected no `dry_run` beside it")


def check_next(request: Request) -> None:
    """Refuse next layers behind several runs."""
    if request.next and request.run_count > 1:
        raise CallError(
            f"`next` is for one call, and this is {request.screen_name}, expected one call"
        )


def check_force(request: Request | ListRequest) -> None:
    """Refuse to replace files where none is saved."""
    if request.force and not request.save:
        raise CallError(
            "`force` lets files be replaced, expected `save` with a file beside it"
        )


def check_light(request: Request | ListRequest) -> None:
    """Refuse colours for a white page where there is no picture."""
    if not request.light or request.picture_paths:
        return
    expected = f"expected a file to save that ends in {' or '.join(PICTURES)}"
    for path in request.save:
        if suffix_of(path) == STEPS_PAGE:
            raise CallError(
                f"`light` is for pictures, and {quoted(str(path))} is light or dark as its"
                f" reader has it, {expected}"
            )
    raise CallError(f"`light` is for pictures, {expected}")


def check_only(request: Request) -> None:
    """Refuse to show a section alone that is not shown at all."""
    for section in SECTIONS:
        if section.name in request.only and request.has_section(section):
            check_section(section, request)
    if request.only and not request.sections:
        names = [section.name for section in SECTIONS if request.has_section(section)]
        raise CallError(
            f"{request.screen_name} has no {' or '.join(request.missing_sections)},"
            f" expected `only` with {', '.join(names[:-1])} or {names[-1]}"
        )


def check_section(section: Section, request: Request) -> None:
    """Raise a CallError if another option leaves a section out."""
    hiding_option = ""
    if request.json:
        hiding_option = "json"
    elif request.dry_run and section.needs_run:
        hiding_option = "dry_run"
    elif section.name == "arrays" and request.arrays is False and not request.show:
        hiding_option = "no_arrays"
    if hiding_option:
        raise CallError(
            f"`only` {section.name} shows nothing beside `{hiding_option}`, expected one"
            " or the other"
        )


def check_selection(selection: Selection, row: Row) -> None:
    """Raise a CallError if no call of a row has the array, or the index does not fit it."""
    spec = row[-1]
    arrays = arrays_of_row(row)
    meant_selections: list[Selection] = []
    for row_spec in row:
        meant_selections.extend(selection.meant_in(row_spec))
    if not meant_selections:
        flags = fewest_flags_returning(selection.name, spec)
        if flags:
            arguments = listed([f"`{flag}=True`" for flag in flags])
            raise CallError(
                f"{quoted(str(selection))} is not returned: add {arguments}"
            )
        kinds = kinds_returning(selection.name, spec)
        if kinds:
            raise CallError(
                f"{quoted(str(selection))} is of {listed(kinds)} alone:"
                f" {reason_for_lack(selection.name, spec)}"
            )
        meant_selections.append(selection)
    for meant_selection in meant_selections:
        meant_selection.find(list(arrays.values()))


def reason_for_lack(name: str, spec: Spec) -> str:
    """Say why the last layer of a spec has no array of a name that other kinds have."""
    if not name.endswith(tuple(GATE_NAMES.values())):
        return f"h is all that a {spec.layer} hands on"
    if not spec.cell.gate_names:
        return f"a {spec.layer} has no gate, and its candidate is h itself"
    article = "an" if spec.cell is LSTM else "a"
    return f"{article} {spec.layer} has {listed(spec.cell.gate_names)}"


def arrays_of_row(row: Row) -> dict[str, ArraySpec]:
    """Return every array that a call of the row can show, by its name."""
    arrays: dict[str, ArraySpec] = {}
    for spec in row:
        for array in spec.selectable_arrays:
            arrays[array.name] = array
    return arrays


def fewest_flags_returning(name: str, spec: Spec) -> tuple[str, ...]:
    """Return the fewest flags that make a spec return an array, () if none do."""
    flags_off = []
    for flag in (*FLAGS, "bidirectional"):
        if not getattr(spec, flag):
            flags_off.append(flag)
    for flag_count in range(1, len(flags_off) + 1):
        for flags in combinations(flags_off, flag_count):
            if has_array(name, spec.with_flags(dict.fromkeys(flags, True))):
                return flags
    return ()


def kinds_returning(name: str, spec: Spec) -> list[str]:
    """Return the kinds of layer that have an array which this spec's kind has not."""
    kinds = []
    for cell in CELLS.values():
        other_spec = with_kind(spec, cell)
        flags = fewest_flags_returning(name, other_spec)
        if flags or has_array(name, other_spec):
            kinds.append(cell.name)
    return kinds


def with_kind(spec: Spec, cell: Cell) -> Spec:
    """Return the spec with a last layer of another kind."""
    layer = spec.layers[-1]
    last = Layer(
        cell=cell,
        units=layer.units,
        return_sequences=layer.return_sequences,
        return_state=layer.return_state,
        bidirectional=layer.bidirectional,
    )
    return spec.with_layers((*spec.layers[:-1], last))


def has_array(name: str, spec: Spec) -> bool:
    """Return True if a run of the spec can show an array of that name."""
    return bool(spec.names_meant(name))


def check_memory(request: Request) -> None:
    """Raise a CallError if a run would take more memory than it may."""
    needed_gib = max(bytes_of_run(spec, request) for spec in request.specs) / GIB
    if needed_gib <= request.max_memory:
        return
    base_gib = BASE_BYTES / GIB
    cure = "reduce the sizes or raise `max_memory`"
    if request.max_memory < base_gib:
        cure = f"TensorFlow alone takes about {base_gib:.2f}, raise `max_memory`"
    raise CallError(
        f"this needs about {needed_gib:,.2f} GiB, expected at most"
        f" {request.max_memory:g}: {cure}"
    )


def bytes_of_run(spec: Spec, request: Request) -> int:
    """Estimate the memory of one run of a request, in bytes."""
    if request.needs_steps(spec):
        are_made_twice = "gates" in request.only
        return run_bytes(spec) + steps_bytes(spec, are_made_twice=are_made_twice)
    return run_bytes(spec)


def bytes_for_next_layers(request: Request) -> float:
    """Return the bytes of the memory that a run may take which it leaves to others."""
    largest_run = max(bytes_of_run(spec, request) for spec in request.specs)
    return request.max_memory * GIB - largest_run
