r"""Read the words of a call as it is typed, by the rules of a shell.

A backslash at the end of a line joins the next one, and `#` begins a comment where a
word could begin. Code of Keras in front of the options is Python's: it stands as it is
pasted, with quotes and comments of its own.

Example:
    >>> call = TypedCall()
    >>> call.add(r"LSTM(64, name='a b') -t 3 --save \ ".rstrip())
    True
    >>> call.add(r"$'\x61.svg' # a picture \ ".rstrip())
    False
    >>> call.words
    ["LSTM(64, name='a b')", '-t', '3', '--save', 'a.svg']
"""

import re

from lstm_shapes.subject import is_model_name

BLANKS = " \t\r\n"
# Characters in a row that stand for themselves, in a word of a shell and in code.
PLAIN_IN_SHELL = re.compile(r"""[^ \t\r\n'"\\$]+""")
PLAIN_IN_CODE = re.compile(r"""[^-'"\\#()\[\]{}]+""")
OPTION_BEHIND_CODE = re.compile(r"--?[a-zA-Z]")
# An escape of $'...': a backslash, and a letter or the number of a byte or character.
ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|u[0-9a-fA-F]{1,4}|[abeEfnrtv\\'\"?])"
)
ESCAPED_LETTERS = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "?": "?",
}


class TypedCall:
    """A call as it is typed, on one line or on several that belong together.

    Attributes:
        line_number: The number of its first line.
        is_named: Whether it begins with the name of the command.
        is_joined: Whether its last line ends in a backslash, which joins the next one.
        quote: The quote that is open at its end, or "".
    """

    def __init__(self, line_number: int = 1) -> None:
        self.line_number = line_number
        self.is_named = False
        self.is_joined = False
        self.quote = ""
        self._lines: list[str] = []
        self._has_begun = False
        self._is_code = False
        self._open_brackets = 0
        self._words: list[str] = []
        # The pieces of the code or word that is being read; None between two words.
        self._pieces: list[str] | None = None

    @property
    def text(self) -> str:
        """The text that was typed, without the backslashes that have joined its lines."""
        end = "\\" if self.is_joined else ""
        return "".join(self._lines) + end

    @property
    def words(self) -> list[str]:
        """The code, if the call begins with any, and then the words without quotes."""
        if self._pieces is None:
            return self._words
        return [*self._words, self._joined_pieces()]

    @property
    def has_open_bracket(self) -> bool:
        """Return True if it ends inside brackets of code, so that more has to follow."""
        return self._is_code and self._open_brackets > 0

    def add(self, line: str) -> bool:
        """Read one more line, and return True if it joins the next one."""
        if self._lines and not self.is_joined:
            line = f"\n{line}"
        self.is_joined = False
        position = 0
        if not self._has_begun:
            position = self._begin(line)
        while position < len(line):
            is_last = position == len(line) - 1
            if is_last and line[position] == "\\":
                self.is_joined = True
                line = line[:-1]
            elif self.quote and self._is_code:
                position = self._read_string(line, position)
            elif self.quote:
                position = self._read_quoted(line, position)
            elif self._is_code:
                position = self._read_code(line, position)
            else:
                position = self._read_word(line, position)
        if self.is_joined and self.quote.endswith("'") and not self._is_code:
            # Inside '...' and $'...', a shell joins no lines: the backslash and the
            # line break are part of the word.
            line += "\\\n"
            self._append("\\\n")
        self._lines.append(line)
        return self.is_joined

    def _begin(self, line: str) -> int:
        """Read the name of the command, find out whether code follows, and return where."""
        rest = line.lstrip()
        if rest.split(maxsplit=1)[:1] == ["lstm-shapes"]:
            self.is_named = True
            rest = rest.removeprefix("lstm-shapes").lstrip()
        # Python's prompt may have been pasted too.
        rest = rest.removeprefix(">>> ").lstrip()
        # A backslash alone joins the next line, which is then the one that begins.
        if rest != "\\":
            self._has_begun = True
            self._is_code = begins_with_code(rest) and not begins_with_model(rest)
        return len(line) - len(rest)

    def _read_code(self, line: str, position: int) -> int:
        """Read some of the code, outside of its strings; return the position behind it."""
        character = line[position]
        if character == "#":
            return end_of_comment(line, position)
        if character == "-" and self._ends_code(line, position):
            self._end_word()
            self._is_code = False
            return position
        piece = character
        plain_code = PLAIN_IN_CODE.match(line, position)
        if plain_code:
            piece = plain_code[0]
        elif character in "([{":
            self._open_brackets += 1
        elif character in ")]}":
            self._open_brackets -= 1
        elif character in "'\"":
            self.quote = character
        self._append(piece)
        return position + len(piece)

    def _ends_code(self, line: str, position: int) -> bool:
        """Return True if an option begins here: behind a blank, and outside of brackets."""
        if self._open_brackets > 0 or not self._pieces:
            return False
        has_blank = self._pieces[-1][-1:].isspace()
        return has_blank and OPTION_BEHIND_CODE.match(line, position) is not None

    def _read_string(self, line: str, position: int) -> int:
        """Read a character of a string in code, or two behind a backslash."""
        piece = line[position]
        if piece == self.quote:
            self.quote = ""
        if piece == "\\":
            piece = line[position : position + 2]
        self._append(piece)
        return position + len(piece)

    def _read_word(self, line: str, position: int) -> int:
        """Read some of a word, outside of quotes; return the position behind it."""
        character = line[position]
        if character in BLANKS:
            self._end_word()
            return position + 1
        if character == "#" and self._pieces is None:
            return end_of_comment(line, position)
        if character == "\\":
            # There is a next character: `add` has taken a backslash at the end.
            self._append(line[position + 1])
            return position + 2
        if character in "'\"" or line.startswith("$'", position):
            self.quote = "$'" if character == "$" else character
            # Even empty quotes are a word.
            self._append("")
            return position + len(self.quote)
        piece = character
        plain_word = PLAIN_IN_SHELL.match(line, position)
        if plain_word:
            piece = plain_word[0]
        self._append(piece)
        return position + len(piece)

    def _read_quoted(self, line: str, position: int) -> int:
        """Read some of a word, inside of quotes; return the position behind it."""
        character = line[position]
        if character == self.quote[-1]:
            self.quote = ""
            return position + 1
        if character == "\\" and self.quote == "$'":
            escape = ESCAPE.match(line, position)
            if escape:
                self._append(unescaped(escape[1]))
                return escape.end()
        if character == "\\" and self.quote == '"' and line[position + 1] in '"\\$`':
            self._append(line[position + 1])
            return position + 2
        self._append(character)
        return position + 1

    def _append(self, text: str) -> None:
        """Add a piece to the code or word that is being read, or begin one with it."""
        if self._pieces is None:
            self._pieces = []
        self._pieces.append(text)

    def _end_word(self) -> None:
        """Complete the code or word that is being read, if there is one."""
        if self._pieces is not None:
            self._words.append(self._joined_pieces())
        self._pieces = None

    def _joined_pieces(self) -> str:
        """Return the code or word that is being read, as far as it goes."""
        text = "".join(self._pieces or ())
        if self._is_code:
            return text.rstrip()
        # Bytes in a row, as $'\xc3\xa9', may be one character.
        data = text.encode("utf-8", "surrogateescape")
        return data.decode("utf-8", "surrogateescape")


