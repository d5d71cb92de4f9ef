"""Say what became of the parts of written code that are not explored as they stand."""

from lstm_shapes.errors import listed
from lstm_shapes.request import Request
from lstm_shapes.shapes.reading import Remark, RemarkKind
from lstm_shapes.view.layout import Lines, small_print
from lstm_shapes.view.style import Look


def remark_lines(request: Request, look: Look) -> Lines:
    """Write a line for each kind of remark on the code."""
    lines: Lines = []
    for remark in request.rows[0][0].remarks:
        lines.extend(small_print(sentence(remark, request), look, indent=0))
    return lines


def sentence(remark: Remark, request: Request) -> str:
    """Say what became of the parts of one kind."""
    parts = ", ".join(remark.parts)
    if remark.kind is RemarkKind.PASSED_ON:
        return f"passed on, and without effect in predict: {parts}"
    if remark.kind is RemarkKind.STARTING:
        return f"only for the weights that it starts with: {parts}"
    if remark.kind is RemarkKind.DROPPED:
        return f"left out, as code is never run here: {parts}"
    if remark.kind is RemarkKind.OLD_ARGUMENT:
        return f"left out, of an older Keras: {parts}"
    if remark.kind is RemarkKind.OLD_CLASS:
        return f"of an older Keras, read {listed(list(remark.parts))}"
    if remark.kind is RemarkKind.NO_CUDNN:
        return f"left out, as it fails on a CPU: {parts}"
    if remark.kind is RemarkKind.LEFT_OUT:
        return f"left out, as it changes no shape and nothing in predict: {parts}"
    if remark.kind is RemarkKind.MASK:
        return f"left out: {parts}, whose mask {lengths_option(request)} makes"
    if remark.kind is RemarkKind.FEATURES:
        features = request.rows[0][0].features
        return (
            f"random vectors of {features:,} features in place of {parts}, whose"
            " parameters are not counted"
        )
    if remark.kind is RemarkKind.NOT_TRIED:
        return f"not tried here, as that is for one run of Keras: {parts}"
    if remark.kind is RemarkKind.SAVED:
        return saved_sentence(*remark.parts)
    if remark.kind is RemarkKind.NO_FLAGS:
        return (
            "the file does not say its flags and functions: those of Keras by default"
            " are taken"
        )
    if remark.kind is RemarkKind.NO_WEIGHTS:
        return "the file does not hold its weights: random ones are taken"
    source = "code"
    if any(noted.kind is RemarkKind.SAVED for noted in request.rows[0][0].remarks):
        source = "file"
    return f"not known from the {source}, so the usual size is taken: {parts}"


def saved_sentence(path: str, file: str, version: str = "") -> str:
    """Say which layer of which file it is, and what wrote that if it is known."""
    if version:
        return f"{path} of {file}, saved by {version}"
    return f"{path} of {file}"


def lengths_option(request: Request) -> str:
    """Return what masks timesteps, on the command line or in Python."""
    if request.is_from_command:
        return "--lengths"
    return "lengths="
