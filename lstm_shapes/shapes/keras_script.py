"""Follow a pasted script: which layers stand on which, and on an input of which sizes."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import dedent
from warnings import catch_warnings, simplefilter

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.shapes.keras_code import (
    PREFIX,
    Definitions,
    LayerCall,
    name_of_class,
    value_of,
)
from lstm_shapes.shapes.selection import UNREADABLE

# What Python's prompt, IPython's and a notebook's export put before a line.
PROMPT = re.compile(r"^\s*(>>>|\.\.\.|In \[\d*\]:)(?: |$)", re.MULTILINE)
FENCE = re.compile(r"^\s*```.*$", re.MULTILINE)

# `nn.LSTM(10, 20, batch_first=True)`: PyTorch's line says the features first.
TORCH_CALL = re.compile(
    r"\bnn\.(LSTM|GRU|RNN)\(\s*(?:input_size=)?(\w+)\s*,\s*(?:hidden_size=)?(\w+)"
)
LOWER_CASE = re.compile(
    r"\b(lstm|gru|simplernn|simple_rnn|bidirectional)\(", re.ASCII | re.IGNORECASE
)
CLASS_BY_LOWER_CASE = {
    "lstm": "LSTM",
    "gru": "GRU",
    "simplernn": "SimpleRNN",
    "simple_rnn": "SimpleRNN",
    "bidirectional": "Bidirectional",
}

RECURRENT_CLASSES = (
    "LSTM",
    "GRU",
    "SimpleRNN",
    "CuDNNLSTM",
    "CuDNNGRU",
    "RNN",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
)
# They hold another layer.
WRAPPERS = ("Bidirectional", "TimeDistributed")
INPUT_CLASSES = ("Input", "InputLayer")
MODEL_CLASSES = ("Sequential", "Model")


@dataclass
class Chain:
    """Layers, each on what the one before it gives; the first may be an Input."""

    calls: list[LayerCall] = field(default_factory=list)

    def then(self, calls: Sequence[LayerCall]) -> "Chain":
        """Return the chain with layers on top of it."""
        return Chain([*self.calls, *calls])


# A variable of a script: a layer, or what layers have given.
Variable = LayerCall | Chain


def read_script(text: str, definitions: Definitions) -> list[LayerCall]:
    """Return the layers of a script, from the first on its input to the last.

    One line of a layer is a script too, and so are layers between commas.

    Raises:
        CallError: it cannot be read, has no recurrent layer, or has several that do not
            stand on one another.

    Example:
        >>> calls = read_script("x = LSTM(64, return_sequences=True)(x); y = GRU(8)(x)", {})
        >>> [call.text for call in calls]
        ['LSTM(64, return_sequences=True)', 'GRU(8)']
    """
    script = Script(definitions)
    script.follow(syntax_tree(text).body)
    recurrent_calls = script.recurrent_calls()
    if not recurrent_calls:
        raise no_recurrent_layer(script, text)
    whole_chains = []
    for chain in script.chains():
        if all(is_in(call, chain.calls) for call in recurrent_calls):
            whole_chains.append(chain)
    if not whole_chains:
        texts = [call.text for call in recurrent_calls]
        raise CallError(
            "the recurrent layers of this code do not stand on one another, expected one"
            f" of them: {'; '.join(texts)}"
        )
    longest = max(whole_chains, key=lambda chain: len(chain.calls))
    return longest.calls


def syntax_tree(text: str) -> ast.Module:
    """Return the syntax tree of a script, or raise a CallError.

    A part of a list of layers is a script as well: it may end in brackets that it does
    not open.
    """
    text = dedent(PROMPT.sub("", FENCE.sub("", text))).strip()
    unopened = text.rstrip("]),; \n")
    closing = text[len(unopened) :]
    attempts = [text, f"[{text}]"]
    for count in range(1, closing.count(")") + closing.count("]") + 1):
        shorter = text
        for _ in range(count):
            shorter = shorter.rstrip(",; \n")[:-1]
        attempts.append(f"[{shorter}]")
    first_error: Exception | None = None
    for attempt in attempts:
        try:
            with catch_warnings():
                simplefilter("ignore")
                return ast.parse(attempt)
        except UNREADABLE as error:
            first_error = first_error or error
    place = ""
    if isinstance(first_error, SyntaxError) and first_error.lineno:
        place = f" at line {first_error.lineno} ({first_error.msg})"
    raise CallError(
        f"{quoted(text)} cannot be read as Python{place}, expected layers as written in"
        " Keras, as 'LSTM(64, return_sequences=True)'"
    )


class Script:
    """The state of a script while its statements are followed."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._variables: dict[str, Variable] = {}
        # Layers that stand alone, one a line or between commas, are one chain.
        self._loose = Chain()
        self._chains: list[Chain] = []
        self.calls: list[LayerCall] = []

    def chains(self) -> Iterator[Chain]:
        """Yield every chain, and each layer that was made but never called."""
        yield self._loose
        yield from self._chains
        for call in self.calls:
            yield Chain([call])

    def has_variable(self, name: str) -> bool:
        """Return True if a layer, or what layers have given, has that name."""
        return name in self._variables

    def recurrent_calls(self) -> list[LayerCall]:
        """Return the recurrent layers, each once, in the order in which they stand."""
        return [call for call in self.calls if is_recurrent(call)]

    def follow(self, statements: Sequence[ast.stmt]) -> None:
        """Follow statements; those that concern no layer are skipped."""
        for statement in statements:
            if isinstance(statement, ast.Assign):
                self._assign(statement.targets[0], statement.value)
            elif isinstance(statement, ast.AnnAssign) and statement.value:
                self._assign(statement.target, statement.value)
            elif isinstance(statement, ast.Return) and statement.value:
                self._value(statement.value)
            elif isinstance(statement, ast.Expr):
                self._add_loose(statement.value)
            # Classes, functions, loops and branches have statements of their own.
            for name in ("body", "orelse"):
                self.follow(getattr(statement, name, []))

    def _assign(self, target: ast.expr, node: ast.expr) -> None:
        """Follow an assignment; of several targets, the first is the layer's array."""
        value = self._value(node)
        if isinstance(target, ast.Tuple | ast.List):
            target = target.elts[0]
        if isinstance(target, ast.Starred):
            target = target.value
        name = ast.unparse(target)
        if value is None:
            self._variables.pop(name, None)
        else:
            self._variables[name] = value

    def _add_loose(self, node: ast.expr) -> None:
        """Follow an expression that stands alone: a layer, a list of them, or a call."""
        if isinstance(node, ast.Tuple | ast.List):
            for item in node.elts:
                self._add_loose(item)
            return
        value = self._value(node)
        if isinstance(value, LayerCall):
            self._loose.calls.append(value)
        elif isinstance(node, ast.Call) and name_of_class(node.func) == "Input":
            self._append(self._loose, node)

    def _value(self, node: ast.expr) -> Variable | None:
        """Return the layer or chain that an expression gives, None if it gives neither."""
        if isinstance(node, ast.Subscript):
            # `lstm(x)[0]` is the layer's first array.
            return self._value(node.value)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._variables.get(ast.unparse(node))
        if isinstance(node, ast.Call):
            return self._call(node)
        return None

    def _call(self, node: ast.Call) -> Variable | None:
        """Follow a call: of a class, of a layer, or of a model's method."""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "add":
            model = self._value(node.func.value)
            return self._add_to_model(ast.unparse(node.func.value), model, node)
        class_name = name_of_class(node.func)
        if class_name in MODEL_CLASSES:
            return self._model(node)
        if class_name:
            return self._layer(node)
        layer = self._value(node.func)
        if layer is None:
            return None
        return self._apply(layer, node)

    def _layer(self, node: ast.Call) -> Variable:
        """Return the layer that a call of a class makes; Input begins a chain."""
        call = value_of(node, self._definitions)
        if not isinstance(call, LayerCall):
            text = PREFIX.sub("", ast.unparse(node))
            raise CallError(
                f"{quoted(text)} has arguments that only Python could unpack, expected"
                " each by its name"
            )
        if call.name == "Input":
            return self._keep(Chain([call]))
        self.calls.append(call)
        return call

    def _apply(self, layer: Variable, node: ast.Call) -> Chain:
        """Return the chain that a layer, or a model, makes of its first argument."""
        chain = Chain()
        arguments = [*node.args]
        for keyword in node.keywords:
            if keyword.arg in ("inputs", "sequences"):
                arguments.insert(0, keyword.value)
        if arguments:
            value = self._value(arguments[0])
            if isinstance(value, Chain):
                chain = value
        calls = layer.calls if isinstance(layer, Chain) else [layer]
        return self._keep(chain.then(calls))

    def _model(self, node: ast.Call) -> Chain:
        """Return the chain of `Sequential([...])`; one without layers is empty."""
        chain = self._keep(Chain())
        arguments = [*node.args]
        for keyword in node.keywords:
            if keyword.arg == "layers":
                arguments.insert(0, keyword.value)
        if arguments and isinstance(arguments[0], ast.List | ast.Tuple):
            for item in arguments[0].elts:
                self._append(chain, item)
        return chain

    def _add_to_model(
        self, name: str, model: Variable | None, node: ast.Call
    ) -> Chain | None:
        """Add the layer of `model.add(...)`, whose model may not be in the code."""
        if not isinstance(model, Chain):
            model = self._keep(Chain())
            self._variables[name] = model
        for argument in node.args[:1]:
            self._append(model, argument)
        return model

    def _append(self, chain: Chain, node: ast.expr) -> None:
        """Put the layer, or the model, of an expression on top of a chain."""
        value = self._value(node)
        if isinstance(value, LayerCall):
            chain.calls.append(value)
        elif isinstance(value, Chain):
            chain.calls.extend(value.calls)

    def _keep(self, chain: Chain) -> Chain:
        """Remember a chain, and return it."""
        self._chains.append(chain)
        return chain


