"""The client's kernels on wasmtime: the binary without relaxed SIMD, the same bits anywhere.

A picture takes hundreds of calls, and one from Python takes a tenth of a millisecond. So the list
of calls becomes a module of its own, which calls the kernels with constants.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import weakref
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasport.assets import web_asset
from kerasport.engine.program import Constant, KernelCall, MemoryPlace, Plan
from kerasport.errors import BrowserError, KerasportError

__all__ = ["Program", "has_kernels"]

_MODULES = ("kernels/plain.wasm", "kernels/common.wasm")
"""Products with weights, and what stands beside them."""

_PAGE = 1 << 16


def has_kernels() -> bool:
    """Tell whether the kernels are built, and the package that runs them is there and runs."""
    try:
        _wasmtime()
        return all(map(web_asset, _MODULES))
    except KerasportError:
        return False


def _wasmtime() -> Any:
    """Return the package.

    Raises:
        KerasportError: it is not installed, or not for this machine.
    """
    try:
        return importlib.import_module("wasmtime")
    except ImportError:
        raise KerasportError(
            "The engine needs the package 'wasmtime', which is not installed. Install it with: "
            "pip install 'kerasport[engine]'"
        ) from None
    except (OSError, RuntimeError) as error:
        raise KerasportError(
            f"The package 'wasmtime' does not run on this machine: {error}. Answer in numpy: "
            "--engine numpy, or kerasport.Runtime."
        ) from None


@functools.cache
def _compiled() -> tuple[Any, list[Any]]:
    """Return wasmtime's engine and the kernels' modules.

    Raises:
        KerasportError: wasmtime is not there.
        BrowserError: the web side is not built.
    """
    wasmtime = _wasmtime()
    atexit.register(_let_go)
    config = wasmtime.Config()
    # The threads that would compile do not come along into a process that is forked, where the
    # next model would wait for them for ever.
    config.parallel_compilation = False
    engine = wasmtime.Engine(config)
    return engine, [wasmtime.Module(engine, web_asset(name).read_bytes()) for name in _MODULES]


def _let_go() -> None:
    """Let go of all that is wasmtime's: later its own functions are gone, and doing it then prints.

    Whoever keeps an engine to the end, as a worker that answers does, has nothing to close.
    """
    for program in list(_programs):
        vars(program).clear()
    _compiled.cache_clear()


_programs: weakref.WeakSet[Program] = weakref.WeakSet()


class Program:
    """A plan on kernels with a memory of their own, ready to run."""

    def __init__(self, plan: Plan) -> None:
        engine, modules = _compiled()
        wasmtime = _wasmtime()
        self._store = wasmtime.Store(engine)
        pages = -(-plan.bytes // _PAGE)
        limits = wasmtime.Limits(pages, pages)
        memory = wasmtime.Memory(self._store, wasmtime.MemoryType(limits))
        self._kernels: dict[str, Any] = {}
        for module in modules:
            exports = wasmtime.Instance(self._store, module, [memory]).exports(self._store)
            self._kernels.update((each.name, exports[each.name]) for each in module.exports)
        # It never grows, so it stays where it is.
        self._memory: NDArray[np.uint8] = np.ctypeslib.as_array(
            memory.data_ptr(self._store), (memory.data_len(self._store),)
        )
        self._prepare(engine, plan)
        (self._run,) = self._functions(engine, [plan.running])
        _programs.add(self)

    def view(self, place: MemoryPlace, size: int) -> NDArray[np.uint8]:
        """Return `size` bytes of the memory; they change with the next run."""
        return self._memory[place.address : place.address + size]

    def run(self) -> None:
        """Do all calls that answer a picture."""
        self._run(self._store)

    def _prepare(self, engine: Any, plan: Plan) -> None:
        # What is raw shares its memory with others, and comes when it is needed.
        needed: dict[int, list[Constant]] = {}
        for constant in plan.constants:
            needed.setdefault(constant.region.first if constant.is_raw else 0, []).append(constant)
        starts = sorted({0, *needed})
        parts = [
            plan.preparing[start:end]
            for start, end in zip(starts, [*starts[1:], len(plan.preparing)], strict=True)
        ]
        for start, function in zip(starts, self._functions(engine, parts), strict=True):
            for constant in needed.get(start, ()):
                view = self.view(MemoryPlace(constant.region), constant.region.bytes)
                rows = view.view(np.float32).reshape(-1, max(1, constant.values.size))
                rows[:] = constant.values
            function(self._store)

    def _functions(self, engine: Any, lists: Sequence[Sequence[KernelCall]]) -> list[Any]:
        """Return a function without parameters for each list of calls.

        Raises:
            BrowserError: there is no such kernel, or it takes other numbers.
        """
        types: dict[str, list[str]] = {}
        for call in chain.from_iterable(lists):
            kernel = self._kernels.get(call.kernel)
            if kernel is not None and call.kernel not in types:
                types[call.kernel] = [str(each) for each in kernel.type(self._store).params]
            if len(types.get(call.kernel, ())) != len(call.arguments):
                raise BrowserError(
                    "The engine's kernels were built from another version than this one. In a "
                    "checkout build them again with: make web"
                )
        imports = [
            f'(import "kernels" "{name}" (func ${name} (param {" ".join(parameters)})))'
            for name, parameters in types.items()
        ]
        functions = [
            [f'(func (export "{index}")', *(_text(each, types[each.kernel]) for each in calls), ")"]
            for index, calls in enumerate(lists)
        ]
        text = "\n".join(["(module", *imports, *chain.from_iterable(functions), ")"])
        module = _wasmtime().Module(engine, text)
        kernels = [self._kernels[name] for name in types]
        exports = _wasmtime().Instance(self._store, module, kernels).exports(self._store)
        return [exports[str(index)] for index in range(len(lists))]


def _text(call: KernelCall, types: Sequence[str]) -> str:
    numbers = (each.address if isinstance(each, MemoryPlace) else each for each in call.arguments)
    constants = (
        # Python writes the shortest decimal number of the double, which is one of float32 here.
        f"(f32.const {float(np.float32(number))!r})" if kind == "f32" else f"(i32.const {number})"
        for number, kind in zip(numbers, types, strict=True)
    )
    return f"(call ${call.kernel} {' '.join(constants)})"
