"""Suggestions for an entry point that cannot be right: a file's name, or a dot in place of a colon."""

from __future__ import annotations

from collections.abc import Callable

from pexlite.bundle.definitions import defined_names


def suggested_reference(reference: str, text_of: Callable[[str], str | None]) -> str | None:
    """The `module:function` or `module` that `reference` is some spelling of; None where there is none.

    It may be `weather.py`, `weather.py:main`, `./src/weather/cli.py:main`, `weather.main` or `weather:main()`.
    Without a function it is main where the module has one. `text_of` gives a module's source, or None.
    """
    names = names_of(reference)
    for length in range(len(names), 0, -1):
        module, function = ".".join(names[:length]), ".".join(names[length:])
        text = text_of(module)
        if text is None:
            continue
        defined = defined_names(text) or set()
        if not function:
            function = "main" if "main" in defined else ""
        elif names[length] not in defined:
            return None
        return f"{module}:{function}" if function else module
    return None


def names_of(reference: str) -> list[str]:
    """The dotted names of `reference`, outermost first; () where it contains anything else."""
    module, _, attribute = reference.strip().removesuffix("()").partition(":")
    if "/" in module or module.endswith(".py"):
        module = module.removeprefix("./").removeprefix("src/").removesuffix(".py").rstrip("/").replace("/", ".")
    names = [*module.split("."), *(attribute.split(".") if attribute else [])]
    return names if all(name.isidentifier() for name in names) else []