def is_in(call: LayerCall, calls: Sequence[LayerCall]) -> bool:
    """Return True if that very layer is among others: two may be written alike."""
    return any(known_call is call for known_call in calls)


def is_recurrent(call: LayerCall) -> bool:
    """Return True if a layer is recurrent, or a wrapper around one that is."""
    if call.name in RECURRENT_CLASSES:
        return True
    if call.name not in WRAPPERS:
        return False
    inner = call.kwargs.get("layer")
    if call.args:
        inner = call.args[0]
    return isinstance(inner, LayerCall) and is_recurrent(inner)


def no_recurrent_layer(script: Script, text: str) -> CallError:
    """Return the error for code in which no recurrent layer stands."""
    torch_call = TORCH_CALL.search(text)
    if torch_call:
        kind, features, units = torch_call.groups()
        kind = {"RNN": "SimpleRNN"}.get(kind, kind)
        return CallError(
            f"{quoted(text)} is PyTorch's, expected Keras': '{kind}({units})' with"
            f" `features={features}`, and `pytorch=True` shows both"
        )
    lower_case = LOWER_CASE.search(text)
    if lower_case:
        keras_name = CLASS_BY_LOWER_CASE[lower_case[1].lower()]
        return CallError(
            f"{quoted(text)} holds no layer, expected Keras' spelling {keras_name}"
        )
    if script.calls:
        texts = [call.text for call in script.calls]
        subject = f"{quoted('; '.join(texts))} holds no recurrent layer"
    else:
        subject = f"{quoted(text)} holds no layer"
    return CallError(
        f"{subject}, expected LSTM, GRU or SimpleRNN as written in Keras, or Bidirectional"
        " around one"
    )
