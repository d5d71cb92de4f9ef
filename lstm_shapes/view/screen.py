"""Show the screen of a call: what is known at once, then what the run has measured."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from lstm_shapes.errors import plain
from lstm_shapes.request import SECTIONS, Request, Row, Section
from lstm_shapes.view import Runs, View
from lstm_shapes.view.introduction import (
    introduce_call,
    introduce_comparison,
    introduce_windows,
)
from lstm_shapes.view.layout import INDENT, Lines, flow, separated, small_print
from lstm_shapes.view.sections import Answer, lines_of, measured_lines_of
from lstm_shapes.view.style import (
    LABEL,
    ASCIIGlyphs,
    Glyphs,
    Look,
    terminal_width,
)

Show = Callable[[Lines], None]

DRAWING = SECTIONS[0]
# A terminal of 24 rows has so many between the line of a call and the next prompt.
STAGE_ROWS = 22
# The footer of a dry run, and the blank line above it.
FOOTER_ROWS = 2
# What stands between these, a shell takes as it is.
QUOTES = {"'", '"'}


@dataclass
class Printer:
    """A function that shows lines, and the look that they may have.

    A picture's look is known only with its arrays, and changes before they are shown.
    """

    show: Show
    look: Look


class Screen(View):
    """The screen of one call, or of the four of a comparison.

    `printer` shows its lines. A saved picture has no footer: nobody types from it.
    """

    def __init__(
        self, request: Request, printer: Printer, *, has_footer: bool = True
    ) -> None:
        self._request = request
        self._printer = printer
        self._has_footer = has_footer and not request.only
        self._known_line_count = 0
        self._versions: Mapping[str, str] = {}

    @property
    def needs_run(self) -> bool:
        """Return True if a section that is shown needs a run."""
        if self._request.sections_to_add_to:
            return True
        return any(section.needs_run for section in self._request.sections)

    @property
    def needs_next_layers(self) -> bool:
        """Return True if their section is shown."""
        return any(section.name == "next" for section in self._request.sections)

    def begin(self) -> None:
        """Show the sections that need no run, in fewer rows if 24 would not hold them."""
        look = self._printer.look
        lines = self._known_lines(look)
        has_stage = not look.is_picture and not self._request.has_chosen_sections
        if has_stage and len(lines) + 1 > STAGE_ROWS:
            look = look._replace(is_roomy=False)
            lines = self._known_lines(look)
            if len(lines) > STAGE_ROWS:
                # The line of the call may leave the top, and no more.
                lines = self._known_lines(look._replace(is_cramped=True))
        self._known_line_count = len(lines)
        self._show(lines)

    def add(self, row: Row, runs: Runs) -> None:
        """Show what the runs have measured, if there are any."""
        if not runs:
            return
        self._versions = runs[0].versions
        answer = Answer(row, runs, self._request, self._printer.look)
        known_sections = self._known_sections()
        sections = []
        for section in self._request.sections_to_add_to:
            sections.append(measured_lines_of(section, answer))
        for section in self._request.sections:
            if section not in known_sections:
                sections.append(lines_of(section, answer))
        lines = separated(sections)
        if lines:
            lines.insert(0, Text())
        self._show(lines)

    def end(self) -> None:
        """Show what is missing, and the footer: of a run, or of a computed screen."""
        self._show(missing_sections(self._request, self._printer.look))
        if not self._has_footer:
            return
        has_run = bool(self._versions)
        if has_run:
            self._show(footer(self._request, self._versions, self._printer.look))
        else:
            has_room = self._known_line_count + FOOTER_ROWS <= STAGE_ROWS
            self._show(dry_run_footer(self._printer.look, has_blank_line=has_room))

    def _known_sections(self) -> list[Section]:
        """Return the sections to show at once.

        They are those before the first that needs a run; without a run, all that need
        none.
        """
        known_sections = []
        for section in self._request.sections:
            if not section.needs_run:
                known_sections.append(section)
            elif not self._request.dry_run:
                break
        return known_sections

    def _known_lines(self, look: Look) -> Lines:
        """Return the introduction, and the sections to show at once."""
        row = self._request.rows[0]
        answer = Answer(row, [], self._request, look)
        if self._request.compare:
            introduction = introduce_comparison(row, look)
        else:
            introduction = introduce_call(row[0], look)
        introduction.extend(introduce_windows(self._request, look))
        if row[0].remarks:
            from lstm_shapes.view.remarks import remark_lines  # late: few calls need it

            introduction.extend(remark_lines(self._request, look))
        sections = []
        for section in self._known_sections():
            sections.append(lines_of(section, answer))
        lines = separated(sections)
        begins_with_drawing = self._request.shows_section(DRAWING)
        if lines and not begins_with_drawing:
            introduction.append(Text())
        return introduction + lines

    def _show(self, lines: Lines) -> None:
        """Show lines, if there are any."""
        if lines:
            self._printer.show(printable(lines))


def missing_sections(request: Request, look: Look) -> Lines:
    """Return the sentence on the sections that are asked for and not there, if any are."""
    names = request.missing_sections
    if not names:
        return []
    sentence = f"{request.screen_name} has no {' or '.join(names)}"
    return [Text(), *small_print(sentence, look, indent=0)]


def footer(request: Request, versions: Mapping[str, str], look: Look) -> Lines:
    """Return the seed and Keras' version, what else there is, and how to repeat it."""
    facts = [f"seed {request.seed}", f"keras {versions['keras']}"]
    extra_sections = []
    for section in SECTIONS:
        if section.is_extra and request.has_section(section):
            extra_sections.append(section.name)
    if extra_sections:
        facts.append(f"more: {only_in_words(extra_sections, request)}")
    lines = [Text()]
    lines.extend(small_print(f" {look.glyphs.dot} ".join(facts), look, indent=0))
    if request.repeat:
        lines.extend(words_to_repeat(request.repeat, look))
    return lines


