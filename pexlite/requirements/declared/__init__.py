"""Where a project's own tools would get its dependencies from, by the tables of its pyproject.toml.

A file and its requirements come in (`Needs`); local code, requirements and indexes that replace them go out.

    follow      the sources of requirements, followed: open this first
    indexes     the indexes that a file names: which comes before which, and who is pinned to one
    said        everything that one tool's tables say, as a value that is the same for each tool
    of_uv       `[tool.uv.sources]`, `[[tool.uv.index]]` and uv.toml
    of_poetry   `[tool.poetry.dependencies]` and `[[tool.poetry.source]]`
    of_pdm      `[[tool.pdm.source]]`
"""
