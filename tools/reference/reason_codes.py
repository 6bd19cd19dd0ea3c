"""The page of reason codes: each code in the source with the sentences that it is given with."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tools.reference.families import FAMILIES
from tools.reference.markdown import code

_CODE = re.compile(r"[a-z]+(?:-[a-z]+)*\.[a-z0-9]+(?:-[a-z0-9]+)*")
_MOST_SENTENCES = 2
_HEAD = """# Reason codes

Every refusal and every finding carries a code (thing, dot, what is wrong with it) for machines, and a sentence for
people. `…` stands for a value. What follows the arrow is what to do; where a sentence says nothing about that, the line
below the heading does.
"""


def page(root: Path) -> str:
    """Return every code below *root*'s ``avatar`` and ``flows``, by family."""
    found = collect(root)
    families: dict[str, list[str]] = defaultdict(list)
    for each in sorted(found):
        families[each.partition(".")[0]].append(each)
    parts = [_HEAD]
    for family, codes in families.items():
        if family not in FAMILIES:
            raise SystemExit(
                f"reason code {codes[0]!r} opens a family; say what it is about in tools/reference/families.py"
            )
        parts.append(f"## {family}\n\n{FAMILIES[family]}\n")
        parts.append("\n".join(_line(each, found[each]) for each in codes) + "\n")
    return "\n".join(parts)


def collect(root: Path) -> dict[str, list[str]]:
    """Return each code with its sentences, in the order of the source."""
    trees = [
        ast.parse(path.read_text(encoding="utf-8"))
        for top in ("avatar", "flows")
        for path in sorted((root / top).rglob("*.py"))
    ]
    named = {code for tree in trees for code, _ in _keywords(tree)}
    families = {code.partition(".")[0] for code in named} | set(FAMILIES)
    checks = _checks(trees)
    found: dict[str, list[str]] = defaultdict(list)
    for tree in trees:
        for each, sentence in (*_keywords(tree), *_given(tree), *_composed(tree), *_tables(tree, checks)):
            if each.partition(".")[0] in families:
                known = found[each]
                if sentence and sentence not in known:
                    known.append(sentence)
    return dict(found)


def _line(each: str, sentences: list[str]) -> str:
    said = []
    for sentence in sentences[:_MOST_SENTENCES]:
        what, _, to_do = sentence.partition("; ")
        said.append(f"{_escaped(what)} → {_escaped(to_do)}" if to_do else _escaped(what))
    return f"- {code(each)}: " + " · ".join(said) if said else f"- {code(each)}"


def _escaped(text: str) -> str:
    return re.sub(r"([<>*_\[\]`|])", r"\\\1", re.sub("……+", "…", " ".join(text.split())))


