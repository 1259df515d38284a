"""Sweeps (`-m a=1,2 b=3,4`): what differs between the runs, as names for loggers and short folders."""

import hashlib
from collections.abc import Sequence

_MULTIRUN = ("-m", "--multirun")
# The machine and the length of a run: a sweep that is started again with other ones goes on in its folders.
_MACHINE = ("hardware", "logger", "resume", "run", "swept", "trainer.max_steps", "trainer.log_every")
_LONGEST = 120  # characters of a title; Weights & Biases takes 128


def with_swept(arguments: Sequence[str]) -> list[str]:
    """The arguments of a sweep with `swept=[…]`, the keys that it varies, for each of its runs to know."""
    keys = _swept_keys(arguments) if any(word in _MULTIRUN for word in arguments) else []
    return [*arguments, f"swept=[{','.join(keys)}]"] if keys else list(arguments)


def run_folder(overrides: Sequence[str]) -> str:
    """Ten hexadecimal digits for one run of a sweep: the same for the same overrides, in any order, on any machine."""
    text = "\n".join(sorted(each for each in overrides if not _is_machine(each)))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:10]


def run_title(name: str, overrides: Sequence[str], swept: Sequence[str]) -> str:
    """What tells a run from the others of its sweep: ``loss.sync=0.03 seed=1``; else `name`, the experiment's."""
    parts = [_short(each) for each in overrides if _key(each) in swept]
    title = " ".join(parts) or name
    return title if len(title) <= _LONGEST else f"{title[: _LONGEST - 11]} {run_folder(overrides)}"


def register_resolvers() -> None:
    """Make `${run_folder:…}` and `${run_title:…}` known to configs."""
    from omegaconf import OmegaConf

    OmegaConf.register_new_resolver("run_folder", run_folder, replace=True)
    OmegaConf.register_new_resolver("run_title", run_title, replace=True)


def _swept_keys(arguments: Sequence[str]) -> list[str]:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import OverrideParseException

    keys = []
    for word in arguments:
        if word.startswith("-") or "=" not in word:
            continue
        try:
            found = OverridesParser.create().parse_overrides([word])[0]
        except OverrideParseException:  # whoever composes the configuration will say what is wrong
            continue
        if found.is_sweep_override():
            keys.append(found.get_key_element().lstrip("+~"))
    return keys


def _key(override: str) -> str:
    return override.partition("=")[0].lstrip("+~")


def _short(override: str) -> str:
    """``key=value``; of a path only its end, so that a title stays readable."""
    key, _, value = override.partition("=")
    return f"{key.lstrip('+~')}={value.strip(chr(39) + chr(34)).rpartition('/')[2]}"


def _is_machine(override: str) -> bool:
    key = _key(override)
    return any(key == each or key.startswith(f"{each}.") for each in _MACHINE)
