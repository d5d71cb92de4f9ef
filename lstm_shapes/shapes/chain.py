"""Read layers that are tried behind this one: `Dense(8), Flatten()`, each on the last."""

import ast
from collections.abc import Sequence
from warnings import catch_warnings, simplefilter

from lstm_shapes.errors import CallError, OpenNamesError, near_names, quoted
from lstm_shapes.shapes.keras_code import (
    CELL_NAMES,
    LAYER_NAMES,
    NO_DEFINITIONS,
    PREFIX,
    REFUSED_CLASSES,
    Definitions,
    LayerCall,
    OpenValue,
    OtherCode,
    expression_of,
    name_of_class,
)
from lstm_shapes.shapes.keras_script import Chain, Script, is_in, syntax_tree
from lstm_shapes.shapes.layer import ACTIVATIONS
from lstm_shapes.shapes.selection import UNREADABLE

# The modules that hold activations: `tf.nn.relu` is "relu".
ACTIVATION_MODULES = ("nn", "activations", "K", "backend")


def read_chain(text: str, definitions: Definitions = NO_DEFINITIONS) -> list[LayerCall]:
    """Return the layers of a piece of Keras code, each on what the one before it gives.

    Raises:
        CallError: it cannot be read, or has a layer that is none or is not tried.

    Example:
        >>> calls = read_chain("x = layers.Dense(8)(x); layers.Flatten()(x)")
        >>> [call.text for call in calls]
        ['Dense(8)', 'Flatten()']
    """
    tree = syntax_tree(str(text))
    script = Script(definitions)
    script.follow(tree.body)
    for call in script.calls:
        check_layer(call)
    check_calls(tree, script)
    if not script.calls:
        raise no_layer(text)
    chain = whole_chain(script)
    typed_texts = texts_as_typed(text)
    calls = []
    for call in chain.calls:
        check_layer(call)
        calls.append(filled_call(call, typed_texts))
    check_open_names(calls)
    return calls


def chain_code(calls: Sequence[LayerCall]) -> str:
    """Write the layers of a chain as code, between commas."""
    return ", ".join(call.text for call in calls)


def no_layer(text: str) -> CallError:
    """Return the error for a text in which no layer stands."""
    return CallError(
        f"{quoted(text)} cannot be read, expected layers of Keras with literals and"
        " layers as arguments, as in 'TimeDistributed(Dense(2)), Flatten()'"
    )


def whole_chain(script: Script) -> Chain:
    """Return the longest chain in which all layers of a script stand."""
    whole_chains = []
    for chain in script.chains():
        if all(is_in(call, chain.calls) for call in script.calls):
            whole_chains.append(chain)
    if not whole_chains:
        texts = [call.text for call in script.calls]
        raise CallError(
            f"{'; '.join(texts)} do not stand on one another, expected each chain of"
            " layers in a `next` of its own"
        )
    return max(whole_chains, key=lambda chain: len(chain.calls))


def check_layer(call: LayerCall) -> None:
    """Raise a CallError if a class is none of Keras' layers, or is not tried."""
    if call.name in CELL_NAMES:
        raise CallError(
            f"{call.text} is a cell, which makes one step, expected a layer around it, as"
            f" RNN({call.text})"
        )
    check_class(call)


def check_class(call: LayerCall) -> None:
    """Raise a CallError if a class, or one in its arguments, is not tried."""
    if call.name in REFUSED_CLASSES:
        raise CallError(
            f"{call.name} {REFUSED_CLASSES[call.name]}, expected another layer"
        )
    if call.name not in LAYER_NAMES and call.name not in CELL_NAMES:
        raise unknown_class(call.name)
    for value in (*call.args, *call.kwargs.values()):
        check_value(value, call)


def check_value(value: object, call: LayerCall) -> None:
    """Raise a CallError if an argument is code, or a layer that is not tried."""
    if isinstance(value, LayerCall):
        check_class(value)
    elif isinstance(value, list | tuple):
        for item in value:
            check_value(item, call)
    elif isinstance(value, OtherCode):
        name = called_name(value.text)
        if name and near_names(name, LAYER_NAMES):
            raise unknown_class(name)
        raise CallError(
            f"{quoted(call.text)} holds {quoted(value.text)}, which is never run, expected"
            " literals and layers as arguments"
        )


def unknown_class(name: str) -> CallError:
    """Return the error for a name that is no layer of Keras, with the nearest names."""
    candidates = near_names(name, LAYER_NAMES) or ["Dense"]
    return CallError(
        f"Keras has no layer {quoted(name)}, expected one like {', '.join(candidates)}"
    )


def called_name(text: str) -> str:
    """Return the name that a piece of code calls: `dense` of `dense(1)`; "" of others."""
    node = expression_of(text)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return ""


