"""What a Jinja source needs, found without running any of it.

Jinja's own `meta.find_undeclared_variables` folds constants on the way, and
`{{ 10**(10**9) }}` never ends; here nothing is evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame

from htmlcard.templating.environment import Environment
from htmlcard.templating.mistakes import Mistake, suggest

_ENVIRONMENT = Environment({})


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A partial named in an include, extends or import; `name` is None where it is computed.

    `with_context` tells whether it sees the variables of the source that names it.
    """

    name: str | None
    line: int
    with_context: bool
    optional: bool
    certain: bool
    """Whether every card has it: it stands in no condition, loop, block or macro."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """Of one source: variables it wants from outside, names it sets, partials it names."""

    undeclared: dict[str, int]
    """Name -> line of its first use."""
    assigned: frozenset[str]
    inclusions: tuple[Inclusion, ...]


class _Tracker(CodeGenerator):
    """Walks as a compiler would, to learn scopes and unknown filters, and writes nothing."""

    def __init__(self) -> None:
        super().__init__(_ENVIRONMENT, "<analysis>", "<analysis>", optimized=False)
        self.undeclared: set[str] = set()

    def write(self, x: str) -> None:
        pass

    def enter_frame(self, frame: Frame) -> None:
        super().enter_frame(frame)
        for action, name in frame.symbols.loads.values():
            if action == "resolve" and name is not None and name not in _ENVIRONMENT.globals:
                self.undeclared.add(name)

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: object) -> str:
        if isinstance(node, nodes.TemplateData):
            return node.data
        raise nodes.Impossible

    def visit_EvalContextModifier(  # noqa: N802 - Jinja dispatches on this name
        self, node: nodes.EvalContextModifier, frame: Frame
    ) -> None:
        pass


def analyze(text: str, file: str) -> Analysis | Mistake:
    """Reads one Jinja source; `file` is how a mistake calls it."""
    try:
        tree = _ENVIRONMENT.parse(text)
        if unknown := _find_unknown(tree, file):
            return unknown
        tracker = _Tracker()
        tracker.visit(tree)
    except TemplateSyntaxError as error:
        return Mistake(file, error.lineno, error.message or "not valid Jinja")
    except RecursionError:
        return Mistake(file, 1, "nested too deeply for Jinja")
    except ValueError as error:  # integers of more than 4,300 digits
        return Mistake(file, 1, str(error))
    names = list(tree.find_all(nodes.Name))
    first_use: dict[str, int] = {}
    for node in names:
        if node.name in tracker.undeclared:
            first_use.setdefault(node.name, node.lineno)
    assigned = frozenset(node.name for node in names if node.ctx in ("store", "param"))
    return Analysis(first_use, assigned, tuple(_find_inclusions(tree)))


def _find_unknown(tree: nodes.Template, file: str) -> Mistake | None:
    """The first filter or test that does not exist.

    Jinja itself does not look inside conditions until a card comes by there.
    """
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        kind = "filter" if isinstance(node, nodes.Filter) else "test"
        known = _ENVIRONMENT.filters if kind == "filter" else _ENVIRONMENT.tests
        if node.name not in known:
            message = f"there is no {kind} {node.name!r}{suggest(node.name, known)}"
            return Mistake(file, node.lineno, message)
    return None


def _find_certain(tree: nodes.Template) -> set[nodes.Node]:
    """Top-level nodes; of a source that extends another only the `extends`."""
    extends = [node for node in tree.body if isinstance(node, nodes.Extends)]
    return set(extends or tree.body)


def _find_inclusions(tree: nodes.Template) -> list[Inclusion]:
    found: list[Inclusion] = []
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    certain = _find_certain(tree)
    for node in tree.find_all(kinds):
        with_context = isinstance(node, nodes.Extends) or bool(getattr(node, "with_context", False))
        optional = bool(getattr(node, "ignore_missing", False))
        named: nodes.Node = getattr(node, "template")  # noqa: B009 - all four kinds have it
        several = isinstance(named, nodes.Tuple | nodes.List)
        for item in named.items if isinstance(named, nodes.Tuple | nodes.List) else [named]:
            value = item.value if isinstance(item, nodes.Const) else None
            name = value if isinstance(value, str) else None
            inclusion = Inclusion(
                name, node.lineno, with_context, optional or several, node in certain
            )
            found.append(inclusion)
    return found
