"""What our own code does not do, by reading it: nothing runs what it was given, and no secret is compared in a time that tells."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

from tests.test_layout import MODULES, ROOT, SOURCE, named

TREES = {module: ast.parse(module.read_text("utf-8")) for module in MODULES}
SECRET = re.compile(r"(?:^|_)(?:digest|signature|token|secret|mac|hmac|password|credential|api_key|capability)s?$", re.IGNORECASE)
RUNS = {"eval", "exec", "compile", "__import__", "breakpoint"}
RUNS_WHAT_IT_READS = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "yaml", "xmlrpc", "code", "pdb"}
GRAPHICS = "src/mezzotint/engines/diffusers/"  # where PyTorch is, whose own files are pickles; from it come arrays of safetensors only
SHELLS = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"}
modules = pytest.mark.parametrize("module", MODULES, ids=named(MODULES))


def imported(tree: ast.AST) -> Iterator[str]:
    """The packages that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            yield node.module.partition(".")[0]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def last_name(node: ast.AST) -> str:
    """What a name, an attribute or a call is called; empty for anything else."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
        case ast.Call():
            return last_name(node.func)
    return ""


def compared(tree: ast.AST) -> Iterator[str]:
    """Secrets, by their names, that are compared by `==`, `!=`, or by being looked for in a list."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) and side.value in ("", None) for side in sides):
            continue  # whether there is one at all
        names = [name for side in sides if SECRET.search(name := last_name(side)) and not name.isupper()]  # capitals are names of headers
        if any(isinstance(how, ast.Eq | ast.NotEq) for how in node.ops):
            yield from names
        elif any(isinstance(how, ast.In | ast.NotIn) for how in node.ops):
            yield from (name for name in names if not name.endswith("digest"))  # what is looked up by its digest tells nothing of itself


@modules
def test_nothing_runs_what_it_was_given(module: Path) -> None:
    tree = TREES[module]

    assert not {name for name in imported(tree) if name in RUNS_WHAT_IT_READS}
    assert not [last_name(call) for call in calls(tree) if isinstance(call.func, ast.Name) and call.func.id in RUNS]
    assert not [call for call in calls(tree) if ast.unparse(call.func) in SHELLS]
    assert not [word for call in calls(tree) for word in call.keywords if word.arg == "shell"]


@modules
def test_weights_are_read_as_safetensors_and_bring_no_code(module: Path) -> None:
    tree = TREES[module]

    assert str(module.relative_to(ROOT)).startswith(GRAPHICS) or "torch" not in imported(tree)
    assert not [call for call in calls(tree) if ast.unparse(call.func) in ("torch.load", "torch.hub.load", "torch.package.PackageImporter")]
    assert not [word for call in calls(tree) for word in call.keywords if word.arg == "trust_remote_code"]
    for call in calls(tree):
        if last_name(call) in ("from_pretrained", "load_lora_weights") and "Processor" not in ast.unparse(call.func):
            assert "use_safetensors=True" in ast.unparse(call) or any(word.arg is None for word in call.keywords), ast.unparse(call)


@modules
def test_arrays_are_read_without_the_objects_that_may_be_in_them(module: Path) -> None:
    for call in calls(TREES[module]):
        if ast.unparse(call.func) in ("np.load", "numpy.load"):
            assert "allow_pickle=False" in ast.unparse(call)


@modules
def test_no_secret_is_compared_in_a_time_that_tells(module: Path) -> None:
    assert list(compared(TREES[module])) == []


@pytest.mark.parametrize(
    "code",
    ["given == self.signature(secret)", "token != expected", "a.key_digest == b", "expected == digest(x)", "api_key in keys", "webhook_secret == x"],
)
def test_such_a_comparison_would_be_seen(code: str) -> None:
    assert list(compared(ast.parse(code)))


@pytest.mark.parametrize("code", ["token == ''", "secret is None", "token_count == 3", "signatures_of(x) > 2", "name == 'x'"])
def test_others_are_not_taken_for_one(code: str) -> None:
    assert list(compared(ast.parse(code))) == []


def test_there_is_one_place_where_secrets_are_compared() -> None:
    places = [module for module, tree in TREES.items() for call in calls(tree) if last_name(call) == "compare_digest"]

    assert named(places) == ["src/mezzotint/core/signing.py"]


# what it imports is what is declared

OF_MODULES = {
    "pydantic_core": "pydantic",
    "huggingface_hub": "diffusers",
    "safetensors": "diffusers",
    "psutil": "accelerate",
    "yarl": "aiohttp",
}  # what comes with another
EXTRAS = ("server", "openvino", "diffusers", "quantized")


def declared(*extras: str) -> set[str]:
    """The packages that are asked for, without extras or with some."""
    lines = requires("mezzotint") or []
    wanted = [line for line in lines if "extra ==" not in line or re.search(rf"extra == ['\"]({'|'.join(extras)})['\"]", line)]
    return {re.split(r"[<>=!~;\[ ]", line, maxsplit=1)[0].lower().replace("_", "-") for line in wanted}


def packages_of(folders: list[str]) -> dict[str, set[str]]:
    """Other people's packages that modules below those folders import, and by which names."""
    known = packages_distributions()
    found: dict[str, set[str]] = {}
    for module, tree in TREES.items():
        if folders and module.relative_to(SOURCE).parts[0] not in folders:
            continue
        for name in imported(tree):
            if name not in sys.stdlib_module_names and name != "mezzotint":
                found[name] = {OF_MODULES.get(name) or each.lower().replace("_", "-") for each in known.get(name, [name])}
    return found


def test_every_package_that_is_imported_is_declared() -> None:
    every = declared(*EXTRAS)

    assert {name: packages for name, packages in packages_of([]).items() if not packages & every} == {}


def test_the_client_imports_what_comes_without_the_server() -> None:
    assert {name for name, packages in packages_of(["client"]).items() if not packages & declared()} == set()


def test_every_declared_package_is_imported() -> None:
    used = set().union(*packages_of([]).values())

    assert declared("server") - used == {"python-multipart"}  # by Starlette, for forms
