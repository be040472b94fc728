"""A lock's files into the store: found there, downloaded, or built.

In come a `Pylock` and targets; out come `Wheel` values, each checked by the lock's digest.

    collect     a lock's wheels for some targets: open this first
    download    files, many at once, each checked as it comes
    vcs         commits of repositories
    excluded    what excluded projects would require, without downloading them
"""