def _keywords(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what calls say with ``code="..."``."""
    for call, names in _calls(tree):
        for keyword in call.keywords:
            if keyword.arg == "code" and (text := _text(keyword.value, {})) and _CODE.fullmatch(text.replace("…", "x")):
                yield text, _sentence(call, names)


def _given(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what calls say with a code among their other arguments, like ``Reason("mark.missing", ...)``."""
    for call, names in _calls(tree):
        for given in call.args:
            argument = given.body if isinstance(given, ast.IfExp) else given
            literal = _text(argument, {})
            if _CODE.fullmatch(literal) and (sentence := _sentence(call, names)):
                yield literal, sentence


def _composed(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what functions add a family to, like ``_deny(claim, "expired")``, which says ``consent.expired``."""
    helpers = {}
    for function in _functions(tree):
        names = [argument.arg for argument in function.args.args]
        for joined in (node for node in ast.walk(function) if isinstance(node, ast.JoinedStr)):
            match joined.values:
                case [ast.Constant(value=str(family)), ast.FormattedValue(value=ast.Name(id=name))] if (
                    name in names and re.fullmatch(r"[a-z]+\.", family)
                ):
                    helpers[function.name] = (family, name, names.index(name), function)
    for family, name, _, function in helpers.values():
        yield from ((family + key, text) for key, text in _looked_up(tree, function, name))
    for call, names in _calls(tree):
        if isinstance(call.func, ast.Name) and call.func.id in helpers:
            family, _, place, _ = helpers[call.func.id]
            if place < len(call.args) and isinstance(call.args[place], ast.Constant):
                others = ast.Call(call.func, [a for a in call.args if a is not call.args[place]], call.keywords)
                yield family + str(call.args[place].value), _sentence(others, names)  # type: ignore[attr-defined]


def _looked_up(tree: ast.Module, function: ast.FunctionDef, name: str) -> Iterator[tuple[str, str]]:
    """Yield the entries of the tables of *tree* in which *function* looks up its argument *name*."""
    tables = {
        node.value.id
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.Name)
        and node.slice.id == name
    }
    for statement in tree.body:
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Dict)
            and any(isinstance(t, ast.Name) and t.id in tables for t in statement.targets)
        ):
            for key, value in zip(statement.value.keys, statement.value.values, strict=True):
                if isinstance(key, ast.Constant) and (text := _text(value, {})):
                    yield str(key.value), re.sub(r"\{\w+\}", "…", text)


def _checks(trees: Iterable[ast.Module]) -> dict[str, str]:
    """Return what each check of a recorded statement is for, and what helps (``ExplainedCheck``)."""
    found = {}
    for table in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Dict)):
        for key, value in zip(table.keys, table.values, strict=True):
            match key, value:
                case ast.Constant(value=str(name)), ast.Call(
                    func=ast.Name(id="ExplainedCheck"), args=[_, meaning, advice, *_]
                ):
                    found[name] = f"checked: {_text(meaning, {}).rstrip('.').replace('T', 't', 1)}; {_text(advice, {})}"
    return found


def _tables(tree: ast.Module, checks: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the codes in module tables: as keys of sentences, or named for one of *checks* (``CODES``)."""
    for statement in tree.body:
        if not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Dict)):
            continue
        for key, value in zip(statement.value.keys, statement.value.values, strict=True):
            left, right = (_text(each, {}) if each else "" for each in (key, value))
            if _CODE.fullmatch(left) and " " in right:
                yield left, right
            elif _CODE.fullmatch(right) and left in checks:
                yield right, checks[left]


@cache
def _calls(tree: ast.Module) -> tuple[tuple[ast.Call, dict[str, ast.expr]], ...]:
    """Return every call with the expressions that the names of its function, or else of the module, stand for there."""
    inside = {id(node): function for function in _functions(tree) for node in ast.walk(function)}
    texts = {function.name: value for function in _functions(tree) if (value := _returned(function))}
    outer = _assignments(tree.body)
    inner = {id(function): _assignments(ast.walk(function)) for function in _functions(tree)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            nearby = inside.get(id(node))
            own = [each for each in (inner[id(nearby)] if nearby else ()) if each.lineno <= node.lineno]
            names = {
                target.id: each.value
                for each in (*outer, *own)
                for target in each.targets
                if isinstance(target, ast.Name)
            }
            found.append((node, texts | names))
    return tuple(found)


def _assignments(nodes: Iterable[ast.AST]) -> list[ast.Assign]:
    return sorted((node for node in nodes if isinstance(node, ast.Assign)), key=lambda node: node.lineno)


def _returned(function: ast.FunctionDef) -> ast.expr | None:
    """Return what *function* returns, if it has one way out."""
    values = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
    return values[0] if len(values) == 1 else None


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _sentence(call: ast.Call, names: dict[str, ast.expr]) -> str:
    given = (*call.args, *(keyword.value for keyword in call.keywords if keyword.arg != "code"))
    texts = [text for argument in given if " " in (text := _text(argument, names))]
    return texts[-1] if texts else ""


def _text(node: ast.expr, names: dict[str, ast.expr]) -> str:  # noqa: PLR0911  # one for each form
    """Return the text of a string, an f-string, or a name for one; ``…`` for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part, names) if isinstance(part, ast.Constant) else "…" for part in parts)
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)) if name in names:
            return _text(names[name], {})
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, names) + _text(right, names)
        case ast.Call(func=ast.Attribute(value=inner, attr="format")):
            return re.sub(r"\{\w+\}", "…", _text(inner, names))
        case ast.IfExp(body=body):
            return _text(body, names)
    return ""
