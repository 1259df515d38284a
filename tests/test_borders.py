"""Who may import whom: every import below src/talkface is read by `ast`, deferred ones too.

A new edge is a decision: add it to BORDERS, or to EXCEPTIONS for one file only, with its reason.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "talkface"
ENTRY_SCRIPTS = [PACKAGE.parents[1] / f"{name}.py" for name in ("train", "evaluate", "infer", "preprocess")]

# Every room may import errors (InputError is how bad input is reported anywhere).
BORDERS: dict[str, set[str]] = {
    "errors": set(),
    "paths": set(),
    "texts": set(),
    "timeline": set(),
    "torchvision_shim": set(),
    "batch": {"timeline"},
    "mouth_batch": {"batch"},
    "corpus": {"timeline", "texts"},
    "media": {"timeline", "paths"},
    "audio": {"timeline"},
    "checkpoint": set(),
    "device": set(),
    "processes": set(),
    "labelled": set(),
    "mouth_clips": set(),
    "drawn_truth": set(),
    # MTCNN calls torchvision; the shim must come first. models: our own detector and landmarks are networks of ours.
    "face": {"torchvision_shim", "models"},
    "losses": set(),
    "metrics": {"torchvision_shim"},  # torchmetrics imports torchvision
    "models": set(),
    "drawn": {"face", "timeline"},
    "cli": {"paths"},
    # Lightning imports torchvision. models: the mouth model's data is cut as its networks see it.
    "data": {
        "models",
        "mouth_batch",
        "mouth_clips",
        "media",
        "audio",
        "face",
        "drawn",
        "drawn_truth",
        "corpus",
        "labelled",
        "timeline",
        "batch",
        "torchvision_shim",
    },
    # device: what a command may ask of the machine, in one place for all of them.
    "preparation": {
        "device",
        "media",
        "audio",
        "face",
        "drawn",
        "corpus",
        "labelled",
        "mouth_clips",
        "timeline",
        "processes",
        "paths",
        "texts",
    },
    "training": {
        "models",
        "losses",
        "metrics",
        "batch",
        "checkpoint",
        "device",
        "torchvision_shim",
    },  # Lightning imports torchvision
    "pipelines": {"device", "models", "media", "audio", "face", "timeline", "batch", "checkpoint", "paths", "texts"},
    # audio: the judge hears each video of `videos=` through the expert's own front end.
    # processes: clips are measured by several at a time.
    # drawn: the drawings by which visemes are told apart.
    "evaluation": {
        "device",
        "pipelines",
        "metrics",
        "data",
        "drawn",
        "drawn_truth",
        "media",
        "audio",
        "face",
        "corpus",
        "timeline",
        "processes",
        "paths",
        "texts",
    },
    # The body of ./demo strings rooms together as an entry script does.
    "demonstration": {"drawn", "media", "pipelines", "timeline"},
}

# (file, room) → why this one file may cross the border.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("models/load.py", "checkpoint"): "the one place where a file becomes a network",
    ("models/upstream.py", "checkpoint"): "foreign .pth files are read as plain tensors by checkpoint",
    ("models/upstream/", "checkpoint"): "foreign .pth files are read as plain tensors by checkpoint",
    ("models/measuring.py", "checkpoint"): "measuring networks are named by the hash of their file, as load.py does",
    ("models/measuring.py", "torchvision_shim"): "torchvision's and facenet-pytorch's networks need the shim first",
    ("evaluation/driven.py", "models"): "the report names the shipped weights that infer.py serves by their hash",
    ("training/callbacks.py", "media"): "the sample-video callback writes a clip with sound into the log",
    ("training/disk.py", "media"): "whether a run's folder can be written is asked as for any other output",
    ("training/record.py", "media"): "a run's own description is written like any other file",
    ("training/mouth_audio.py", "mouth_batch"): "the mouth model's own batches",
    ("training/mouth_audio.py", "face"): "what coefficients mean, and how much each counts, is geometry of the face",
    ("training/mouth_renderer.py", "mouth_batch"): "the mouth model's own batches",
    ("training/mouth_renderer.py", "face"): "the region that is erased is geometry of the face",
    ("training/fit.py", "data"): "a run hands its length to the data module, so it names that type",
}


def imported_modules(path: Path) -> Iterator[str]:
    """Absolute names of all modules that a file imports, at any depth; relative imports are resolved."""
    package = ["talkface", *path.relative_to(PACKAGE).parts[:-1]] if path.is_relative_to(PACKAGE) else []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            # `from talkface import media` names a room in its list, not in its module.
            yield from ([f"talkface.{alias.name}" for alias in node.names] if stem == "talkface" else [stem])


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def crossings(path: Path) -> set[str]:
    """Rooms that a file of the package imports beyond its own and errors."""
    rooms = {name.split(".")[1] for name in imported_modules(path) if name.startswith("talkface.")}
    return rooms - {room_of(path), "errors"}


def excused(path: Path, room: str) -> bool:
    relative = path.relative_to(PACKAGE).as_posix()
    return any(
        target == room and (relative == file or (file.endswith("/") and relative.startswith(file)))
        for file, target in EXCEPTIONS
    )


SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_stay_within_the_borders(path: Path) -> None:
    assert room_of(path) in BORDERS, f"{room_of(path)} is a new room: say in BORDERS whom it may import"
    crossed = {room for room in crossings(path) - BORDERS[room_of(path)] if not excused(path, room)}
    assert crossed == set(), f"{path.relative_to(PACKAGE)} imports {sorted(crossed)}"


def test_the_table_has_no_cycle() -> None:
    edges = {room: set(targets) for room, targets in BORDERS.items()}
    for file, target in EXCEPTIONS:
        edges[file.split("/")[0]].add(target)
    while edges:
        free = {room for room, targets in edges.items() if not targets & edges.keys()}
        assert free, f"cycle among {sorted(edges)}"
        edges = {room: targets for room, targets in edges.items() if room not in free}


def test_package_init_imports_nothing() -> None:
    assert list(imported_modules(PACKAGE / "__init__.py")) == []


def test_only_entry_scripts_import_hydra() -> None:
    """Besides them only cli: it quotes file names in Hydra's grammar and turns Hydra's errors into one line."""
    users = {path for path in SOURCES if any(name.split(".")[0] == "hydra" for name in imported_modules(path))}
    assert {room_of(path) for path in users} <= {"cli"}
    assert all("hydra" in {name.split(".")[0] for name in imported_modules(path)} for path in ENTRY_SCRIPTS)


def test_deferred_and_relative_imports_are_seen(tmp_path: Path) -> None:
    source = tmp_path / "probe.py"
    source.write_text("def late():\n    from talkface import media\n    import talkface.audio.mel\n", encoding="utf-8")
    assert list(imported_modules(source)) == ["talkface.media", "talkface.audio.mel"]
