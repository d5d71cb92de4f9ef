"""Say in one sentence why Keras refuses a layer: without call stacks, paths or objects."""

import re

from lstm_shapes.errors import plain

# The line of an error within "in user code:", which a traced layer raises.
ERROR_LINE = re.compile(
    r"^ *(?:\w+\.)*\w+(?:Error|Exception|Iteration): ", re.MULTILINE
)
# Keras writes in bold what it quotes.
BOLD = re.compile(r"\x1b\[1m(.*?)\x1b\[0m", re.DOTALL)
# The names of nodes and operations of TensorFlow, and a layer's lack of a name.
CLUTTER = re.compile(
    r"Compute received an exception:\s*Status: \d+, message: |, in file \S+"
    r"| for '\{\{node.*|\[\[\{\{.*|\[Op:.*|; NodeDef:.*|\{\{.*?\}\}| with name 'None'"
    r"|\x1b\[[0-9;]*m",
    re.DOTALL,
)
# `<class 'keras.src.layers.core.dense.Dense'>`, `<Dense name=dense_1, built=False>`.
OBJECTS = re.compile(r"<class '(?:\w+\.)*(\w+)'>|<(\w+) name=[^<>]*>")
# Python's own words, where Keras has not looked at what it was given.
PYTHON_WORDS = re.compile(
    r"NoneType|not supported between instances|unsupported operand type"
    r"|object is not|object has no attribute '|index out of range|indices must be"
    r"|values to unpack|argument must be a|during string formatting"
    r"|convert string to float|expected string or bytes"
)
NO_REASON = "something does not fit, and Keras does not say what"
LONGEST_REASON = 300


def reason_of(error: Exception, typed: str) -> str:
    """Return Keras' first telling sentence.

    It has no name of a layer that is not in what was `typed`.
    """
    text = CLUTTER.sub("", message_of(error))
    text = OBJECTS.sub(r"\1\2", " ".join(text.split()))
    text = text.partition("Arguments received by ")[0].strip()
    text = text or type(error).__name__
    if PYTHON_WORDS.search(text):
        return NO_REASON

    def without_unknown_name(match: re.Match[str]) -> str:
        if match[1] in typed:
            return match[0]
        return "the layer"

    text = re.sub(r"""\b[Ll]ayer ["'](\w+)["']""", without_unknown_name, text)
    sentences = re.split(r"(?<=[\w)`'\]\"])(?<!vs)\.\s", text)
    # The sentence that says where it happened tells nothing.
    if sentences[0].startswith("Exception encountered when calling") and sentences[1:]:
        sentences = sentences[1:]
    return plain(sentences[0].rstrip(". "), LONGEST_REASON)


def message_of(error: Exception) -> str:
    """Return the message of an error without the lines of code that led to it."""
    text = str(error)
    if text.startswith("in user code:"):
        text = ERROR_LINE.split(text)[-1]
    if text.startswith("Graph execution error:"):
        text = behind_files(text)
    quoted_text = BOLD.search(text)
    if quoted_text:
        text = quoted_text[1]
    return text


def behind_files(text: str) -> str:
    """Return what stands behind the last line that names a file, or the first line."""
    lines = text.splitlines()
    position = 0
    for number, line in enumerate(lines):
        if line.lstrip().startswith("File ") or "Detected at node" in line:
            position = number
    return "\n".join(lines[position + 1 :])
