"""Save to files: checked before the runs are made, and written whole or not at all."""

import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from lstm_shapes.errors import CallError, listed, plain, quoted
from lstm_shapes.request import (
    STEPS_PAGE,
    ListRequest,
    Request,
    Row,
    path_of_input,
    path_of_weights,
    suffix_of,
)
from lstm_shapes.view import Runs, View
from lstm_shapes.view.whole_file import cannot_be_written, target_of, whole_file

if TYPE_CHECKING:
    import numpy.typing as npt
    from rich.text import Text

    from lstm_shapes.run.trials import TriedLayer
    from lstm_shapes.run.values import Run, Values
    from lstm_shapes.view.style import Look


# A file is copied in pieces of so many bytes.
COPIED_BYTES = 2**20
# A browser takes seconds to open a page with more.
MOST_PAGE_MB = 8
# What a list of layers can be written to.
LIST_FORMATS = (".json", ".jsonl", ".svg", ".png", ".html")


class SavedFile(View):
    """A view that writes a file at the end; a subclass is a format.

    `holds_one_run` is True where the format has no place for several runs.
    """

    holds_one_run = False

    def __init__(self, request: Request, path: Path) -> None:
        self.request = request
        self.path = path
        self.target = target_of(path, may_replace=request.force)

    def end(self) -> None:
        """Write the file."""
        with whole_file(self.target, may_replace=self.request.force) as file:
            self.write(file)

    def write(self, file: IO[bytes]) -> None:
        """Write what the file holds."""
        raise NotImplementedError


class SavedRun(SavedFile):
    """A file of one run, which is written when the run is done."""

    holds_one_run = True
    runs: Runs = ()

    @property
    def needs_run(self) -> bool:
        """Return True: the file holds what was measured."""
        return True

    def add(self, row: Row, runs: Runs) -> None:
        """Keep the run for `write`."""
        self.runs = runs


class SavedArrays(SavedRun):
    """All arrays and weights of a run, as NumPy saves them: a .npz."""

    def write(self, file: IO[bytes]) -> None:
        """Write the arrays by their names, and the spec as a JSON string."""
        import numpy as np

        run = self.runs[0]
        members: dict[str, npt.ArrayLike] = {}
        dtypes = {}
        for name, values in {**run.arrays, **run.weights}.items():
            members[name] = writable(values)
            dtypes[name] = values.dtype.name
        for array in self.request.step_arrays_in(run.spec):
            values = run.step_values[array.name]
            name = array.name
            if array.masked_rows == "nothing":
                name = f"gates/{array.name}"
            members[name] = writable(values)
            dtypes[name] = values.dtype.name
        facts = {**facts_of_run(run), "dtypes": dtypes}
        if run.spec.is_masked:
            facts["gates_where_masked"] = "NaN, as none is used there"
        members["spec"] = json.dumps(facts)
        if run.spec.lengths:
            members["lengths"] = run.spec.lengths
        np.savez(file, **members)  # type: ignore[arg-type]  # allow_pickle is no member


class SavedDocuments(SavedFile):
    """A line of JSON for each run: a .jsonl.

    The lines of a sweep may be more than memory holds. So each is written at once to a
    file without a name, which the system removes even if the process is killed.
    """

    def __init__(self, request: Request, path: Path) -> None:
        from lstm_shapes.view.document import JSONLines

        super().__init__(request, path)
        self._lines: IO[bytes] | None = None
        self._view = JSONLines(
            request,
            self._write_line,
            with_arrays=request.saves_whole_arrays,
        )

    @property
    def needs_run(self) -> bool:
        """Return True: JSON holds what Keras measured."""
        return self._view.needs_run

    @property
    def needs_next_layers(self) -> bool:
        """Return True where the JSON holds the layers behind this one."""
        return self._view.needs_next_layers

    def add(self, row: Row, runs: Runs) -> None:
        """Write the lines of a row."""
        try:
            self._view.add(row, runs)
        except OSError as error:
            raise cannot_be_written(self.target, error) from error

    def _write_line(self, line: bytes) -> None:
        """Write a line to the file without a name, on the disk of the one to save."""
        if self._lines is None:
            # It stays open: `close` below closes it.
            self._lines = TemporaryFile(dir=self.target.parent)  # noqa: SIM115
        self._lines.write(line)

    def write(self, file: IO[bytes]) -> None:
        """Copy all lines from the file without a name."""
        if self._lines is not None:
            self._lines.seek(0)
            shutil.copyfileobj(self._lines, file, COPIED_BYTES)

    def close(self) -> None:
        """Remove the file without a name."""
        if self._lines is not None:
            # On a full disk, closing it fails too, and nobody needs it any more.
            with suppress(OSError):
                self._lines.close()


