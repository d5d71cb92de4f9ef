"""Follow a pasted script: which layers stand on which, and on an input of which sizes."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import dedent

from lstm_shapes.errors import CallError, quoted
from lstm_shapes.shapes.keras_code import (
    PREFIX,
    Definitions,
    LayerCall,
    is_literal,
    name_of_class,
    parsed,
    value_of,
)
from lstm_shapes.shapes.selection import UNREADABLE

# What Python's prompt, IPython's and a notebook's export put before a line.
PROMPT = re.compile(r"^[ \t]*(>>>|\.\.\.:?|In \[\d*\]:)(?: |$)", re.MULTILINE)
FENCE = re.compile(r"^[ \t]*```.*$", re.MULTILINE)
FENCED = re.compile(r"^[ \t]*```.*\n((?:.*\n)*?)[ \t]*```", re.MULTILINE)
# A quotation mark or a number before a line, as they come along with a paste.
MARK = re.compile(r"^[ \t]*(>(?!>)|\d+[.:)]?(?=[ \t]))[ \t]?", re.MULTILINE)
# Lines of a notebook, of an older Python, and of output, which make no layer.
NO_CODE = re.compile(
    r"^[ \t]*([%!].*|print[ \t]+[^(=\s].*|Out\[\d*\]:.*)$", re.MULTILINE
)
TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\xa0": " ", "\u200b": ""}
)
# Longer ones are no script of layers, and would take minutes.
LONGEST_CODE = 1_000_000

# `nn.LSTM(10, 20, batch_first=True)`: PyTorch's line says the features first.
TORCH_CALL = re.compile(
    r"\bnn\.(LSTM|GRU|RNN)\(\s*(?:input_size=)?(\w+)\s*,\s*(?:hidden_size=)?(\w+)"
)
# Its stack is several layers in Keras.
TORCH_STACK = re.compile(
    r"\bnn\.(?:LSTM|GRU|RNN)\([^()]*?(?:num_layers=|,[^,=()]+,\s*)([1-9])\b"
)
TORCH_BIDIRECTIONAL = re.compile(r"\bnn\.(?:LSTM|GRU|RNN)\([^()]*bidirectional=True")
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
# A loop of more turns is followed as one whose turns are not known.
MOST_TURNS = 1000


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
        identities = {id(call) for call in chain.calls}
        if all(id(call) in identities for call in recurrent_calls):
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
    if len(text) > LONGEST_CODE:
        raise CallError(
            f"the code has {len(text):,} characters, expected at most {LONGEST_CODE:,}:"
            " the layers alone"
        )
    text = text.removeprefix("\ufeff")
    pasted = text
    text = dedent(PROMPT.sub("", FENCE.sub("", text))).strip()
    unopened = text.rstrip("]),; \n")
    closing = text[len(unopened) :]
    attempts = [text, f"[{text}]"]
    for count in range(1, closing.count(")") + closing.count("]") + 1):
        shorter = text
        for _ in range(count):
            shorter = shorter.rstrip(",; \n")[:-1]
        attempts.append(f"[{shorter}]")
    cleaned = without_marks(pasted)
    flush_left = "\n".join(line.strip() for line in cleaned.split("\n"))
    attempts.extend([cleaned, flush_left])
    first_error: Exception | None = None
    for attempt in attempts:
        try:
            return parsed(attempt)
        except UNREADABLE as error:
            first_error = first_error or error
    place = ""
    if isinstance(first_error, SyntaxError) and first_error.lineno:
        place = f" at line {first_error.lineno} ({first_error.msg})"
    raise CallError(
        f"{quoted(text)} cannot be read as Python{place}, expected layers as written in"
        " Keras, as 'LSTM(64, return_sequences=True)'"
    )


def without_marks(text: str) -> str:
    """Return code without what a page, a notebook or a prompt has put around it.

    It is tried where the paste cannot be read as it stands.
    """
    blocks = FENCED.findall(text)
    if blocks:
        text = "\n".join(dedent(block) for block in blocks)
    if re.search(r"^[ \t]*>>> ", text, re.MULTILINE):
        # The lines between the prompts are what Python has answered.
        lines = [line for line in text.split("\n") if PROMPT.match(line)]
        text = "\n".join(lines)
    text = PROMPT.sub("", text.translate(TYPOGRAPHY))
    return dedent(MARK.sub("", NO_CODE.sub("", text))).strip()


class Script:
    """The state of a script while its statements are followed."""

    def __init__(self, definitions: Definitions) -> None:
        # Those of the caller stand above those of the script.
        self._given_definitions = definitions
        self._definitions = dict(definitions)
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
            if isinstance(statement, ast.For):
                self._follow_loop(statement)
                continue
            if isinstance(statement, ast.If):
                self._follow_branches(statement)
                continue
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    self._assign(target, statement.value)
            elif isinstance(statement, ast.AnnAssign) and statement.value:
                self._assign(statement.target, statement.value)
            elif isinstance(statement, ast.Return) and statement.value:
                self._value(statement.value)
            elif isinstance(statement, ast.Expr):
                self._add_loose(statement.value)
            # Classes and functions have statements of their own.
            for name in ("body", "orelse"):
                self.follow(getattr(statement, name, []))

    def _follow_branches(self, statement: ast.If) -> None:
        """Follow both branches; a layer in each would be one layer on the other."""
        count = len(self.calls)
        self.follow(statement.body)
        calls = [call for call in self.calls[count:] if is_recurrent(call)]
        count = len(self.calls)
        self.follow(statement.orelse)
        other_calls = [call for call in self.calls[count:] if is_recurrent(call)]
        if calls and other_calls:
            raise CallError(
                f"{calls[0].text} and {other_calls[0].text} stand in two branches,"
                " expected the code of one of them"
            )

    def _follow_loop(self, statement: ast.For) -> None:
        """Follow a loop as often as it turns, if each turn puts layers on the last."""
        is_stacking = stacks_layers(statement.body)
        turns = self._turns(statement.iter)
        target = ast.unparse(statement.target)
        if not is_stacking:
            self._define(target, None)
            self.follow(statement.body)
        elif turns is None:
            raise CallError(
                f"the layers of the loop over {quoted(ast.unparse(statement.iter))} stand on"
                " one another, but not how many there are is in the code, expected each"
                " written out"
            )
        else:
            for value in turns:
                self._define(target, value)
                self.follow(statement.body)
        self.follow(statement.orelse)

    def _turns(self, node: ast.expr) -> Sequence[object] | None:
        """Return the values that a loop runs over, None if they are not known."""
        if not isinstance(node, ast.Call):
            values = value_of(node, self._definitions)
            return values if isinstance(values, list | tuple) else None
        arguments = [value_of(argument, self._definitions) for argument in node.args]
        if ast.unparse(node.func) != "range" or not 1 <= len(arguments) <= 3:
            return None
        bounds = [number for number in arguments if type(number) is int]
        if len(bounds) < len(arguments) or bounds[2:] == [0]:
            return None
        turns = range(*bounds)
        return turns if len(turns[: MOST_TURNS + 1]) <= MOST_TURNS else None

    def _define(self, name: str, value: object) -> None:
        """Keep the number or text that a name of the script has; others have none."""
        if name in self._given_definitions:
            return
        if value is None or not is_literal(value) or isinstance(value, LayerCall):
            self._definitions.pop(name, None)
        else:
            self._definitions[name] = value

    def _assign(self, target: ast.expr, node: ast.expr) -> None:
        """Follow an assignment; of several targets, the first is the layer's array."""
        if isinstance(target, ast.Tuple | ast.List):
            if isinstance(node, ast.Tuple | ast.List):
                for part, item in zip(target.elts, node.elts, strict=False):
                    self._assign(part, item)
                return
            for part in target.elts:
                self._define(ast.unparse(part), None)
            if not target.elts:
                return
        else:
            self._define(ast.unparse(target), value_of(node, self._definitions))
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
            # `lstm(x)[0]` is the layer's first array; `[1]` and `[:, -1]` are none.
            value = self._value(node.value)
            is_first = isinstance(node.slice, ast.Constant) and node.slice.value == 0
            return value if is_first else None
        if isinstance(node, ast.List | ast.Tuple):
            return self._list(node)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
            # `LSTM(64)(x).shape` is no layer, but holds one.
            self._value(node.value)
            return None
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
            # A function, whose arguments may hold layers: `print(LSTM(64)(x).shape)`.
            for argument in node.args:
                self._value(argument)
            return None
        return self._apply(layer, node)

    def _list(self, node: ast.List | ast.Tuple) -> Chain | None:
        """Return the chain of a list of layers, as it may stand in Sequential."""
        calls = []
        for item in node.elts:
            value = self._value(item)
            if isinstance(value, LayerCall):
                calls.append(value)
        if calls and len(calls) == len(node.elts):
            return self._keep(Chain(calls))
        return None

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
        elif arguments and name_of_class(node.func) == "Sequential":
            self._append(chain, arguments[0])
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


