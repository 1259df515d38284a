"""Values for Hydra's override grammar: any text (file names above all) must arrive as it was typed."""

import re
from collections.abc import Collection
from pathlib import Path

from talkface.cli.collected import Items, coded, is_quoted, read_items, write_items
from talkface.paths import there_is

_INTERPOLATION = re.compile(r"(\\*)\$\{")
_WHOLE_INTERPOLATION = re.compile(r"\$\{[^{}]+\}")
_MISSING = "???"  # OmegaConf's mark of a value that must still be given; cannot be escaped, only avoided
_UNREAD = object()


def quote(text: str) -> str:
    r"""`text` as one quoted Hydra value that parses back to exactly `text`, whatever characters it holds.

    `${` would be an interpolation even inside quotes, so it is escaped as OmegaConf asks (`\${`, with the
    backslashes before it doubled).
    The lone text `???` means "missing" to OmegaConf; it is given as the same path, `./???`.
    """
    from hydra.core.override_parser.types import Quote, QuotedString

    if text == _MISSING:
        text = "./" + text
    escaped = _INTERPOLATION.sub(lambda found: found[1] * 2 + r"\${", text)
    return QuotedString(escaped, Quote.single).with_quotes()


def literal(override: str, texts: Collection[str] = ()) -> str:
    """`key=value` with the value quoted where Hydra would misread a file name; everything else unchanged.

    texts: keys whose values are names of files (or other plain text), there or not: never a sweep, a number or a call.
    Under other keys quoted: a value that names an existing file or folder but that the grammar would not read as plain
    text, and a value that the grammar cannot read at all. So sweeps, lists, numbers and interpolations keep their
    meaning. Lists and maps are treated item by item.
    """
    key, equals, value = override.partition("=")
    if not equals or not value:
        return override
    text = key.lstrip("+") in texts
    items = None if _exists(value) else read_items(value)
    if items is not None:
        return f"{key}={_group(value, items, text=text)}"
    return f"{key}={_value(value, text=text)}"


def _value(value: str, *, text: bool) -> str:
    """One value that is no list: as it is, or quoted."""
    if is_quoted(value):
        return value if _parsed(value) is not _UNREAD and not (text and _exists(value)) else quote(value)
    parsed = _parsed(value)
    if parsed == value and isinstance(parsed, str):
        return value
    if text:
        kept = value in ("null", _MISSING) or _WHOLE_INTERPOLATION.fullmatch(value)
        return value if kept and not there_is(Path(value)) else quote(value)
    return value if parsed is not _UNREAD and not _exists(value) else quote(value)


def _group(value: str, items: Items, *, text: bool) -> str:
    """A list or map in Hydra's grammar, unchanged where every item is already read as it was typed."""

    def write(item: str) -> str:
        return _value(item, text=text) if item else "''"

    written = write_items(items, write, _is_plain_key)
    if written is None:
        return coded(items, lambda item: _parsed(write(item)))
    return value if _parsed(value) == _parsed(written) else written


def _is_plain_key(key: str) -> bool:
    """Whether Hydra reads a key of a map as it is."""
    found = _parsed(f"{{{key}:1}}")
    return isinstance(found, dict) and list(found) == [key]


def _parsed(value: str) -> object:
    """What Hydra reads as the value, text as text; _UNREAD where it cannot, or reads a sweep."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import OverrideParseException

    try:
        found = OverridesParser.create().parse_overrides([f"x={value}"])[0]
    except OverrideParseException:
        return _UNREAD
    return False if found.is_sweep_override() else found.value()


def _exists(value: str) -> bool:
    """Whether the text is the name of a file or folder here. Plain switches and numbers never count as one."""
    if re.fullmatch(r"(?i)true|false|null|none|[-+.\d]+", value):
        return False
    return there_is(Path(value))
