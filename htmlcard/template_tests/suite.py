"""A whole run: which templates, where their goldens are, and what came of all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from htmlcard.errors import InvalidRequest, TemplateFailed
from htmlcard.template_tests.cases import Case, list_cases
from htmlcard.template_tests.goldens import Goldens
from htmlcard.template_tests.results import CaseResult, TemplateResult, Verdict
from htmlcard.template_tests.runner import Runner
from htmlcard.templating.assets import GOLDENS_FOLDER
from htmlcard.templating.catalogue import Catalogue
from htmlcard.templating.disk import Watch
from htmlcard.templating.loading import find_place
from htmlcard.templating.template import Template

#: Share of a card's pixels that may differ: 22 at 1200x630. What remains of antialiasing.
DEFAULT_TOLERANCE = 0.00003


@dataclass(frozen=True, slots=True)
class Selection:
    """What to try: templates by name; fixtures and sizes by name, or all where empty."""

    names: Sequence[str]
    fixtures: Sequence[str] = ()
    sizes: Sequence[str] = ()

    def includes(self, case: Case) -> bool:
        return (not self.fixtures or case.fixture.name in self.fixtures) and (
            not self.sizes or case.size_name in self.sizes
        )


@dataclass(frozen=True, slots=True)
class GoldenPolicy:
    """Where goldens are (`folder`/<template>, or beside each template) and how they count."""

    folder: Path | None = None
    tolerance: float = DEFAULT_TOLERANCE
    update: bool = False


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """All templates of a run."""

    templates: Sequence[TemplateResult]

    @property
    def failed(self) -> bool:
        return any(result.failed for result in self.templates)

    @property
    def totals(self) -> dict[str, int]:
        cases = [case for template in self.templates for case in template.cases]
        counts = {verdict.value: 0 for verdict in Verdict}
        for case in cases:
            counts[case.verdict.value] += 1
        return {
            "templates": len(self.templates),
            "broken": sum(template.broken for template in self.templates),
            "cards": len(cases),
            "failed": sum(case.failed for case in cases),
            "errors": sum(template.errors for template in self.templates),
            "warnings": sum(template.warnings for template in self.templates),
            **counts,
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            "failed": self.failed,
            "totals": self.totals,
            "templates": [template.as_dict() for template in self.templates],
        }


@dataclass(frozen=True, slots=True)
class _Plan:
    template: Template
    goldens: Goldens
    cases: list[Case]
    every_case: list[Case]


class Suite:
    """The templates of `roots`, tried as `selection` and `policy` say."""

    def __init__(
        self,
        catalogue: Catalogue,
        roots: Sequence[Path],
        selection: Selection,
        policy: GoldenPolicy,
    ) -> None:
        """Raises InvalidRequest (UnknownTemplate among it) where the selection selects nothing."""
        self._catalogue = catalogue
        self._roots = tuple(roots)
        self._selection = selection
        self._policy = policy
        self._broken: dict[str, str] = {}
        self._plans: dict[str, _Plan] = {}
        self._names = tuple(dict.fromkeys(selection.names))
        for name in self._names:
            try:
                self._plans[name] = self._plan(catalogue.get_template(name))
            except TemplateFailed as error:
                self._broken[name] = str(error)
        if not self.cards and not self._broken:
            raise InvalidRequest(self._explain_nothing())

    @property
    def cards(self) -> int:
        """How many cards there are to draw."""
        return sum(len(plan.cases) for plan in self._plans.values())

    async def run(
        self, runner: Runner, on_result: Callable[[CaseResult], None] = lambda _: None
    ) -> SuiteResult:
        """Draws and judges everything. Raises as `Runner.run` does."""
        queue = [(case, plan.goldens) for plan in self._plans.values() for case in plan.cases]
        results = await runner.run(queue, on_result)
        return SuiteResult([self._sum_up(name, results) for name in self._names])

    def _plan(self, template: Template) -> _Plan:
        policy = self._policy
        goldens = Goldens(self._golden_folder(template.name), policy.tolerance, policy.update)
        cases = list_cases(template)
        return _Plan(template, goldens, [*filter(self._selection.includes, cases)], cases)

    def _golden_folder(self, name: str) -> Path:
        if self._policy.folder is not None:
            return self._policy.folder / name
        place = find_place(name, self._roots, Watch())
        assert place is not None
        return place.folder / GOLDENS_FOLDER / (name if place.single else "")

    def _sum_up(self, name: str, results: Sequence[CaseResult]) -> TemplateResult:
        problems = self._catalogue.problems(name)
        plan = self._plans.get(name)
        if plan is None:
            return TemplateResult(name, name, [], problems or (self._broken[name],), broken=True)
        mine = [result for result in results if result.case.template is plan.template]
        stale = plan.goldens.find_stale(plan.every_case)
        names = tuple(path.name for path in stale)
        return TemplateResult(name, plan.template.title, mine, problems, stale_goldens=names)

    def _explain_nothing(self) -> str:
        if not self._names:
            return "there is no template to test; make one with `htmlcard templates new NAME`"
        plans = self._plans.values()
        fixtures = dict.fromkeys(case.fixture.name for plan in plans for case in plan.every_case)
        sizes = dict.fromkeys(case.size_name for plan in plans for case in plan.every_case)
        return (
            "no card has that fixture and that size; "
            f"fixtures: {', '.join(fixtures)}; sizes: {', '.join(sizes)}"
        )