def stacks_layers(statements: Sequence[ast.stmt]) -> bool:
    """Return True if each turn of a loop puts recurrent layers on those of the last.

    It does not where a model, or an input, is made anew in each turn.
    """
    new_names = set()
    for statement in statements:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            function = statement.value.func
            name = ""
            if isinstance(function, ast.Attribute) and function.attr == "add":
                name = ast.unparse(function.value)
            if makes_recurrent_layer(statement) and name not in new_names:
                return True
        elif isinstance(statement, ast.Assign):
            target = ast.unparse(statement.targets[0])
            names = {ast.unparse(node) for node in ast.walk(statement.value)}
            is_behind_itself = target in names and target not in new_names
            if makes_recurrent_layer(statement) and is_behind_itself:
                return True
            new_names.add(target)
        elif stacks_layers(getattr(statement, "body", [])):
            return True
    return False


def makes_recurrent_layer(node: ast.AST) -> bool:
    """Return True if a statement calls the class of a recurrent layer."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and name_of_class(part.func) in RECURRENT_CLASSES:
            return True
    return False


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
        top, lower = f"{kind}({units})", f"{kind}({units}, return_sequences=True)"
        if TORCH_BIDIRECTIONAL.search(text):
            top, lower = f"Bidirectional({top})", f"Bidirectional({lower})"
        torch_stack = TORCH_STACK.search(text)
        lower_count = int(torch_stack[1]) - 1 if torch_stack else 0
        code = ", ".join([*[lower] * lower_count, top])
        return CallError(
            f"{quoted(text)} is PyTorch's, expected Keras': '{code}' with"
            f" `features={features}`, and `pytorch=True` shows both"
        )
    for lower_case in LOWER_CASE.finditer(text):
        keras_name = CLASS_BY_LOWER_CASE[lower_case[1].lower()]
        if lower_case[1] != keras_name:
            return CallError(
                f"{quoted(text)} holds no layer, expected Keras' spelling {keras_name}"
            )
        return CallError(
            f"{quoted(text)} holds {keras_name} where it is not followed, expected the"
            f" layer alone, as '{keras_name}(64)'"
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
