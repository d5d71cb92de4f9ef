"""Write a call that was made in Python for a shell: words, an option beside its value."""

import os
import shlex

from lstm_shapes.request import Request
from lstm_shapes.shapes.spec import Spec, timesteps_of_run

SIZE_OPTIONS = {
    "-t": "timesteps",
    "-f": "features",
    "-u": "units",
    "-b": "batch_size",
    "--layer": "layer",
}


def words_of_call(
    spec: Spec,
    *,
    seed: int | None,
    subject: tuple[str, ...] = (),
    compare: bool = False,
    next_layers: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Return the words that make a call, or a comparison, again in a shell.

    Args:
        spec: The layers and sizes; of a comparison, those of its first call.
        seed: The seed.
        subject: The file and the path of the layer, where that is in a model file;
            otherwise the layers are written as in Keras.
        compare: Whether it is a comparison.
        next_layers: The chains of layers behind this one.

    Example:
        >>> from lstm_shapes.shapes.spec import LSTMSpec
        >>> print(*words_of_call(LSTMSpec(64, return_state=True), seed=1))
        lstm-shapes 'LSTM(64, return_state=True)' -t 3 -f 4 -b 1 --seed 1
    """
    timesteps: int | None = spec.timesteps
    if spec.has_open_timesteps:
        if spec.timesteps != timesteps_of_run(spec.lengths):
            return ()  # no option leaves the axis open and takes so many
        timesteps = None
    words = [f"-t {timesteps}", f"-f {spec.features}", *words_of_samples(spec)]
    if compare:
        words.append("--compare")
    for code in next_layers:
        words.append(f"--next {quoted_for_bash(code)}")
    words.append(f"--seed {seed}")
    subject_words = [quoted_for_bash(spec.code)]
    if subject:
        subject_words = words_of_file(*subject)
    if subject_words[0] == "--":
        return ("lstm-shapes", *words, *subject_words)
    return ("lstm-shapes", *subject_words, *words)


def words_of_sweep(request: Request) -> tuple[str, ...]:
    """Return the words that make a sweep again in a shell: each size and kind once.

    Its layers are of one kind in each row, as options say them.
    """
    first_specs = [row[0] for row in request.rows]
    last = first_specs[0].layers[-1]
    words = []
    for option, name in SIZE_OPTIONS.items():
        if name == "batch_size" and first_specs[0].lengths:
            continue
        for value in dict.fromkeys(getattr(spec, name) for spec in first_specs):
            words.append(f"{option} {quoted_for_bash(value)}")
    if first_specs[0].lengths:
        words.extend(words_of_samples(first_specs[0]))
    for flag, is_set in (
        ("--compare", request.compare),
        ("--return-sequences", last.return_sequences and not request.compare),
        ("--return-state", last.return_state and not request.compare),
        ("--bidirectional", last.bidirectional),
    ):
        if is_set:
            words.append(flag)
    return ("lstm-shapes", *words, f"--seed {request.seed}")


def words_of_samples(spec: Spec) -> list[str]:
    """Return the samples, or the real timesteps of each and the end that is masked."""
    if not spec.lengths:
        return [f"-b {spec.batch_size}"]
    words = [f"--lengths {quoted_for_bash(spec.lengths)}"]
    if spec.padding != "post":
        words.append(f"--padding {spec.padding}")
    return words


def quoted_for_bash(value: object) -> str:
    r"""Write the value of an option as bash reads it.

    Example:
        >>> print(quoted_for_bash((64, 32)), quoted_for_bash("a b"), quoted_for_bash("\n"))
        64,32 'a b' $'\n'
    """
    text = str(value)
    if isinstance(value, tuple):
        text = ",".join(str(number) for number in value)
    if text.isprintable():
        return shlex.quote(text)
    # The escapes of repr are those of $'...'. The quote in front makes repr choose
    # single quotes, and is left out again.
    return "$'" + repr(b'"' + os.fsencode(text))[3:]


def words_of_file(file: str, layer_path: str | None) -> list[str]:
    """Return a file and the path of a layer in it, as bash reads them."""
    if file.startswith("-") and file != "-":
        # Otherwise it would be an option.
        file = f"./{file}"
    words = [quoted_for_bash(file)]
    if layer_path is not None:
        words.append(quoted_for_bash(layer_path))
    if str(layer_path).startswith("-"):
        words.insert(0, "--")
    return words
