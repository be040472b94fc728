"""Local code and source distributions, built into wheels with the same bytes, whenever and wherever.

`LocalSource` values come in; `LocalWheel` values go out, whose wheels lie in the store.

    local           packages, modules and trees written as they are, projects built: open this first
    projects        projects and sdists built by their PEP 517 backends
    workshop        the needs of every build: store, index settings, resolver, targets, report
    build_wheel     one wheel, built or downloaded by a resolver
    build_sources   where a project says its build requirements come from
    build_tools     the distributions that build requirements resolve to now
    sdist           source distributions unpacked
    environment     a virtual environment that distributions are taken from; installed: those in it
    repack          an installed distribution made into a wheel again
    project_copy    the copy of a project that is built
    project_key     the key by which a project is built again only when it has changed
    source_tree     the files of a package or tree that go into its wheel
"""
