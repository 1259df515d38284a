"""Prints how the sources stand against the size budgets (reported, not enforced): `make lint` calls it."""

import ast
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> list[FunctionNode]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, FunctionNode)]


def length(node: FunctionNode) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def arguments(node: FunctionNode) -> int:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return sum(argument.arg not in ("self", "cls") for argument in given)


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def main() -> None:
    sources = sorted((ROOT / "src").rglob("*.py")) + sorted(ROOT.glob("*.py"))
    tests = sorted((ROOT / "tests").rglob("*.py"))
    found = [(path, node) for path in sources for node in functions(path)]
    lengths = [length(node) for _, node in found]
    code = sum(map(lines, sources))
    print(f"{len(sources)} files, {code} lines; test lines are {sum(map(lines, tests)) / code:.2f} of that (aim 0.5)")
    print(f"function lines: median {statistics.median(lengths):.0f} (aim 12), longest {max(lengths)} (aim 40)")
    for path in sources:
        limit = 400 if "models" in path.parts else 250
        if lines(path) > limit:
            print(f"  file of {lines(path)} lines (aim {limit}): {path.relative_to(ROOT)}")
    for path, node in found:
        where = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        if length(node) > 40:
            print(f"  function of {length(node)} lines: {where}")
        if arguments(node) > 8:
            print(f"  {arguments(node)} arguments: {where}")


if __name__ == "__main__":
    main()
