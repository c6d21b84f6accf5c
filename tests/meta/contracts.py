"""A kind of contract that import-linter lacks; see [tool.importlinter] in pyproject.toml."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OnlyImports(Contract):
    """`source` and what is below it imports nothing of ours but itself and the modules `allowed`."""

    type_name = "only_imports"
    source = fields.StringField()
    allowed: Any = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at each direct import; imports of libraries are not our business here."""
        source = str(self.source)
        own = {module for module in graph.modules if module == source or module.startswith(f"{source}.")}
        ours = {str(package).partition(".")[0] for package in self.session_options["root_packages"]}
        forbidden = sorted(
            (importer, imported)
            for importer in own
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported.partition(".")[0] in ours and imported not in own and imported not in self.allowed
        )
        return ContractCheck(kept=not forbidden, metadata={"forbidden": forbidden})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each import that should not be."""
        for importer, imported in check.metadata["forbidden"]:
            output.print_error(f"- {importer} -> {imported}")
