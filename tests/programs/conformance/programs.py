"""Rows: programs that are started by a console script."""

from __future__ import annotations

from tests.programs.conformance.application import Application

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - command: echo words
      register: it
    - debug: msg={{ it.stdout }}
    - copy: content=made dest={{ playbook_dir }}/made.txt mode='0644'
"""

ROBOT = """*** Test Cases ***
Sums
    ${sum}=    Evaluate    1 + 2
    Should Be Equal As Integers    ${sum}    3
"""

FEATURE = """Feature: sums
  Scenario: two numbers
    Given the number 2
    When 3 is added
    Then there are 5
"""

STEPS = """
from behave import given, then, when


@given("the number {number:d}")
def begin(context, number):
    context.sum = number


@when("{number:d} is added")
def add(context, number):
    context.sum += number


@then("there are {number:d}")
def check(context, number):
    assert context.sum == number
"""

PROJECT = """[project]
name = "x"
version = "1.0"
description = "words"
requires-python = ">=3.11"
[build-system]
requires = ["poetry-core>=2"]
build-backend = "poetry.core.masonry.api"
"""

TASKS = """
from invoke import task


@task
def count(c, to=3):
    "Count."
    print(*range(to))
    c.run("echo from the shell")
"""

TABLE = "a,b\n1,2\n3,4\n"

SPIDER = """
import pathlib
import scrapy


class Spider(scrapy.Spider):
    name = "local"
    start_urls = [pathlib.Path("page.html").absolute().as_uri()]

    def parse(self, response):
        yield {"title": response.css("title::text").get()}
