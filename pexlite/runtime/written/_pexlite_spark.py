"""Make a job that bin/python runs a Spark driver that shares its file with the executors, as any other start."""

import marshal
import os
import sys


class Driver:
    """An import finder that finds no module; it watches for pyspark and then hooks its SparkContext."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name != "pyspark":
            return None
        sys.meta_path.remove(self)
        try:
            with open(sys.prefix + "/_pexlite_launch", "rb") as file:
                sharing = {"__name__": "__pexlite__.app.sharing"}
                exec(marshal.loads(marshal.loads(file.read()[4:])["sharing"]), sharing)
            sharing["Sharing"](os.environ["PEX"]).watch()  # type: ignore[operator]
        except Exception:
            pass  # without it the job runs as with any other Python
        return None


sys.meta_path.insert(0, Driver())
