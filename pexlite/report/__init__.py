"""A built file as one page for a browser: sizes, dependencies, licences, limits, and the difference from another.

Paths of files of unknown origin come in; a page goes out that asks nothing of any network, the same bytes each
time. Whatever a file says of itself is text in it: data in JSON, which scripts of the page alone put into place.

    value         what a page shows, as one value: open this first
    summary       FileContents -> that value
    licences      the licences that wheels state, under one name each
    places        the places where a file does not run, in few words
    page          the value -> HTML; its parts are in parts/, libraries that it brings in parts/libraries/
"""
