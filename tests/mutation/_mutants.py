"""The mutants of a source file: mutmut's, in all functions, but for error texts.

mutmut itself copies the package and puts a trampoline in the place of each function,
which hides its signature from scikit-learn, and passes decorated functions over. Here
a mutant is installed into the live function.
"""

import __future__

import ast
import gc
from pathlib import Path
from types import FunctionType
from typing import NamedTuple

import libcst as cst
import libcst.matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.file_mutation import MutationVisitor
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode


class Mutant(NamedTuple):
    path: str
    line: int
    column: int
    before: cst.CSTNode
    after: cst.CSTNode
    module: cst.Module

    def __str__(self):
        before, after = map(self.module.code_for_node, (self.before, self.after))
        return f"{self.path}:{self.line}:{self.column}: {before} -> {after}"

    def statement_lines(self):
        """The lines of the innermost statement that it changes."""
        tree = ast.parse(self.module.code)
        return min(
            (
                range(node.lineno, node.end_lineno + 1)
                for node in ast.walk(tree)
                if isinstance(node, ast.stmt)
                and node.lineno <= self.line <= node.end_lineno
            ),
            key=len,
        )

    def install(self, functions):
        """Change the live function, one of `live_functions`."""
        source = self.module.deep_replace(self.before, self.after).code
        old, new = next(
            (old, new)
            for old, new in zip(_functions(self.module.code), _functions(source))
            if old.lineno <= self.line <= old.end_lineno
        )
        live = functions[self.path, _first_line(old)]
        # A method that calls `super()` has the cell of its class. The function
        # itself gets a name that it does not use for another.
        wrap = ast.parse("def wrap():\n    __class__ = None\n    return _changed")
        new.name, new.decorator_list = "_changed", []
        wrap.body[0].body[1:1] = [new]
        names: dict = {}
        old_code = live.__code__
        flags = old_code.co_flags & __future__.annotations.compiler_flag
        code = compile(wrap, old_code.co_filename, "exec", flags, dont_inherit=True)
        exec(code, live.__globals__, names)
        changed = names["wrap"]()
        live.__code__ = changed.__code__.replace(co_name=old.name)
        live.__defaults__ = changed.__defaults__
        live.__kwdefaults__ = changed.__kwdefaults__


def mutants_of(path):
    """All mutants of a file."""
    wrapper = MetadataWrapper(cst.parse_module(Path(path).read_text()))
    visitor = _Visitor(mutation_operators, IgnoredCode(set(), set(), set()))
    wrapper.visit(visitor)
    positions = wrapper.resolve(PositionProvider)
    for mutation in visitor.mutations:
        start = positions[mutation.original_node].start
        if mutation.contained_by_top_level_function is not None:
            before, after = mutation.original_node, mutation.mutated_node
            yield Mutant(path, start.line, start.column, before, after, wrapper.module)


def live_functions(paths):
    """All functions of the files that are in memory, by file and first line."""
    path_of = {str(Path(path).resolve()): path for path in paths}
    return {
        (path_of[code.co_filename], code.co_firstlineno): function
        for function in gc.get_objects()
        if type(function) is FunctionType
        and (code := function.__code__).co_filename in path_of
    }


class _Visitor(MutationVisitor):
    def _skip_node_and_children(self, node):
        if isinstance(node, cst.FunctionDef):
            return False
        if isinstance(node, cst.Raise):
            self._texts = set(m.findall(node, m.SimpleString()))
        return node in getattr(self, "_texts", ()) or super()._skip_node_and_children(
            node
        )


def _first_line(node):
    return min(at.lineno for at in (node, *node.decorator_list))


def _functions(source):
    """The functions of a module and the methods of its classes, in their order."""
    for node in ast.parse(source).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        yield from (at for at in inner if isinstance(at, ast.FunctionDef))
