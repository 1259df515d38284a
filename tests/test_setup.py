"""What is committed installs anywhere: versions only, no machine's paths, no large files, executable scripts."""

import re
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MEBIBYTE = 2**20
# Written in pieces so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(
    "|".join(rf"(?<![\w.$}}~*-])/{name}/" for name in ("work", "home", "root", "Users", "tmp", "opt" + "/wheels"))
)


def tracked_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout: there is no list of tracked files")
    paths = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def is_text(path: Path) -> bool:
    return b"\0" not in path.read_bytes()[:8192]


@pytest.mark.parametrize("forbidden", ["http:", "https:", "file:", "://", "/", "@", "+cpu", "+cu", "--"])
def test_lock_holds_versions_only(forbidden: str) -> None:
    assert [line for line in LOCK if forbidden in line] == []


def test_every_locked_line_is_one_exact_version() -> None:
    assert [line for line in LOCK if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.!-]*", line)] == []


def test_lock_satisfies_the_declared_dependencies() -> None:
    locked = {name: version for name, _, version in (line.partition("==") for line in LOCK)}
    declared = [Requirement(text) for text in PROJECT["dependencies"]]
    declared += [Requirement(text) for extra in ("dev", "eval") for text in PROJECT["optional-dependencies"][extra]]
    wrong = {
        str(requirement): locked.get(canonicalize_name(requirement.name))
        for requirement in declared
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    }
    assert wrong == {}


def test_lock_has_one_opencv() -> None:
    """Two of the four opencv distributions own the same cv2 folder and overwrite each other."""
    assert [line.partition("==")[0] for line in LOCK if line.startswith("opencv")] == ["opencv-python"]


def test_machine_path_pattern_finds_what_it_should() -> None:
    assert MACHINE_PATHS.search("see /" + "home/someone/clips")
    assert MACHINE_PATHS.search("'/" + "tmp/x'")
    assert not MACHINE_PATHS.search("../shared/data and ${root}/" + "tmp/x")


def test_text_files_name_no_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked_files()
        if is_text(path)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if MACHINE_PATHS.search(line)
    ]
    assert found == []


def test_no_file_is_larger_than_15_mebibytes() -> None:
    large = {path.name: path.stat().st_size for path in tracked_files() if path.stat().st_size > 15 * MEBIBYTE}
    assert large == {}


def test_weights_fit_25_mebibytes_together() -> None:
    sizes = [path.stat().st_size for path in tracked_files() if path.is_relative_to(ROOT / "weights")]
    assert sum(sizes) <= 25 * MEBIBYTE


@pytest.mark.parametrize("name", ["setup.sh", "check", "demo", ".ci/run"])
def test_scripts_are_executable_and_valid(name: str) -> None:
    assert (ROOT / name).stat().st_mode & stat.S_IXUSR
    assert subprocess.run(["bash", "-n", str(ROOT / name)], check=False).returncode == 0
