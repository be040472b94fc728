"""Real applications from the package index: what they need, how they start, what they are given to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Application:
    """One row: the file is built from `requirements` to start `script`, or as an interpreter where that is "".

    It is then run with `arguments` in a directory that holds `files`, and must print and return what the same
    command does in a plain venv. `{work}` in an argument is that directory.
    """

    name: str
    requirements: tuple[str, ...]
    arguments: tuple[str, ...]
    script: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    stdin: str = ""
    contains: str = ""
    """What must be in the output; where it is given the output need not be the venv's to the letter."""
    makes: tuple[str, ...] = ()
    """Files that must be there afterwards."""

    def __str__(self) -> str:
        return self.name


NOTEBOOK = """{"cells": [{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [],
"source": ["import sys\\n", "print('cell', 6 * 7)"]}], "metadata": {"kernelspec": {"display_name": "Python 3",
"language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}"""

SPAWN = """
import multiprocessing
import sys


def double(number):
    import tabulate
    return number * 2, tabulate.__version__


if __name__ == "__main__":
    for method in ("spawn", "forkserver", "fork"):
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(method, pool.map(double, range(4)))
"""

GRPC = """
import grpc
from concurrent import futures


class Echo(grpc.GenericRpcHandler):
    def service(self, call):
        return grpc.unary_unary_rpc_method_handler(lambda request, context: request[::-1])


server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((Echo(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel("127.0.0.1:%d" % port) as channel:
    print(channel.unary_unary("/echo/Turn")(b"hello", timeout=10))
server.stop(None).wait()
"""

CELERY = """
from celery import Celery

app = Celery("tasks", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True


@app.task
def add(x, y):
    return x + y


print(add.delay(2, 3).get(), sorted(app.tasks)[-1])
"""

DISTRIBUTED = """
from distributed import Client, LocalCluster


def where(number):
    import os, sys
    return number * number, sys.prefix, os.getpid()


if __name__ == "__main__":
    import os, sys
    with LocalCluster(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            answers = client.gather(client.map(where, range(8)))
    print([answer[0] for answer in answers])
    print({answer[1] == sys.prefix for answer in answers}, os.getpid() in {answer[2] for answer in answers})
"""

JOBLIB = """
from joblib import Parallel, delayed


def cube(number):
    import joblib
    return number ** 3, joblib.__version__


if __name__ == "__main__":
    print(Parallel(n_jobs=2, backend="loky")(delayed(cube)(number) for number in range(5)))
"""

DATA = """
import pandas, pyarrow, sklearn.linear_model, io
frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": [2.0, 4.0, 6.0]})
buffer = io.BytesIO()
frame.to_parquet(buffer)
again = pandas.read_parquet(buffer)
model = sklearn.linear_model.LinearRegression().fit(again[["x"]], again["y"])
print(round(float(model.coef_[0]), 6), pyarrow.table(again).num_rows)
print(pandas.Timestamp("2026-01-01", tz="Europe/Oslo"))
"""

DJANGO = """
import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True,
)
django.setup()
from django.core.management import call_command

call_command("migrate", verbosity=0)
from django.contrib.auth.models import User

User.objects.create_user("someone")
print(User.objects.count(), call_command("check"))
"""

CRYPTOGRAPHY = """
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
key = Fernet(Fernet.generate_key())
print(key.decrypt(key.encrypt(b"words")), len(Ed25519PrivateKey.generate().sign(b"x")))
"""

NAMESPACES = """
import google.cloud.storage, google.auth, google.api_core, google.protobuf
from importlib.metadata import version
print(google.cloud.storage.__name__, version("google-cloud-storage"), len(list(google.__path__)) > 0)
client = google.cloud.storage.Client.create_anonymous_client()
print(client.bucket("b").blob("a/b").path)
"""

ZOPE = """
from zope.interface import Interface, implementer
from zope.interface.verify import verifyObject
import zope.event


class IThing(Interface):
    def do(): "do it"


@implementer(IThing)
class Thing:
    def do(self):
        return 1


print(verifyObject(IThing, Thing()), zope.event.__name__)
"""

TESTS = """
import pytest


@pytest.mark.parametrize("number", range(6))
def test(number):
    assert number < 6
"""

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - command: echo words
      register: it
    - debug: msg={{ it.stdout }}
    - copy: content=made dest={{ playbook_dir }}/made.txt mode='0644'
"""

APPLICATIONS = (
    Application("cowsay", ("cowsay==6.1",), ("-t", "hello"), script="cowsay"),
    Application("httpie", ("httpie",), ("--offline", "GET", "127.0.0.1/x", "a==1", "B:2"), script="http"),
    Application("black", ("black",), ("-q", "-"), script="black", stdin="x = {  'a':1 }\n"),
    Application(
        "pytest-xdist",
        ("pytest", "pytest-xdist"),
        ("-n", "2", "-q", "-p", "no:cacheprovider", "test_it.py"),
        script="pytest",
        files={"test_it.py": TESTS},
        contains="6 passed",
    ),
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
        "nbconvert",
        ("nbconvert", "ipykernel"),
        ("nbconvert", "--execute", "--to", "markdown", "--stdout", "book.ipynb"),
        script="jupyter",
        files={"book.ipynb": NOTEBOOK},
        contains="cell 42",
    ),
    Application(
        "ansible-core",
        ("ansible-core",),
        # Its own discovery would take any Python of this machine; this one is sys.executable.
        (
            "-i",
            "localhost,",
            "-c",
            "local",
            "-e",
            "ansible_python_interpreter={{{{ ansible_playbook_python }}}}",
            "play.yml",
        ),
        script="ansible-playbook",
        files={"play.yml": PLAY},
        contains='"msg": "words"',
        makes=("made.txt",),
    ),
    Application("data", ("pandas", "pyarrow", "scikit-learn"), ("it.py",), files={"it.py": DATA}),
    Application("cryptography", ("cryptography",), ("it.py",), files={"it.py": CRYPTOGRAPHY}),
    Application("grpcio", ("grpcio",), ("it.py",), files={"it.py": GRPC}),
    Application("google-cloud-storage", ("google-cloud-storage",), ("it.py",), files={"it.py": NAMESPACES}),
    Application("zope.interface", ("zope.interface", "zope.event"), ("it.py",), files={"it.py": ZOPE}),
    Application(
        "mypy", ("mypy",), ("--cache-dir", "{work}/c", "it.py"), script="mypy", files={"it.py": "x: int = ''\n"}
    ),
    Application(
        "ruff", ("ruff",), ("check", "--no-cache", "it.py"), script="ruff", files={"it.py": "import os\n"}
    ),
    Application("nodeenv", ("nodeenv",), ("--version",), script="nodeenv"),
    Application(
        "yamllint", ("yamllint",), ("-f", "parsable", "it.yml"), script="yamllint", files={"it.yml": "a: [1,2 ]\n"}
    ),
    Application("django", ("django",), ("it.py",), files={"it.py": DJANGO}),
    Application("celery", ("celery",), ("it.py",), files={"it.py": CELERY}),
    Application("distributed", ("distributed",), ("it.py",), files={"it.py": DISTRIBUTED}),
    Application("joblib", ("joblib",), ("it.py",), files={"it.py": JOBLIB}),
    Application("spawn", ("tabulate",), ("it.py",), files={"it.py": SPAWN}),
)