def only_in_words(names: list[str], request: Request) -> str:
    """Write how sections are asked for, on the command line or in Python."""
    if request.is_from_command:
        return f"--only {','.join(names)}"
    return f"only={names}"


def words_to_repeat(words: tuple[str, ...], look: Look) -> Lines:
    """Write `repeat with` and the call; a long one stands below, to be pasted."""
    lead = "repeat with"
    call = " ".join(words)
    if len(lead) + 1 + len(call) <= look.width:
        return [Text.assemble((lead, LABEL), f" {call}")]
    return [Text(lead, LABEL), *pasteable(words, look)]


def dry_run_footer(look: Look, *, has_blank_line: bool) -> Lines:
    """Return the line that says how Keras confirms what is shown, and what else there is."""
    lines: Lines = []
    if has_blank_line:
        lines.append(Text())
    sentence = "computed, without Keras: leave out --dry-run to have Keras confirm it"
    lines.extend(small_print(sentence, look, indent=0))
    return lines


def pasteable(words: tuple[str, ...], look: Look) -> Lines:
    """Break a call over lines that a shell joins, none between an option and its value.

    A list of numbers that is wider than a line is broken behind its commas.
    """
    continuation = " \\"
    narrower = look._replace(width=look.width - INDENT - len(continuation))
    # A blank that does not break keeps an option and its value together. None of the
    # words has one of its own: they are quoted so that all of them print.
    unbroken_words = [word.replace(" ", "\xa0") for word in words]
    lines: list[str] = []
    for line in flow(unbroken_words, narrower, blanks=1):
        indent = "  " if lines else ""
        lines.append(f"{indent}{line.plain}".replace("\xa0", " "))
    texts: Lines = []
    for unbroken_line in lines:
        parts = broken_behind_commas(unbroken_line, look.width - len(continuation))
        for part in parts[:-1]:
            # A blank behind a comma would begin another word.
            texts.append(Text(f"{part}\\"))
        texts.append(Text(f"{parts[-1]}{continuation}"))
    texts[-1] = Text(texts[-1].plain.removesuffix(continuation))
    return texts


def broken_behind_commas(line: str, width: int) -> list[str]:
    """Break a line that is too wide behind commas, as late as the width allows.

    Nothing is broken inside quotes, where a shell would keep the break.
    """
    parts = []
    while len(line) > width and not QUOTES.intersection(line):
        end = line.rfind(",", 0, width) + 1
        if end == 0:
            break
        parts.append(line[:end])
        line = line[end:]
    return [*parts, line]


def printable(lines: Lines) -> Lines:
    """Escape what does not print: all that comes from outside passes here."""
    texts = []
    for line in lines:
        if line.plain.isprintable():
            texts.append(line)
        else:
            texts.append(Text(plain(line.plain, longest=sys.maxsize)))
    return texts


def stdout_printer(
    hide_spinner: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Printer:
    """Return what prints on standard output, while the spinner is hidden."""
    console = Console(
        file=sys.stdout,
        width=terminal_width(),
        force_jupyter=False,  # api.py displays HTML, as one picture
        highlight=False,
        markup=False,
        emoji=False,
    )

    def print_lines(lines: Lines) -> None:
        # Rich would end the process itself if the pipe were broken.
        with console.capture() as captured:
            console.print(Text("\n").join(lines), soft_wrap=True)
        with hide_spinner():
            sys.stdout.write(captured.get())
            sys.stdout.flush()

    return Printer(print_lines, look_of(console))


def look_of(console: Console) -> Look:
    """Return what a console can show."""
    glyphs = Glyphs()
    if console.options.ascii_only:
        glyphs = ASCIIGlyphs()
    colours = console.color_system or ""
    if console.no_color:
        colours = ""
    return Look(console.width, glyphs, colours)
