import csv
import sys
from collections import Counter
from importlib.resources import files

from distributed import Client, LocalCluster

from books.numbers import area


def main() -> None:
    """Print how many books were sold in each language area."""
    if len(sys.argv) > 1:
        with Client(scheduler_file=sys.argv[1]) as client:
            _count(client)
    else:
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            _count(client)


def _count(client: Client) -> None:
    with files("books").joinpath("sales.csv").open() as sample:
        sales = list(csv.DictReader(sample))
    # This function, and with it stdnum, runs on the workers.
    areas = client.gather(client.map(area, [sale["isbn"] for sale in sales], pure=False))
    copies: Counter[str] = Counter()
    for name, sale in zip(areas, sales, strict=True):
        copies[name] += int(sale["copies"])
    for name in sorted(copies):
        print(f"{name:8} {copies[name]:3}")
