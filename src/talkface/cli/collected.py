"""Lists and maps on the command line, `[a.mp4,b.wav]` and `{name:folder}`, whose items may be any file names.

Hydra's grammar knows ASCII names without `( ) & # = ;` only; here such items are found and quoted for it.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from talkface.paths import there_is

Item = str | list["Item"] | dict[str, "Item"]
Items = list[Item] | dict[str, Item]
_CLOSES = {"[": "]", "{": "}"}
RESOLVER = "typed"  # of OmegaConf: gives back a structure that Hydra's grammar cannot write
_QUOTES = "'\""


def read_items(text: str) -> Items | None:
    """`[…]` or `{…}` as lists and maps of texts, quotes kept; None where it is neither.

    A comma that belongs to a file's name is one where that file exists and the parts do not.
    """
    text = text.strip()
    if len(text) < 2 or _CLOSES.get(text[0]) != text[-1] or _end_of_group(text, 0) != len(text):
        return None
    pieces = list(_pieces(text[1:-1]))
    if text[0] == "[":
        return [_item(piece) for piece in _joined(pieces)]
    if pieces and ":" not in pieces[0]:
        return None
    found: dict[str, Item] = {}
    for entry in _entries(pieces):
        key, _, value = entry.partition(":")
        found[_unquoted(key.strip())] = _item(value)
    return found


def write_items(items: Items, write: Callable[[str], str], plain_key: Callable[[str], bool]) -> str | None:
    """The structure in Hydra's grammar; None where a key of a map cannot be written in it.

    write: one text as a value. plain_key: whether Hydra reads a key as it is.
    """
    if isinstance(items, dict):
        if not all(map(plain_key, items)):
            return None
        parts = [(f"{key}:", _written(value, write, plain_key)) for key, value in items.items()]
    else:
        parts = [("", _written(value, write, plain_key)) for value in items]
    if any(value is None for _, value in parts):
        return None
    opened, closed = ("{", "}") if isinstance(items, dict) else ("[", "]")
    return opened + ",".join(f"{head}{value}" for head, value in parts) + closed


def coded(items: Items, read: Callable[[str], object]) -> str:
    """The structure as an interpolation that `decode` resolves. read: the value that one text means."""
    return f"${{{RESOLVER}:{json.dumps(_values(items, read)).encode().hex()}}}"


def decode(digits: str) -> object:
    """What `coded` holds."""
    return json.loads(bytes.fromhex(str(digits)))


def register() -> None:
    """Make OmegaConf know the resolver."""
    from omegaconf import OmegaConf

    OmegaConf.register_new_resolver(RESOLVER, decode, replace=True)


def as_typed(override: str) -> str:
    """An override as it may be shown: what `coded` holds in words."""
    key, equals, value = override.partition("=")
    head = f"${{{RESOLVER}:"
    if not value.startswith(head):
        return override
    return key + equals + json.dumps(decode(value[len(head) : -1]), ensure_ascii=False)


def _values(item: Item, read: Callable[[str], object]) -> object:
    if isinstance(item, dict):
        return {key: _values(value, read) for key, value in item.items()}
    return [_values(value, read) for value in item] if isinstance(item, list) else read(item)


def _written(item: Item, write: Callable[[str], str], plain_key: Callable[[str], bool]) -> str | None:
    return write(item) if isinstance(item, str) else write_items(item, write, plain_key)


def _item(piece: str) -> Item:
    items = read_items(piece)
    return piece.strip() if items is None else items


def _unquoted(text: str) -> str:
    return text[1:-1] if is_quoted(text) else text


def is_quoted(text: str) -> bool:
    """Whether quotes of one kind stand around the whole text, and none of that kind within (but for `\\'`)."""
    if len(text) < 2 or text[0] not in _QUOTES or text[-1] != text[0]:
        return False
    return _end_of_quote(text, 0) == len(text)


def _pieces(text: str) -> Iterator[str]:
    """What stands between commas; a group or quote that begins an item, or a map's value, is one piece with them."""
    start = position = 0
    fresh = True  # whether an item may begin here
    while position < len(text):
        sign = text[position]
        if fresh and sign in _CLOSES:
            end = _end_of_group(text, position)
            position = end if _ends_item(text, end) else position + 1
        elif fresh and sign in _QUOTES:
            end = _end_of_quote(text, position)
            position = end if _ends_item(text, end, ",:") else position + 1
        elif sign == ",":
            yield text[start:position]
            start = position = position + 1
            fresh = True
            continue
        else:
            position += 1
        fresh = (fresh and sign == " ") or sign == ":"
    if text[start:].strip() or start:
        yield text[start:]


def _ends_item(text: str, end: int, stops: str = ",") -> bool:
    """Whether after `end` (0: there is no end) the item is over."""
    return end > 0 and text[end:].lstrip()[:1] in ("", *stops)


def _end_of_group(text: str, start: int) -> int:
    """The place after the bracket that closes the one at `start`; 0: none does."""
    opened, closed, depth = text[start], _CLOSES[text[start]], 0
    position = start
    while position < len(text):
        sign = text[position]
        if sign in _QUOTES and text[position - 1] in "[{,: ":
            position = max(position + 1, _end_of_quote(text, position))
            continue
        depth += (sign == opened) - (sign == closed)
        position += 1
        if depth == 0:
            return position
    return 0


def _end_of_quote(text: str, start: int) -> int:
    """The place after the quote that closes the one at `start`; 0: none does."""
    position = start + 1
    while position < len(text):
        if text[position] == "\\" and text[position + 1 : position + 2] == text[start]:
            position += 2
            continue
        if text[position] == text[start]:
            return position + 1
        position += 1
    return 0


def _joined(pieces: list[str]) -> Iterator[str]:
    """The pieces, those put together again that only together name a file."""
    while pieces:
        count = 1
        if not there_is(Path(pieces[0].strip())):
            names = ((each, ",".join(pieces[:each]).strip()) for each in range(len(pieces), 1, -1))
            count = next((each for each, name in names if there_is(Path(name))), 1)
        yield ",".join(pieces[:count])
        pieces = pieces[count:]


def _entries(pieces: list[str]) -> list[str]:
    """The entries of a map; a piece without a colon belongs to the value before it."""
    entries: list[str] = []
    for piece in pieces:
        if ":" in piece or not entries:
            entries.append(piece)
        else:
            entries[-1] += "," + piece
    return entries