"""

UNTIDY = "import os, sys\ndef f( x ):\n  return x\n"

PROGRAMS = (
    Application("cowsay", ("cowsay==6.1",), ("-t", "hello"), script="cowsay"),
    Application("httpie", ("httpie",), ("--offline", "GET", "127.0.0.1/x", "a==1", "B:2"), script="http"),
    Application("black", ("black",), ("-q", "-"), script="black", stdin="x = {  'a':1 }\n"),
    Application("ipython", ("ipython",), ("--colors=NoColor", "-c", "print(6 * 7)"), script="ipython"),
    Application(
        "sphinx",
        ("sphinx",),
        ("-q", "-b", "html", "{work}", "{work}/out"),
        script="sphinx-build",
        files={
            "conf.py": "project = 'x'\nextensions = ['sphinx.ext.autodoc']\n",
            "index.rst": "Title\n=====\n\nWords.\n",
        },
        makes=("out/index.html", "out/searchindex.js"),
    ),
    Application(
        "mkdocs",
        ("mkdocs", "mkdocs-macros-plugin"),
        ("-q", "build", "-d", "{work}/site"),
        script="mkdocs",
        files={
            "mkdocs.yml": "site_name: x\nplugins: [search, macros]\n",
            "docs/index.md": "# {{ 6 * 7 }} macros\n",
        },
        makes=("site/index.html", "site/search/search_index.json"),
        contains="",
    ),
    Application(
        "ansible-core",
        ("ansible-core",),
        # Its own discovery would take any Python of this machine; this one is sys.executable.
        (
            *("-i", "localhost,", "-c", "local"),
            *("-e", "ansible_python_interpreter={{{{ ansible_playbook_python }}}}", "play.yml"),
        ),
        script="ansible-playbook",
        files={"play.yml": PLAY},
        contains='"msg": "words"',
        makes=("made.txt",),
    ),
    Application(
        "mypy", ("mypy",), ("--cache-dir", "{work}/c", "it.py"), script="mypy", files={"it.py": "x: int = ''\n"}
    ),
    Application(
        "ruff",
        ("ruff",),
        ("check", "--no-cache", "it.py"),
        script="ruff",
        module="ruff",
        files={"it.py": "import os\n"},
    ),
    Application("nodeenv", ("nodeenv",), ("--version",), script="nodeenv"),
    Application(
        "yamllint", ("yamllint",), ("-f", "parsable", "it.yml"), script="yamllint", files={"it.yml": "a: [1,2 ]\n"}
    ),
    Application("flake8", ("flake8", "pep8-naming"), ("it.py",), script="flake8", files={"it.py": UNTIDY}),
    Application("pylint", ("pylint",), ("--score=n", "it.py"), script="pylint", files={"it.py": UNTIDY}),
    Application(
        "isort", ("isort",), ("--diff", "it.py"), script="isort", files={"it.py": UNTIDY}, blank=(r"\t.*",)
    ),
    Application(
        "bandit",
        ("bandit",),
        ("-q", "-f", "csv", "it.py"),
        script="bandit",
        files={"it.py": "import subprocess\nsubprocess.call('x', shell=True)\n"},
    ),
    Application(
        "sqlfluff",
        ("sqlfluff",),
        ("lint", "--dialect", "ansi", "it.sql"),
        script="sqlfluff",
        files={"it.sql": "select  a from b\n"},
    ),
    Application(
        "cookiecutter",
        ("cookiecutter",),
        ("--no-input", "{work}/template", "word=made"),
        script="cookiecutter",
        files={
            "template/cookiecutter.json": '{"word": "x"}',
            "template/{{ cookiecutter.word }}/it.txt": "It is {{ cookiecutter.word }}.\n",
        },
        makes=("made/it.txt",),
    ),
    Application(
        "robotframework",
        ("robotframework",),
        ("--outputdir", "{work}/out", "it.robot"),
        script="robot",
        files={"it.robot": ROBOT},
        makes=("out/log.html", "out/report.html"),
    ),
    Application(
        "behave",
        ("behave",),
        ("--no-color", "--no-source", "--format=plain"),
        script="behave",
        files={"features/it.feature": FEATURE, "features/steps/it.py": STEPS},
        blank=(r"\d+(\.\d+)?(min)?(s|ms)?\b",),
    ),
    Application("twine", ("twine",), ("--version",), script="twine"),
    Application("poetry", ("poetry",), ("check",), script="poetry", files={"pyproject.toml": PROJECT}),
    Application(
        "pre-commit",
        ("pre-commit",),
        ("validate-config", ".pre-commit-config.yaml"),
        script="pre-commit",
        files={".pre-commit-config.yaml": "repos: [{repo: local, hooks: 3}]\n"},
    ),
    Application(
        "awscli", ("awscli",), ("s3", "ls"), script="aws", variables={"AWS_EC2_METADATA_DISABLED": "true"}
    ),
    Application("csvkit", ("csvkit",), ("it.csv",), script="csvjson", files={"it.csv": TABLE}),
    Application("invoke", ("invoke",), ("count", "--to", "4"), script="invoke", files={"tasks.py": TASKS}),
    Application(
        "scrapy",
        ("scrapy",),
        ("runspider", "spider.py", "-o", "{work}/out.json", "--nolog"),
        script="scrapy",
        files={"spider.py": SPIDER, "page.html": "<title>Words</title>"},
        makes=("out.json",),
    ),
    Application(
        "django-admin",
        ("django",),
        ("startproject", "made"),
        script="django-admin",
        makes=("made/manage.py", "made/made/settings.py"),
    ),
    Application("alembic", ("alembic",), ("init", "{work}/made"), script="alembic", makes=("made/env.py",)),
    Application("cmake", ("cmake",), ("-E", "echo", "words"), script="cmake"),
    Application("yt-dlp", ("yt-dlp[default]",), ("--list-extractors",), script="yt-dlp"),
    Application("jupyterlab", ("jupyterlab",), ("lab", "path"), script="jupyter"),
    Application("hatch", ("hatch",), ("--version",), script="hatch"),
    Application(
        "sqlite-utils",
        ("sqlite-utils",),
        ("memory", "it.csv", "select sum(a) from it"),
        script="sqlite-utils",
        files={"it.csv": TABLE},
    ),
    Application(
        "pygments", ("pygments",), ("-f", "html", "it.py"), script="pygmentize", files={"it.py": "print(1)\n"}
    ),
    Application("nbdime", ("nbdime",), ("--version",), script="nbdiff"),
)
