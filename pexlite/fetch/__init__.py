"""A lock's files brought into the store: found there, downloaded, or built.

A `Pylock` and targets come in; `Wheel` values go out, each checked by the lock's digest.

    collect     a lock's wheels for some targets: open this first
    download    files, many at once, each checked as it arrives
    vcs         commits of repositories
    excluded    the requirements of excluded projects, without downloading them
"""