def begins_with_code(text: str) -> bool:
    """Return True if a line begins with Python's code, and not with an option."""
    return text[:1].isalpha() or text[:1] in ("_", "[", "(")


def begins_with_model(text: str) -> bool:
    """Return True if a line begins with the name of a model file."""
    first_word = text.split(maxsplit=1)[:1]
    return bool(first_word) and is_model_name(first_word[0])


def end_of_comment(text: str, position: int) -> int:
    """Return the position of the end of the line on which a comment stands."""
    end = text.find("\n", position)
    return len(text) if end == -1 else end


def unescaped(code: str) -> str:
    r"""Return the text for which an escape of $'...' stands, given without its backslash.

    A byte beyond ASCII is a part of a character: a surrogate holds its place.

    Example:
        >>> unescaped("n"), unescaped("x41"), unescaped("101"), unescaped("xe9")
        ('\n', 'A', 'A', '\udce9')
    """
    if code in ESCAPED_LETTERS:
        return ESCAPED_LETTERS[code]
    if code.startswith("u"):
        data = chr(int(code[1:], 16)).encode("utf-8", "surrogatepass")
    elif code.startswith("x"):
        data = bytes([int(code[1:], 16)])
    else:
        data = bytes([int(code, 8) % 256])
    return data.decode("utf-8", "surrogateescape")