class SavedDocument(SavedDocuments):
    """The JSON object of one run: a .json."""

    holds_one_run = True


class SavedPicture(SavedFile):
    """The screen in full colour, as wide as its longest line; a subclass is a format.

    A picture has no terminal that says how wide it is. It is laid out for the fewest
    columns from 80 to 160 at which no array, and no table of a sweep, loses columns that
    160 would show.
    """

    def __init__(self, request: Request, path: Path) -> None:
        from lstm_shapes.view.screen import Printer
        from lstm_shapes.view.style import Look
        from lstm_shapes.view.sweep import screen_of, width_in_picture

        super().__init__(request, path)
        self._lines: list[Text] = []
        look = Look(
            width_in_picture(request),
            colours="truecolor",
            is_picture=True,
        )
        self._printer = Printer(self._lines.extend, look)
        # A slide has no use for the footer, which says how to repeat the call.
        self._screen = screen_of(request, self._printer, has_footer=False)
        self._has_begun = False

    @property
    def needs_run(self) -> bool:
        """Return True if the screen does."""
        return self._screen.needs_run

    @property
    def needs_next_layers(self) -> bool:
        """Return True if the screen shows the layers behind this one."""
        return self._screen.needs_next_layers

    def add(self, row: Row, runs: Runs) -> None:
        """Keep the lines of a row; those that need no run come before the first row."""
        self._printer.look = self._wide_look(row, runs)
        if not self._has_begun:
            self._screen.begin()
        self._has_begun = True
        self._screen.add(row, runs)

    def _wide_look(self, row: Row, runs: Runs) -> "Look":
        """Return the look in which the arrays of a row are shown."""
        look = self._printer.look
        has_arrays = any(section.name == "arrays" for section in self.request.sections)
        if not runs or not has_arrays:
            return look
        from lstm_shapes.view.sections import Answer
        from lstm_shapes.view.sections.arrays import width_in_picture

        width = width_in_picture(Answer(row, runs, self.request, look))
        return look._replace(width=max(look.width, width))

    def write(self, file: IO[bytes]) -> None:
        """Write the picture."""
        self._screen.end()
        file.write(self.export(self._lines))

    def export(self, lines: "list[Text]") -> bytes:
        """Return the lines in the format."""
        raise NotImplementedError


class SavedHTML(SavedPicture):
    """The screen as a page: a .html."""

    def export(self, lines: "list[Text]") -> bytes:
        """Return the page, whose title is the layers' code."""
        from lstm_shapes.view.picture import html_page

        title = self.request.rows[0][0].code
        if self.request.is_sweep:
            title = lines[0].plain
        return html_page(lines, title, self.request.light).encode()


class SavedSVG(SavedPicture):
    """The screen as a picture: a .svg."""

    def export(self, lines: "list[Text]") -> bytes:
        """Return the picture."""
        from lstm_shapes.view.picture import svg_picture

        return svg_picture(lines, self.request.light).encode()


class SavedPNG(SavedPicture):
    """The same picture as pixels: a .png."""

    def export(self, lines: "list[Text]") -> bytes:
        """Return the picture."""
        from lstm_shapes.view.picture import png_picture

        return png_picture(lines, self.request.light)


class SavedSteps(SavedRun):
    """A page on which one steps through a run: a .steps.html."""

    def write(self, file: IO[bytes]) -> None:
        """Write the page."""
        from lstm_shapes.view.steps import steps_page

        file.write(steps_page(self.runs[0], self.request).encode())


