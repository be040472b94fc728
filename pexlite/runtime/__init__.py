"""The room that travels: this folder is in every file as `__pexlite__`, to run it on another machine.

Standard library only, Python 3.6 grammar, relative imports. It has three homes:

    start.py     `__main__.py` of every file; compiled, it is `__main__.pyc`
    app/         compiled at the first start into the app's directory, and all that later starts run: these
                 open one file there, and read only `__main__` of the zip
    the rest     stays in the zip, in one member, for first starts, mending and tools

Its parts, each of which imports only those above it (`tests/test_architecture.py` holds them to it):

    start        find the app's directory, load its launcher
    importing    the modules of this room, out of the member that holds them
    app          launch, switches, become, commands, program, spark, namesake, sharing, failing, own, interpreters,
                 startup, lazy, host, pex_path, windows, libraries
    windows      files, directory, interpreters, scripts: what is done otherwise on Windows
    system       calls that systems do not have in common
    tags         the Pythons that a file accepts
    pythons      another Python for this file; parses under Python 2.7
    written      files that go into an app's directory as they are
    file         zip, whole: the file's own parts, read and checked; frames: wheels that lie in it packed;
                 interpreter: the Python that it brings
    failed       errors and notices of a start, on stderr
    cache        files, lock, turn, app, roots, private: names, READY, marks, owners, who makes an app
    unpack       variant, progress, threads, pool, aside, split, clone, write, wheel, bytecode, tree, environment,
                 launcher:
                 wheels into the store, a tree out of it, and what makes it a venv that starts
    upkeep       check, mend, users, prune: what is wrong, and what may go
    early        the app begun before all of its files are there
    ahead        the bytecode of a new app: put there, and made of what it will import, by another process
    install      the first start
    tools        PEX_TOOLS=1: info, verify, extract, venv, warm, links, cache, graph, digest, sbom, apply, each on
                 a built_file; an empty_venv, and what is recorded of the files in it; reassemble: a new file of
                 old ones; patched: old content made new by a difference; reblocked: what gzip deflated, made of
                 what zlib deflates; signature: who has signed the file; foreign: files of others in an app
    boot         a start that needs the file itself: another Python, a tool, or the app's directory put in order

`start` and `app` run without the rest of the room. Where a start needs it, they hand over to what lies in the
file, by the name that it has there: `start` to `boot`, to `pythons` and to `failed`, `app` to `upkeep.mend` and to
`unpack.launcher`.

The cache
=========

    <root>/CACHEDIR.TAG
    <root>/lite-2/
      CACHEDIR.TAG                    says that this is pexlite's; without it nothing here is ever removed
      wheels/<sha256, 32 hex>/        one unpacked wheel: lib/ scripts/ data/ headers/; shared by all apps
      interpreters/<sha256, 32 hex>/  one Python that files bring: bin/ lib/; READY, written last; shared by all
                                      FILES: size, time and path of each file as it was unpacked
                                      DAMAGED: a start has found that files of it are missing or cut
                                      VENVS: the venvs that `PEX_TOOLS=1 venv` has made on it, a line each
      apps/<build id>-<python key>/   one app on one Python: a venv, its files hard links to those of wheels/
          READY                       written last
          _pexlite_launch             the launcher: modules of app/, compiled, and the file's facts
          _pexlite_switches           and other modules of app/, once a start has needed one: its code, compiled
          _pexlite_run.py             what the sh header has the app's Python run
          _pexlite_checked            its time: when the files were last compared after a failure
          _pexlite_mended             what was wrong when the files were last mended, and when
          pyvenv.cfg bin/ lib/ …      as in any venv
      apps/<build id>.<python key>.sh the pointer by which the sh header finds the app: program, script, loader;
                                      on a Python that the file has brought also its prefix, and what must be there
      locks/<name of an app>          held by the start that makes or mends the app
      locks/<name of an app>.use      on Windows: shared by all processes that run the app
      locks/<sha256, 32 hex>          held by the launcher that unpacks a Python
      locks/prune                     shared by such starts, held alone by the pruner
      pythons                         which Python was found for a question (see `pythons`)

`lite-1` had another form; it is left alone. READY has these lines, and its time is the day of the last use:

    pexlite <build id>
    wheels <name under wheels/> …
    file <the file's name>
    cache <the path sealed into the file, or nothing>

    <each name on the top of site-packages>

The launcher is the magic number of a Python, then as marshal writes it a dict: "facts", those of the file;
"launch" and other modules of app/, their code, marshalled; "run", the content of _pexlite_run.py; "site_time",
when site-packages was finished, in nanoseconds; 0 in a venv that the tool made, which starts by a launcher too;
on a Python that the file has brought "own_files": name, size and time of its programs and libraries; and where
wheels have libraries "sizes": their names and sizes, marshalled.

The protocol
============

1. *Whole or not there.* What has its final name was written beside it and renamed into place. A temporary name is
   `.<final name>-<process id>-<microseconds>-<host>`.
2. *Decide under the lock.* A start that does not find what it needs takes the app's lock and then looks again,
   from the beginning. What it saw before counts for nothing.
3. *A start only adds.* Mending writes the missing or cut file beside its place and renames it over it, file by
   file. No start moves, empties or removes anything that another process may be using. A Python that the file has
   brought is mended by its launcher, as it does not start: unpacked beside, and each file renamed over its own.
4. *Only the pruner removes*, alone under its lock, what no process uses, by renaming it aside first; it looks at
   READY's time once more under the lock. A start whose READY has an old time dates it anew under the same lock. A
   Python goes with its last app, unless a process runs it or a launcher has dated its READY within a minute.
5. *Without working locks* rules 1 and 3 keep every start right, only work is done twice; and nothing is pruned.
6. *Whose it is.* What a start executes is the user's own or root's, and closed to others: the launcher it has
   opened, the app's directory, `apps/`, `lite-2/` and the root. Anything else goes the slow way: a private root,
   and one line that says why. A module beside the launcher that is not so is written anew. The
   sh header asks whether pointer and app are the user's own; modes it cannot see.
   Before anything is removed: real directories of the user, opened with O_NOFOLLOW and worked in by descriptor,
   names of the form that this room gives, never across a device. On Windows, where modes say nothing, a cache is
   as closed as the directory that it lies in; a user's profile is.
7. *Damage that the app swallows.* A process that ends with a code other than 0 has names and sizes compared, once
   a day at most; what is missing is written back, and one line on stderr says so.
"""
