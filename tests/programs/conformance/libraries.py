"""Rows: libraries, each put to work by a few lines of code."""

from __future__ import annotations

from tests.programs.conformance.application import Application

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

MATPLOTLIB = """
import hashlib, io
import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

figure, axes = pyplot.subplots()
axes.plot([1, 3, 2])
axes.set_title("Words")
buffer = io.BytesIO()
figure.savefig(buffer, format="png", metadata={"Software": None})
print(hashlib.sha256(buffer.getvalue()).hexdigest())
"""

SCIPY = """
import numpy, scipy.optimize, scipy.sparse.linalg
print(round(scipy.optimize.brentq(lambda x: x * x - 2, 0, 2), 9))
print(scipy.sparse.linalg.spsolve(scipy.sparse.eye(3, format="csc") * 2, numpy.ones(3)))
"""

NUMBA = """
import numba


@numba.njit(cache=True)
def total(count):
    result = 0
    for number in range(count):
        result += number
    return result


print(total(1000), total.signatures)
"""

POLARS = """
import polars
frame = polars.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]})
print(frame.lazy().group_by("k").agg(polars.col("v").sum()).sort("k").collect())
"""

DUCKDB = """
import duckdb
print(duckdb.sql("select sum(i) as total from range(10) t(i)").fetchall())
"""

LXML = """
from lxml import etree, objectify
tree = etree.fromstring("<a><b x='1'>words</b></a>")
print(tree.xpath("//b/@x"), etree.tostring(etree.XSLT(etree.XML(
    '<x:stylesheet version="1.0" xmlns:x="http://www.w3.org/1999/XSL/Transform">'
    '<x:template match="/"><c><x:value-of select="//b"/></c></x:template></x:stylesheet>'))(tree)))
"""

PILLOW = """
import hashlib, io
from PIL import Image, ImageDraw, ImageFont
image = Image.new("RGB", (80, 30), "white")
ImageDraw.Draw(image).text((5, 5), "words", fill="black", font=ImageFont.load_default(12))
buffer = io.BytesIO()
image.save(buffer, "PNG")
print(hashlib.sha256(image.tobytes()).hexdigest(), Image.open(io.BytesIO(buffer.getvalue())).size)
"""

SQLALCHEMY = """
import sqlalchemy
engine = sqlalchemy.create_engine("sqlite://")
with engine.begin() as connection:
    connection.execute(sqlalchemy.text("create table t (x int)"))
    connection.execute(sqlalchemy.text("insert into t values (:x)"), [{"x": 1}, {"x": 2}])
    print(connection.execute(sqlalchemy.text("select sum(x) from t")).scalar())
try:
    sqlalchemy.create_engine("nothing://")
except sqlalchemy.exc.NoSuchModuleError as failure:
    print(failure)
"""

PYDANTIC = """
from pydantic import BaseModel, ValidationError


class Thing(BaseModel):
    name: str
    size: int = 1


print(Thing(name="a", size="3"), Thing.model_json_schema()["required"])
try:
    Thing(size="x")
except ValidationError as failure:
    print(failure)
"""

XARRAY = """
import numpy, xarray
data = xarray.Dataset({"t": (("x",), numpy.arange(3.0))})
data.to_netcdf("it.nc", engine="h5netcdf")
print(xarray.open_dataset("it.nc").t.mean().item(), sorted(xarray.backends.list_engines()))
"""

DASK = """
import dask.array
print(dask.array.ones((1000, 1000), chunks=(100, 100)).sum().compute(scheduler="threads"))
"""

SPACY = """
import spacy
language = spacy.blank("en")
language.add_pipe("sentencizer")
print([sentence.text for sentence in language("One here. And another.").sents])
"""

BOTO3 = """
import boto3
from botocore.stub import Stubber
client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
with Stubber(client) as stub:
    stub.add_response("list_buckets", {"Buckets": [{"Name": "b"}]})
    print([bucket["Name"] for bucket in client.list_buckets()["Buckets"]])
print(len(boto3.session.Session().get_available_services()) > 300)
"""

OPENCV = """
import cv2, numpy
image = numpy.zeros((32, 32), numpy.uint8)
cv2.circle(image, (16, 16), 8, 255, -1)
print(cv2.countNonZero(image), len(cv2.findContours(image, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]))
"""

