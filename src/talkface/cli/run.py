"""Runs an entry point: bad input is one line and exit 2, Ctrl-C is exit 130, our defects keep their traceback."""

import codecs
import io
import os
import sys
from collections.abc import Callable, Collection, Iterable
from contextlib import redirect_stderr
from difflib import get_close_matches
from traceback import walk_tb
from typing import NoReturn, TextIO

from talkface.cli.collected import register
from talkface.cli.flags import FlagTable, translate
from talkface.errors import InputError

BAD_INPUT, INTERRUPTED = 2, 130


def command(
    main: Callable[[], object],
    *,
    flags: FlagTable | None = None,
    texts: Collection[str] = (),
    lists: Collection[str] = (),
) -> NoReturn:
    """Runs `main` (a function decorated by hydra.main) and leaves the process.

    flags: foreign flags this entry point understands besides key=value and Hydra's own. texts: keys whose values are
    file names, taken as they are typed. lists: keys for which `a,b` means both, not a sweep.
    Exit codes: 0 done; 2 bad input or configuration (one line on stderr); 130 interrupted; 1, with
    traceback, for anything else.
    """
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    os.environ["HYDRA_FULL_ERROR"] = "1"  # else Hydra prints the error and exits before it reaches us
    print_names_as_typed()
    register()
    try:
        sys.argv[1:] = translate(as_lists(sys.argv[1:], lists), flags or FlagTable(), texts)
        with redirect_stderr(_WithoutHydraEcho(sys.stderr)):
            main()
    except InputError as error:
        _leave(str(error), BAD_INPUT)
    except (HydraException, OmegaConfBaseException) as error:
        told = isinstance(error.__cause__, InputError)  # raised by what Hydra was building
        _leave(str(error.__cause__) if told else configuration_message(error), BAD_INPUT)
    except KeyboardInterrupt as interrupt:
        _leave(str(interrupt) or "interrupted", INTERRUPTED)
    except BrokenPipeError:  # the reader has seen enough, as in `--help | head`: nothing more can be printed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if not _raised_by_hydra(error):
            raise
        where = error.filename or "the run's folder"
        _leave(str(InputError(f"cannot make this folder ({error.strerror})", where, "choose another one")), BAD_INPUT)
    raise SystemExit(0)


def as_lists(arguments: Iterable[str], keys: Collection[str]) -> list[str]:
    """`compare=a,b` written as the list that it means, for such keys. A comma in an existing name stays one."""
    split = [(argument, *argument.partition("=")) for argument in arguments]
    wanted = [key in keys and "," in value and value[0] not in "'\"[{" for _, key, _, value in split]
    return [f"{key}=[{value}]" if want else old for want, (old, key, _, value) in zip(wanted, split, strict=True)]


def print_names_as_typed() -> None:
    """Let names of any bytes through to standard output and error; what the terminal cannot show is escaped."""
    codecs.register_error("talkface", _typed_bytes)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="talkface")


def _typed_bytes(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)


def configuration_message(error: BaseException) -> str:
    """One line about an error of Hydra or OmegaConf: its first sentence, the key, and the nearest valid one if any."""
    cause = error.__cause__ if error.__cause__ is not None else error
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    wrong, valid = _wrong_and_valid(error, cause)
    if wrong in valid:
        return f"configuration error: {first.rstrip('.')} - give {wrong}=..."
    near = get_close_matches(wrong, valid, n=1, cutoff=0.4) if wrong else []
    remedy = f"did you mean {near[0]}?" if near else "--help shows what is understood"
    return f"configuration error: {first.rstrip('.')} - {remedy}"


def _wrong_and_valid(error: BaseException, cause: BaseException) -> tuple[str, list[str]]:
    """The key or option that was not found and those that exist in its place; empty where the error names none."""
    missing = getattr(error, "missing_cfg_file", None)
    if missing:
        folder, _, wrong = str(missing).rpartition("/")
        prefix = f"{folder}=" if folder else ""
        return f"{prefix}{wrong}", [f"{prefix}{option}" for option in _names(getattr(error, "options", None))]
    parent, full_key = getattr(cause, "parent_node", None), str(getattr(cause, "full_key", "") or "")
    if parent is None or not full_key:
        return "", []
    head = full_key.rpartition(".")[0]
    prefix = f"{head}." if head else ""
    return full_key, [f"{prefix}{key}" for key in _names(parent if hasattr(parent, "keys") else None)]


def _raised_by_hydra(error: OSError) -> bool:
    """Whether it was not our code that called what failed: Hydra makes the folder of a run before it calls us."""
    callers = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)]
    others = [name for name in callers if name.partition(".")[0] not in ("pathlib", "os")]
    return bool(others) and others[-1].partition(".")[0] == "hydra"


def _names(found: Iterable[object] | None) -> list[str]:
    return [str(name) for name in found] if found is not None else []


class _WithoutHydraEcho(io.TextIOBase):
    """Standard error without the line in which Hydra repeats all overrides before it hands an exception on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return len(text) if text.startswith("Error executing job with overrides") else self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute in the stubs
        return self._stream.encoding


def _leave(line: str, code: int) -> NoReturn:
    sys.stderr.write(line.replace("\r", "\\r").replace("\n", "\\n") + "\n")
    raise SystemExit(code)
