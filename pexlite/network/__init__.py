"""The one way to the network: addresses, credentials and connections.

A URL and `IndexSettings` come in; bytes go out, or a FetchError that names the server and says what to do.

    urls          a URL split into parts, or refused; the path in a `file:` URL or a location
    credentials   the name and password for a server: from the URL, the settings, netrc
    keyring       a user and a password from a keyring, as pip asks it
    certificates  the trusted authorities: the system's, those that settings name, certifi's
    http          connections kept alive, with proxies, redirects, limits and retries: open this first
    failures      why there was no content, in words, and whether another attempt may help
"""