def check_calls(tree: ast.Module, script: Script) -> None:
    """Raise a CallError if something else stands where a layer does: `open('x')`.

    A layer of the script that is called is a layer, and so may be what is assigned
    without a further call: `n = len(names)`.
    """
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Expr):
            items = items_of(statement.value)
            for node in items:
                check_callee(node, script)
                if len(items) > 1 and not is_layer_code(node, script):
                    raise no_layer(ast.unparse(node))
        elif isinstance(statement, ast.Assign) and isinstance(
            statement.value, ast.Call
        ):
            check_callee(statement.value.func, script)


def items_of(node: ast.expr) -> list[ast.expr]:
    """Return the expressions between commas, in brackets or without."""
    if not isinstance(node, ast.Tuple | ast.List):
        return [node]
    items = []
    for item in node.elts:
        items.extend(items_of(item))
    return items


def is_layer_code(node: ast.expr, script: Script) -> bool:
    """Return True if an expression makes a layer, or calls one."""
    if not isinstance(node, ast.Call):
        return False
    if name_of_class(node.func) or script.has_variable(ast.unparse(node.func)):
        return True
    return is_layer_code(node.func, script)


def check_callee(node: ast.expr, script: Script) -> None:
    """Raise a CallError if a name is called that is neither a class nor a layer."""
    while isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name):
            is_class = bool(name_of_class(function))
            if not is_class and not script.has_variable(function.id):
                raise unknown_class(function.id)
        node = function


def texts_as_typed(text: str) -> dict[str, str]:
    """Return each call of a line as it was typed, by the text that Python makes of it.

    Code of several lines that is more than calls has none.
    """
    code = " ".join(PREFIX.sub("", str(text)).split())
    try:
        with catch_warnings():
            simplefilter("ignore")
            tree = ast.parse(code)
    except UNREADABLE:
        return {}
    texts = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            texts[ast.unparse(node)] = ast.get_source_segment(code, node) or ""
    return texts


def filled_call(call: LayerCall, typed_texts: dict[str, str]) -> LayerCall:
    """Return a call with names of activations as texts, and with the text that says it.

    That is the text as it was typed, unless names in it have got values.
    """
    args = tuple(filled_value(value) for value in call.args)
    kwargs = {name: filled_value(value) for name, value in call.kwargs.items()}
    filled = LayerCall(call.name, args, kwargs, call.text)
    code = written_call(filled)
    original = expression_of(call.text)
    if original is not None and ast.unparse(original) == code:
        code = typed_texts.get(code, code)
    return LayerCall(call.name, args, kwargs, code)


def filled_value(value: object) -> object:
    """Return a value in which `tf.nn.relu` is "relu"."""
    if isinstance(value, OpenValue):
        modules, _, name = value.text.rpartition(".")
        if name in ACTIVATIONS and modules.split(".")[-1] in ACTIVATION_MODULES:
            return name
        return value
    if isinstance(value, LayerCall):
        return filled_call(value, {})
    if isinstance(value, list):
        return [filled_value(item) for item in value]
    if isinstance(value, tuple):
        return tuple(filled_value(item) for item in value)
    return value


def written_call(call: LayerCall) -> str:
    """Write a call of a class in Python, as `ast.unparse` does.

    Example:
        >>> written_call(LayerCall("Dense", (8,), {"activation": "relu"}, ""))
        "Dense(8, activation='relu')"
    """
    words = [written_value(value) for value in call.args]
    for name, value in call.kwargs.items():
        words.append(f"{name}={written_value(value)}")
    return f"{call.name}({', '.join(words)})"


def written_value(value: object) -> str:
    """Write a value of an argument in Python."""
    if isinstance(value, LayerCall):
        return written_call(value)
    if isinstance(value, OpenValue | OtherCode):
        return value.text
    if isinstance(value, list):
        return f"[{', '.join(written_value(item) for item in value)}]"
    if isinstance(value, tuple):
        items = ", ".join(written_value(item) for item in value)
        return f"({items},)" if len(value) == 1 else f"({items})"
    return repr(value)


def check_open_names(calls: Sequence[LayerCall]) -> None:
    """Raise a CallError if names have no value."""
    names: dict[str, None] = {}
    for call in calls:
        for value in (*call.args, *call.kwargs.values()):
            names.update(dict.fromkeys(open_names(value)))
    if names:
        open_ones = list(names)
        raise OpenNamesError(
            f"the code leaves open {', '.join(open_ones)}: give each a value, as"
            f" `define={open_ones[0]}=64`",
            open_ones,
        )


def open_names(value: object) -> list[str]:
    """Return the names in a value that have no value themselves."""
    if isinstance(value, OpenValue):
        return list(value.names)
    values: Sequence[object] = ()
    if isinstance(value, LayerCall):
        values = (*value.args, *value.kwargs.values())
    elif isinstance(value, list | tuple):
        values = value
    names = []
    for item in values:
        names.extend(open_names(item))
    return names
