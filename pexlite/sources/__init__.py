"""Local code and source distributions, built into wheels with the same bytes whenever and wherever that is.

In come `LocalSource` values; out come `LocalWheel` values, whose wheels lie in the store.

    local           packages, modules and trees written as they are, projects built: open this first
    projects        projects and sdists built by their PEP 517 backends
    workshop        what every build needs: store, index settings, resolver, targets, report
    project_copy    the copy that is built
    project_key     the key by which a project is built again only when it has changed
    source_tree     the files of a package or tree that go in
"""