class SavedProgram(SavedRun):
    """The Keras program of a call: a .py, and the files that it loads from beside it."""

    def __init__(self, request: Request, path: Path) -> None:
        super().__init__(request, path)
        self.targets_beside: dict[Path, Path] = {}
        for path_beside in request.paths_beside(path):
            target = target_of(path_beside, may_replace=request.force)
            self.targets_beside[path_beside] = target

    @property
    def needs_run(self) -> bool:
        """Return True if layers are tried behind this one: Keras may refuse them."""
        return self.needs_next_layers

    @property
    def needs_next_layers(self) -> bool:
        """Return True if layers were asked for: the program calls those."""
        return bool(self.request.next)

    def end(self) -> None:
        """Write what the program loads from beside it, and the program."""
        may_replace = self.request.force
        new_targets: list[Path] = []
        try:
            for path, target in self.targets_beside.items():
                with whole_file(target, may_replace=may_replace) as file:
                    self.write_beside(path, file)
                if not may_replace:
                    new_targets.append(target)
            super().end()
        except BaseException:
            # These files are new, and of no use without their program.
            for target in new_targets:
                target.unlink(missing_ok=True)
            raise

    def write_beside(self, path: Path, file: IO[bytes]) -> None:
        """Write one of the files that the program loads from beside it."""
        if path == path_of_input(self.path):
            write_array(file, self.runs[0].input.values)
        else:
            write_weights(file, self._own_weights())

    def write(self, file: IO[bytes]) -> None:
        """Write the program."""
        from lstm_shapes.view.program import loading_from_beside, write_program

        request = self.request
        loading_code = ""
        window = None
        if request.own_input:
            loading_code = request.own_input.code
            window = request.own_input.window
        if request.has_array_as_input:
            loading_code = loading_from_beside(path_of_input(self.path).name)
        next_layers: Sequence[TriedLayer] = ()
        if self.runs and request.next:
            next_layers = self.runs[0].next_layers or ()
        weights_file = ""
        if request.weights_owner:
            weights_file = path_of_weights(self.path).name
        program = write_program(
            request.rows[0][0],
            request.seed or 0,
            loading_code=loading_code,
            next_layers=next_layers,
            window=window,
            weights_file=weights_file,
            # The name stands in a comment, which a line break would end.
            weights_owner=plain(request.weights_owner),
        )
        file.write(program.encode())

    def _own_weights(self) -> "dict[str, Values]":
        """Return the weights of the run; without one, those in the model file."""
        if self.runs:
            return dict(self.runs[0].weights)
        if self.request.own_weights is None:
            return {}
        from lstm_shapes.run.weights import saved_weights

        values = saved_weights(*self.request.own_weights)
        names = [weight.name for weight in self.request.rows[0][0].weights]
        return dict(zip(names, values, strict=True))


def write_weights(file: IO[bytes], weights: "dict[str, Values]") -> None:
    """Write weights by their names, in Keras' order."""
    import numpy as np

    members: dict[str, npt.ArrayLike] = {}
    for name, values in weights.items():
        members[name] = writable(values)
    np.savez(file, **members)  # type: ignore[arg-type]  # allow_pickle is no member


def write_array(file: IO[bytes], values: "Values") -> None:
    """Write an array as NumPy saves one."""
    import numpy as np

    np.save(file, values)


def writable(values: "Values") -> "Values":
    """Return numbers in a dtype of NumPy's files: bfloat16 as float32, which loses nothing."""
    if values.dtype.name == "bfloat16":
        return values.astype("float32")
    return values


FORMATS: dict[str, type[SavedFile]] = {
    ".npz": SavedArrays,
    ".json": SavedDocument,
    ".jsonl": SavedDocuments,
    ".svg": SavedSVG,
    ".png": SavedPNG,
    ".html": SavedHTML,
    STEPS_PAGE: SavedSteps,
    ".py": SavedProgram,
}


def saved_files(request: Request) -> list[SavedFile]:
    """Return the views that write the files of a request.

    Raises:
        CallError: one of them cannot be written.
    """
    files = []
    for path in request.save:
        try:
            check_path(path, request)
        except OSError as error:
            raise cannot_be_file(path, error) from error
        file_format = FORMATS[suffix_of(path)]
        files.append(file_format(request, path))
    return files


def check_path(path: Path, request: Request) -> None:
    """Raise a CallError if a call cannot be written to a path."""
    name = quoted(str(path))
    file_format = FORMATS.get(suffix_of(path))
    if file_format is None:
        raise CallError(
            f"{name} has no known suffix, expected one of {' '.join(FORMATS)}"
        )
    if file_format.holds_one_run and request.run_count > 1:
        suffixes = []
        for suffix, other_format in FORMATS.items():
            if not other_format.holds_one_run:
                suffixes.append(suffix)
        raise CallError(
            f"{name} holds one run, and this is {request.screen_name}, expected one of"
            f" {' '.join(suffixes)}"
        )
    if file_format in (SavedArrays, SavedSteps) and request.dry_run:
        raise CallError(f"{name} needs a run, expected no `dry_run` beside it")
    if file_format is SavedSteps:
        check_steps_page(name, request)
    check_target(path, request)
    for path_beside in request.paths_beside(path):
        check_beside_program(path, path_beside, request)
    if file_format is SavedPNG:
        check_png(name)


def check_steps_page(name: str, request: Request) -> None:
    """Raise a CallError if a page of the steps would be too large to open."""
    from lstm_shapes.shapes.memory import page_bytes  # late: few calls need it

    needed_mb = page_bytes(request.rows[0][0]) / 1e6
    if needed_mb > MOST_PAGE_MB:
        raise CallError(
            f"{name} would hold {needed_mb:,.0f} MB of numbers, expected at most"
            f" {MOST_PAGE_MB}: reduce `timesteps` or `units`, or save a .npz"
        )