TOKENIZERS = """
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
tokenizer = Tokenizer(models.BPE(unk_token="?"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
trainer = trainers.BpeTrainer(vocab_size=40, show_progress=False)
tokenizer.train_from_iterator(["words and words", "more words"], trainer)
print(len(tokenizer.encode("words").ids) > 0)
"""

BABEL = """
import datetime
from babel.dates import format_date
from babel.numbers import format_currency
print(format_date(datetime.date(2026, 1, 2), "full", locale="de"), format_currency(1234.5, "EUR", locale="fr"))
"""

CFFI = """
import cffi
ffi = cffi.FFI()
ffi.cdef("int abs(int);")
print(ffi.dlopen(None).abs(-3))
"""

METADATA = """
import importlib.metadata as metadata
import importlib.resources as resources
import sys
found = sorted(metadata.distributions(), key=lambda one: one.name.lower())
print([(one.name, one.version) for one in found if one.name.lower() not in ("pip", "setuptools")])
print(sorted(metadata.packages_distributions())[:5], len(metadata.files("rich")) > 50)
print(metadata.entry_points(group="console_scripts", name="markdown-it"))
print(resources.files("certifi").joinpath("cacert.pem").is_file(), sys.prefix != sys.base_prefix)
"""

PKG_RESOURCES = """
import warnings
warnings.simplefilter("ignore")
import pkg_resources
print(pkg_resources.get_distribution("click").version, pkg_resources.resource_exists("certifi", "cacert.pem"))
print(pkg_resources.require("click")[0].key)
"""

LIBRARIES = (
    Application("data", ("pandas", "pyarrow", "scikit-learn"), ("it.py",), files={"it.py": DATA}),
    Application("cryptography", ("cryptography",), ("it.py",), files={"it.py": CRYPTOGRAPHY}),
    Application("google-cloud-storage", ("google-cloud-storage",), ("it.py",), files={"it.py": NAMESPACES}),
    Application("zope.interface", ("zope.interface", "zope.event"), ("it.py",), files={"it.py": ZOPE}),
    Application("django", ("django",), ("it.py",), files={"it.py": DJANGO}),
    Application("matplotlib", ("matplotlib",), ("it.py",), files={"it.py": MATPLOTLIB}),
    Application("scipy", ("scipy",), ("it.py",), files={"it.py": SCIPY}),
    Application("numba", ("numba",), ("it.py",), files={"it.py": NUMBA}),
    Application("polars", ("polars",), ("it.py",), files={"it.py": POLARS}),
    Application("duckdb", ("duckdb",), ("it.py",), files={"it.py": DUCKDB}),
    Application("lxml", ("lxml",), ("it.py",), files={"it.py": LXML}),
    Application("pillow", ("pillow",), ("it.py",), files={"it.py": PILLOW}),
    Application("sqlalchemy", ("sqlalchemy",), ("it.py",), files={"it.py": SQLALCHEMY}),
    Application("pydantic", ("pydantic",), ("it.py",), files={"it.py": PYDANTIC}),
    Application("xarray", ("xarray", "h5netcdf", "h5py"), ("it.py",), files={"it.py": XARRAY}),
    Application("dask", ("dask[array]",), ("it.py",), files={"it.py": DASK}),
    Application("spacy", ("spacy",), ("it.py",), files={"it.py": SPACY}),
    Application("boto3", ("boto3",), ("it.py",), files={"it.py": BOTO3}),
    Application("opencv", ("opencv-python-headless",), ("it.py",), files={"it.py": OPENCV}),
    Application("tokenizers", ("tokenizers",), ("it.py",), files={"it.py": TOKENIZERS}),
    Application("babel", ("babel",), ("it.py",), files={"it.py": BABEL}),
    Application("cffi", ("cffi",), ("it.py",), files={"it.py": CFFI}),
    Application("metadata", ("rich", "certifi"), ("it.py",), files={"it.py": METADATA}),
    Application(
        "pkg_resources", ("setuptools<81", "click", "certifi"), ("it.py",), files={"it.py": PKG_RESOURCES}
    ),
)
