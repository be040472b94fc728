"""Names of projects that many people use, as suggestions for misspelt names.

An index does not tell which of its names resemble another, and a near name that merely exists may have been put
there to be mistaken for a well-known one. So only these are suggested for an index that anybody can write to.
"""

from __future__ import annotations

_NAMES = """
absl-py accelerate aiobotocore aiofiles aiohttp aiosqlite alembic altair annotated-types ansible anthropic anyio
apache-airflow apscheduler argcomplete arrow asgiref astropy asyncpg attrs authlib autopep8 awscli azure-core
azure-identity azure-storage-blob babel backoff bcrypt beartype beautifulsoup4 bitarray black bleach blinker
bokeh boto3 botocore bottle brotli build cachecontrol cachetools catboost cattrs celery certifi cffi chardet
charset-normalizer cherrypy click cloudpickle colorama coloredlogs colorlog confluent-kafka construct
cookiecutter coverage croniter cryptography cssselect cyclopts cython dagster dash dask databricks-sdk
dataclasses-json datasets dbt-core debugpy decorator deepdiff defusedxml delta-spark deprecated dill diskcache
distlib distributed distro django django-cors-headers django-filter djangorestframework dnspython docker docopt
docutils duckdb elasticsearch email-validator environs envparse execnet fabric faker falcon fastapi fastavro
fastparquet filelock fire flake8 flask flask-cors flask-login flask-sqlalchemy fonttools frozenlist fsspec furl
future gensim geopandas geopy gevent gitpython google-api-core google-auth google-cloud-bigquery
google-cloud-storage graphene graphviz great-expectations greenlet grpcio grpcio-tools gunicorn h11 h2 h5py
hatchling hiredis html5lib httpcore httpie httplib2 httptools httpx huggingface-hub humanize hydra-core
hypercorn hypothesis icecream idna ijson imageio importlib-metadata importlib-resources inflection iniconfig
invoke ipykernel ipython ipywidgets isodate isort itsdangerous jax jedi jinja2 jmespath joblib jsonpatch
jsonpath-ng jsonpickle jsonschema jupyter jupyterlab kafka-python keras keyring kombu kubernetes langchain lark
launchdarkly-server-sdk ldap3 librosa lightgbm litellm llvmlite loguru lxml lz4 mako markdown markdown-it-py
markupsafe marshmallow matplotlib mccabe minio mistune mkdocs mlflow mmh3 mock more-itertools moto msgpack
multidict mypy mysql-connector-python mysqlclient nbconvert nbformat neo4j netaddr netmiko networkx nltk
notebook nox numba numexpr numpy oauthlib onnxruntime openai opencv-python openpyxl opentelemetry-api
opentelemetry-sdk orjson packaging pandas paramiko parso passlib pathspec patsy peewee pendulum pexpect pillow
pip pip-tools pipdeptree pipenv pipx platformdirs playwright plotly pluggy poetry polars portalocker pre-commit
prefect prettytable prometheus-client prompt-toolkit propcache protobuf psutil psycopg psycopg2 psycopg2-binary
py4j pyarrow pyasn1 pybind11 pycparser pycryptodome pydantic pydantic-core pydantic-settings pygithub pygments
pyinstaller pyjwt pylint pymongo pymssql pymupdf pymysql pynacl pyodbc pyopenssl pyparsing pypdf pyproj pyserial
pysftp pyspark pytest pytest-asyncio pytest-cov pytest-django pytest-mock pytest-xdist python-dateutil
python-dotenv python-jose python-multipart python-slugify pytorch-lightning pytz pyupgrade pywavelets pyyaml
pyzmq rapidfuzz rasterio ray redis referencing regex reportlab requests requests-oauthlib requests-toolbelt
retrying rich rich-click rsa ruamel-yaml ruff s3fs s3transfer sanic scikit-image scikit-learn scipy scrapy
seaborn selenium semver sentencepiece sentry-sdk setproctitle setuptools setuptools-scm shapely shiv simplejson
six slack-sdk smart-open sniffio snowflake-connector-python sortedcontainers soupsieve spacy sphinx sqlalchemy
sqlglot sqlmodel sqlparse starlette statsmodels streamlit stripe structlog supervisor sympy tabulate tenacity
tensorboard tensorflow termcolor textual threadpoolctl tiktoken tokenizers toml tomli tomlkit toolz torch
torchaudio torchvision tornado tox tqdm traitlets transformers trio twine typeguard typer typing-extensions
typing-inspect tzdata tzlocal ujson unidecode urllib3 uv uvicorn uvloop validators virtualenv voluptuous
watchdog watchfiles wcwidth websocket-client websockets werkzeug wheel wrapt wtforms xarray xgboost xlrd
xlsxwriter xmltodict xxhash yamllint yapf yarl zeep zipp zstandard
"""
WELL_KNOWN = tuple(_NAMES.split())

# Names to import, where the project has another name.
IMPORTED_FROM = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "git": "gitpython",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "openssl": "pyopenssl",
    "pil": "pillow",
    "serial": "pyserial",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