def check_target(path: Path, request: Request | ListRequest) -> None:
    """Raise a CallError if there can be no new file at a path."""
    name = quoted(str(path))
    target = path.absolute()
    check_came_once(path, request)
    check_is_not_read(path, request)
    if target.exists() and not target.is_file():
        raise CallError(f"{name} is a folder or a device, expected a file")
    if os.path.lexists(target) and not request.force:
        raise CallError(f"{name} exists, expected a new file: `force=True` replaces it")
    folder = target.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise CallError(
            f"{name} is in {quoted(str(folder))}, expected a folder that is open to"
            " writing"
        )


def check_came_once(path: Path, request: Request | ListRequest) -> None:
    """Raise a CallError if two paths lead to one file, through links of folders as well."""
    real_path = os.path.realpath(path)
    names = []
    for saved_path in request.save:
        if os.path.realpath(saved_path) == real_path:
            names.append(quoted(str(saved_path)))
    if len(names) < 2:
        return
    if len(set(names)) == 1:
        raise CallError(f"{names[0]} came twice, expected each file once")
    raise CallError(f"{listed(names)} are one file, expected each file once")


def check_is_not_read(path: Path, request: Request | ListRequest) -> None:
    """Raise a CallError if a path leads to a file that the call reads.

    To replace that would lose it, and the call could not be made again.
    """
    real_path = os.path.realpath(path)
    for file in request.read_files:
        if os.path.realpath(file) == real_path:
            raise CallError(
                f"{quoted(str(path))} is what this call reads, expected another name"
            )


def check_beside_program(path: Path, path_beside: Path, request: Request) -> None:
    """Raise a CallError if a file that a program loads cannot be written beside it."""
    check_target(path_beside, request)
    real_paths = [os.path.realpath(saved_path) for saved_path in request.saved_paths]
    if real_paths.count(os.path.realpath(path_beside)) > 1:
        raise CallError(
            f"{quoted(str(path_beside))} is to hold what {quoted(str(path))} loads,"
            " expected another name"
        )


def check_list_paths(request: ListRequest) -> None:
    """Raise a CallError if the list of a model cannot be written to its files."""
    for path in request.save:
        name = quoted(str(path))
        suffix = suffix_of(path)
        if suffix not in LIST_FORMATS:
            raise CallError(
                f"{name} cannot hold a list of layers, expected one of"
                f" {' '.join(LIST_FORMATS)}"
            )
        try:
            check_target(path, request)
        except OSError as error:
            raise cannot_be_file(path, error) from error
        if suffix == ".png":
            check_png(name)


def save_list(request: ListRequest) -> None:
    """Write the recurrent layers of a model to files."""
    for path in request.save:
        data = exported_list(request, suffix_of(path))
        target = target_of(path, may_replace=request.force)
        with whole_file(target, may_replace=request.force) as file:
            file.write(data)


def exported_list(request: ListRequest, suffix: str) -> bytes:
    """Return the recurrent layers of a model in the format of a suffix."""
    from lstm_shapes.view.document import (
        document_of_whole_list,
        documents_of_list,
        encode_line,
    )

    if suffix == ".json":
        return encode_line(document_of_whole_list(request))
    if suffix == ".jsonl":
        return b"".join(encode_line(layer) for layer in documents_of_list(request))
    from lstm_shapes.view import picture
    from lstm_shapes.view.saved_layers import list_lines, width_in_picture
    from lstm_shapes.view.screen import printable
    from lstm_shapes.view.style import Look

    look = Look(colours="truecolor", is_picture=True)
    look = look._replace(width=width_in_picture(request, look))
    lines = printable(list_lines(request, look))
    if suffix == ".html":
        return picture.html_page(lines, lines[0].plain, request.light).encode()
    if suffix == ".png":
        return picture.png_picture(lines, request.light)
    return picture.svg_picture(lines, request.light).encode()


def cannot_be_file(path: Path, error: OSError) -> CallError:
    """Return the error for a name that no file can have."""
    return CallError(
        f"{quoted(str(path))} cannot be a file ({error.strerror}), expected another name"
    )


def check_png(name: str) -> None:
    """Raise a CallError if this machine cannot make a PNG."""
    from lstm_shapes.view.picture import png_problem

    problem = png_problem()
    if problem:
        raise CallError(f"{name} {problem}")


def facts_of_run(run: "Run") -> dict[str, object]:
    """Return the sizes, flags and seed of a run, from which it can be made again."""
    spec = run.spec
    return {
        "timesteps": spec.timesteps,
        "features": spec.features,
        "units": spec.units,
        "batch_size": spec.batch_size,
        "open_axes": spec.open_axes,
        "layer": spec.layer,
        "lengths": spec.lengths,
        "padding": spec.padding if spec.lengths else None,
        "return_sequences": spec.return_sequences,
        "return_state": spec.return_state,
        "bidirectional": spec.bidirectional,
        "seed": run.seed,
        "code": spec.code,
    }
