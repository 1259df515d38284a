"""Values for Hydra's override grammar: any text (file names above all) must arrive as it was typed."""

import re
from pathlib import Path

_INTERPOLATION = re.compile(r"(\\*)\$\{")
_MISSING = "???"  # OmegaConf's mark of a value that must still be given; cannot be escaped, only avoided


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


def literal(override: str) -> str:
    """`key=value` with the value quoted where Hydra would misread a file name; everything else unchanged.

    Quoted: a value that names an existing file or folder but that the grammar would not read as plain text, and a
    value that the grammar cannot read at all. So sweeps, lists, numbers and interpolations keep their meaning.
    """
    key, equals, value = override.partition("=")
    if not equals or not value or (value[0] in "'\"" and value[-1] == value[0] and len(value) > 1):
        return override
    parsed = _parsed(override)
    if parsed == value or (parsed is not None and not _exists(value)):
        return override
    return f"{key}={quote(value)}"


def _parsed(override: str) -> object | None:
    """What Hydra reads as the value (text as text); None where it cannot be read."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import OverrideParseException

    try:
        found = OverridesParser.create().parse_overrides([override])[0]
    except OverrideParseException:
        return None
    return False if found.is_sweep_override() else found.value() or False


def _exists(value: str) -> bool:
    """Whether the text is the name of a file or folder here. Plain switches and numbers never count as one."""
    if re.fullmatch(r"(?i)true|false|null|none|[-+.\d]+", value):
        return False
    try:
        return Path(value).exists()
    except (OSError, ValueError):  # too long, or a NUL byte
        return False
