"""The one way to the network: addresses, credentials and connections.

In come a URL and `IndexSettings`; out come bytes, or a FetchError that names the server and says what to do.

    urls          a URL taken apart, or refused; the path that a `file:` URL or a location names
    credentials   whose name and password go to which server: the URL's, the settings', netrc's
    certificates  the authorities that are believed: the system's, those that settings name, certifi's
    http          connections kept alive, with proxies, redirects, limits and retries: open this first
    failures      why there was no content, in words, and whether another attempt may do better
"""
