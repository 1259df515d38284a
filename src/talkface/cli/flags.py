"""Foreign flags → Hydra overrides. A table names the flags of an entry point."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from talkface.cli.quoting import literal
from talkface.errors import InputError

HYDRA_SWITCHES = frozenset(
    {"--help", "-h", "--hydra-help", "--version", "--resolve", "--run", "-r", "--multirun", "-m"}
) | {"--shell-completion", "-sc"}
HYDRA_OPTIONS = frozenset(
    {"--cfg", "-c", "--package", "-p", "--config-path", "-cp", "--config-name", "-cn", "--config-dir", "-cd"}
) | {"--experimental-rerun", "--info", "-i"}

logger = logging.getLogger(__name__)
Convert = Callable[[str, Sequence[str]], list[str]]  # (flag, its values) -> overrides; raises InputError


Given = Mapping[str, Sequence[str]]  # the foreign flags of a command line, and key → [value] of its overrides
More = Callable[[Given], list[str]]


def drop(_: str, values: Sequence[str]) -> list[str]:
    """A flag without a meaning here."""
    return []


@dataclass(frozen=True)
class Flag:
    """One foreign flag: how many values follow it at least and at most, and what they become."""

    convert: Convert = drop
    least: int = 1
    most: int = 1


SWITCH = Flag(least=0, most=0)
"""Without a value and a meaning."""


@dataclass(frozen=True)
class FlagTable:
    """Flags of one original program by name (with leading dashes).

    more: overrides that follow from all that is given together; they come first, so that what is typed wins.
    """

    flags: Mapping[str, Flag] = field(default_factory=dict)
    more: tuple[More, ...] = ()

    def __or__(self, other: "FlagTable") -> "FlagTable":
        """The flags of both; of one name, those of the first."""
        return FlagTable({**other.flags, **self.flags}, (*self.more, *other.more))

    def known(self) -> list[str]:
        """Every flag that may stand on the command line, Hydra's long ones included."""
        return [*self.flags, *sorted(name for name in HYDRA_SWITCHES | HYDRA_OPTIONS if name.startswith("--"))]


def translate(arguments: Sequence[str], table: FlagTable, texts: Collection[str] = ()) -> list[str]:
    """Arguments for Hydra: known foreign flags become overrides, Hydra's own flags and key=value pass.

    texts: as in `literal`; with `-m` there are none, so that file names can be swept over.
    A value that follows a flag is taken as it is (it may begin with a dash, unless it is itself a known flag). What
    several flags have in common (`pipeline=…`) is said once; those without a meaning here are logged in one line.
    Raises InputError for an unknown flag (naming the nearest known one), a missing value or a bare word.
    """
    given: dict[str, list[str]] = {}
    plain = () if {"-m", "--multirun"} & set(arguments) else texts
    overrides = list(_translated(list(arguments), table, plain, given))
    ignored = [name for name in given if name in table.flags and table.flags[name].convert is drop]
    if ignored:
        logger.warning("ignored, without a meaning here: %s", " ".join(ignored))
    first = [each for more in table.more for each in more(given)]
    return list(reversed(dict.fromkeys(reversed([*first, *overrides]))))  # of the same twice the later one


def _translated(
    rest: list[str], table: FlagTable, texts: Collection[str], given: dict[str, list[str]]
) -> Iterator[str]:
    """given: filled with what is met."""
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in table.flags:
            values = [value] if equals else _values(name, table.flags[name], rest, table)
            given[name] = values
            yield from table.flags[name].convert(name, values)
        elif name in HYDRA_SWITCHES | HYDRA_OPTIONS:
            yield word
            if name in HYDRA_OPTIONS and not equals and rest and rest[0] not in table.known():
                yield rest.pop(0)
        elif word.startswith("-"):
            raise _unknown(name, table)
        elif "=" in word or word.startswith("~"):
            given[name] = [value]
            yield literal(word, texts)
        else:
            raise InputError(
                "an argument without a key", word, "write key=value, for example face=clip.mp4; --help shows the keys"
            )


def _values(name: str, flag: Flag, rest: list[str], table: FlagTable) -> list[str]:
    """Takes from `rest` the values that belong to the flag."""
    values: list[str] = []
    while rest and len(values) < flag.most and rest[0] not in table.flags:
        if len(values) >= flag.least and not _continues(rest[0]):
            break
        values.append(rest.pop(0))
    if len(values) < flag.least:
        raise InputError("a flag without its value", name, f"give {flag.least} value(s) after it")
    return values


def _continues(word: str) -> bool:
    """Whether an optional further value follows: a number or a truth value, never a new flag or key=value."""
    return word.lower() in {"true", "false", "yes", "no"} or word.lstrip("-").replace(".", "", 1).isdigit()


def _unknown(name: str, table: FlagTable) -> InputError:
    near = get_close_matches(name, table.known(), n=1, cutoff=0.4)
    remedy = f"did you mean {near[0]}? " if near else ""
    return InputError("unknown flag", name, f"{remedy}--help shows what is understood")
